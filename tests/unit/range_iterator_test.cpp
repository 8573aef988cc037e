// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/range_iterator.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/next.hpp"
#include "pariter/detail/canary.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <list>
#include <ranges>
#include <sstream>
#include <type_traits>
#include <utility>
#include <vector>

using pariter::iter;
using pariter::next;

static_assert(pariter::iteration_traits<decltype(iter(std::declval<std::vector<int>&>()))>.sized);
static_assert(!pariter::iteration_traits<decltype(iter(std::declval<std::list<int>&>()))>.sized);
static_assert(!std::copyable<decltype(iter(std::declval<std::vector<int>&>()))>, "copied by name only: fork()");

static_assert(std::is_trivially_move_constructible_v<decltype(iter(std::declval<std::vector<int>&>()))> || PARITER_CANARY);

// What it walked may be gone.
TEST(RangeIterator, that_keeps_its_range_is_at_its_end_when_it_was_moved_from) {
  auto first = iter(std::vector<int>{1, 2});
  { const auto second = std::move(first); }
  EXPECT_FALSE(next(first));  // NOLINT: that is what is asked
  EXPECT_EQ(first.size_hint(), 0u);
  first = iter(std::vector<int>{3});
  EXPECT_EQ(*next(first), 3);
}

// A view of an iterator that its owner keeps borrows it.
template <class R>
constexpr bool borrows = pariter::iteration_traits<pariter::iterator_of_t<R>>.borrows;
constexpr auto odd = [](int i) { return i % 2 == 1; };
constexpr auto same = [](auto&& x) { return x; };
using walk = decltype(iter(std::declval<std::vector<int>&>()));
static_assert(borrows<decltype(std::declval<walk&>() | std::views::filter(odd))> && borrows<decltype(std::ranges::ref_view(std::declval<walk&>()))>);
static_assert(borrows<decltype(std::declval<walk&>() | std::views::transform(same) | std::views::filter(odd) | std::views::take(3))>);
static_assert(borrows<decltype(std::declval<pariter::iterator_ref<walk>>() | std::views::transform(same))>);
static_assert(!borrows<decltype(std::declval<walk>() | std::views::filter(odd))> && !borrows<decltype(std::declval<std::vector<int>&>() | std::views::filter(odd))>);
static_assert(!borrows<std::ranges::istream_view<int>> && !borrows<walk>);

TEST(RangeIterator, stays_at_its_end) {
  std::vector<int> v{1};
  v.reserve(10);
  auto it = iter(v);
  EXPECT_TRUE(next(it));
  EXPECT_FALSE(next(it));
  v.push_back(2);  // no reallocation
  EXPECT_FALSE(next(it));
  EXPECT_FALSE(next(it));
}

TEST(RangeIterator, over_what_is_linked_it_sees_what_comes_in_behind_its_position_and_says_so) {
  using pariter::sight;
  std::list<int> l{1, 2};
  auto it = iter(l);
  static_assert(pariter::iteration_traits<decltype(it)>.sees == sight::weak);
  EXPECT_EQ(next(it), 1);
  l.push_front(0);
  l.push_back(3);
  EXPECT_EQ(next(it), 2);
  EXPECT_EQ(next(it), 3);
  EXPECT_FALSE(next(it));
  l.push_back(4);
  EXPECT_FALSE(next(it)) << "the end is for ever";
  static_assert(pariter::iteration_traits<decltype(iter(std::declval<std::vector<int>&>()))>.sees == sight::snapshot);
  static_assert(pariter::iteration_traits<decltype(iter(std::declval<std::list<int>>()))>.sees == sight::snapshot, "nobody else has it");
}

TEST(RangeIterator, the_size_hint_counts_what_is_left) {
  std::vector<int> v{1, 2, 3};
  auto it = iter(v);
  for (std::size_t left = 3; left > 0; --left) {
    EXPECT_EQ(it.size_hint(), left);
    (void)next(it);
  }
  EXPECT_EQ(it.size_hint(), 0u);
  (void)next(it);
  EXPECT_EQ(it.size_hint(), 0u);
  std::list<int> l{1};
  EXPECT_EQ(iter(l).size_hint(), std::nullopt);
}

TEST(RangeIterator, a_fork_is_independent_from_the_same_position_on) {
  std::vector<int> v{1, 2, 3};
  auto it = iter(v);
  (void)next(it);
  auto twin = it.fork();
  EXPECT_EQ(next(it), 2);
  EXPECT_EQ(next(it), 3);
  EXPECT_EQ(next(twin), 2);
}

TEST(RangeIterator, one_batch_is_all_that_is_left) {
  std::vector<int> v{1, 2, 3};
  auto it = iter(v);
  (void)next(it);
  auto batch = it.next_batch();
  EXPECT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch.data(), v.data() + 1);
  EXPECT_TRUE(it.next_batch().empty());
  EXPECT_FALSE(next(it));
}

TEST(RangeIterator, an_item_that_throws_is_asked_for_again) {
  int failures = 1;
  auto view = std::views::iota(0, 4) | std::views::transform([&](int i) {
                if (i == 2 && failures-- > 0) throw pariter::test::planned_failure();
                return i;
              });
  auto it = iter(view);
  EXPECT_EQ(next(it), 0);
  EXPECT_EQ(next(it), 1);
  EXPECT_THROW((void)next(it), pariter::test::planned_failure);
  EXPECT_EQ(next(it), 2);
  EXPECT_EQ(next(it), 3);
  EXPECT_FALSE(next(it));
}

TEST(SinglePassIterator, reads_nothing_before_the_first_step_and_nothing_ahead) {
  std::istringstream in("1 2 3");
  auto it = iter(std::views::istream<int>(in));
  EXPECT_EQ(in.tellg(), 0);
  EXPECT_EQ(next(it), 1);
  EXPECT_EQ(in.tellg(), 1);
  EXPECT_EQ(next(it), 2);
  EXPECT_EQ(in.tellg(), 3);
}

TEST(SinglePassIterator, stays_at_its_end_even_if_the_stream_revives) {
  std::istringstream in("1");
  auto it = iter(std::views::istream<int>(in));
  EXPECT_EQ(next(it), 1);
  EXPECT_FALSE(next(it));
  in.clear();
  in.str("2 3");
  EXPECT_FALSE(next(it));
}
