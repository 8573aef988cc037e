// SPDX-License-Identifier: Apache-2.0

// Every adaptor takes every kind of iterable and iterator.

#include "pariter/adaptors/accumulate.hpp"
#include "pariter/adaptors/batched.hpp"
#include "pariter/adaptors/chain.hpp"
#include "pariter/adaptors/chain_from.hpp"
#include "pariter/adaptors/cycle.hpp"
#include "pariter/adaptors/dropwhile.hpp"
#include "pariter/adaptors/enumerate.hpp"
#include "pariter/adaptors/groupby.hpp"
#include "pariter/adaptors/pairwise.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/takewhile.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/adaptors/zip_longest.hpp"
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"
#include "pariter/core/any_iterator.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/coro/generator_function.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/split.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/flat_items.hpp"
#include "support/numbers.hpp"
#include "support/walker.hpp"

#include <gtest/gtest.h>

#include <list>
#include <ranges>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using pariter::test::flat_item;
using pariter::test::items;
using pariter::test::number;

constexpr auto any = [](const auto&) { return true; };
constexpr auto none = [](const auto&) { return false; };
constexpr auto plus = [](int total, const auto& item) { return total + number(item); };

// Adds all of it, as one list.
template <class I>
void walk(I it, items& out) {
  flat_item& whole = out.emplace_back();
  while (pariter::test::flat_step(it, whole)) continue;
}

void expect_of_every_adaptor(const items& seen) {
  const items expected{
      {0, 0, 1, 1, 2, 2},   // enumerate
      {0, 0, 1, 1, 2, 2},   // zip
      {0, 0, 1, 1, 2, 2},   // zip_longest
      {0, 1, 2, 0, 1, 2},   // chain
      {0, 1, 2, 0, 1, 2},   // chain_from
      {1, 2},               // slice
      {0, 1, 2},            // batched
      {0, 1, 1, 2},         // pairwise
      {0, 0, 1, 3},         // accumulate
      {0, 1, 2},            // takewhile
      {0, 1, 2},            // dropwhile
      {1, 0, 1, 2},         // groupby
      {0, 1, 2, 0, 1},      // cycle
  };
  EXPECT_EQ(seen, expected);
}

// make(): the numbers 0 1 2, each time anew, as an lvalue or a temporary.
template <class Make>
void goes_into_every_adaptor(Make make) {
  items seen;
  walk(pariter::enumerate(make()), seen);
  walk(pariter::zip(make(), make()), seen);
  walk(pariter::zip_longest(make(), make()), seen);
  walk(pariter::chain(make(), make()), seen);
  walk(pariter::chain_from(std::views::iota(0, 2) | std::views::transform([&](int) -> decltype(make()) { return make(); })), seen);
  walk(pariter::slice(make(), 1, 3), seen);
  walk(pariter::batched(make(), 2), seen);
  walk(pariter::pairwise(make()), seen);
  walk(pariter::accumulate(make(), plus, 0), seen);
  walk(pariter::takewhile(make(), any), seen);
  walk(pariter::dropwhile(make(), none), seen);
  walk(pariter::groupby(make(), any), seen);
  walk(pariter::slice(pariter::cycle(make()), 5), seen);
  expect_of_every_adaptor(seen);
}

struct indexed {
  int at(std::size_t i) const { return i < 3 ? static_cast<int>(i) : throw std::out_of_range("at"); }
};

pariter::generator<int> counted(int to) {
  for (int i = 0; i < to; ++i) co_yield i;
}
pariter::generator<const int&> referred_to(int to) {
  for (int i = 0; i < to; ++i) co_yield i;
}

}  // namespace

TEST(AdaptorFlavours, ranges) {
  auto v = pariter::test::numbers(3);
  goes_into_every_adaptor([&]() -> auto& { return v; });
  goes_into_every_adaptor([] { return pariter::test::numbers(3); });
  std::list<int> list(v.begin(), v.end());
  goes_into_every_adaptor([&]() -> auto& { return list; });
  goes_into_every_adaptor([] { return std::views::iota(0, 3); });
  goes_into_every_adaptor([&] { return v | std::views::transform([](int i) { return i; }); });
}

TEST(AdaptorFlavours, what_is_no_range) {
  indexed by_index;
  goes_into_every_adaptor([&]() -> auto& { return by_index; });
  std::tuple<int, int, int> tuple{0, 1, 2};
  goes_into_every_adaptor([&]() -> auto& { return tuple; });
  goes_into_every_adaptor([] { return std::tuple(0, 1L, '\2'); });
  auto function = pariter::generator_function(counted, 3);
  goes_into_every_adaptor([&]() -> auto& { return function; });
}

TEST(AdaptorFlavours, containers) {
  pariter::concurrent_log<int> log;
  pariter::broadcast<int> broadcast({.capacity = 16});
  for (int i : {0, 1, 2}) log.append(i), broadcast.append(i);
  log.close();
  broadcast.close();
  goes_into_every_adaptor([&]() -> auto& { return log; });
  goes_into_every_adaptor([&] { return log.follow(); });
  goes_into_every_adaptor([&] { return broadcast.iter({.policy = pariter::policy::lossy}); });
  pariter::copy_on_write<std::vector<int>> versions(pariter::test::numbers(3));
  goes_into_every_adaptor([&]() -> auto& { return versions; });
  auto parts = pariter::split(pariter::test::numbers(3), 1);
  goes_into_every_adaptor([&]() -> auto& { return parts.front(); });
}

TEST(AdaptorFlavours, iterators) {
  goes_into_every_adaptor([] { return counted(3); });
  goes_into_every_adaptor([] { return referred_to(3); });
  goes_into_every_adaptor([] { return pariter::any_iterator<int>(counted(3)); });
  goes_into_every_adaptor([] {
    return pariter::iter([i = 0]() mutable { return i++; }, 3);
  });
  goes_into_every_adaptor([] { return pariter::share(counted(3)).iter(); });
  goes_into_every_adaptor([] { return std::move(pariter::tee(counted(3), 1).front()); });
  goes_into_every_adaptor([] { return pariter::enumerate(counted(3)) | std::views::transform([](const auto& row) { return std::get<1>(row); }); });
}
