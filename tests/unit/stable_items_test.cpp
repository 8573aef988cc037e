// SPDX-License-Identifier: Apache-2.0
// References to items are kept only where the items stay: not of a temporary that an adaptor has taken over, which it frees at its end.

#include "pariter/adaptors/chain_from.hpp"
#include "pariter/adaptors/cycle.hpp"
#include "pariter/adaptors/dropwhile.hpp"
#include "pariter/adaptors/min_max.hpp"
#include "pariter/adaptors/pairwise.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/takewhile.hpp"
#include "pariter/adaptors/to.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/adaptors/zip_longest.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/tee.hpp"

#include <gtest/gtest.h>

#include <list>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using pariter::iter;

namespace {

using list = std::list<std::string>;

list names() { return {"a name that is too long for a string object", "and another one that is so, too"}; }
constexpr auto yes = [](const std::string&) { return true; };
constexpr auto no = [](const std::string&) { return false; };

template <class I>
constexpr bool stable = pariter::iteration_traits<I>.stable;
template <class I>
constexpr bool outlive = pariter::iteration_traits<I>.outliving;

template <class Make>
void can_be_kept(Make make) {
  const auto two = names();
  EXPECT_EQ(pariter::max(make()), std::max(two.front(), two.back()));
  auto branches = pariter::tee(make(), 2);
  while (branches[0].next()) {
  }
  EXPECT_EQ(pariter::to<list>(branches[1]), two);
  auto first = pariter::share(make(), pariter::unbuffered).iter();
  std::vector<decltype(first.next())> steps;
  do steps.push_back(first.next());
  while (steps.back());
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(*steps[0], two.front());
  EXPECT_EQ(*steps[1], two.back());
  list seen;
  for (auto& [a, b] : pariter::pairwise(make())) seen = {a, b};
  EXPECT_EQ(seen, two);
}

}  // namespace

// Items of an lvalue, of a temporary, and of something that an iterator keeps a share in.
static_assert(stable<decltype(iter(std::declval<list&>()))> && outlive<decltype(iter(std::declval<list&>()))>);
static_assert(stable<decltype(iter(names()))> && !outlive<decltype(iter(names()))>);
static_assert(stable<pariter::copy_on_write<list>::iterator> && !outlive<pariter::copy_on_write<list>::iterator>);
static_assert(stable<pariter::concurrent_log<int>::iterator> && !outlive<pariter::concurrent_log<int>::iterator>);
static_assert(stable<decltype(iter(std::declval<std::tuple<int, int>&>()))> && outlive<decltype(iter(std::declval<std::tuple<int, int>&>()))>);
static_assert(stable<decltype(iter(std::tuple(1, 2)))> && !outlive<decltype(iter(std::tuple(1, 2)))>);
static_assert(!stable<decltype(iter(std::vector<bool>()))> && !outlive<decltype(iter(std::vector<bool>()))>);
// Adaptors let go of what they own at its end, and borrow from those who go on owning.
static_assert(stable<decltype(pariter::slice(std::declval<list&>(), 2))> && outlive<decltype(pariter::slice(std::declval<list&>(), 2))>);
static_assert(!stable<decltype(pariter::slice(names(), 2))> && !stable<decltype(pariter::takewhile(names(), yes))>);
static_assert(stable<decltype(pariter::slice(std::declval<decltype(iter(names()))&>(), 2))>);
static_assert(stable<decltype(pariter::slice(pariter::takewhile(std::declval<list&>(), yes), 2))>);
static_assert(!stable<decltype(pariter::zip(names()))> && !stable<decltype(pariter::zip_longest(names()))>);
static_assert(stable<decltype(pariter::cycle(names()))> && !outlive<decltype(pariter::cycle(iter(names())))>);

TEST(StableItems, of_a_temporary_are_kept_beyond_the_end_of_an_adaptor) {
  can_be_kept([] { return names(); });
  can_be_kept([] { return iter(names()); });
  can_be_kept([] { return pariter::slice(names(), 9); });
  can_be_kept([] { return pariter::takewhile(names(), yes); });
  can_be_kept([] { return pariter::dropwhile(names(), no); });
  can_be_kept([] { return pariter::slice(pariter::takewhile(names(), yes), 9); });
  can_be_kept([] { return pariter::slice(pariter::cycle(names()), 2); });
  can_be_kept([] { return pariter::slice(pariter::cycle(iter(names())), 2); });
  can_be_kept([] { return pariter::chain_from(std::vector{names()}); });
  can_be_kept([] { return pariter::slice(pariter::copy_on_write<list>(names()).iter(), 9); });
}

TEST(StableItems, in_rows_of_temporaries_too) {
  const auto two = names();
  EXPECT_EQ(std::get<0>(pariter::max(pariter::zip(names(), names()))), std::max(two.front(), two.back()));
  const auto value = [](auto& row) { return std::get<0>(row).value_or(""); };
  EXPECT_EQ(std::get<0>(pariter::max(pariter::zip_longest(names(), std::vector{1, 2, 3}), std::less<>(), value)), std::max(two.front(), two.back()));
}
