// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/slice.hpp"

#include "pariter/adaptors/to.hpp"
#include "pariter/core/errors.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <ranges>
#include <vector>

using pariter::iter;
using pariter::slice;
using pariter::to;

namespace {
auto naturals() { return iter(std::views::iota(0)); }
}  // namespace

TEST(Slice, consumes_exactly_stop_items) {
  auto it = naturals();
  EXPECT_EQ(to<std::vector>(slice(it, 3)), (std::vector{0, 1, 2}));
  EXPECT_EQ(it.next(), 3);
  EXPECT_EQ(to<std::vector>(slice(it, 2, 4)), (std::vector{6, 7}));
  EXPECT_EQ(it.next(), 8);
  EXPECT_EQ(to<std::vector>(slice(it, 0)), (std::vector<int>{}));
  EXPECT_EQ(it.next(), 9);
}

TEST(Slice, a_step_beyond_stop_still_ends_there) {
  auto it = naturals();
  EXPECT_EQ(to<std::vector>(slice(it, 1, 3, 50)), (std::vector{1}));
  EXPECT_EQ(it.next(), 3);
  EXPECT_EQ(to<std::vector>(slice(it, 0, 5, std::numeric_limits<std::size_t>::max())), (std::vector{4}));
  EXPECT_EQ(it.next(), 9);
}

TEST(Slice, a_start_beyond_stop_skips_to_start) {
  auto it = naturals();
  EXPECT_EQ(to<std::vector>(slice(it, 5, 3)), (std::vector<int>{}));
  EXPECT_EQ(it.next(), 5);
}

TEST(Slice, without_stop_goes_to_the_end) {
  std::vector<int> v{0, 1, 2, 3, 4};
  EXPECT_EQ(to<std::vector>(slice(v, 1, std::nullopt, 2)), (std::vector{1, 3}));
  EXPECT_EQ(to<std::vector>(slice(v, std::nullopt)), v);
}

TEST(Slice, refuses_a_step_of_zero) { EXPECT_THROW((void)slice(naturals(), 0, 5, 0), pariter::invalid_size); }
