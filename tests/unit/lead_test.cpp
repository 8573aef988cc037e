// SPDX-License-Identifier: Apache-2.0

#include "pariter/detail/lead.hpp"

#include <gtest/gtest.h>

#include <cstddef>

namespace {

using pariter::detail::lead;

// What a reader learns who looks again and again: items come in its pauses, and in one more while it looks.
lead after_looks(double items_per_pause, std::size_t enough, int looks = 100) {
  lead l;
  for (int i = 0; i < looks; ++i) {
    const auto found = static_cast<std::size_t>(items_per_pause * (l.pauses() + 1));
    l.learn(found == 0 ? 1 : found, enough, found == 0);
  }
  return l;
}

TEST(Lead, starts_with_none) { EXPECT_EQ(lead().pauses(), 1u); }

TEST(Lead, grows_while_items_come_fast_up_to_its_longest) {
  EXPECT_EQ(after_looks(1, 1'000).pauses(), lead::longest);
  EXPECT_EQ(after_looks(0.6, 1'000).pauses(), lead::longest);
}

TEST(Lead, starts_to_grow_though_every_item_is_waited_for_at_first) {
  lead l;
  for (int i = 0; i < 100; ++i) l.learn(1, 256, l.pauses() == 1);
  EXPECT_GT(l.pauses(), 1u);
}

TEST(Lead, stops_growing_where_enough_is_found) {
  EXPECT_LE(after_looks(20, 256).pauses(), 16u) << "16 pauses find 340 items";
  EXPECT_GE(after_looks(20, 256).pauses(), 8u);
  EXPECT_EQ(after_looks(20, 1).pauses(), 1u) << "where little fits there is nothing to wait for";
}

TEST(Lead, is_short_again_at_once_after_a_wait) {
  for (const std::size_t found : {std::size_t{1}, std::size_t{20}, std::size_t{256}}) {
    lead l = after_looks(1, 1'000);
    ASSERT_EQ(l.pauses(), lead::longest);
    l.learn(found, 256, true);
    EXPECT_LE(l.pauses(), 2u) << found;
  }
}

TEST(Lead, shrinks_when_little_comes_or_much) {
  for (const std::size_t found : {std::size_t{1}, std::size_t{256}}) {
    lead l = after_looks(1, 1'000);
    ASSERT_EQ(l.pauses(), lead::longest);
    for (int i = 0; i < 10; ++i) l.learn(found, 256, false);
    EXPECT_LE(l.pauses(), 4u) << found;
  }
}

}  // namespace
