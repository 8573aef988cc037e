// SPDX-License-Identifier: Apache-2.0
// Any_iterables as items, arguments and members of everything: whether they can be made of a type is asked in many places where
// that type is only moved.

#include "pariter/core/any_iterable.hpp"

#include "pariter/adaptors/batched.hpp"
#include "pariter/adaptors/chain.hpp"
#include "pariter/adaptors/chain_from.hpp"
#include "pariter/adaptors/cycle.hpp"
#include "pariter/adaptors/dropwhile.hpp"
#include "pariter/adaptors/enumerate.hpp"
#include "pariter/adaptors/fold.hpp"
#include "pariter/adaptors/groupby.hpp"
#include "pariter/adaptors/pairwise.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/takewhile.hpp"
#include "pariter/adaptors/to.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/adaptors/zip_longest.hpp"
#include "pariter/coro/expression.hpp"
#include "pariter/coro/generator_function.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/split.hpp"
#include "pariter/sharing/tee.hpp"

#include <gtest/gtest.h>

#include <array>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

using pariter::any_iterable;
using pariter::any_iterator;
using pariter::iter;
using pariter::to;

namespace {

using numbers = any_iterable<int>;

numbers of(std::vector<int> v) { return v; }

// Made of an any_iterable, and iterable itself.
struct job {
  job(numbers w) : work(std::move(w)) {}
  auto iter() const { return work.iter(); }
  numbers work;
};

// An iterator that is made of one.
class walk_of : public pariter::iterator_interface<walk_of> {
 public:
  walk_of(numbers w) : work_(std::move(w)), it_(work_.iter()) {}
  auto next() { return it_.next(); }

 private:
  numbers work_;
  any_iterator<int> it_;
};

template <class X>
int total(X&& x) {
  int sum = 0;
  for (int i : iter(std::forward<X>(x))) sum += i;
  return sum;
}

}  // namespace

static_assert(std::copyable<numbers> && std::copyable<std::optional<numbers>> && std::copyable<std::optional<std::optional<numbers>>>);
static_assert(std::copyable<std::tuple<numbers>> && std::copyable<std::pair<numbers, numbers>> && std::copyable<std::variant<numbers, int>>);
static_assert(std::copyable<pariter::optional_ref<numbers>> && std::copyable<pariter::row<numbers>> && std::copyable<any_iterable<numbers>>);
static_assert(std::copyable<job> && std::movable<walk_of> && std::copyable<std::optional<job>> && std::movable<std::optional<walk_of>>);
static_assert(std::constructible_from<numbers, job> && std::constructible_from<numbers, const job&> && !std::constructible_from<numbers, walk_of>);
static_assert(!std::constructible_from<numbers, std::optional<numbers>> && !std::constructible_from<any_iterable<numbers>, numbers>);
static_assert(!std::constructible_from<numbers, std::vector<numbers>> && std::constructible_from<any_iterable<numbers>, std::vector<numbers>>);
static_assert(std::movable<decltype(pariter::chain(std::declval<numbers>()))> && std::movable<decltype(pariter::chain(std::declval<numbers&>()))>);
static_assert(std::movable<decltype(pariter::cycle(std::declval<numbers>()))> && std::movable<decltype(pariter::cycle(std::declval<numbers&>()))>);

TEST(AnyIterable, goes_into_every_adaptor) {
  const numbers a = of({1, 2, 3});
  EXPECT_EQ(total(pariter::chain(a, a)), 12);
  EXPECT_EQ(total(pariter::chain(of({1}), a, of({2}))), 9);
  EXPECT_EQ(total(pariter::slice(pariter::cycle(a), 4)), 7);
  EXPECT_EQ(total(pariter::slice(pariter::cycle(of({1, 2})), 4)), 6);
  EXPECT_EQ(total(pariter::takewhile(a, [](int i) { return i < 3; })), 3);
  EXPECT_EQ(total(pariter::dropwhile(a, [](int i) { return i < 3; })), 3);
  EXPECT_EQ(total(pariter::expression(a, [](int i) { return 2 * i; })), 12);
  EXPECT_EQ(to<std::vector>(pariter::zip(a, of({7}))).size(), 1u);
  EXPECT_EQ(to<std::vector>(pariter::zip_longest(a, of({7}))).size(), 3u);
  EXPECT_EQ(to<std::vector>(pariter::enumerate(a)).size(), 3u);
  EXPECT_EQ(to<std::vector>(pariter::batched(a, 2)).size(), 2u);
  EXPECT_EQ(to<std::vector>(pariter::pairwise(a)).size(), 2u);
  EXPECT_EQ(total(pariter::share(a).iter()), 6);
  EXPECT_EQ(total(pariter::tee(a, 1)[0]), 6);
  EXPECT_EQ(total(any_iterator<int>(pariter::chain(a, a))), 12);
}

