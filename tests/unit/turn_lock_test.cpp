// SPDX-License-Identifier: Apache-2.0
#include "pariter/sharing/turn_lock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using pariter::detail::turn_lock;

// Waits as the branches of a tee do.
void take(turn_lock& lock) {
  while (!lock.try_lock()) lock.parking().wait([&] { return lock.is_free(); });
}

TEST(TurnLock, lets_one_thread_in) {
  turn_lock lock;
  long count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10'000; ++i) {
        take(lock);
        ++count;
        lock.unlock();
        if (i % 100 == t) std::this_thread::yield();  // runs of turns, so that the lock gets owners and loses them
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(count, 80'000);
}

TEST(TurnLock, refuses_its_holder_and_remembers_it) {
  turn_lock lock;
  for (int turn = 0; turn < 100; ++turn) {  // from some turn on as the owner
    const std::unique_lock hold(lock, std::try_to_lock);
    ASSERT_TRUE(hold);
    EXPECT_FALSE(lock.was_reentered());
    EXPECT_THROW((void)lock.try_lock(), pariter::would_deadlock);
    EXPECT_TRUE(lock.was_reentered());
    EXPECT_FALSE(lock.is_free());
  }
  EXPECT_TRUE(lock.is_free());
}

TEST(TurnLock, another_thread_gets_in_after_many_turns_of_one_but_not_during_them) {
  turn_lock lock;
  for (int round = 0; round < 20; ++round) {
    for (int turn = 0; turn < 100; ++turn) {
      ASSERT_TRUE(lock.try_lock());
      lock.unlock();
    }
    ASSERT_TRUE(lock.try_lock());
    std::thread([&] { EXPECT_FALSE(lock.try_lock()); }).join();
    lock.unlock();
    std::thread([&] {
      ASSERT_TRUE(lock.try_lock());
      lock.unlock();
    }).join();
  }
}

TEST(TurnLock, a_waiter_is_woken_when_the_owner_leaves) {
  turn_lock lock;
  for (int turn = 0; turn < 100; ++turn) {
    ASSERT_TRUE(lock.try_lock());
    lock.unlock();
  }
  ASSERT_TRUE(lock.try_lock());
  std::atomic<bool> waits = false, in = false;
  std::thread waiter([&] {
    waits = true;
    take(lock);
    in = true;
    lock.unlock();
  });
  while (!waits) std::this_thread::yield();
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  EXPECT_FALSE(in);
  lock.unlock();
  waiter.join();
  EXPECT_TRUE(in);
}

}  // namespace
