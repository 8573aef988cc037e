// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/pairwise.hpp"

#include "pariter/coro/generator.hpp"

#include <gtest/gtest.h>

#include <string>
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

TEST(Pairwise, fewer_than_two_items_give_nothing) {
  std::vector<int> one{1};
  EXPECT_FALSE(pairwise(one).next());
}