TEST(AnyIterable, is_an_item_of_every_container) {
  std::vector<numbers> v{of({1, 2}), of({3})};
  std::list<numbers> l(v.begin(), v.end());
  const std::array<numbers, 2> a{v[0], v[1]};
  std::map<int, numbers> m{{1, v[0]}};
  std::optional<numbers> o = v[0];
  std::tuple<numbers, numbers> t(v[0], v[1]);
  EXPECT_EQ(total(*iter(v).next()), 3);
  EXPECT_EQ(total(*iter(l).next()), 3);
  EXPECT_EQ(total(*iter(o).next()), 3);
  EXPECT_EQ(total(*iter(t).next()), 3);
  EXPECT_EQ(total(iter(m).next()->second), 3);
  EXPECT_EQ(total(pariter::chain_from(v)), 6);
  EXPECT_EQ(total(pariter::chain_from(a)), 6);
  EXPECT_EQ(total(pariter::chain_from(std::vector<numbers>(v))), 6);
}

TEST(AnyIterable, is_an_item_in_every_adaptor) {
  std::vector<numbers> v{of({1, 2}), of({3})};
  EXPECT_EQ(total(pariter::slice(pariter::chain_from(pariter::cycle(v)), 4)), 7);
  EXPECT_EQ(total(pariter::chain_from(pariter::chain(v, v))), 12);
  for (auto& [i, x] : pariter::enumerate(v)) EXPECT_EQ(total(x), 3) << i;
  for (auto& [x, y] : pariter::zip(v, v)) EXPECT_EQ(total(x), total(y));
  for (auto& [x, y] : pariter::zip_longest(v, v)) EXPECT_EQ(total(*x), total(*y));
  for (auto& [x, y] : pariter::pairwise(v)) EXPECT_EQ(total(x), total(y));
  for (auto& batch : pariter::batched(v, 2)) EXPECT_EQ(total(pariter::chain_from(batch)), 6);
  for (auto&& [three, group] : pariter::groupby(v, [](const numbers& n) { return total(n) == 3; })) EXPECT_EQ(total(pariter::chain_from(group)), 6) << three;
  EXPECT_EQ(total(pariter::chain_from(to<std::vector>(v))), 6);
  EXPECT_EQ(total(pariter::chain_from(pariter::share(v).iter())), 6);
  EXPECT_EQ(total(pariter::chain_from(pariter::tee(v, 1)[0])), 6);
  EXPECT_EQ(total(pariter::chain_from(pariter::split(v, 2)[0])), 3);
  auto each = pariter::generator_function([](std::vector<numbers> all) -> pariter::generator<numbers> { for (auto& n : all) co_yield n; }, v);
  EXPECT_EQ(total(pariter::chain_from(each)), 6);
}

TEST(AnyIterable, holds_any_iterables) {
  const std::vector<numbers> v{of({1, 2}), of({3})};
  const any_iterable<numbers> deep = v;
  const any_iterable<any_iterable<numbers>> deeper = std::vector{deep, deep};
  const any_iterable<const numbers&> in_place = v;
  EXPECT_EQ(total(pariter::chain_from(deep)), 6);
  EXPECT_EQ(total(pariter::chain_from(pariter::chain_from(deeper))), 12);
  EXPECT_EQ(total(*in_place.iter().next()), 3);
  EXPECT_EQ(in_place.iter().next().operator->(), v.data());
  any_iterator<numbers> it = iter(v);
  EXPECT_EQ(total(*it.next()), 3);
}

TEST(AnyIterable, is_made_of_what_is_made_of_one) {
  const job j(of({1, 2, 3}));
  EXPECT_EQ(total(numbers(j)), 6);
  EXPECT_EQ(total(numbers(job(j))), 6);
  EXPECT_EQ(total(walk_of(j)), 6);
}
