// SPDX-License-Identifier: Apache-2.0
#include "pariter/detail/log_core.hpp"

#include "pariter/containers/writers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// The atomics of a machine on which every generation seems to be pinned for some time after it is asked for.
template <class T>
struct slow_atomic : std::atomic<T> {
  using std::atomic<T>::atomic;
};
steady_clock::time_point asked_first{};

}  // namespace

template <>
struct pariter::detail::platform<slow_atomic> : platform<std::atomic> {
  static bool is_pinned(const void*) noexcept {
    const auto now = steady_clock::now();
    if (asked_first == steady_clock::time_point{}) asked_first = now;
    return now - asked_first < 200ms;
  }
};

namespace {

// Between two instructions of a thread that holds the address by chance there may be as long as others keep it from its core. (That the
// patience ends is tested with the iterators that outlive their log.)
TEST(LogCore, has_patience_with_a_thread_that_was_stopped) {
  { pariter::detail::log_core<int, pariter::writers::locked, std::allocator<int>, slow_atomic> log{std::allocator<int>()}; }
  EXPECT_GE(steady_clock::now() - asked_first, 200ms);
}

}  // namespace
