// SPDX-License-Identifier: Apache-2.0
#include "pariter/sharing/turn_lock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

using pariter::detail::turn_lock;

// Waits as the branches of a tee do.
void take(turn_lock& lock, turn_lock::caller& caller) {
  while (!lock.try_lock(caller)) lock.parking().wait([&] { return lock.is_free(); });
}

void many_threads(int count, int turns) {
  turn_lock lock;
  long sum = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      turn_lock::caller self;
      for (int i = 0; i < turns; ++i) {
        take(lock, self);
        ++sum;
        lock.unlock(self);
        if (i % 1'000 == t) std::this_thread::yield();  // runs of turns, so that the lock gets owners and loses them
      }
      lock.leave(self);
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(sum, long{count} * turns);
}

TEST(TurnLock, lets_one_thread_in) { many_threads(3, 20'000); }
TEST(TurnLock, lets_one_thread_in_with_more_callers_than_can_be_owners) { many_threads(20, 2'000); }

TEST(TurnLock, refuses_its_holder_and_remembers_it) {
  turn_lock lock;
  turn_lock::caller self, other;
  for (int round = 0; round < 200; ++round) {  // from some turn on as the owner
    const turn_lock::turn turn(lock, self);
    ASSERT_TRUE(turn);
    EXPECT_FALSE(lock.was_reentered());
    EXPECT_THROW((void)lock.try_lock(round % 2 == 0 ? self : other), pariter::would_deadlock);
    EXPECT_TRUE(lock.was_reentered());
    EXPECT_FALSE(lock.is_free());
  }
  EXPECT_TRUE(lock.is_free());
}

// A branch, and with it its caller, may go to another thread between two steps.
TEST(TurnLock, an_owner_on_another_thread_is_not_taken_for_the_one_before) {
  turn_lock lock;
  turn_lock::caller self, other;
  for (int turn = 0; turn < 200; ++turn) {
    ASSERT_TRUE(lock.try_lock(self));
    lock.unlock(self);
  }
  std::thread([&] {
    ASSERT_TRUE(lock.try_lock(self));
    EXPECT_THROW((void)lock.try_lock(other), pariter::would_deadlock);
    std::thread([&] { EXPECT_FALSE(lock.try_lock(other)); }).join();
  }).join();
  EXPECT_FALSE(lock.try_lock(other)) << "another thread is inside, which is not this one's fault";
  lock.unlock(self);
}

TEST(TurnLock, another_thread_gets_in_after_many_turns_of_one_but_not_during_them) {
  turn_lock lock;
  turn_lock::caller self, other;
  for (int round = 0; round < 20; ++round) {
    for (int turn = 0; turn < 200; ++turn) {
      ASSERT_TRUE(lock.try_lock(self));
      lock.unlock(self);
    }
    ASSERT_TRUE(lock.try_lock(self));
    std::thread([&] { EXPECT_FALSE(lock.try_lock(other)); }).join();
    lock.unlock(self);
    std::thread([&] {
      ASSERT_TRUE(lock.try_lock(other));
      lock.unlock(other);
    }).join();
  }
}

TEST(TurnLock, a_waiter_is_woken_when_the_owner_leaves) {
  turn_lock lock;
  turn_lock::caller self, other;
  for (int turn = 0; turn < 200; ++turn) {
    ASSERT_TRUE(lock.try_lock(self));
    lock.unlock(self);
  }
  ASSERT_TRUE(lock.try_lock(self));
  std::atomic<bool> waits = false, in = false;
  std::thread waiter([&] {
    waits = true;
    take(lock, other);
    in = true;
    lock.unlock(other);
  });
  while (!waits) std::this_thread::yield();
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  EXPECT_FALSE(in);
  lock.unlock(self);
  waiter.join();
  EXPECT_TRUE(in);
}

}  // namespace
