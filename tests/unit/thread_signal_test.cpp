// SPDX-License-Identifier: Apache-2.0
//
// On a system that has a futex; portable_waiting_test.cpp has the other one.
#include "pariter/detail/thread_signal.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace {

using namespace std::chrono_literals;
using pariter::detail::thread_signal;
using std::chrono::steady_clock;

TEST(ThreadSignal, that_was_raised_before_does_not_wait) {
  thread_signal s;
  s.raise();
  s.wait();
  EXPECT_TRUE(s.wait_until(steady_clock::time_point::min()));
  EXPECT_TRUE(s.wait_until(steady_clock::now()));
}

TEST(ThreadSignal, waits_no_longer_than_asked_and_may_be_raised_after_that) {
  thread_signal s;
  const auto begin = steady_clock::now();
  EXPECT_FALSE(s.wait_until(begin + 5ms));
  const auto waited = steady_clock::now() - begin;
  EXPECT_GE(waited, 5ms);
  EXPECT_LT(waited, 10min);
  EXPECT_FALSE(s.wait_until(steady_clock::time_point::min()));
  s.raise();
  EXPECT_TRUE(s.wait_until(steady_clock::time_point::max()));
}

// What lies between is more than 32 bits hold.
TEST(ThreadSignal, wakes_whoever_waits_however_far_off_the_deadline_is) {
  for (const auto deadline : {steady_clock::now() + 1h, steady_clock::now() + 100 * 8'766h, steady_clock::time_point::max()}) {
    thread_signal s;
    std::atomic<bool> waits{false};
    std::thread other([&] {
      while (!waits.load(std::memory_order_relaxed)) std::this_thread::yield();
      s.raise();
    });
    waits.store(true, std::memory_order_relaxed);
    EXPECT_TRUE(s.wait_until(deadline));
    other.join();
  }
}

}  // namespace
