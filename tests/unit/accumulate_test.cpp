// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/accumulate.hpp"

#include "pariter/adaptors/to.hpp"
#include "pariter/coro/generator.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using pariter::accumulate;
using pariter::to;

TEST(Accumulate, adds_up_by_default) {
  std::vector<int> v{1, 2, 3};
  EXPECT_EQ(to<std::vector>(accumulate(v)), (std::vector{1, 3, 6}));
}

TEST(Accumulate, starts_with_the_initial_value) {
  std::vector<int> v{1, 2};
  EXPECT_EQ(to<std::vector>(accumulate(v, std::plus<>(), std::string("").size())), (std::vector<std::size_t>{0, 1, 3}));
  auto it = accumulate(std::vector<int>{}, std::plus<>(), 7);
  EXPECT_EQ(it.size_hint(), 1u);
  EXPECT_EQ(it.next(), 7);
  EXPECT_FALSE(it.next());
}

TEST(Accumulate, an_exception_of_the_function_loses_the_item_and_leaves_the_total) {
  std::vector<int> v{1, 2, 3};
  auto it = accumulate(v, [](int a, int b) { return b == 2 ? throw pariter::test::planned_failure() : a + b; });
  EXPECT_EQ(it.next(), 1);
  EXPECT_THROW((void)it.next(), pariter::test::planned_failure);
  EXPECT_EQ(it.next(), 4);
}

namespace {
pariter::generator<std::tuple<int&>> rows(std::vector<int>& v) {
  for (int& i : v) co_yield std::tuple<int&>(i);
}
}  // namespace

TEST(Accumulate, writes_through_no_total_that_is_made_of_references_also_when_it_is_assigned) {
  std::vector v{1, 3, 2}, w{6, 5, 4};
  const auto larger = [](const std::tuple<int&>& a, const std::tuple<int&>& b) { return a < b ? b : a; };
  auto a = accumulate(rows(v), larger), b = accumulate(rows(w), larger);
  int* const largest[] = {&v[0], &v[1], &v[1]};
  for (int* place : largest) EXPECT_EQ(&std::get<0>(*a.next()), place);
  EXPECT_TRUE(b.next());
  a = std::move(b);
  EXPECT_EQ(&std::get<0>(*a.next()), &w[0]);
  EXPECT_EQ(v, (std::vector{1, 3, 2}));
  EXPECT_EQ(w, (std::vector{6, 5, 4}));
}

TEST(Accumulate, takes_any_function) {
  std::vector<int> v{3, 1, 4, 1};
  EXPECT_EQ(to<std::vector>(accumulate(v, std::ranges::max)), (std::vector{3, 3, 4, 4}));
}
