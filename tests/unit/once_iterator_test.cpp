// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/once_iterator.hpp"

#include "pariter/core/iterable.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <memory>

using pariter::iter;

static_assert(std::same_as<pariter::item_t<pariter::iterator_of_t<std::optional<int>&>>, int&>);
static_assert(std::same_as<pariter::item_t<pariter::iterator_of_t<std::optional<int>>>, int>);
static_assert(std::same_as<pariter::item_t<pariter::iterator_of_t<pariter::optional_ref<const int>>>, const int&>);

TEST(OnceIterator, an_optional_is_one_item_or_none) {
  std::optional<int> some = 1, none;
  for (int& i : iter(some)) i = 2;
  EXPECT_EQ(some, 2);
  EXPECT_FALSE(iter(none).next());
}

TEST(OnceIterator, the_item_of_a_temporary_is_handed_over) {
  auto it = iter(std::optional(std::make_unique<int>(3)));
  auto item = it.next();
  ASSERT_TRUE(item);
  EXPECT_EQ(**item, 3);
  EXPECT_FALSE(it.next());
}

TEST(OnceIterator, an_item_that_cannot_be_assigned_moves_along) {
  auto it = iter(std::optional<pariter::test::no_default>(std::in_place, 4));
  auto other = iter(std::optional<pariter::test::no_default>(std::in_place, 5));
  other = std::move(it);
  EXPECT_EQ(other.next()->value, 4);
  EXPECT_FALSE(other.next());
}
