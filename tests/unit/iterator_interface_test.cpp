// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/iterator_interface.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/next.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ranges>
#include <tuple>
#include <utility>
#include <vector>

namespace {

// Counts how often it is pulled: the tests here are about when that happens.
template <class T>
class upto : public pariter::iterator_interface<upto<T>> {
 public:
  explicit upto(int last) : last_(last) {}
  std::optional<T> next() {
    ++pulls;
    if (at_ == fail_before) {
      fail_before = -1;
      throw pariter::test::planned_failure();
    }
    if (at_ == last_) return std::nullopt;
    return std::optional<T>(std::in_place, ++at_);
  }
  int pulls = 0;
  int fail_before = -1;

 private:
  int last_;
  int at_ = 0;
};

class by_reference : public pariter::iterator_interface<by_reference> {
 public:
  explicit by_reference(std::vector<int>& v) : v_(&v) {}
  pariter::optional_ref<int> next() {
    if (at_ == v_->size()) return std::nullopt;
    return (*v_)[at_++];
  }

 private:
  std::vector<int>* v_;
  std::size_t at_ = 0;
};

template <class T>
class IteratorInterfaceItems : public testing::Test {};
using items = testing::Types<int, pariter::test::counted, pariter::test::move_only, pariter::test::over_aligned, pariter::test::no_default>;
TYPED_TEST_SUITE(IteratorInterfaceItems, items);

TYPED_TEST(IteratorInterfaceItems, a_loop_delivers_each_item_once_and_in_order) {
  int expected = 0;
  upto<TypeParam> it(5);
  for (auto& item : it) EXPECT_TRUE(item == TypeParam(++expected));
  EXPECT_EQ(expected, 5);
  EXPECT_FALSE(it.next());
}

}  // namespace

static_assert(pariter::iterator<upto<int>>);
static_assert(std::ranges::input_range<upto<int>> && !std::ranges::forward_range<upto<int>>);
static_assert(std::ranges::input_range<upto<pariter::test::move_only>>);
static_assert(std::same_as<std::ranges::range_reference_t<by_reference>, int&>);

TEST(IteratorInterface, creation_pulls_nothing_and_begin_pulls_one) {
  upto<int> it(3);
  EXPECT_EQ(it.pulls, 0);
  auto first = it.begin();
  EXPECT_EQ(it.pulls, 1);
  EXPECT_EQ(*first, 1);
}

TEST(IteratorInterface, a_second_loop_continues_after_the_last_delivered_item) {
  upto<int> it(5);
  for (int i : it)
    if (i == 2) break;
  EXPECT_EQ(it.pulls, 2);
  std::vector<int> rest;
  for (int i : it) rest.push_back(i);
  EXPECT_EQ(rest, (std::vector{3, 4, 5}));
}

TEST(IteratorInterface, pulls_equal_deliveries_plus_one_at_the_end) {
  upto<int> it(4);
  for ([[maybe_unused]] int i : it) {
  }
  EXPECT_EQ(it.pulls, 5);
}

TEST(IteratorInterface, items_by_reference_are_the_items_of_the_source) {
  std::vector<int> v{1, 2, 3};
  for (int& i : by_reference(v)) i *= 10;
  EXPECT_EQ(v, (std::vector{10, 20, 30}));
}

// Items that are made of references.
class rows : public pariter::iterator_interface<rows> {
 public:
  explicit rows(std::vector<int>& v) : v_(&v) {}
  std::optional<std::tuple<int&>> next() {
    if (at_ == v_->size()) return std::nullopt;
    return std::optional<std::tuple<int&>>(std::in_place, (*v_)[at_++]);
  }

 private:
  std::vector<int>* v_;
  std::size_t at_ = 0;
};

TEST(IteratorInterface, neither_a_loop_nor_a_cursor_that_is_assigned_writes_through_items) {
  std::vector v{1, 2}, w{3, 4};
  rows it(v), other(w);
  int sum = 0;
  for (auto& [i] : rows(v)) sum += i;
  EXPECT_EQ(sum, 3);
  auto a = it.begin(), b = other.begin();
  a = std::move(b);
  EXPECT_EQ(&std::get<0>(*a), &w[0]);
  EXPECT_EQ(&std::get<0>(*++a), &w[1]);
  EXPECT_EQ(v, (std::vector{1, 2}));
  EXPECT_EQ(w, (std::vector{3, 4}));
}

static_assert(std::ranges::input_range<upto<pariter::test::no_default>>, "a cursor whose items cannot be assigned is assigned");

TEST(IteratorInterface, an_item_may_be_moved_out_in_the_body) {
  std::vector<pariter::test::move_only> out;
  for (auto& item : upto<pariter::test::move_only>(3)) out.push_back(std::move(item));
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[2].value, 3);
}

TEST(IteratorInterface, composes_with_views_and_ranges_algorithms) {
  std::vector<int> seen;
  for (int i : upto<int>(9) | std::views::filter([](int k) { return k % 2 == 1; }) | std::views::transform([](int k) { return k * k; }))
    seen.push_back(i);
  EXPECT_EQ(seen, (std::vector{1, 9, 25, 49, 81}));
  upto<int> it(9);
  EXPECT_EQ(*std::ranges::find(it, 4), 4);
  EXPECT_EQ(pariter::next(it), 5);
}

TEST(IteratorInterface, an_error_in_the_middle_of_a_loop_passes_through_and_the_iterator_stays_usable) {
  upto<int> it(5);
  it.fail_before = 2;
  int sum = 0;
  EXPECT_THROW(
      {
        for (int i : it) sum += i;
      },
      pariter::test::planned_failure);
  EXPECT_EQ(sum, 3);
  EXPECT_EQ(pariter::next(it), 3);
}

TEST(IteratorInterface, an_error_of_an_unassignable_item_passes_through_too) {
  upto<pariter::test::no_default> it(5);
  it.fail_before = 2;
  int sum = 0;
  EXPECT_THROW(
      {
        for (auto& i : it) sum += i.value;
      },
      pariter::test::planned_failure);
  EXPECT_EQ(sum, 3);
}

TEST(IteratorInterface, an_error_in_the_middle_of_a_loop_frees_each_item_once) {
  const int before = pariter::test::counted::living;
  upto<pariter::test::counted> it(5);
  it.fail_before = 2;
  EXPECT_THROW(
      {
        for ([[maybe_unused]] auto& item : it) {
        }
      },
      pariter::test::planned_failure);
  EXPECT_EQ(pariter::test::counted::living, before);
}

TEST(IteratorInterface, frees_every_item_at_each_early_stop) {
  for (int stop = 0; stop <= 4; ++stop) {
    const int before = pariter::test::counted::living;
    {
      upto<pariter::test::counted> it(4);
      int n = 0;
      for ([[maybe_unused]] auto& item : it)
        if (++n == stop) break;
    }
    EXPECT_EQ(pariter::test::counted::living, before) << "stop after " << stop;
  }
}
