// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/row.hpp"

#include "pariter/adaptors/batched.hpp"
#include "pariter/adaptors/cycle.hpp"
#include "pariter/adaptors/groupby.hpp"
#include "pariter/adaptors/pairwise.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/to.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/adaptors/zip_longest.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/tee.hpp"

#include <gtest/gtest.h>

#include <any>
#include <concepts>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using pariter::optional_ref;
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

// zip_longest has an optional_ref for each source that hands out references: another kind of reference.
TEST(Row, its_value_has_no_references_behind_a_view_either) {
  std::vector<std::string> v{"one", "two"};
  const auto copies = pariter::to<std::vector>(pariter::zip(v, v) | std::views::filter([](const auto&) { return true; }));
  static_assert(std::same_as<decltype(copies), const std::vector<row<std::string, std::string>>>);
  v[0] = "three";
  EXPECT_EQ(std::get<0>(copies[0]), "one");
}

TEST(Row, its_value_has_copies_of_what_optional_refs_refer_to) {
  std::string name = "one";
  bool set = false;
  int n = 1;
  using item = row<optional_ref<std::string>, std::optional<row<int&, optional_ref<const bool>>>, optional_ref<int>>;
  using copied = pariter::detail::item_value<item>::type;
  static_assert(std::same_as<copied, row<std::optional<std::string>, std::optional<row<int, std::optional<bool>>>, std::optional<int>>>);
  static_assert(std::convertible_to<item, copied> && std::convertible_to<const item&, copied> && !std::convertible_to<copied, item>);
  item i(name, row<int&, optional_ref<const bool>>(n, set), std::nullopt);
  const copied c = i;
  name = "two";
  n = 2;
  set = true;
  EXPECT_EQ(std::get<0>(c), "one");
  ASSERT_TRUE(std::get<1>(c));
  EXPECT_EQ(std::get<0>(*std::get<1>(c)), 1);
  EXPECT_EQ(std::get<1>(*std::get<1>(c)), false) << "the item, and not whether there is one";
  EXPECT_EQ(std::get<2>(c), std::nullopt);
  EXPECT_EQ(copied(std::move(i)), copied("two", row<int, std::optional<bool>>(2, true), std::nullopt));
}

TEST(Row, a_value_takes_what_optionals_hold_and_not_the_optionals) {
  std::any seven = 7;
  const row<std::optional<std::any>, std::optional<std::optional<bool>>> copied = row<optional_ref<std::any>, std::optional<optional_ref<bool>>>(seven, optional_ref<bool>());
  EXPECT_EQ(std::any_cast<int>(*std::get<0>(copied)), 7);
  ASSERT_TRUE(std::get<1>(copied));
  EXPECT_EQ(*std::get<1>(copied), std::nullopt);
}

TEST(Row, what_cannot_be_copied_has_no_value_to_be_copied_to) {
  using item = row<optional_ref<std::unique_ptr<int>>, int>;
  static_assert(!std::constructible_from<pariter::detail::item_value<item>::type, item>);
}

TEST(Row, an_optional_ref_alone_has_a_value_too) {
  using pariter::detail::item_value;
  static_assert(std::same_as<item_value<optional_ref<const int>>::type, std::optional<int>>);
  static_assert(std::same_as<item_value<std::optional<optional_ref<int>>>::type, std::optional<std::optional<int>>>);
  static_assert(std::same_as<item_value<std::optional<const int>>::type, std::optional<const int>>, "no reference, no change");
  static_assert(std::same_as<item_value<optional_ref<int>&>::type, optional_ref<int>>, "somebody keeps it in a container");
  std::vector<std::string> v{"one"};
  const auto firsts = pariter::to<std::vector>(pariter::zip_longest(v, v) | std::views::transform([](auto&& r) { return std::get<0>(r); }));
  static_assert(std::same_as<decltype(firsts), const std::vector<std::optional<std::string>>>);
  v[0] = "two";
  EXPECT_EQ(firsts[0], "one");
}

// One string, written over at every step.
static pariter::generator<std::string&> letters() {
  std::string s;
  for (char c = 'a'; c < 'g'; ++c) {
    s.assign(1, c);
    co_yield s;
  }
}

// All that keep items keep copies of these.
TEST(Row, of_zip_longest_is_kept_without_references) {
  const auto text = [](auto& r) { return *std::get<0>(r) + *std::get<1>(r); };
  const auto rows = [] { return pariter::zip_longest(letters(), letters()); };
  std::string seen;
  for (auto& r : pariter::to<std::vector>(rows())) seen += text(r);
  EXPECT_EQ(seen, "aabbccddeeff");
  seen.clear();
  for (auto& batch : pariter::batched(rows(), 4))
    for (auto& r : batch) seen += text(r);
  EXPECT_EQ(seen, "aabbccddeeff");
  seen.clear();
  for (auto& [a, b] : pariter::pairwise(rows())) seen += text(a) + text(b);
  EXPECT_EQ(seen, "aabbbbccccddddeeeeff");
  seen.clear();
  for (auto&& [key, group] : pariter::groupby(rows())) seen += text(key) + std::to_string(pariter::to<std::vector>(group).size());
  EXPECT_EQ(seen, "aa1bb1cc1dd1ee1ff1");
  seen.clear();
  auto shared = pariter::share(rows()).iter();
  for (auto& r : shared) seen += text(r);
  EXPECT_EQ(seen, "aabbccddeeff");
  seen.clear();
  auto branches = pariter::tee(rows(), 2);
  while (branches[0].next()) {
  }
  for (auto& r : branches[1]) seen += text(r);
  EXPECT_EQ(seen, "aabbccddeeff");
  seen.clear();
  for (auto& r : pariter::slice(pariter::cycle(rows()), 7)) seen += text(r);
  EXPECT_EQ(seen, "aabbccddeeffaa");
}

TEST(Row, of_zip_longest_outlives_temporary_sources_as_a_copy) {
  const std::string text(40, 'x');
  const auto rows = pariter::to<std::vector>(pariter::zip_longest(std::vector{text}, std::vector{1, 2}));
  static_assert(std::same_as<decltype(rows), const std::vector<pariter::row<std::optional<std::string>, std::optional<int>>>>);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(std::get<0>(rows[0]), text);
  EXPECT_EQ(std::get<0>(rows[1]), std::nullopt);
  EXPECT_EQ(std::get<1>(rows[1]), 2);
}

TEST(Row, of_zip_longest_writes_to_the_sources_behind_a_view) {
  std::vector<int> a{1, 2}, b{3};
  for (auto [x, y] : pariter::zip_longest(a, b) | std::views::transform([](auto& r) { return r; })) {
    if (x && y) std::swap(*x, *y);
  }
  EXPECT_EQ(a[0], 3);
  EXPECT_EQ(b[0], 1);
}
