// SPDX-License-Identifier: Apache-2.0
#include "pariter/sharing/draw_lock.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace {

using pariter::detail::draw_lock;

TEST(DrawLock, lets_one_thread_in) {
  draw_lock lock;
  long count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        const std::lock_guard hold(lock);
        ++count;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(count, 80'000);
}

TEST(DrawLock, refuses_its_holder_and_remembers_it) {
  draw_lock lock;
  {
    const std::lock_guard hold(lock);
    EXPECT_TRUE(lock.held_by_this_thread());
    EXPECT_FALSE(lock.was_reentered());
    EXPECT_THROW(lock.lock(), pariter::would_deadlock);
    EXPECT_FALSE(lock.try_lock());
    EXPECT_TRUE(lock.was_reentered());
    std::thread([&] {
      EXPECT_FALSE(lock.held_by_this_thread());
      EXPECT_FALSE(lock.try_lock());
    }).join();
  }
  EXPECT_FALSE(lock.held_by_this_thread());
  ASSERT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.was_reentered());
  lock.unlock();
}

}  // namespace
