// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/tuple_iterator.hpp"

#include "pariter/adaptors/zip.hpp"
#include "pariter/core/fields.hpp"
#include "pariter/core/iterable.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

using pariter::iter;
using namespace std::string_literals;

namespace {
struct base { int id; };
struct derived : base { int more; };
struct point { double x, y, z; };
struct person { std::string name; int age; };
struct empty {};

// A pair that has no elements in memory.
struct halves {
  int whole;
};
template <std::size_t I>
int get(const halves& h) {
  return I == 0 ? h.whole / 2 : h.whole - h.whole / 2;
}
}  // namespace

template <>
struct std::tuple_size<halves> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I>
struct std::tuple_element<I, halves> : std::type_identity<int> {};


static_assert(std::same_as<pariter::item_t<pariter::iterator_of_t<std::tuple<int, int>&>>, int&>);
static_assert(std::same_as<pariter::item_t<pariter::iterator_of_t<const std::tuple<int, int>&>>, const int&>);
static_assert(std::same_as<pariter::item_t<pariter::iterator_of_t<std::tuple<derived, base>&>>, base&>);
static_assert(std::same_as<pariter::item_t<pariter::iterator_of_t<std::pair<int, double>&>>, double>);
static_assert(std::same_as<pariter::item_t<pariter::iterator_of_t<std::tuple<int, std::string, int>&>>, std::variant<int, std::string>>);
static_assert(pariter::iteration_traits<pariter::iterator_of_t<std::tuple<int&, std::string&>>>.seekable, "nothing is moved out of it");
static_assert(!pariter::iteration_traits<pariter::iterator_of_t<std::tuple<int&, std::string>>>.seekable);
static_assert(!pariter::iterable<point&> && !pariter::iterable<empty&>, "aggregates take part by fields() only");

TEST(TupleIterator, elements_of_one_type_stay_where_they_are) {
  std::tuple t(1, 2, 3);
  for (int& i : iter(t)) i *= 10;
  EXPECT_EQ(t, std::tuple(10, 20, 30));
}

TEST(TupleIterator, elements_with_a_common_type_are_converted) {
  double sum = 0;
  for (double d : iter(std::pair(1, 2.5))) sum += d;
  EXPECT_EQ(sum, 3.5);
}

TEST(TupleIterator, other_elements_come_as_variants) {
  std::tuple t(1, "two"s, 3);
  std::string seen;
  for (auto item : iter(t)) std::visit([&](auto& x) { if constexpr (std::same_as<std::remove_reference_t<decltype(x)>, int>) seen += std::to_string(x); else seen += x; }, item);
  EXPECT_EQ(seen, "1two3");
  EXPECT_EQ(std::get<1>(t), "two") << "copied, not moved: the tuple is not ours";
}

TEST(TupleIterator, elements_of_a_temporary_are_moved_out) {
  auto it = iter(std::tuple(std::make_unique<int>(1), 2));
  auto first = it.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(*std::get<std::unique_ptr<int>>(*first), 1);
}

// A temporary tuple of references owns none of what it refers to.
TEST(TupleIterator, what_a_temporary_tuple_refers_to_is_not_moved_out) {
  person someone{"Ada", 36};
  for (auto walk = 0; walk < 2; ++walk) {
    auto it = iter(pariter::fields(someone));
    EXPECT_EQ(std::get<std::string>(*it.next()), "Ada") << "walk " << walk;
    it.seek(0);
    EXPECT_EQ(std::get<std::string>(*it.next()), "Ada") << "it can be asked for again";
  }
  EXPECT_EQ(someone.name, "Ada");

  auto name = "Grace"s;
  const int year = 1906;
  int age = 85;
  (void)iter(std::tie(name, age)).next();
  (void)iter(std::forward_as_tuple(name, 1)).next();
  (void)iter(std::tuple<std::string&, const int&>(name, year)).next();
  EXPECT_EQ(name, "Grace");

  std::vector<std::string> names{"Grace"};
  std::vector<int> ages{85};
  auto rows = pariter::zip(names, ages);
  EXPECT_EQ(std::get<std::string>(*iter(*rows.next()).next()), "Grace");
  EXPECT_EQ(names[0], "Grace");
}

TEST(TupleIterator, a_reference_to_what_is_given_away_is_moved_from) {
  auto first = std::make_unique<int>(1);
  auto it = iter(std::forward_as_tuple(std::move(first), 2));
  EXPECT_EQ(*std::get<std::unique_ptr<int>>(*it.next()), 1);
  EXPECT_EQ(first, nullptr);
}

// Elements that are made by get().
TEST(TupleIterator, elements_may_be_made_on_the_fly) {
  halves h{5};
  int sum = 0;
  for (int i : iter(h)) sum += i;
  for (int i : iter(halves{6})) sum += i;
  EXPECT_EQ(sum, 5 + 6);
}

TEST(TupleIterator, a_failed_copy_leaves_the_position) {
  std::tuple<pariter::test::throwing, int> t(1, 2);
  auto it = iter(t);
  pariter::test::throwing::fail_at(1);
  EXPECT_THROW((void)it.next(), pariter::test::planned_failure);
  EXPECT_EQ(it.position(), 0u);
  EXPECT_TRUE(it.next());
  EXPECT_EQ(it.position(), 1u);
}

TEST(TupleIterator, can_be_put_to_an_index) {
  std::tuple t(1, 2, 3);
  auto it = iter(t);
  it.seek(2);
  EXPECT_EQ(it.next(), 3);
  EXPECT_FALSE(it.next());
  it.seek(7);  // beyond the end is the end
  EXPECT_EQ(it.size_hint(), 0u);
  EXPECT_FALSE(it.next());
}

TEST(TupleIterator, an_empty_tuple_is_empty) {
  std::tuple<> t;
  EXPECT_FALSE(iter(t).next());
}

TEST(Fields, walk_an_aggregate_by_index) {
  point p{1, 2, 3};
  for (double& d : iter(pariter::fields(p))) d += 1;
  EXPECT_EQ(p.z, 4);
  const person someone{"Ada", 36};
  auto it = iter(pariter::fields(someone));
  EXPECT_EQ(std::get<std::string>(*it.next()), "Ada");
  EXPECT_EQ(std::get<int>(*it.next()), 36);
  EXPECT_FALSE(it.next());
  empty none;
  EXPECT_EQ(std::tuple_size_v<decltype(pariter::fields(none))>, 0u);
}
