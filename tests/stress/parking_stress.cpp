// SPDX-License-Identifier: Apache-2.0
//
// Lost wake-ups: every round somebody must be woken, or the test hangs until its time limit. The asymmetric fence of the
// running system cannot be modelled; this is its test.
#include "pariter/detail/parking.hpp"
#include "pariter/detail/writer_lock.hpp"

#include "../support/scale.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace pariter::detail;

class ParkingStress : public testing::TestWithParam<fences> {};

// Without the spin before it, so that every wait parks.
template <class Ready>
void wait_parked(parking_lot& lot, Ready ready) {
  struct sleeper : parking_lot::waiter {
    sleeper() {
      wake = [](parking_lot::waiter& w) noexcept { static_cast<sleeper&>(w).signal.raise(); };
    }
    thread_signal signal;
  };
  do {
    sleeper s;
    if (!lot.park(s, ready)) return;
    s.signal.wait();
  } while (!ready());
}

TEST_P(ParkingStress, no_wake_up_is_lost_between_two) {
  parking_lot lot(GetParam());
  std::atomic<std::size_t> turn{0};
  const std::size_t rounds = pariter::test::scaled(3'000);
  const auto player = [&](std::size_t first) {
    for (std::size_t i = first; i < rounds; i += 2) {
      wait_parked(lot, [&] { return turn.load(std::memory_order_acquire) == i; });
      turn.store(i + 1, std::memory_order_release);
      lot.notify_all();
    }
  };
  std::thread other(player, 1);
  player(0);
  other.join();
  EXPECT_EQ(turn.load(), rounds);
}

TEST_P(ParkingStress, a_condition_of_several_parts_is_noticed_by_its_last) {
  for (std::size_t round = 0; round < pariter::test::scaled(500); ++round) {
    parking_lot lot(GetParam());
    std::atomic<int> part[3] = {};
    const auto ready = [&] {
      for (const auto& p : part)
        if (p.load(std::memory_order_acquire) == 0) return false;
      return true;
    };
    std::barrier start(4);
    std::vector<std::thread> threads;
    for (auto& p : part) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        p.store(1, std::memory_order_release);
        lot.notify_all_if(ready);
      });
    }
    start.arrive_and_wait();
    wait_parked(lot, ready);
    for (auto& t : threads) t.join();
  }
}

template <class Lock>
void exclusion(fences f, bool visitors) {
  typename Lock::apart apart(f);
  Lock lock(apart, f);
  std::size_t guarded = 0;  // plain: two inside would lose counts, and a race detector would see it
  const std::size_t rounds = pariter::test::scaled(2'000);
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, visits = visitors && i != 0] {
      for (std::size_t k = 0; k < rounds / 16; ++k) {
        visits ? lock.lock_as_visitor() : lock.lock();
        ++guarded;
        visits ? lock.unlock_as_visitor() : lock.unlock();
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(guarded, rounds / 16 * 16);
}
TEST_P(ParkingStress, the_shared_writer_lock_excludes) { exclusion<shared_writer_lock<>>(GetParam(), false); }
TEST_P(ParkingStress, the_sole_writer_and_its_visitors_exclude) { exclusion<sole_writer_lock<>>(GetParam(), true); }

INSTANTIATE_TEST_SUITE_P(Fences, ParkingStress, testing::Values(fences::automatic, fences::symmetric),
                         [](const auto& i) { return i.param == fences::automatic ? std::string("automatic") : std::string("symmetric"); });

}  // namespace
