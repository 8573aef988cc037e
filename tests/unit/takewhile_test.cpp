// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/takewhile.hpp"

#include "pariter/adaptors/dropwhile.hpp"
#include "pariter/adaptors/to.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <vector>

using pariter::dropwhile;
using pariter::takewhile;
using pariter::to;

namespace {
constexpr auto below_3 = [](int i) { return i < 3; };
}

TEST(Takewhile, loses_the_item_that_fails) {
  std::vector<int> v{1, 2, 3, 4};
  auto it = pariter::iter(v);
  EXPECT_EQ(to<std::vector>(takewhile(it, below_3)), (std::vector{1, 2}));
  EXPECT_EQ(it.next(), 4);
}

TEST(Takewhile, an_exception_of_the_predicate_loses_the_item_and_ends_nothing) {
  std::vector<int> v{1, 2, 1};
  auto it = takewhile(v, [](int i) { return i == 2 ? throw pariter::test::planned_failure() : true; });
  EXPECT_EQ(it.next(), 1);
  EXPECT_THROW((void)it.next(), pariter::test::planned_failure);
  EXPECT_EQ(it.next(), 1);
}

TEST(Dropwhile, an_exception_of_the_predicate_loses_the_item_and_ends_nothing) {
  std::vector<int> v{1, 2, 1, 3};
  auto it = dropwhile(v, [](int i) { return i == 2 ? throw pariter::test::planned_failure() : i < 3; });
  EXPECT_THROW((void)it.next(), pariter::test::planned_failure);
  EXPECT_EQ(it.next(), 3);
  EXPECT_FALSE(it.next());
}

TEST(Dropwhile, asks_no_more_after_the_first_that_fails) {
  std::vector<int> v{1, 2, 3, 1};
  EXPECT_EQ(to<std::vector>(dropwhile(v, below_3)), (std::vector{3, 1}));
}
