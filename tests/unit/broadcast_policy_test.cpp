// SPDX-License-Identifier: Apache-2.0
//
// What becomes of an iterator that is slow, and what it costs the others: gaps, kicks, and the bound of memory.
#include "pariter/containers/broadcast.hpp"

#include "../support/archetypes.hpp"
#include "../support/scale.hpp"
#include "../support/streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <thread>
#include <vector>

namespace {

using namespace pariter;
using test::fill;
using test::numbers;
using test::walked;

template <class B>
class Broadcast : public testing::Test {};
using broadcasts = testing::Types<broadcast<int>, broadcast<int, writers::single>, broadcast<test::counted>, broadcast<test::move_only>,
                                  broadcast<test::over_aligned, writers::single>, broadcast<test::no_default>,
                                  broadcast<test::throwing>, broadcast<test::throwing, writers::single>>;
TYPED_TEST_SUITE(Broadcast, broadcasts);

TYPED_TEST(Broadcast, a_lossy_iterator_is_told_what_it_missed_and_goes_on) {
  TypeParam b{{.capacity = 16}};
  auto it = b.iter({.policy = policy::lossy});
  EXPECT_EQ(it.policy(), policy::lossy);
  fill(b, 0, 100);
  const auto gap = it.try_next();
  ASSERT_TRUE(gap.is_gap());
  EXPECT_EQ(gap.missed(), 84u);
  EXPECT_EQ(it.position(), 84u);
  EXPECT_TRUE(*it.try_next() == typename TypeParam::value_type(84));
  fill(b, 100, 200);
  // The block in hand stays readable, however far the writers are.
  EXPECT_TRUE(*it.try_next() == typename TypeParam::value_type(85));
  try {
    (void)it.next();
    FAIL() << "a gap was expected";
  } catch (const missed_items& m) {
    EXPECT_EQ(m.count(), 200u - 16u - 86u);
  }
  b.close();
  EXPECT_EQ(walked(it), numbers(184, 200));
}

TYPED_TEST(Broadcast, a_kicked_iterator_fails_for_ever) {
  TypeParam b{{.capacity = 16}};
  auto it = b.iter({.policy = policy::kicked});
  fill(b, 0, 16);
  EXPECT_TRUE(it.next());
  fill(b, 16, 100);
  EXPECT_TRUE(it.next()) << "what is in its hand is not taken away";
  EXPECT_THROW((void)it.next(), kicked);
  EXPECT_THROW((void)it.next(), kicked);
  EXPECT_TRUE(it.try_next().is_failed());
  EXPECT_TRUE(it.ready());
  EXPECT_TRUE(b.try_append(typename TypeParam::value_type(0)));
}

TYPED_TEST(Broadcast, memory_is_bounded_under_every_policy) {
  for (const std::size_t capacity : {1u, 10u, 64u, 1'000u}) {
    TypeParam b{{.capacity = capacity}};
    const std::size_t segment = std::max<std::size_t>(1, std::bit_floor(capacity / 8));
    std::vector<typename TypeParam::iterator> stalled;
    for (int i = 0; i < 5; ++i) {
      stalled.push_back(b.iter({.policy = i % 2 == 0 ? policy::lossy : policy::kicked}));
      b.emplace(i);
      (void)stalled.back().next();  // holds a segment
      fill(b, 0, static_cast<int>(3 * capacity));
      (void)stalled.back().try_next_batch();
    }
    fill(b, 0, static_cast<int>(20 * capacity));
    const std::size_t window = (capacity + segment - 1) / segment * segment + segment;
    EXPECT_LE(b.stats().allocated, window + 5 * segment);
    stalled.clear();
    fill(b, 0, static_cast<int>(3 * capacity));
    EXPECT_LE(b.stats().allocated, window + 5 * segment);
  }
}

// Iterators that move on while the writer looks which segments are free are taken to hold two each, and then one again.
TYPED_TEST(Broadcast, memory_is_bounded_while_iterators_move_on) {
  for (const std::size_t capacity : {1u, 8u, 64u}) {
    TypeParam b{{.capacity = capacity}};
    const std::size_t segment = std::max<std::size_t>(1, std::bit_floor(capacity / 8));
    const std::size_t window = (capacity + segment - 1) / segment * segment + segment;
    constexpr std::size_t readers = 3;
    std::atomic<bool> done = false;
    std::vector<std::thread> threads;
    for (std::size_t r = 0; r < readers; ++r) {
      threads.emplace_back([&, it = b.iter({.policy = policy::lossy})]() mutable {
        while (!done) (void)it.try_next();
      });
    }
    for (int i = 0; i < static_cast<int>(pariter::test::scaled(20'000)); ++i) {
      b.emplace(i);
      if (i % 16 == 0) {
        const std::size_t allocated = b.stats().allocated;
        EXPECT_LE(allocated, window + 2 * readers * segment);
        if (allocated > window + 2 * readers * segment) break;
      }
    }
    done = true;
    for (auto& t : threads) t.join();
    fill(b, 0, static_cast<int>(3 * capacity));
    EXPECT_LE(b.stats().allocated, window + readers * segment);
  }
}

// The three ways to be no help: to hold an iterator that never takes a step, one that took some and then no more, one that was
// forgotten with a fork beside it that does go on.
TYPED_TEST(Broadcast, an_iterator_that_never_starts_stalls_or_is_forgotten_costs_no_more_than_the_window) {
  constexpr std::size_t capacity = 64;
  constexpr std::size_t segment = 8;
  for (const policy how : {policy::gating, policy::lossy, policy::kicked}) {
    for (const int steps : {0, 1, 30}) {
      for (const bool beside_one_that_goes_on : {false, true}) {
        TypeParam b{{.capacity = capacity}};
        auto idle = b.iter({.policy = how});
        fill(b, 0, 40);
        for (int i = 0; i < steps; ++i) (void)idle.next();
        auto busy = idle.fork();
        int written = 40;
        for (int i = 0; i < 2'000 && b.try_append(typename TypeParam::value_type(written)); ++i) {
          ++written;
          if (beside_one_that_goes_on && i % 5 == 0) (void)busy.try_next_batch();
        }
        if (how == policy::gating) EXPECT_LE(written, steps + static_cast<int>(segment + capacity)) << "the writer has to wait";
        else EXPECT_EQ(written, 2'040) << "nobody waits";
        const auto s = b.stats();
        EXPECT_LE(s.allocated, capacity + segment + (how == policy::gating ? 0 : 2 * segment));
        const auto most = std::ranges::max(s.iterators, {}, &broadcast_stats::iterator::lag);
        EXPECT_GE(most.lag, how == policy::gating ? capacity : 2'000u) << "and it shows";
      }
    }
  }
}

}  // namespace
