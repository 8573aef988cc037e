// SPDX-License-Identifier: Apache-2.0
//
// Writers wait for room, iterators for items; and both agree with a model, whatever is done in whatever order.
#include "pariter/containers/broadcast.hpp"

#include "../support/archetypes.hpp"
#include "../support/streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace pariter;
using namespace std::chrono_literals;
using test::fill;
using test::numbers;
using test::walked;

TEST(BroadcastWait, writers_wait_for_the_slowest_and_wake) {
  broadcast<int> b{{.capacity = 2}};
  auto slow = b.iter();
  auto quick = b.iter();
  std::thread writer([&] {
    fill(b, 0, 2'000);
    b.close();
  });
  std::vector<int> seen;
  std::thread reader([&, it = std::move(quick)]() mutable { seen = walked(it); });
  EXPECT_EQ(walked(slow), numbers(0, 2'000));
  writer.join();
  reader.join();
  EXPECT_EQ(seen, numbers(0, 2'000));
}

TEST(BroadcastWait, close_wakes_a_waiting_writer_and_reader) {
  broadcast<int> full{{.capacity = 1}};
  auto stalled = full.iter();
  full.append(1);
  std::thread writer([&] { EXPECT_THROW(full.append(2), closed); });
  std::thread batch_writer([&] {
    auto out = full.appender(1);
    EXPECT_THROW(out.append(3), closed);
  });
  broadcast<int> empty;
  std::thread reader([it = empty.iter()]() mutable { EXPECT_FALSE(it.next()); });
  full.close();
  empty.close();
  writer.join();
  batch_writer.join();
  reader.join();
}

TEST(BroadcastWait, close_and_fail_wake_all_who_are_parked) {
  for (const bool failing : {false, true}) {
    broadcast<int> b{{.capacity = 1}};
    auto it = b.iter();
    b.append(1);
    EXPECT_FALSE(b.try_append(2));
    const test::parked writer(b.append_parking());
    const test::parked reader(it.parking());
    if (failing) b.fail(std::make_exception_ptr(test::planned_failure()));
    else b.close();
    EXPECT_TRUE(writer.woken());
    EXPECT_TRUE(reader.woken());
    EXPECT_THROW(b.append(2), closed);
    EXPECT_EQ(*it.next(), 1);
    EXPECT_EQ(it.try_next().is_failed(), failing);
  }
}

TEST(BroadcastWait, a_dropped_iterator_wakes_a_waiting_writer) {
  broadcast<int> b{{.capacity = 1}};
  auto stalled = std::make_unique<broadcast<int>::iterator>(b.iter());
  b.append(1);
  std::thread writer([&] { b.append(2); });
  stalled.reset();
  writer.join();
  EXPECT_EQ(b.end_position(), 2u);
}

TEST(BroadcastWait, waits_no_longer_than_asked) {
  broadcast<int> b;
  auto it = b.iter();
  EXPECT_TRUE(it.next_for(2ms).is_empty());
  b.append(1);
  EXPECT_EQ(*it.next_for(1h), 1);
  b.close();
  EXPECT_TRUE(it.next_until(std::chrono::system_clock::now() + 1h).is_closed());
}

template <class B>
void agrees_with_a_model() {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 40; ++round) {
    const std::uint64_t capacity = 1 + random() % (round % 2 == 0 ? 10 : 200);
    B b{{.capacity = capacity}};
    struct walker {
      typename B::iterator it;
      std::uint64_t at;
    };
    std::vector<walker> walkers;
    std::uint64_t written = 0;
    for (int step = 0; step < 2'000; ++step) {
      std::uint64_t gate = UINT64_MAX;
      for (const walker& w : walkers)
        if (w.it.policy() == policy::gating) gate = std::min(gate, w.at);
      switch (random() % 6) {
        case 0:
        case 1:
          for (auto n = random() % 40; n > 0; --n) {
            const std::uint64_t room = gate == UINT64_MAX ? 1 : gate + capacity - std::min(written, gate + capacity);
            const bool done = b.try_append(static_cast<int>(written));
            ASSERT_TRUE(done || room == 0) << written << ' ' << gate << ' ' << capacity;
            ASSERT_TRUE(!done || gate == UINT64_MAX || written < gate + capacity + std::max<std::uint64_t>(1, capacity / 8));
            written += done ? 1 : 0;
          }
          break;
        case 2: {
          const std::uint64_t oldest = written > capacity ? written - capacity : 0;
          const std::uint64_t at = oldest + random() % (written - oldest + 1);
          const policy how = std::array{policy::gating, policy::lossy, policy::kicked}[random() % 3];
          walkers.push_back({b.iter({.from = at, .policy = how}), at});
          if (walkers.size() > 6) walkers.erase(walkers.begin() + static_cast<std::ptrdiff_t>(random() % 6));
          break;
        }
        default:
          if (walkers.empty()) break;
          const std::size_t which = random() % walkers.size();
          walker& w = walkers[which];
          bool drop = false;
          for (auto n = random() % 60; n > 0 && !drop; --n) {
            const auto o = w.it.try_next();
            if (o.is_gap()) {
              ASSERT_EQ(w.it.policy(), policy::lossy);
              w.at += o.missed();
              ASSERT_EQ(w.at, written - capacity);
            } else if (o.is_failed()) {
              ASSERT_EQ(w.it.policy(), policy::kicked);
              ASSERT_LT(w.at + capacity, written);
              drop = true;
            } else if (o.is_empty()) {
              ASSERT_EQ(w.at, written);
              break;
            } else {
              ASSERT_EQ(*o, static_cast<int>(w.at));
              ++w.at;
            }
            ASSERT_EQ(w.it.position(), w.at);
          }
          if (drop) walkers.erase(walkers.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
  }
}
TEST(BroadcastProperty, agrees_with_a_model_with_locked_writers) { agrees_with_a_model<broadcast<int>>(); }
TEST(BroadcastProperty, agrees_with_a_model_with_a_single_writer) { agrees_with_a_model<broadcast<int, writers::single>>(); }

}  // namespace
