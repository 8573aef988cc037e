// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/zip.hpp"

#include "pariter/adaptors/enumerate.hpp"
#include "pariter/coro/generator.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <list>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

using pariter::iter;
using pariter::zip;

namespace {

// One object for all, which is another letter at each step.
pariter::generator<std::string&> reused_letters(int n) {
  std::string letter;
  for (int i = 0; i < n; ++i) {
    letter = static_cast<char>('a' + i);
    co_yield letter;
  }
}

}  // namespace

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

TEST(Zip, of_one_iterator_with_itself_copies_items_that_do_not_stay) {
  auto letters = reused_letters(5);
  std::vector<std::string> seen;
  for (auto [a, b] : zip(letters, letters)) seen.push_back(a + b);
  EXPECT_EQ(seen, (std::vector<std::string>{"ab", "cd"}));
  auto rows = pariter::enumerate(reused_letters(4));  // items made of such references, too
  std::string all;
  for (auto [a, b] : zip(rows, rows)) all += std::get<1>(a) + std::get<1>(b);
  EXPECT_EQ(all, "abcd");
}

TEST(Zip, refers_wherever_one_source_cannot_be_another) {
  std::vector<std::string> v{"a", "b"};
  auto in_place = iter(v);
  auto letters = reused_letters(2);
  using referring = pariter::row<std::string&, std::string&>;
  static_assert(std::same_as<pariter::item_t<decltype(zip(in_place, in_place))>, referring>, "they stay");
  static_assert(std::same_as<pariter::item_t<decltype(zip(letters, in_place))>, referring>, "of different types");
  static_assert(std::same_as<pariter::item_t<decltype(zip(letters, reused_letters(1)))>, referring>, "the second is not borrowed");
}

TEST(Zip, of_borrowed_iterators_has_no_hint_for_they_may_be_one) {
  std::vector<int> v{1, 2, 3, 4};
  auto it = iter(v);
  auto pairs = zip(it, it);
  EXPECT_EQ(pariter::size_hint(pairs), std::nullopt);
  EXPECT_FALSE(pariter::iteration_traits<decltype(pairs)>.sized);
  while (pairs.next()) continue;
  EXPECT_EQ(pariter::size_hint(pairs), 0u);
  auto again = iter(v);
  EXPECT_EQ(pariter::size_hint(zip(again, v)), 4u) << "one of them";
  EXPECT_EQ(pariter::size_hint(zip(pariter::enumerate(again), again)), std::nullopt) << "inside another one, too";
}
