// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/row.hpp"

#include "pariter/adaptors/to.hpp"
#include "pariter/adaptors/zip.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

using pariter::row;

static_assert(std::same_as<pariter::value_t<decltype(pariter::zip(std::declval<std::vector<int>&>()))>, row<int>>);
static_assert(!std::is_copy_assignable_v<row<int&, const std::string>>, "what cannot be renewed without a throw cannot be assigned");

TEST(Row, is_a_tuple) {
  const row<int, std::string> r(1, "one");
  EXPECT_EQ(std::get<1>(r), "one");
  EXPECT_EQ(r, std::tuple(1, "one"));
  auto [number, name] = r;
  EXPECT_EQ(number, 1);
  EXPECT_EQ(name, "one");
  EXPECT_EQ(std::apply([](int n, const std::string& s) { return s + std::to_string(n); }, r), "one1");
}

TEST(Row, assignment_refers_elsewhere_and_overwrites_nothing) {
  int a = 1, b = 2;
  row<int&, int> first(a, 10), second(b, 20);
  first = second;
  EXPECT_EQ(a, 1);
  EXPECT_EQ(&std::get<0>(first), &b);
  EXPECT_EQ(std::get<1>(first), 20);
  first = row<int&, int>(a, 30);
  EXPECT_EQ(b, 2);
  EXPECT_EQ(&std::get<0>(first), &a);
}

TEST(Row, a_step_that_is_assigned_in_a_loop_leaves_the_items_alone) {
  std::vector<int> v{1, 2, 3}, w{4, 5, 6};
  auto it = pariter::zip(v, w);
  int sum = 0;
  for (auto step = it.next(); step; step = it.next()) sum += std::get<0>(*step) * std::get<1>(*step);
  EXPECT_EQ(sum, 4 + 10 + 18);
  EXPECT_EQ(v, (std::vector{1, 2, 3}));
}

TEST(Row, its_value_has_no_references) {
  std::vector<int> v{1, 2};
  auto copies = pariter::to<std::vector>(pariter::zip(v, v));
  static_assert(std::same_as<decltype(copies), std::vector<row<int, int>>>);
  v[0] = 7;
  EXPECT_EQ(std::get<0>(copies[0]), 1);
}
