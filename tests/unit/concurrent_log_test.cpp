// SPDX-License-Identifier: Apache-2.0
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/batch_appender.hpp"
#include "pariter/containers/log_iterator.hpp"
#include "pariter/containers/log_snapshot.hpp"
#include "pariter/containers/start.hpp"
#include "pariter/containers/writers.hpp"

#include "pariter/core/next.hpp"

#include "../support/archetypes.hpp"
#include "../support/streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace pariter;
using namespace std::chrono_literals;
using test::fill;
using test::numbers;
using test::walked;

// ---- what types say ----

using ints = concurrent_log<int>;
static_assert(iterator<ints::iterator> && iterator<ints::live_iterator> && iterator<ints::follower>);
static_assert(shared_iterable<ints> && shared_iterable<ints::snapshot_type>);
static_assert(std::is_same_v<item_t<ints::iterator>, const int&>);
static_assert(!std::is_copy_constructible_v<ints::iterator> && !std::is_copy_constructible_v<ints::follower>);
static_assert(std::is_copy_constructible_v<ints::snapshot_type>);
static_assert(iteration_traits<ints::iterator>.sees == sight::snapshot && iteration_traits<ints::iterator>.sized);
static_assert(iteration_traits<ints::follower>.sees == sight::live && !iteration_traits<ints::follower>.sized);
static_assert(iteration_traits<ints::live_iterator>.seekable && iteration_traits<ints::live_iterator>.forkable);
static_assert(std::ranges::input_range<const ints>);
static_assert(std::ranges::random_access_range<ints::snapshot_type> && std::ranges::sized_range<ints::snapshot_type>);
static_assert(std::ranges::common_range<ints::snapshot_type>);

// ---- laws for every kind of writer ----

template <class L>
class ConcurrentLog : public testing::Test {};
using logs = testing::Types<concurrent_log<int>, concurrent_log<int, writers::single>, concurrent_log<test::counted>,
                            concurrent_log<test::move_only>, concurrent_log<test::over_aligned, writers::single>,
                            concurrent_log<test::no_default>, concurrent_log<test::throwing>,
                            concurrent_log<test::throwing, writers::single>>;
TYPED_TEST_SUITE(ConcurrentLog, logs);

TYPED_TEST(ConcurrentLog, holds_what_was_appended_in_order) {
  for (const int n : {0, 1, 3, 4, 5, 511, 512, 513, 1'023, 1'024, 1'025, 5'000}) {
    TypeParam log;
    fill(log, 0, n);
    EXPECT_EQ(log.size(), static_cast<std::size_t>(n));
    EXPECT_EQ(walked(log), numbers(0, n));
    EXPECT_EQ(walked(log.iter()), numbers(0, n));
    EXPECT_EQ(walked(log.live()), numbers(0, n));
    EXPECT_EQ(walked(log.snapshot()), numbers(0, n));
    log.close();
    EXPECT_EQ(walked(log.follow()), numbers(0, n));
    std::size_t in_batches = 0;
    auto it = log.iter();
    for (auto batch = it.next_batch(); !batch.empty(); batch = it.next_batch()) in_batches += batch.size();
    EXPECT_EQ(in_batches, static_cast<std::size_t>(n));
  }
}

