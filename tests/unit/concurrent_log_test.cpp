// SPDX-License-Identifier: Apache-2.0
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/batch_appender.hpp"
#include "pariter/containers/log_iterator.hpp"
#include "pariter/containers/log_snapshot.hpp"
#include "pariter/containers/start.hpp"
#include "pariter/containers/writers.hpp"

#include "pariter/core/next.hpp"

#include "../support/archetypes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace pariter;
using namespace std::chrono_literals;

template <class Log>
std::vector<int> walked(Log&& log) {
  std::vector<int> out;
  for (const auto& x : log) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(x)>, int>) out.push_back(x);
    else out.push_back(x.value);
  }
  return out;
}
std::vector<int> numbers(int from, int to) {
  std::vector<int> v(static_cast<std::size_t>(to - from));
  std::iota(v.begin(), v.end(), from);
  return v;
}
template <class Log>
void fill(Log& log, int from, int to) {
  for (int i = from; i < to; ++i) log.emplace(i);
}

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

// ---- ranges ----

TEST(ConcurrentLogSnapshot, is_a_random_access_range) {
  concurrent_log<int> log;
  fill(log, 0, 2'000);
  const auto s = log.snapshot();
  EXPECT_TRUE(std::ranges::equal(s, numbers(0, 2'000)));
  EXPECT_TRUE(std::ranges::equal(s | std::views::reverse, numbers(0, 2'000) | std::views::reverse));
  EXPECT_EQ(std::ranges::lower_bound(s, 1'234) - s.begin(), 1'234);
  EXPECT_EQ(s[1'999], 1'999);
  EXPECT_EQ(s.back(), 1'999);
  std::mt19937 random(7);
  auto c = s.begin();
  std::ptrdiff_t at = 0;
  for (int i = 0; i < 5'000; ++i) {
    const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(random() % 2'001);
    c += to - at;
    at = to;
    EXPECT_EQ(c - s.begin(), at);
    EXPECT_EQ(s.end() - c, 2'000 - at);
    EXPECT_EQ(c == s.end(), at == 2'000);
    EXPECT_TRUE(c == s.begin() + at);
    if (at < 2'000) {
      EXPECT_EQ(*c, at);
      EXPECT_EQ(c[2'000 - 1 - at], 1'999);
    }
  }
  const auto part = s.slice(500, 520);
  EXPECT_TRUE(std::ranges::equal(part, numbers(500, 520)));
  EXPECT_EQ(*--part.end(), 519);
  EXPECT_EQ(part.first_position(), 500u);
  EXPECT_EQ(part.end_position(), 520u);
  EXPECT_THROW((void)s.slice(0, 2'001), out_of_reach);
}

TEST(ConcurrentLogSnapshot, ends_where_it_did_while_the_log_grows_at_a_segment_border) {
  constexpr int first_segment = 512;
  concurrent_log<int> log;
  fill(log, 0, first_segment);
  const auto s = log.snapshot();
  auto c = s.begin();
  fill(log, first_segment, 2 * first_segment);
  int n = 0;
  for (; c != s.end(); ++c) EXPECT_EQ(*c, n++);
  EXPECT_EQ(n, first_segment);
}

TEST(ConcurrentLogRange, works_with_views_and_algorithms) {
  concurrent_log<int> log;
  log.append_range(numbers(0, 100));
  EXPECT_EQ(std::ranges::count_if(log, [](int i) { return i % 2 == 0; }), 50);
  int sum = 0;
  for (int i : log | std::views::transform([](int i) { return i * 2; })) sum += i;
  EXPECT_EQ(sum, 9'900);
}

TEST(ConcurrentLogRange, appends_any_range) {
  concurrent_log<std::string> log;
  log.append_range(std::vector<std::string>{"a", "b"});
  log.append_range(std::views::iota(0, 3) | std::views::transform([](int i) { return std::to_string(i); }));
  std::istringstream in("x y");
  log.append_range(std::views::istream<std::string>(in));
  EXPECT_TRUE(std::ranges::equal(log.snapshot(), std::vector<std::string>{"a", "b", "0", "1", "2", "x", "y"}));
}

// ---- exceptions ----

TEST(ConcurrentLogExceptions, a_throwing_constructor_leaves_the_log_as_it_was) {
  test::throwing::fail_at(0);
  {
    concurrent_log<test::throwing> log;
    const test::throwing item(1);
    for (int round = 0; round < 600; ++round) {
      test::throwing::fail_at(1);
      EXPECT_THROW(log.append(item), test::planned_failure);
      EXPECT_EQ(log.size(), static_cast<std::size_t>(round));
      log.append(item);
      EXPECT_EQ(log.size(), static_cast<std::size_t>(round) + 1);
    }
  }
  EXPECT_EQ(test::throwing::living, 0);
}

TEST(ConcurrentLogExceptions, a_batch_that_throws_leaves_the_items_before) {
  for (int at = 1; at <= 40; ++at) {
    {
      concurrent_log<test::throwing> log;
      test::throwing::fail_at(0);
      std::vector<test::throwing> items;
      for (int i = 0; i < 20; ++i) items.emplace_back(i);
      test::throwing::fail_at(at);
      const bool thrown = [&] {
        try {
          log.append_range(items);
          return false;
        } catch (const test::planned_failure&) {
          return true;
        }
      }();
      test::throwing::fail_at(0);
      EXPECT_EQ(thrown, at <= 20);
      EXPECT_EQ(walked(log), numbers(0, std::min(at - 1, 20)));
    }
    EXPECT_EQ(test::throwing::living, 0);
  }
}

TEST(ConcurrentLogExceptions, an_appender_keeps_what_the_log_did_not_take) {
  test::throwing::fail_at(0);
  {
    concurrent_log<test::throwing> log;
    auto out = log.appender(100);
    for (int i = 0; i < 10; ++i) out.emplace(i);
    test::throwing::fail_at(4);
    EXPECT_THROW(out.flush(), test::planned_failure);
    EXPECT_EQ(walked(log), numbers(0, 3));
    EXPECT_EQ(out.pending(), 7u);
    out.flush();
    EXPECT_EQ(walked(log), numbers(0, 10));
  }
  EXPECT_EQ(test::throwing::living, 0);
}

// Throws at the k-th allocation; counts what is out.
template <class T>
struct failing_allocator {
  using value_type = T;
  failing_allocator(int* countdown, int* balance) noexcept : left(countdown), out(balance) {}
  template <class U>
  failing_allocator(const failing_allocator<U>& other) noexcept : left(other.left), out(other.out) {}
  T* allocate(std::size_t n) {
    if (*left > 0 && --*left == 0) throw std::bad_alloc();
    ++*out;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) noexcept {
    --*out;
    std::allocator<T>().deallocate(p, n);
  }
  friend bool operator==(const failing_allocator&, const failing_allocator&) = default;
  int* left;
  int* out;
};

TEST(ConcurrentLogExceptions, every_failing_allocation_leaves_a_usable_log) {
  int left = 0;
  int out = 0;
  for (int at = 1; at <= 8; ++at) {
    left = at;
    try {
      concurrent_log<int, writers::locked, failing_allocator<int>> log(failing_allocator<int>(&left, &out));
      int next = 0;
      while (next < 3'000) {
        try {
          if (next == 1'500) log.clear();
          log.append(next);
          ++next;
        } catch (const std::bad_alloc&) {
          EXPECT_EQ(log.end_position(), static_cast<std::uint64_t>(next));
          if (next == 1'500) log.append(next++);
        }
      }
      EXPECT_EQ(log.end_position(), 3'000u);
      EXPECT_EQ(log.snapshot().back(), 2'999);
    } catch (const std::bad_alloc&) {
      EXPECT_EQ(at, 1);
    }
    EXPECT_EQ(out, 0) << "allocation " << at;
  }
}

TEST(ConcurrentLogAllocator, takes_all_memory_from_the_allocator) {
  std::array<std::byte, 100'000> buffer;
  std::pmr::monotonic_buffer_resource memory(buffer.data(), buffer.size(), std::pmr::null_memory_resource());
  concurrent_log<int, writers::single, std::pmr::polymorphic_allocator<int>> log{std::pmr::polymorphic_allocator<int>(&memory)};
  fill(log, 0, 2'000);
  EXPECT_EQ(walked(log), numbers(0, 2'000));
}

TEST(ConcurrentLogUserCode, a_constructor_may_use_the_log) {
  struct item {
    item(concurrent_log<item>& log, int depth) : size_before(log.size()) {
      if (depth > 0) log.emplace(log, depth - 1);
    }
    std::size_t size_before;
    std::string makes_it_not_trivial;
  };
  concurrent_log<item> log;
  log.emplace(log, 3);
  EXPECT_EQ(log.size(), 4u);
}

// ---- the memory of cleared items ----

TEST(ConcurrentLogClear, frees_items_as_soon_as_nobody_walks_them) {
  test::counted::living = 0;
  {
    concurrent_log<test::counted> log;
    for (int round = 0; round < 10; ++round) {
      fill(log, 0, 100);
      log.clear();
      EXPECT_EQ(test::counted::living, 0);
    }
    fill(log, 0, 100);
    auto first = std::make_unique<concurrent_log<test::counted>::iterator>(log.iter());
    auto second = log.snapshot();
    auto third = second;
    log.clear();
    fill(log, 0, 10);
    const auto present = log.snapshot();
    log.clear();
    EXPECT_EQ(test::counted::living, 110);
    first.reset();
    EXPECT_EQ(test::counted::living, 110);
    second = log.snapshot();
    EXPECT_EQ(test::counted::living, 110);
    third = log.snapshot();
    EXPECT_EQ(test::counted::living, 10) << "the first hundred go with their last user, though a later generation is still in use";
  }
  EXPECT_EQ(test::counted::living, 0);
}

TEST(ConcurrentLogClear, any_number_of_iterators_may_be_held_and_move_to_other_threads) {
  concurrent_log<int> log;
  fill(log, 0, 10);
  std::vector<concurrent_log<int>::iterator> many;
  for (int i = 0; i < 1'000; ++i) many.push_back(log.iter());
  log.clear();
  std::thread([moved = std::move(many)]() mutable {
    for (auto& it : moved) EXPECT_EQ(walked(it), numbers(0, 10));
    moved.clear();
  }).join();
  for (int i = 0; i < 1'000; ++i) many.push_back(log.iter());
}

TEST(ConcurrentLogClear, an_iterator_may_die_after_the_thread_that_made_it) {
  concurrent_log<int> log;
  fill(log, 0, 3);
  std::optional<concurrent_log<int>::iterator> it;
  std::thread([&] { it.emplace(log.iter()); }).join();
  log.clear();
  std::vector<std::thread> others;
  for (int i = 0; i < 4; ++i) others.emplace_back([&] { EXPECT_EQ(walked(log.iter()).size(), 0u); });
  for (auto& t : others) t.join();
  EXPECT_EQ(walked(*it), numbers(0, 3));
}

TEST(ConcurrentLogDeathTest, an_iterator_that_outlives_its_log_is_reported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        auto log = std::make_unique<concurrent_log<int>>();
        const auto snapshot = log->snapshot();
        log.reset();
      },
      "outlived its log");
}

// ---- waiting ----

TEST(ConcurrentLogFollow, wakes_for_items_and_for_the_end) {
  concurrent_log<int> log;
  std::vector<int> seen;
  std::thread reader([&, it = log.follow()]() mutable { seen = walked(it); });
  fill(log, 0, 1'000);
  log.close();
  reader.join();
  EXPECT_EQ(seen, numbers(0, 1'000));
}

TEST(ConcurrentLogFollow, waits_no_longer_than_asked) {
  concurrent_log<int> log;
  auto it = log.follow();
  EXPECT_TRUE(it.next_for(2ms).is_empty());
  log.append(1);
  EXPECT_EQ(*it.next_for(1h), 1);
  log.close();
  EXPECT_TRUE(it.next_until(std::chrono::system_clock::now() + 1h).is_closed());
}

TEST(ConcurrentLogFollow, moves_between_threads_with_its_position) {
  concurrent_log<int> log;
  fill(log, 0, 10);
  auto it = log.follow();
  (void)it.next();
  std::thread([moved = std::move(it)]() mutable { EXPECT_EQ(*moved.next(), 1); }).join();
}

// ---- a sequential oracle ----

TEST(ConcurrentLogProperty, agrees_with_a_plain_vector) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  concurrent_log<int> log;
  std::vector<int> model;      // everything ever appended
  std::size_t first = 0;       // of the present items
  struct walker {
    ints::follower it;
    std::size_t at;
  };
  std::vector<walker> walkers;
  int next = 0;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 8) {
      case 0:
        for (auto n = random() % 50; n > 0; --n) log.append(next), model.push_back(next++);
        break;
      case 1: {
        const std::vector<int> items = numbers(next, next + static_cast<int>(random() % 300));
        next += static_cast<int>(items.size());
        log.append_range(items);
        model.insert(model.end(), items.begin(), items.end());
        break;
      }
      case 2:
        if (random() % 100 == 0) {
          log.clear();
          first = model.size();
        }
        break;
      case 3: {
        const std::size_t at = first + random() % (model.size() - first + 1);
        walkers.push_back({log.follow(at), at});
        if (walkers.size() > 10) walkers.erase(walkers.begin() + static_cast<std::ptrdiff_t>(random() % 10));
        break;
      }
      case 4: {
        const auto s = log.snapshot();
        ASSERT_EQ(s.size(), model.size() - first);
        if (!s.empty()) {
          const std::size_t i = random() % s.size();
          ASSERT_EQ(s[i], model[first + i]);
        }
        break;
      }
      default:
        if (!walkers.empty()) {
          walker& w = walkers[random() % walkers.size()];
          for (auto n = random() % 400; n > 0; --n) {
            const auto o = w.it.try_next();
            if (o.is_gap()) {
              w.at += o.missed();
              ASSERT_EQ(w.at, first);
            } else if (o.is_empty()) {
              ASSERT_EQ(w.at, model.size());
              break;
            } else {
              ASSERT_EQ(*o, model[w.at]);
              ++w.at;
            }
            ASSERT_EQ(w.it.position(), w.at);
          }
        }
    }
  }
}

}  // namespace
