// SPDX-License-Identifier: Apache-2.0
//
// Lost wake-ups: every round somebody must be woken, or the test hangs until its time limit. The asymmetric fence of the
// running system cannot be modelled; this is its test.
#include "pariter/detail/parking.hpp"
#include "pariter/detail/writer_lock.hpp"

#include "../support/scale.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
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

// The parts are stored at the same moment, as near as two threads can: each may miss the other's part unless both are ordered.
TEST_P(ParkingStress, a_condition_of_several_parts_is_noticed_by_its_last) {
  constexpr std::size_t parts = 2;
  const std::size_t rounds = pariter::test::scaled(3'000);
  parking_lot lot(GetParam());
  std::atomic<std::size_t> part[parts] = {};
  std::atomic<std::size_t> asked{0};  // the round whose waiter is in the list
  std::atomic<std::size_t> there{0};  // how often a notifier has come to its part
  const auto spin_until = [](auto holds) {
    for (int looks = 0; !holds(); ++looks)
      if (looks > 1'000) std::this_thread::yield();
  };
  std::vector<std::thread> notifiers;
  for (auto& p : part) {
    notifiers.emplace_back([&] {
      for (std::size_t round = 1; round <= rounds; ++round) {
        const auto ready = [&, round] { return std::ranges::all_of(part, [&](auto& q) { return q.load(std::memory_order_acquire) >= round; }); };
        spin_until([&] { return asked.load(std::memory_order_acquire) == round; });
        ++there;
        spin_until([&] { return there.load() == parts * round; });
        p.store(round, std::memory_order_release);
        lot.notify_all_if(ready);
      }
    });
  }
  for (std::size_t round = 1; round <= rounds; ++round) {
    wait_parked(lot, [&, round] {
      asked.store(round, std::memory_order_release);
      return std::ranges::all_of(part, [&](auto& q) { return q.load(std::memory_order_acquire) >= round; });
    });
  }
  for (auto& t : notifiers) t.join();
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
