// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/zip.hpp"

#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <list>
#include <ranges>
#include <string>
#include <vector>

using pariter::iter;
using pariter::zip;

TEST(Zip, items_pulled_before_a_shorter_source_are_lost) {
  std::vector<int> longer{1, 2, 3, 4}, shorter{5, 6};
  auto first = iter(longer);
  auto second = iter(shorter);
  int rows = 0;
  for (auto [a, b] : zip(first, second)) rows += b - a == 4;
  EXPECT_EQ(rows, 2);
  EXPECT_EQ(first.next(), 4) << "3 was pulled, and had no partner";
  auto third = iter(longer);
  for (auto [b, a] : zip(shorter, third)) (void)a, (void)b;
  EXPECT_EQ(third.next(), 3) << "the shorter one first loses nothing";
}

TEST(Zip, of_nothing_ends_at_once) {
  auto it = zip();
  EXPECT_FALSE(it.next());
  EXPECT_EQ(it.size_hint(), 0u);
}

TEST(Zip, of_one_iterator_with_itself_gives_neighbours) {
  std::vector<int> v{1, 2, 3, 4, 5};
  auto it = iter(v);
  std::vector<int> seen;
  for (auto [a, b] : zip(it, it)) seen.push_back(10 * a + b);
  EXPECT_EQ(seen, (std::vector{12, 34}));
}

TEST(Zip, mixes_items_that_stay_with_items_handed_over) {
  std::list<std::string> names{"a", "b"};
  for (auto [i, name] : zip(std::views::iota(1) | std::views::transform([](int n) { return std::to_string(n); }), names)) name += i;
  EXPECT_EQ(names, (std::list<std::string>{"a1", "b2"}));
}

TEST(Zip, hands_over_what_cannot_be_copied) {
  int made = 0;
  auto it = zip(iter([&] { return pariter::test::move_only(made++); }, pariter::test::move_only(2)), std::vector<int>{7, 8});
  auto row = it.next();
  const pariter::test::move_only taken = std::get<0>(std::move(*row));
  EXPECT_EQ(taken.value, 0);
}
