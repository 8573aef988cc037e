// SPDX-License-Identifier: Apache-2.0
#include "../support/history.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace {

using pariter::test::out_of_order;

TEST(History, is_in_order_if_appends_overlap_or_follow_each_other) {
  EXPECT_EQ(out_of_order({}), std::nullopt);
  EXPECT_EQ(out_of_order({{0, 1}, {2, 3}, {4, 5}}), std::nullopt);
  EXPECT_EQ(out_of_order({{1, 4}, {0, 3}, {2, 5}}), std::nullopt) << "concurrent appends may take either order";
}

TEST(History, is_out_of_order_if_an_item_stands_before_one_that_had_returned_when_it_began) {
  EXPECT_EQ(out_of_order({{2, 3}, {0, 1}}), 0u);
  EXPECT_EQ(out_of_order({{0, 1}, {6, 7}, {2, 9}, {4, 5}}), 1u) << "however far behind";
}

}  // namespace
