// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/optional_ref.hpp"

#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <any>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>

using pariter::optional_ref;

TEST(OptionalRef, is_empty_by_default) {
  optional_ref<int> r;
  EXPECT_FALSE(r);
  EXPECT_FALSE(r.has_value());
  EXPECT_TRUE(r == std::nullopt);
  EXPECT_THROW((void)r.value(), std::bad_optional_access);
  EXPECT_EQ(r.value_or(7), 7);
}

TEST(OptionalRef, refers_to_the_item_itself) {
  int x = 1;
  optional_ref<int> r(x);
  *r = 5;
  EXPECT_EQ(x, 5);
  EXPECT_EQ(&*r, &x);
  EXPECT_EQ(&r.value(), &x);
}

TEST(OptionalRef, never_copies_the_item) {
  pariter::test::counted item(3);
  const int before = pariter::test::counted::copies;
  optional_ref<pariter::test::counted> a(item);
  optional_ref<pariter::test::counted> b = a;
  b = a;
  EXPECT_EQ(b->value, 3);
  EXPECT_EQ(pariter::test::counted::copies, before);
}

TEST(OptionalRef, assignment_rebinds_and_leaves_both_items_alone) {
  int x = 1, y = 2;
  optional_ref<int> r(x);
  r = optional_ref<int>(y);
  EXPECT_EQ(&*r, &y);
  EXPECT_EQ(x, 1);
}

TEST(OptionalRef, turns_into_a_const_view_but_not_back) {
  int x = 1;
  optional_ref<const int> r = optional_ref<int>(x);
  EXPECT_EQ(&*r, &x);
  static_assert(!std::is_convertible_v<optional_ref<const int>, optional_ref<int>>);
}

TEST(OptionalRef, does_not_bind_to_a_temporary) {
  static_assert(!std::is_constructible_v<optional_ref<const std::string>, std::string>);
  static_assert(!std::is_constructible_v<optional_ref<const std::string>, const std::string>);
  static_assert(!std::is_constructible_v<optional_ref<const std::string>, const char*&>, "a string would be made of it");
  static_assert(std::is_constructible_v<optional_ref<const std::string>, const std::string&>);
  static_assert(std::is_trivially_copyable_v<optional_ref<std::string>>);
  static_assert(sizeof(optional_ref<std::string>) == sizeof(void*));
}

// What can be made of anything, can be made of an optional_ref; that is asked nowhere.
TEST(OptionalRef, refers_to_what_is_made_of_anything) {
  std::any item = 7;
  static_assert(std::is_copy_constructible_v<std::tuple<optional_ref<std::any>, optional_ref<const std::any>>>);
  const std::tuple<optional_ref<std::any>, optional_ref<const std::any>> both(item, item);
  const auto copy = both;
  EXPECT_EQ(&*std::get<0>(copy), &item);
  EXPECT_EQ(&*std::get<1>(copy), &item);
}

TEST(OptionalRef, is_copied_out_into_an_optional) {
  std::string text = "text";
  bool no = false;
  const std::optional<std::string> copied = optional_ref<const std::string>(text);
  const std::optional<bool> asked = optional_ref<bool>(no);
  const std::optional<std::string> nothing = optional_ref<std::string>();
  EXPECT_EQ(copied, "text");
  EXPECT_EQ(asked, false);
  EXPECT_EQ(nothing, std::nullopt);
  static_assert(!std::is_convertible_v<optional_ref<std::unique_ptr<int>>, std::optional<std::unique_ptr<int>>>);
  static_assert(!std::is_convertible_v<optional_ref<int>, std::optional<long>>);
}

TEST(OptionalRef, compares_items_and_empty_equals_only_empty) {
  int x = 1, y = 1, z = 2;
  EXPECT_TRUE(optional_ref<int>(x) == optional_ref<int>(y));
  EXPECT_FALSE(optional_ref<int>(x) == optional_ref<int>(z));
  EXPECT_FALSE(optional_ref<int>(x) == optional_ref<int>());
  EXPECT_TRUE(optional_ref<int>() == optional_ref<int>());
  EXPECT_TRUE(optional_ref<int>(x) == 1);
  EXPECT_FALSE(optional_ref<int>() == 1);
}
