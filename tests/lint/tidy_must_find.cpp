// SPDX-License-Identifier: Apache-2.0

// Mistakes that clang-tidy must report; not compiled into anything.

#include <coroutine>
#include <mutex>
#include <string>
#include <utility>

struct task {
  struct promise_type {
    promise_type() = default;
    task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};

task captures_in_a_coroutine(int n) {
  auto lambda = [n]() -> task {
    (void)n;
    co_return;
  };
  co_await std::suspend_always{};
  (void)lambda();
}

task locks_across_a_suspension(std::mutex& mutex) {
  const std::lock_guard<std::mutex> lock(mutex);
  co_await std::suspend_always{};
}

std::string moved_from() {
  std::string s = "gone";
  std::string t = std::move(s);
  return s + t;
}
