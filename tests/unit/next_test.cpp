// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/next.hpp"

#include "pariter/core/iter.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using pariter::iter;
using pariter::next;

TEST(Next, gives_the_fallback_at_the_end_only) {
  std::vector<std::string> v{"a"};
  auto it = iter(v);
  EXPECT_EQ(next(it, "none"), "a");
  EXPECT_EQ(next(it, "none"), "none");
  EXPECT_EQ(next(it, "none"), "none");
}

TEST(Next, does_not_map_errors_to_the_fallback) {
  auto it = iter([]() -> int { throw pariter::test::planned_failure(); }, 0);
  EXPECT_THROW((void)next(it, 7), pariter::test::planned_failure);
}

TEST(Next, is_not_mistaken_for_std_next) {
  std::vector<int> v{1, 2};
  auto it = iter(v);
  EXPECT_EQ(*next(it), 1);
}

// The end is out of band: items that look like an end or an error are items.
TEST(Next, an_empty_optional_can_be_an_item) {
  std::vector<std::optional<int>> v{1, std::nullopt, 3};
  auto it = iter(v);
  EXPECT_EQ(*next(it), 1);
  auto second = next(it);
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(second->has_value());
  EXPECT_EQ(*next(it), 3);
  EXPECT_FALSE(next(it).has_value());
}

TEST(Next, an_exception_can_be_an_item) {
  std::vector<std::exception_ptr> v{std::make_exception_ptr(1), nullptr};
  auto it = iter(v);
  EXPECT_TRUE(*next(it) != nullptr);
  EXPECT_TRUE(*next(it) == nullptr);
  EXPECT_FALSE(next(it));
}

TEST(Next, moves_an_item_that_was_handed_over) {
  using pariter::test::move_only;
  auto it = iter([n = 0]() mutable { return std::optional<move_only>(std::in_place, ++n); }, move_only(2));
  EXPECT_EQ(next(it, move_only(9)), move_only(1));
  EXPECT_EQ(next(it, move_only(9)), move_only(9));
}
