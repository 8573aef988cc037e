// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/pairwise.hpp"

#include "pariter/coro/generator.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

using pariter::pairwise;

namespace {
// Reuses one string for all items.
pariter::generator<std::string&> reusing() {
  std::string s;
  for (char c = 'a'; c < 'e'; ++c) {
    s.assign(1, c);
    co_yield s;
  }
}
pariter::generator<std::tuple<int&>> rows(std::vector<int>& v) {
  for (int& i : v) co_yield std::tuple<int&>(i);
}
pariter::generator<pariter::test::no_default> unassignable(int to) {
  for (int i = 0; i < to; ++i) co_yield pariter::test::no_default(i);
}
}  // namespace

TEST(Pairwise, refers_to_items_that_stay) {
  std::vector<int> v{1, 2, 3};
  auto it = pairwise(v);
  auto pair = it.next();
  EXPECT_EQ(&std::get<0>(*pair), &v[0]);
  EXPECT_EQ(&std::get<1>(*pair), &v[1]);
}

TEST(Pairwise, copies_items_that_do_not_stay) {
  std::string seen;
  for (auto& [before, after] : pairwise(reusing())) seen += before + after + " ";
  EXPECT_EQ(seen, "ab bc cd ");
}

TEST(Pairwise, writes_through_no_items_that_are_made_of_references_also_when_it_is_assigned) {
  std::vector v{1, 2, 3}, w{4, 5, 6};
  auto a = pairwise(rows(v)), b = pairwise(rows(w));
  EXPECT_TRUE(a.next() && b.next());
  a = std::move(b);
  auto pair = a.next();
  EXPECT_EQ(&std::get<0>(std::get<0>(*pair)), &w[1]);
  EXPECT_EQ(&std::get<0>(std::get<1>(*pair)), &w[2]);
  EXPECT_EQ(v, (std::vector{1, 2, 3}));
  EXPECT_EQ(w, (std::vector{4, 5, 6}));
}

TEST(Pairwise, takes_items_that_cannot_be_assigned) {
  int sum = 0;
  for (auto& [before, after] : pairwise(unassignable(4))) sum += 10 * before.value + after.value;
  EXPECT_EQ(sum, 36);
  static_assert(pariter::iterator<decltype(pairwise(unassignable(4)))>);
}

TEST(Pairwise, fewer_than_two_items_give_nothing) {
  std::vector<int> one{1};
  EXPECT_FALSE(pairwise(one).next());
}
