// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of async/ and runtime/ share.
//
//   here_in(ex)        the calling thread runs in executor `ex`; right also in a coroutine that has moved
//   this_thread()      the calling thread's id, likewise
//   result_of(future)  what the future holds, within the time limit of a test; an exception is thrown
//   lifetime           hands out tokens and knows whether all of them are gone

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

namespace pariter::test {

template <class Executor>
[[gnu::noinline]] bool here_in(const Executor& ex) noexcept {
  bool answer = ex.running_in_this_thread();
  asm volatile("" : "+r"(answer));
  return answer;
}

[[gnu::noinline]] inline std::thread::id this_thread() noexcept {
  std::thread::id id = std::this_thread::get_id();
  asm volatile("" : "+m"(id));
  return id;
}

template <class T>
T result_of(std::future<T> f) {
  if (f.wait_for(std::chrono::seconds(60)) != std::future_status::ready) throw std::logic_error("a future was not made ready in a minute");
  return f.get();
}

class lifetime {
 public:
  // Give it to a coroutine's frame.
  std::shared_ptr<int> token() const { return token_; }
  // All tokens but ours are gone.
  bool alone() const { return token_.use_count() == 1; }

 private:
  std::shared_ptr<int> token_ = std::make_shared<int>(7);
};

}  // namespace pariter::test
