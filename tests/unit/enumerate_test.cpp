// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/enumerate.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

using pariter::enumerate;

template <class X>
concept can_enumerate = requires(X x) { enumerate(x); };
static_assert(!can_enumerate<int> && can_enumerate<std::vector<int>>);

TEST(Enumerate, refers_to_the_items) {
  std::vector<int> v{5, 6};
  for (auto [i, item] : enumerate(v)) item += static_cast<int>(i);
  EXPECT_EQ(v, (std::vector{5, 7}));
}

TEST(Enumerate, counts_in_the_type_of_start) {
  std::vector<int> v{5, 6};
  auto it = enumerate(v, std::int64_t{-1});
  EXPECT_EQ(std::get<0>(*it.next()), -1);
  EXPECT_EQ(std::get<0>(*it.next()), 0);
  EXPECT_FALSE(it.next());
}

TEST(Enumerate, runs_out_of_numbers_with_an_error_that_stays) {
  std::vector<int> v(4);
  auto source = pariter::iter(v);
  auto it = enumerate(source, std::uint8_t{253});
  EXPECT_EQ(pariter::size_hint(it), 2u) << "not four";
  EXPECT_EQ(std::get<0>(*it.next()), 253);
  EXPECT_EQ(std::get<0>(*it.next()), 254);
  EXPECT_EQ(pariter::size_hint(it), 0u);
  EXPECT_THROW((void)it.next(), pariter::out_of_numbers);
  EXPECT_THROW((void)it.next(), pariter::out_of_numbers);
  EXPECT_EQ(pariter::size_hint(it), 0u);
  EXPECT_TRUE(source.next()) << "one item was lost to show that there is one, and no more";
}

TEST(Enumerate, as_many_items_as_numbers_are_no_error) {
  std::vector<int> v(2);
  auto it = enumerate(v, std::int8_t{125});
  EXPECT_EQ(std::get<0>(*it.next()), 125);
  EXPECT_EQ(std::get<0>(*it.next()), 126);
  EXPECT_FALSE(it.next());
  EXPECT_FALSE(it.next());
}

TEST(Enumerate, a_hint_knows_how_many_numbers_are_left_on_both_sides_of_zero) {
  std::vector<int> v(300);
  EXPECT_EQ(pariter::size_hint(enumerate(v, std::int8_t{-128})), 255u);
  EXPECT_EQ(pariter::size_hint(enumerate(v, std::int64_t{-1})), 300u);
  EXPECT_EQ(pariter::size_hint(enumerate(v, -5)), 300u);
}
