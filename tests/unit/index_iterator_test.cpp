// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/index_iterator.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/next.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <bitset>
#include <deque>
#include <iterator>
#include <limits>
#include <list>
#include <memory>
#include <ranges>
#include <vector>

using pariter::iter;
using pariter::next;

namespace {

struct squares {
  std::size_t operator[](std::size_t i) const {
    if (i >= length) throw std::out_of_range("squares");
    return i * i;
  }
  std::size_t size() const { return 1'000; }  // lies
  std::size_t length = 4;
};

struct checked_and_unchecked {
  int operator[](std::size_t) const { return -1; }  // never tells the end
  int at(std::size_t i) const {
    if (i >= 2) throw std::out_of_range("at");
    return static_cast<int>(i);
  }
};

struct told_by_value {
  std::optional<int> at(std::size_t i) const { return i < 3 ? std::optional(static_cast<int>(i)) : std::nullopt; }
};

struct endless {
  std::size_t operator[](std::size_t i) const { return i; }
};

template <class X>
constexpr bool no_sequence = !pariter::iterable<X> && !pariter::iterable<X&> && !pariter::iterable<const X&>;

// A smart pointer of somebody's, and a sequence that happens to have a get().
struct scoped_array {
  double* get() const { return nullptr; }
  double& operator[](std::ptrdiff_t i) const { return get()[i]; }
};
struct has_get : squares {
  int get() const { return 7; }
};

}  // namespace

// These have `[]` and no end: a walk would read whatever comes behind.
static_assert(no_sequence<std::vector<int>::iterator> && no_sequence<std::vector<bool>::iterator> && no_sequence<std::deque<int>::const_iterator>);
static_assert(no_sequence<std::reverse_iterator<int*>> && no_sequence<std::move_iterator<int*>> && no_sequence<std::counted_iterator<int*>>);
static_assert(no_sequence<std::ranges::iterator_t<std::ranges::iota_view<int>>> && no_sequence<std::list<int>::iterator>);
static_assert(no_sequence<std::unique_ptr<int[]>> && no_sequence<std::shared_ptr<int[]>> && no_sequence<std::shared_ptr<const int[4]>>);
static_assert(no_sequence<std::unique_ptr<int>> && no_sequence<scoped_array> && no_sequence<int*>);
static_assert(no_sequence<std::bitset<8>>);
static_assert(pariter::iterable<squares&> && pariter::iterable<const squares&> && pariter::iterable<has_get>);

TEST(IndexIterator, walks_from_zero_until_out_of_range) {
  squares s;
  std::size_t sum = 0;
  for (std::size_t x : iter(s)) sum += x;
  EXPECT_EQ(sum, 14u);
}

TEST(IndexIterator, never_consults_the_length) {
  squares s;
  auto it = iter(s);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(next(it));
  EXPECT_FALSE(next(it));
}

TEST(IndexIterator, prefers_the_checked_access) {
  auto it = iter(checked_and_unchecked{});
  EXPECT_EQ(next(it), 0);
  EXPECT_EQ(next(it), 1);
  EXPECT_FALSE(next(it));
}

TEST(IndexIterator, an_empty_optional_ends_it_too) {
  auto it = iter(told_by_value{});
  static_assert(std::same_as<decltype(it.next()), std::optional<int>>);
  int n = 0;
  while (next(it)) ++n;
  EXPECT_EQ(n, 3);
  EXPECT_EQ(it.position(), 3u) << "the end is no item";
}

TEST(IndexIterator, stays_at_its_end_when_the_sequence_grows_and_sees_growth_before) {
  squares s{.length = 1};
  auto early = iter(s);
  auto late = iter(s);
  (void)next(early);
  (void)next(late);
  EXPECT_FALSE(next(early));
  s.length = 2;
  EXPECT_FALSE(next(early));
  EXPECT_EQ(next(late), 1u);
}

TEST(IndexIterator, another_exception_passes_through_and_the_same_index_is_asked_again) {
  struct flaky {
    int operator[](std::size_t i) const {
      if (i == 2 && *failures > 0) {
        --*failures;
        throw pariter::test::planned_failure();
      }
      if (i == 4) throw std::out_of_range("end");
      return static_cast<int>(i);
    }
    std::shared_ptr<int> failures = std::make_shared<int>(2);
  };
  auto it = iter(flaky{});
  EXPECT_EQ(next(it), 0);
  EXPECT_EQ(next(it), 1);
  EXPECT_THROW((void)next(it), pariter::test::planned_failure);
  EXPECT_THROW((void)next(it), pariter::test::planned_failure);
  EXPECT_EQ(next(it), 2);
  EXPECT_EQ(next(it), 3);
  EXPECT_FALSE(next(it));
}

struct counts_in_int {
  int at(int i) const { return i < 3 ? i : throw std::out_of_range("counts_in_int"); }
};

TEST(IndexIterator, an_index_of_another_type_is_no_warning_in_its_users_build) {
  int sum = 0;
  for (int i : iter(counts_in_int())) sum += i;
  EXPECT_EQ(sum, 3);
}

TEST(IndexIterator, the_last_index_is_an_error_for_ever_not_a_wrap) {
  auto it = iter(endless{});
  it.seek(std::numeric_limits<std::size_t>::max() - 1);
  EXPECT_TRUE(next(it));
  EXPECT_THROW((void)next(it), pariter::out_of_numbers);
  EXPECT_THROW((void)next(it), pariter::out_of_numbers);
}
