// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/zip_strict.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using pariter::zip_strict;

namespace {
template <class It>
std::string complaint_after(It it, int rows) {
  for (int i = 0; i < rows; ++i)
    if (!it.next()) return "too few rows";
  try {
    return it.next() ? "another row" : "no complaint";
  } catch (const pariter::wrong_count& e) {
    for (int i = 0; i < 2; ++i)
      if (it.next()) return "goes on after the error";
    return e.what();
  }
}
const std::vector<int> two{1, 2}, three{1, 2, 3};
}  // namespace

TEST(ZipStrict, says_which_argument_is_longer_or_shorter) {
  EXPECT_EQ(complaint_after(zip_strict(two, three), 2).substr(0, 47), "zip_strict: argument 2 is longer than argument ");
  EXPECT_EQ(complaint_after(zip_strict(three, two), 2).substr(0, 48), "zip_strict: argument 2 is shorter than argument ");
  EXPECT_EQ(complaint_after(zip_strict(two, two, three), 2).substr(0, 47), "zip_strict: argument 3 is longer than argument ");
  EXPECT_EQ(complaint_after(zip_strict(three, three, two), 2).substr(0, 48), "zip_strict: argument 3 is shorter than argument ");
}

TEST(ZipStrict, equal_lengths_are_no_error) { EXPECT_EQ(complaint_after(zip_strict(three, three, three), 3), "no complaint"); }

TEST(ZipStrict, of_one_iterator_with_itself_gives_neighbours) {
  std::string letter;
  auto it = pariter::iter([&letter, n = 0]() mutable -> pariter::optional_ref<std::string> {
    if (n == 4) return std::nullopt;
    letter = static_cast<char>('a' + n++);
    return letter;  // one object for all
  }, "");
  auto pairs = zip_strict(it, it);
  EXPECT_EQ(pariter::size_hint(pairs), std::nullopt);
  std::string all;
  for (auto [a, b] : pairs) all += a + b;
  EXPECT_EQ(all, "abcd");
}
