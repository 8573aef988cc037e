// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/sentinel_iterator.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/next.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <ranges>

using pariter::iter;
using pariter::next;

TEST(SentinelIterator, calls_until_the_sentinel_which_is_not_delivered) {
  int n = 0;
  int sum = 0;
  for (int i : iter([&] { return n++; }, 5)) sum += i;
  EXPECT_EQ(sum, 10);
  EXPECT_EQ(n, 6);
}

TEST(SentinelIterator, never_calls_the_function_after_the_sentinel) {
  int calls = 0;
  auto it = iter([&] { return ++calls; }, 2);
  EXPECT_EQ(next(it), 1);
  EXPECT_FALSE(next(it));
  EXPECT_FALSE(next(it));
  EXPECT_EQ(calls, 2);
}

TEST(SentinelIterator, an_empty_optional_ends_it_too) {
  int n = 0;
  auto it = iter([&]() -> std::optional<int> { return n < 2 ? std::optional(n++) : std::nullopt; }, 100);
  EXPECT_EQ(next(it), 0);
  EXPECT_EQ(next(it), 1);
  EXPECT_FALSE(next(it));
}

TEST(SentinelIterator, an_exception_passes_through_and_the_function_is_called_again) {
  int n = 0;
  auto it = iter(
      [&] {
        if (++n == 2) throw pariter::test::planned_failure();
        return n;
      },
      4);
  EXPECT_EQ(next(it), 1);
  EXPECT_THROW((void)next(it), pariter::test::planned_failure);
  EXPECT_EQ(next(it), 3);
  EXPECT_FALSE(next(it));
}

TEST(SentinelIterator, an_exception_of_the_comparison_loses_the_item_and_ends_nothing) {
  struct fussy {
    int value;
    bool operator==(int sentinel) const { return value == 2 ? throw pariter::test::planned_failure() : value == sentinel; }
  };
  int n = 0;
  auto it = iter([&] { return fussy{++n}; }, 4);
  EXPECT_EQ(next(it)->value, 1);
  EXPECT_THROW((void)next(it), pariter::test::planned_failure);
  EXPECT_EQ(next(it)->value, 3);
  EXPECT_FALSE(next(it));
}

TEST(SentinelIterator, a_function_that_drains_its_own_iterator_ends_the_outer_step) {
  std::function<int()> f;
  int n = 0;
  auto it = iter([&] { return f(); }, 3);
  f = [&] {
    if (n == 1) {
      n = 2;
      while (next(it)) {
      }
      return 1;  // not the sentinel, yet it comes after the end
    }
    return n < 3 ? n++ : 3;
  };
  EXPECT_EQ(next(it), 0);
  EXPECT_FALSE(next(it));
  EXPECT_FALSE(next(it));
}

TEST(SentinelIterator, can_be_moved_and_assigned_though_it_holds_a_closure) {
  int n = 0;
  auto make = [&](int last) { return iter([&n] { return n++; }, last); };
  auto it = make(100);
  EXPECT_EQ(next(it), 0);
  it = make(2);
  EXPECT_EQ(next(it), 1);
  EXPECT_FALSE(next(it));
  int seen = 0;
  n = 0;
  for (int i : make(4) | std::views::transform([](int k) { return k; })) seen += i;
  EXPECT_EQ(seen, 6);
}
