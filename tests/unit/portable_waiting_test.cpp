// SPDX-License-Identifier: Apache-2.0
//
// Waiting on a system that has neither the futex nor the asymmetric fence: signals by a condition variable, and read-modify-writes
// in place of the fence. Everything else tests what this system has.
//
#define PARITER_FUTEX 0  // before any header
#define PARITER_ASYMMETRIC_FENCE 0
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/thread_signal.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/tee.hpp"

#include "../support/scale.hpp"
#include "../support/sharing.hpp"
#include "../support/streams.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace pariter;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

static_assert(sizeof(detail::thread_signal) > sizeof(std::mutex), "this is not the futex");

TEST(PortableWaiting, has_no_asymmetric_fence) { EXPECT_FALSE(detail::platform<std::atomic>::has_asymmetric_fence()); }

TEST(PortableWaiting, a_signal_that_was_raised_before_does_not_wait) {
  detail::thread_signal s;
  s.raise();
  s.wait();
  EXPECT_TRUE(s.wait_until(steady_clock::time_point::min()));
}

TEST(PortableWaiting, a_signal_may_be_raised_after_its_deadline) {
  detail::thread_signal s;
  EXPECT_FALSE(s.wait_until(steady_clock::now() + 2ms));
  EXPECT_FALSE(s.wait_until(steady_clock::time_point::min()));
  s.raise();
  EXPECT_TRUE(s.wait_until(steady_clock::time_point::max()));
}

// The sleeper ends the signal as soon as it wakes, and makes the next in its place.
TEST(PortableWaiting, a_signal_may_end_before_its_raiser_returns) {
  std::optional<detail::thread_signal> s;
  std::atomic<detail::thread_signal*> raise{nullptr};
  const std::size_t rounds = test::scaled(2'000);
  std::thread other([&] {
    for (std::size_t i = 0; i < rounds; ++i) {
      detail::thread_signal* one;
      while ((one = raise.exchange(nullptr, std::memory_order_acquire)) == nullptr) std::this_thread::yield();
      one->raise();
    }
  });
  for (std::size_t i = 0; i < rounds; ++i) {
    s.emplace();
    raise.store(&*s, std::memory_order_release);
    s->wait();
    s.reset();
  }
  other.join();
}

TEST(PortableWaiting, no_wake_up_is_lost_in_a_window_of_one) {
  broadcast<int> there{{.capacity = 1}};
  broadcast<int, writers::single> back{{.capacity = 1}};
  const int rounds = static_cast<int>(test::scaled(2'000));
  std::thread other([&, it = there.iter()]() mutable {
    while (const auto x = it.next()) back.append(*x);
    back.close();
  });
  auto it = back.iter();
  for (int i = 0; i < rounds; ++i) {
    there.append(i);
    ASSERT_EQ(*it.next(), i);
  }
  there.close();
  EXPECT_FALSE(it.next());
  other.join();
}

TEST(PortableWaiting, followers_walk_cleared_items_and_see_the_end) {
  concurrent_log<int, writers::single> log;
  const int items = static_cast<int>(test::scaled(2'000));
  std::vector<std::thread> threads;
  for (int r = 0; r < 3; ++r) {
    threads.emplace_back([&, it = log.follow()]() mutable {
      int at = 0;
      for (;;) {
        const auto o = it.next_for(1h);
        if (o.is_closed()) break;
        if (o.is_gap()) at += static_cast<int>(o.missed());
        if (o.has_item()) {
          ASSERT_EQ(*o, at++);
        }
      }
      EXPECT_EQ(at, items);
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 50; ++i) log.clear();
  });
  test::fill(log, 0, items);
  threads.back().join();
  log.close();
  threads.pop_back();
  for (auto& t : threads) t.join();
}

TEST(PortableWaiting, drawers_of_a_live_share_get_each_item_once_and_see_the_end) {
  const int items = static_cast<int>(test::scaled(2'000));
  concurrent_log<int> log;
  broadcast<int> stream({.capacity = 4});
  const auto of_log = share(log.follow());
  const auto of_stream = share(stream.iter());
  std::thread writer([&] {
    for (int i = 0; i < items; ++i) {
      log.append(i);
      stream.append(i);
    }
    log.close();
    stream.close();
  });
  std::vector<std::vector<int>> from_log(3), from_stream(3);
  test::on_threads(6, [&](int t) {
    const auto hand = static_cast<std::size_t>(t / 2);
    if (t % 2 == 0) {
      for (const int x : of_log.iter()) from_log[hand].push_back(x);
    } else {
      for (const int x : of_stream.iter()) from_stream[hand].push_back(x);
    }
  });
  writer.join();
  test::expect_exactly_once_and_in_order(from_log, items);
  test::expect_exactly_once_and_in_order(from_stream, items);
}

// One item at a time, so that a drawer waits for each.
TEST(PortableWaiting, no_wake_up_of_a_drawer_is_lost) {
  broadcast<int> stream({.capacity = 1});
  const auto s = share(stream.iter(), unbuffered);
  std::atomic<int> drawn = 0;
  std::thread writer([&] {
    for (int i = 0; i < static_cast<int>(test::scaled(500)); ++i) {
      stream.append(i);
      while (drawn <= i) std::this_thread::yield();
    }
    stream.close();
  });
  test::on_threads(4, [&](int) {
    for (const int x : s.iter()) EXPECT_EQ(x, drawn++);
  });
  writer.join();
}

TEST(PortableWaiting, branches_of_a_tee_wait_for_each_other) {
  const int items = static_cast<int>(test::scaled(1'000));
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{20}, unbounded}) {
    auto branches = tee(test::counting(items), 4, {.capacity = capacity});
    test::on_threads(4, [&](int t) {
      int expected = 0;
      for (auto own = std::move(branches[static_cast<std::size_t>(t)]); const auto x = own.next();) {
        ASSERT_EQ(*x, expected++);
        if (t == 3 && expected == items / 2) return;  // whoever waits for it goes on
      }
      EXPECT_EQ(expected, items);
    });
  }
}

TEST(PortableWaiting, waits_no_longer_than_asked) {
  concurrent_log<int> log;
  auto it = log.follow();
  const auto begin = steady_clock::now();
  EXPECT_TRUE(it.next_for(3ms).is_empty());
  EXPECT_GE(steady_clock::now() - begin, 3ms);
}

}  // namespace
