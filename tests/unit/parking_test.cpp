// SPDX-License-Identifier: Apache-2.0
#include "pariter/detail/parking.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace {

// The atomics of a machine whose clock is moved on by its yields: how long a spin is, without a machine that is loaded.
template <class T>
struct told_atomic : std::atomic<T> {
  using std::atomic<T>::atomic;
};

struct told_clock {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<told_clock>;
  static time_point now() noexcept { return time_point(time); }
  static inline duration time{0};
  static inline duration yield_takes{0};
  static inline int yields = 0;
};

}  // namespace

template <>
struct pariter::detail::platform<told_atomic> : platform<std::atomic> {
  using clock = told_clock;
  static void yield() noexcept {
    ++told_clock::yields;
    told_clock::time += told_clock::yield_takes;
  }
};

namespace {

using namespace std::chrono_literals;
using pariter::detail::fences;
using pariter::detail::parking_lot;

class Parking : public testing::TestWithParam<fences> {};

struct counting_waiter : parking_lot::waiter {
  counting_waiter() {
    wake = [](parking_lot::waiter& w) noexcept { ++static_cast<counting_waiter&>(w).woken; };
  }
  int woken = 0;
};

TEST_P(Parking, wakes_a_parked_waiter_once) {
  parking_lot lot(GetParam());
  counting_waiter w;
  ASSERT_TRUE(lot.park(w, [] { return false; }));
  EXPECT_EQ(w.woken, 0);
  lot.notify_all();
  lot.notify_all();
  EXPECT_EQ(w.woken, 1);
  EXPECT_FALSE(lot.cancel(w));
}

TEST_P(Parking, does_not_park_who_is_ready) {
  parking_lot lot(GetParam());
  counting_waiter w;
  EXPECT_FALSE(lot.park(w, [] { return true; }));
  lot.notify_all();
  EXPECT_EQ(w.woken, 0);
}

TEST_P(Parking, never_wakes_a_cancelled_waiter) {
  parking_lot lot(GetParam());
  counting_waiter first;
  counting_waiter second;
  counting_waiter third;
  for (counting_waiter* w : {&first, &second, &third}) ASSERT_TRUE(lot.park(*w, [] { return false; }));
  EXPECT_TRUE(lot.cancel(second));
  EXPECT_FALSE(lot.cancel(second));
  lot.notify_all();
  EXPECT_EQ(first.woken, 1);
  EXPECT_EQ(second.woken, 0);
  EXPECT_EQ(third.woken, 1);
}

TEST_P(Parking, can_park_again_from_wake_on) {
  parking_lot lot(GetParam());
  counting_waiter w;
  for (int round = 1; round <= 3; ++round) {
    ASSERT_TRUE(lot.park(w, [] { return false; }));
    lot.notify_all();
    EXPECT_EQ(w.woken, round);
  }
}

TEST_P(Parking, notify_one_takes_the_longest_waiting) {
  parking_lot lot(GetParam());
  counting_waiter first;
  counting_waiter second;
  ASSERT_TRUE(lot.park(first, [] { return false; }));
  ASSERT_TRUE(lot.park(second, [] { return false; }));
  lot.notify_one();
  EXPECT_EQ(first.woken, 1);
  EXPECT_EQ(second.woken, 0);
  lot.notify_one();
  EXPECT_EQ(second.woken, 1);
}

TEST_P(Parking, notify_all_if_asks_only_while_somebody_waits) {
  parking_lot lot(GetParam());
  int asked = 0;
  const auto yes = [&asked] { return ++asked > 0; };
  lot.notify_all_if(yes);
  EXPECT_EQ(asked, 0);
  counting_waiter w;
  ASSERT_TRUE(lot.park(w, [] { return false; }));
  lot.notify_all_if([] { return false; });
  EXPECT_EQ(w.woken, 0);
  lot.notify_all_if(yes);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(w.woken, 1);
}

TEST_P(Parking, wakes_without_a_lock_so_that_a_woken_may_use_the_lot) {
  parking_lot lot(GetParam());
  struct parks_again : parking_lot::waiter {
    parking_lot* lot = nullptr;
    int woken = 0;
  } w;
  w.lot = &lot;
  w.wake = [](parking_lot::waiter& base) noexcept {
    auto& self = static_cast<parks_again&>(base);
    if (++self.woken == 1) (void)self.lot->park(self, [] { return false; });
  };
  ASSERT_TRUE(lot.park(w, [] { return false; }));
  lot.notify_all();
  lot.notify_all();
  EXPECT_EQ(w.woken, 2);
}

TEST_P(Parking, a_blocked_thread_wakes_when_ready) {
  parking_lot lot(GetParam());
  std::atomic<int> turn{0};
  constexpr int rounds = 200;
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      lot.wait([&] { return turn.load(std::memory_order_acquire) == 2 * i + 1; });
      turn.store(2 * i + 2, std::memory_order_release);
      lot.notify_all();
    }
  });
  for (int i = 0; i < rounds; ++i) {
    turn.store(2 * i + 1, std::memory_order_release);
    lot.notify_all();
    lot.wait([&] { return turn.load(std::memory_order_acquire) == 2 * i + 2; });
  }
  other.join();
  EXPECT_EQ(turn.load(), 2 * rounds);
}

