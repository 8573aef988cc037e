// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/zip_longest.hpp"

#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <vector>

using pariter::zip_longest;

TEST(ZipLongest, who_has_ended_gives_an_empty_step) {
  std::vector<int> a{1, 2, 3}, b{10};
  int sum = 0;
  for (auto [x, y] : zip_longest(a, b)) sum += x.value_or(0) + y.value_or(100);
  EXPECT_EQ(sum, 1 + 10 + 2 + 100 + 3 + 100);
  EXPECT_FALSE(zip_longest().next());
}

TEST(ZipLongest, the_end_of_one_source_does_not_hide_the_error_of_another) {
  std::vector<int> empty;
  auto it = zip_longest(empty, pariter::iter([]() -> int { throw pariter::test::planned_failure(); }, 0));
  EXPECT_THROW((void)it.next(), pariter::test::planned_failure);
}