TYPED_TEST(ConcurrentLog, items_never_move) {
  TypeParam log;
  std::vector<const typename TypeParam::value_type*> where;
  for (int i = 0; i < 3'000; ++i) where.push_back(&log.emplace(i));
  std::size_t i = 0;
  for (const auto& x : log) EXPECT_EQ(&x, where[i++]);
}

TYPED_TEST(ConcurrentLog, a_snapshot_does_not_grow_and_a_live_iterator_does) {
  TypeParam log;
  fill(log, 0, 10);
  auto snapshot = log.iter();
  auto live = log.live();
  const auto view = log.snapshot();
  fill(log, 10, 700);
  EXPECT_EQ(view.size(), 10u);
  EXPECT_EQ(*snapshot.size_hint(), 10u);
  EXPECT_EQ(walked(snapshot), numbers(0, 10));
  EXPECT_EQ(walked(live), numbers(0, 700));
  fill(log, 700, 701);
  EXPECT_FALSE(live.next()) << "the end that a live iterator met is for ever";
  EXPECT_FALSE(snapshot.next());
}

TYPED_TEST(ConcurrentLog, starts_at_any_position_and_seeks) {
  TypeParam log;
  fill(log, 0, 1'500);
  for (const int at : {0, 1, 511, 512, 513, 1'499, 1'500}) {
    EXPECT_EQ(walked(log.iter(static_cast<std::uint64_t>(at))), numbers(at, 1'500));
    auto it = log.live(start::next);
    EXPECT_EQ(it.position(), 1'500u);
    it.seek(static_cast<std::uint64_t>(at));
    EXPECT_EQ(it.position(), static_cast<std::uint64_t>(at));
    EXPECT_EQ(walked(it), numbers(at, 1'500));
    EXPECT_EQ(it.position(), 1'500u);
  }
  EXPECT_THROW((void)log.iter(1'501), out_of_reach);
  EXPECT_THROW((void)log.follow(1'501), out_of_reach);
  auto snapshot = log.iter();
  fill(log, 1'500, 1'501);
  EXPECT_THROW(snapshot.seek(1'501), out_of_reach);
}

TYPED_TEST(ConcurrentLog, a_fork_goes_its_own_way) {
  TypeParam log;
  fill(log, 0, 20);
  auto a = log.iter();
  for (int i = 0; i < 5; ++i) (void)a.next();
  auto b = a.fork();
  EXPECT_EQ(b.position(), 5u);
  EXPECT_EQ(walked(a), numbers(5, 20));
  EXPECT_EQ(walked(b), numbers(5, 20));
}

TYPED_TEST(ConcurrentLog, a_loop_goes_on_where_its_iterator_stands) {
  TypeParam log;
  fill(log, 0, 1'300);
  log.close();
  const auto loops = [&](auto it) {
    int expected = 0;
    for (const auto& x : it) {
      EXPECT_TRUE(x == typename TypeParam::value_type(expected));
      EXPECT_EQ(it.position(), static_cast<std::uint64_t>(expected) + 1);
      if (expected == 100) break;
      ++expected;
    }
    EXPECT_TRUE(*it.next() == typename TypeParam::value_type(101));
    expected = 102;
    for (const auto& x : it) {  // the body takes every second item
      EXPECT_TRUE(x == typename TypeParam::value_type(expected));
      EXPECT_TRUE(it.next());
      expected += 2;
    }
    EXPECT_EQ(expected, 1'300);
    for (const auto& x : it) ADD_FAILURE() << "after the end: " << &x;
  };
  loops(log.iter());
  loops(log.live());
  loops(log.follow());
}

TYPED_TEST(ConcurrentLog, split_is_exact) {
  TypeParam log;
  for (const int n : {0, 1, 7, 1'000}) {
    log.clear();
    fill(log, 0, n);
    const auto all = log.snapshot();
    for (const std::size_t parts : {1u, 2u, 3u, 7u, 1'200u}) {
      std::vector<int> joined;
      std::size_t least = SIZE_MAX;
      std::size_t most = 0;
      for (const auto& part : all.split(parts)) {
        const auto items = walked(part);
        joined.insert(joined.end(), items.begin(), items.end());
        least = std::min(least, items.size());
        most = std::max(most, items.size());
      }
      EXPECT_EQ(joined, numbers(0, n));
      EXPECT_LE(most - least, 1u);
    }
    EXPECT_THROW((void)all.split(0), invalid_size);
  }
}

TYPED_TEST(ConcurrentLog, close_ends_and_refuses) {
  TypeParam log;
  auto follower = log.follow();
  EXPECT_TRUE(follower.try_next().is_empty());
  EXPECT_FALSE(follower.ready());
  fill(log, 0, 2);
  EXPECT_TRUE(follower.ready());
  log.close();
  log.close();
  log.fail(std::make_exception_ptr(std::runtime_error("too late")));
  EXPECT_TRUE(log.is_closed());
  EXPECT_THROW(log.emplace(3), closed);
  EXPECT_EQ(walked(follower), numbers(0, 2));
  EXPECT_FALSE(follower.next());
  EXPECT_TRUE(follower.try_next().is_closed());
  EXPECT_EQ(log.size(), 2u);
}

TYPED_TEST(ConcurrentLog, every_iterator_gets_the_failure_after_the_items) {
  TypeParam log;
  auto snapshot = log.iter();
  auto live = log.live();
  auto first = log.follow();
  auto second = log.follow();
  fill(log, 0, 3);
  log.fail(std::make_exception_ptr(test::planned_failure()));
  for (auto* follower : {&first, &second}) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(follower->next());
    EXPECT_THROW((void)follower->next(), test::planned_failure);
    EXPECT_TRUE(follower->try_next().is_failed()) << "failed is for ever";
    EXPECT_THROW((void)follower->next_batch(), test::planned_failure);
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(live.next());
  EXPECT_THROW((void)live.next(), test::planned_failure);
  EXPECT_FALSE(snapshot.next());
  EXPECT_THROW(log.emplace(3), closed);
}

TYPED_TEST(ConcurrentLog, clear_keeps_old_items_for_those_who_walk_them) {
  TypeParam log;
  fill(log, 0, 600);
  auto snapshot = log.iter();
  const auto view = log.snapshot();
  auto live = log.live();
  auto follower = log.follow();
  (void)follower.next();
  log.clear();
  EXPECT_EQ(log.size(), 0u);
  EXPECT_EQ(log.first_position(), 600u);
  fill(log, 600, 610);
  EXPECT_EQ(walked(snapshot), numbers(0, 600));
  EXPECT_EQ(walked(view), numbers(0, 600));
  EXPECT_EQ(walked(live), numbers(0, 600));
  EXPECT_EQ(walked(log), numbers(600, 610));
  EXPECT_THROW((void)log.iter(599), out_of_reach);
  EXPECT_EQ(walked(log.iter(605)), numbers(605, 610));
  log.close();
  EXPECT_EQ(walked(follower), numbers(1, 610)) << "a follower goes on in the next items";
}

TYPED_TEST(ConcurrentLog, a_follower_that_missed_a_whole_clear_is_told_how_much) {
  TypeParam log;
  auto follower = log.follow();
  auto other = log.follow();
  fill(log, 0, 5);
  log.clear();
  fill(log, 5, 12);
  log.clear();
  fill(log, 12, 14);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(follower.next());
  const auto gap = follower.try_next();
  ASSERT_TRUE(gap.is_gap());
  EXPECT_EQ(gap.missed(), 7u);
  EXPECT_TRUE(follower.try_next().has_item());
  EXPECT_EQ(follower.position(), 13u);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(other.next());
  try {
    (void)other.next();
    FAIL() << "a gap was expected";
  } catch (const missed_items& m) {
    EXPECT_EQ(m.count(), 7u);
  }
  EXPECT_TRUE(other.next());
}

TYPED_TEST(ConcurrentLog, a_follower_at_the_end_is_not_ready_because_of_a_clear) {
  TypeParam log;
  fill(log, 0, 2);
  auto follower = log.follow();
  (void)follower.next_batch();
  log.clear();
  EXPECT_FALSE(follower.ready());
  EXPECT_TRUE(follower.next_for(1ms).is_empty());
  log.clear();
  EXPECT_FALSE(follower.ready());
  fill(log, 2, 3);
  EXPECT_TRUE(follower.ready());
  EXPECT_TRUE(follower.try_next().has_item());
  log.clear();
  log.close();
  EXPECT_TRUE(follower.ready());
  EXPECT_TRUE(follower.try_next().is_closed());
}

TYPED_TEST(ConcurrentLog, snapshot_and_follow_meet_exactly) {
  TypeParam log;
  fill(log, 0, 40);
  auto [snapshot, follower] = log.snapshot_and_follow();
  fill(log, 40, 50);
  log.close();
  EXPECT_EQ(walked(snapshot), numbers(0, 40));
  EXPECT_EQ(walked(follower), numbers(40, 50));
}

TYPED_TEST(ConcurrentLog, an_appender_hands_over_full_batches_and_the_rest) {
  TypeParam log;
  {
    auto out = log.appender(8);
    for (int i = 0; i < 7; ++i) out.emplace(i);
    EXPECT_EQ(log.size(), 0u);
    EXPECT_EQ(out.pending(), 7u);
    out.emplace(7);
    EXPECT_EQ(log.size(), 8u);
    out.emplace(8);
    out.flush();
    EXPECT_EQ(log.size(), 9u);
    for (int i = 9; i < 1'003; ++i) out.emplace(i);
  }
  EXPECT_EQ(walked(log), numbers(0, 1'003));
  EXPECT_THROW((void)log.appender(0), invalid_size);
}

TYPED_TEST(ConcurrentLog, an_appender_of_a_closed_log_throws_once_and_drops_the_rest) {
  TypeParam log;
  auto out = log.appender(8);
  out.emplace(0);
  log.close();
  EXPECT_THROW(out.flush(), closed);
}

// It holds no items any more: what it would read may have been cleared and freed.
TEST(ConcurrentLogDeathTest, a_step_of_an_iterator_that_was_moved_from_is_reported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  concurrent_log<int> log;
  for (int i = 0; i < 8; ++i) log.append(i);
  const auto moved = [](auto first) {
    EXPECT_EQ(*first.next(), 0);
    auto second = std::move(first);
    EXPECT_EQ(*second.next(), 1);
    EXPECT_DEATH((void)first.next(), "this iterator was moved from");  // NOLINT: that is the mistake
    EXPECT_DEATH((void)first.next_batch(), "this iterator was moved from");
    EXPECT_DEATH((void)first.position(), "this iterator was moved from");
    EXPECT_DEATH((void)first.fork(), "this iterator was moved from");
    EXPECT_DEATH(first.seek(0), "this iterator was moved from");
    first = std::move(second);
    EXPECT_EQ(*first.next(), 2);
    EXPECT_DEATH((void)second.next(), "this iterator was moved from");
  };
  moved(log.iter());
  moved(log.live());
  moved(log.follow());
}

TEST(ConcurrentLogDeathTest, an_appender_that_outlives_its_log_is_reported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        auto log = std::make_unique<concurrent_log<int>>();
        auto out = log->appender(4);
        log.reset();
      },
      "an appender outlived its container");
}

TEST(ConcurrentLogDeathTest, an_appender_that_was_moved_from_is_reported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  concurrent_log<int> log;
  {
    auto first = log.appender(4);
    first.append(1);
    auto second = std::move(first);
    EXPECT_DEATH(first.append(2), "this appender was moved from");  // NOLINT: that is the mistake
    EXPECT_EQ(first.pending(), 0u);
    EXPECT_EQ(second.pending(), 1u);
  }
  EXPECT_EQ(log.size(), 1u);
}

TEST(ConcurrentLogLoop, that_was_moved_from_is_at_its_end) {
  concurrent_log<int> log;
  for (int i = 0; i < 3; ++i) log.append(i);
  auto first = log.begin();
  auto second = std::move(first);
  EXPECT_TRUE(first == log.end());  // NOLINT: that is what is asked
  EXPECT_EQ(*second, 0);
  first = std::move(second);
  EXPECT_TRUE(second == log.end());
  EXPECT_EQ(*++first, 1);
}

}  // namespace