// Who offers its core to threads that take it would take turns with them, and keep them from their work.
TEST(ParkingSpin, stops_to_spin_when_the_cores_it_offers_are_taken) {
  using lot = pariter::detail::basic_parking_lot<told_atomic>;
  const auto yields_if_one_takes = [](std::chrono::microseconds time) {
    told_clock::yields = 0;
    told_clock::yield_takes = time;
    EXPECT_FALSE(lot::spin([] { return false; }));
    return told_clock::yields;
  };
  EXPECT_EQ(yields_if_one_takes(1us), 40);
  EXPECT_EQ(yields_if_one_takes(20us), 3);
  EXPECT_EQ(yields_if_one_takes(1ms), 1);
}

TEST(ParkingSpin, looks_once_more_when_its_core_was_taken) {
  told_clock::yields = 0;
  told_clock::yield_takes = 1ms;
  EXPECT_TRUE(pariter::detail::basic_parking_lot<told_atomic>::spin([] { return told_clock::yields == 1; }));
}

TEST_P(Parking, a_timed_wait_ends_at_its_deadline) {
  parking_lot lot(GetParam());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(lot.wait_until([] { return false; }, begin + 5ms));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 5ms);
  EXPECT_FALSE(lot.wait_until([] { return false; }, std::chrono::system_clock::now() + 2ms));
  EXPECT_FALSE(lot.wait_until([] { return false; }, std::chrono::steady_clock::time_point::min()));
  EXPECT_TRUE(lot.wait_until([] { return true; }, std::chrono::steady_clock::time_point::min()));
}

TEST_P(Parking, a_timed_wait_ends_when_ready) {
  parking_lot lot(GetParam());
  std::atomic<bool> there{false};
  std::barrier start(2);
  std::thread other([&] {
    start.arrive_and_wait();
    there.store(true, std::memory_order_release);
    lot.notify_all();
  });
  start.arrive_and_wait();
  EXPECT_TRUE(lot.wait_until([&] { return there.load(std::memory_order_acquire); }, std::chrono::steady_clock::time_point::max()));
  other.join();
}

// Deadlines in a coarser unit than their clock's, which it cannot tell: far off, not passed.
TEST_P(Parking, a_timed_wait_for_ever_waits) {
  parking_lot lot(GetParam());
  const auto waits = [&](auto deadline) {
    std::atomic<int> looks{0};
    std::atomic<bool> there{false};
    std::atomic<bool> over{false};
    std::thread other([&] {
      while (looks.load(std::memory_order_relaxed) < 2 && !over.load(std::memory_order_relaxed)) std::this_thread::yield();
      there.store(true, std::memory_order_release);
      lot.notify_all();
    });
    EXPECT_TRUE(lot.wait_until(
        [&] {
          looks.fetch_add(1, std::memory_order_relaxed);
          return there.load(std::memory_order_acquire);
        },
        deadline));
    over = true;
    other.join();
  };
  using std::chrono::steady_clock;
  waits(steady_clock::time_point::max());
  waits(std::chrono::time_point<steady_clock, std::chrono::milliseconds>::max());
  waits(std::chrono::time_point<steady_clock, std::chrono::hours>::max());
  waits(std::chrono::time_point<steady_clock, std::chrono::duration<double>>::max());
  waits(std::chrono::system_clock::time_point::max());
  waits(std::chrono::sys_seconds::max());
  EXPECT_FALSE(lot.wait_until([] { return false; }, std::chrono::time_point<steady_clock, std::chrono::hours>::min()));
  EXPECT_FALSE(lot.wait_until([] { return false; }, std::chrono::sys_days::min()));
}

// A clock that somebody sets, whose epoch lies ahead.
struct set_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<set_clock>;
  static constexpr bool is_steady = false;
  static time_point now() noexcept {
    looks.fetch_add(1, std::memory_order_relaxed);
    return time_point(std::chrono::hours(hour.load(std::memory_order_relaxed)));
  }
  static inline std::atomic<int> hour{-1'000'000};
  static inline std::atomic<int> looks{0};
};

TEST(ParkingClocks, a_timed_wait_notices_that_its_clock_was_set) {
  parking_lot lot;
  std::thread other([] {
    const int before = set_clock::looks.load(std::memory_order_relaxed);
    while (set_clock::looks.load(std::memory_order_relaxed) < before + 2) std::this_thread::yield();
    set_clock::hour.fetch_add(2, std::memory_order_relaxed);
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(lot.wait_until([] { return false; }, set_clock::now() + 1h));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10min);
  other.join();
}

INSTANTIATE_TEST_SUITE_P(Fences, Parking, testing::Values(fences::automatic, fences::symmetric),
                         [](const auto& i) { return i.param == fences::automatic ? std::string("automatic") : std::string("symmetric"); });

}  // namespace
