// SPDX-License-Identifier: Apache-2.0
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/broadcast_iterator.hpp"
#include "pariter/containers/policy.hpp"

#include "../support/archetypes.hpp"
#include "../support/streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace pariter;
using test::fill;
using test::numbers;
using test::walked;

using ints = broadcast<int>;
static_assert(iterator<ints::iterator> && shared_iterable<ints>);
static_assert(std::is_same_v<item_t<ints::iterator>, const int&>);
static_assert(!std::is_copy_constructible_v<ints::iterator>);
static_assert(iteration_traits<ints::iterator>.sees == sight::live && iteration_traits<ints::iterator>.lossless);

template <class B>
class Broadcast : public testing::Test {};
using broadcasts = testing::Types<broadcast<int>, broadcast<int, writers::single>, broadcast<test::counted>, broadcast<test::move_only>,
                                  broadcast<test::over_aligned, writers::single>, broadcast<test::no_default>,
                                  broadcast<test::throwing>, broadcast<test::throwing, writers::single>>;
TYPED_TEST_SUITE(Broadcast, broadcasts);

TYPED_TEST(Broadcast, every_iterator_sees_every_item_from_its_start) {
  for (const int capacity : {1, 2, 3, 7, 8, 9, 64, 100, 1'000}) {
    TypeParam b{{.capacity = static_cast<std::size_t>(capacity)}};
    auto first = b.iter();
    fill(b, 0, capacity / 2);
    auto second = b.iter();
    auto third = b.iter({.from = start::next});
    fill(b, capacity / 2, capacity);
    EXPECT_FALSE(b.try_append(typename TypeParam::value_type(0))) << "full";
    b.close();
    EXPECT_EQ(walked(first), numbers(0, capacity));
    EXPECT_EQ(walked(second), numbers(0, capacity));
    EXPECT_EQ(walked(third), numbers(capacity / 2, capacity));
    EXPECT_FALSE(first.next());
    EXPECT_TRUE(first.try_next().is_closed());
  }
}

TYPED_TEST(Broadcast, goes_round_for_ever) {
  for (const int capacity : {1, 2, 5, 16, 100}) {
    TypeParam b{{.capacity = static_cast<std::size_t>(capacity)}};
    auto it = b.iter();
    int written = 0;
    for (int read = 0; read < 3'000; ++read) {
      while (b.try_append(typename TypeParam::value_type(written))) ++written;
      EXPECT_GE(written - read, capacity);
      EXPECT_LE(written - read, capacity + std::max(1, capacity / 8)) << "and what the iterator took";
      const auto item = it.try_next();
      ASSERT_TRUE(item.has_item());
      ASSERT_TRUE(*item == typename TypeParam::value_type(read));
    }
  }
}

TYPED_TEST(Broadcast, without_a_gating_iterator_the_window_moves_on) {
  TypeParam b{{.capacity = 10}};
  fill(b, 0, 1'000);
  b.close();
  EXPECT_EQ(walked(b.iter()), numbers(990, 1'000));
  EXPECT_EQ(walked(b.iter({.from = 995})), numbers(995, 1'000));
  EXPECT_EQ(walked(b.iter({.from = start::next})), numbers(0, 0));
  EXPECT_THROW((void)b.iter({.from = 989}), out_of_reach);
  EXPECT_THROW((void)b.iter({.from = 1'001}), out_of_reach);
}

TYPED_TEST(Broadcast, an_iterator_that_goes_frees_the_writers) {
  TypeParam b{{.capacity = 4}};
  auto never_started = std::make_unique<typename TypeParam::iterator>(b.iter());
  auto it = b.iter();
  fill(b, 0, 4);
  for (int i = 0; i < 4; ++i) (void)it.next();
  EXPECT_TRUE(it.try_next().is_empty());
  EXPECT_FALSE(b.try_append(typename TypeParam::value_type(4)));
  never_started.reset();
  EXPECT_TRUE(b.try_append(typename TypeParam::value_type(4)));
}

TYPED_TEST(Broadcast, a_fork_starts_at_the_position_of_its_origin) {
  TypeParam b{{.capacity = 16}};
  auto a = b.iter();
  fill(b, 0, 16);
  for (int i = 0; i < 5; ++i) (void)a.next();
  auto c = a.fork();
  EXPECT_EQ(c.position(), 5u);
  b.close();
  EXPECT_EQ(walked(a), numbers(5, 16));
  EXPECT_EQ(walked(c), numbers(5, 16));
}

TYPED_TEST(Broadcast, moves_keep_the_position) {
  TypeParam b{{.capacity = 8}};
  auto a = b.iter();
  auto other = b.iter();
  fill(b, 0, 8);
  (void)a.next();
  auto moved = std::move(a);
  EXPECT_EQ(moved.position(), 1u);
  other = std::move(moved);
  b.close();
  EXPECT_EQ(walked(other), numbers(1, 8));
  EXPECT_EQ(b.stats().iterators.size(), 1u);
}

TYPED_TEST(Broadcast, close_and_fail_are_drained_by_each) {
  for (const bool failing : {false, true}) {
    TypeParam b{{.capacity = 8}};
    auto first = b.iter();
    auto second = b.iter({.policy = policy::lossy});
    EXPECT_TRUE(first.try_next().is_empty());
    EXPECT_FALSE(first.ready());
    fill(b, 0, 3);
    EXPECT_TRUE(first.ready());
    if (failing) b.fail(std::make_exception_ptr(test::planned_failure()));
    b.close();
    EXPECT_TRUE(b.is_closed());
    EXPECT_THROW(b.emplace(3), closed);
    EXPECT_THROW((void)b.try_append(typename TypeParam::value_type(3)), closed);
    for (auto* it : {&first, &second}) {
      for (int i = 0; i < 3; ++i) EXPECT_TRUE(it->next());
      if (failing) {
        EXPECT_THROW((void)it->next(), test::planned_failure);
        EXPECT_TRUE(it->try_next().is_failed());
        EXPECT_THROW((void)it->next_batch(), test::planned_failure);
      } else {
        EXPECT_FALSE(it->next());
        EXPECT_TRUE(it->try_next_batch().is_closed());
        EXPECT_TRUE(it->next_batch().empty());
      }
    }
  }
}

TYPED_TEST(Broadcast, an_appender_waits_and_hands_over_all) {
  TypeParam b{{.capacity = 32}};
  auto it = b.iter();
  std::thread writer([&] {
    {
      auto out = b.appender(50);
      for (int i = 0; i < 1'003; ++i) out.emplace(i);
    }
    b.close();
  });
  EXPECT_EQ(walked(it), numbers(0, 1'003));
  writer.join();
}

TEST(BroadcastOptions, a_capacity_of_zero_is_refused) { EXPECT_THROW(broadcast<int>({.capacity = 0}), invalid_size); }

TEST(BroadcastOptions, a_capacity_that_no_memory_holds_is_refused) {
  EXPECT_THROW(broadcast<char>({.capacity = SIZE_MAX}), invalid_size);
  EXPECT_THROW(broadcast<int>({.capacity = SIZE_MAX / 4}), invalid_size);
}

TEST(BroadcastStats, show_a_stalled_iterator) {
  broadcast<int> b{{.capacity = 64}};
  auto stalled = b.iter();
  auto lossy = b.iter({.policy = policy::lossy});
  fill(b, 0, 64);
  while (lossy.try_next().has_item()) {
  }
  const auto s = b.stats();
  EXPECT_EQ(s.published, 64u);
  EXPECT_EQ(s.capacity, 64u);
  ASSERT_EQ(s.iterators.size(), 2u);
  const auto of = [&s](policy p) { return *std::ranges::find(s.iterators, p, &broadcast_stats::iterator::policy); };
  EXPECT_EQ(of(policy::gating).lag, 64u);
  EXPECT_EQ(of(policy::lossy).lag, 0u);
}

TEST(BroadcastDeathTest, an_iterator_that_outlives_its_broadcast_is_reported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        auto b = std::make_unique<ints>();
        auto it = b->iter();
        b.reset();
      },
      "outlived its broadcast");
}

TEST(BroadcastDeathTest, an_appender_that_outlives_its_broadcast_is_reported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        auto b = std::make_unique<ints>();
        auto out = b->appender(4);
        auto moved = std::move(out);
        b.reset();
      },
      "an appender outlived its container");
  ints b;
  { auto gone = b.appender(4); }
}

TEST(BroadcastDeathTest, a_step_of_an_iterator_that_was_moved_from_is_reported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  ints b;
  auto first = b.iter();
  for (int i = 0; i < 8; ++i) b.append(i);
  EXPECT_EQ(*first.next(), 0);
  auto second = std::move(first);
  EXPECT_EQ(*second.next(), 1);
  EXPECT_DEATH((void)first.next(), "this iterator was moved from");  // NOLINT: that is the mistake
  EXPECT_DEATH((void)first.try_next_batch(), "this iterator was moved from");
  EXPECT_DEATH((void)first.fork(), "this iterator was moved from");
  first = std::move(second);
  EXPECT_EQ(*first.next(), 2);
  EXPECT_DEATH((void)second.next_for(std::chrono::hours(1)), "this iterator was moved from");
}

}  // namespace
