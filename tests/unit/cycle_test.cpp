// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/cycle.hpp"

#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/to.hpp"
#include "pariter/coro/generator_function.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

using pariter::cycle;
using pariter::slice;
using pariter::to;

namespace {
pariter::generator<int> two_numbers(int* calls) {
  ++*calls;
  co_yield 1;
  co_yield 2;
}
}  // namespace

TEST(Cycle, over_an_iterable_refers_to_its_items_and_keeps_nothing) {
  std::vector<int> v{1, 2};
  auto it = cycle(v);
  for (int round = 0; round < 3; ++round)
    for (int& i : v) EXPECT_EQ(&*it.next(), &i);
}

TEST(Cycle, over_a_generator_function_calls_it_again) {
  int calls = 0;
  EXPECT_EQ(to<std::vector>(slice(cycle(pariter::generator_function(two_numbers, &calls)), 5)), (std::vector{1, 2, 1, 2, 1}));
  EXPECT_EQ(calls, 3);
}

TEST(Cycle, over_an_iterator_keeps_what_it_handed_out) {
  int calls = 0;
  EXPECT_EQ(to<std::vector>(slice(cycle(two_numbers(&calls)), 5)), (std::vector{1, 2, 1, 2, 1}));
  EXPECT_EQ(calls, 1);
}

TEST(Cycle, items_need_not_be_copied) {
  int made = 0;
  auto it = cycle(pariter::iter([&] { return pariter::test::move_only(made++); }, pariter::test::move_only(2)));
  const auto& first = *it.next();
  (void)it.next();
  EXPECT_EQ(&*it.next(), &first) << "kept items have one address";
}

TEST(Cycle, of_nothing_ends) {
  EXPECT_FALSE(cycle(std::vector<int>{}).next());
  std::vector<int> none;
  auto it = cycle(none);
  EXPECT_FALSE(it.next());
  none.push_back(1);
  EXPECT_FALSE(it.next()) << "for ever";
  EXPECT_FALSE(cycle(pariter::iter(none = {})).next());
}

TEST(Cycle, a_fork_keeps_its_own_copies) {
  std::vector<std::string> v{"a string that is too long for its object", "b"};
  auto it = std::make_unique<decltype(cycle(pariter::iter(v)))>(cycle(pariter::iter(v)));
  (void)it->next();
  auto twin = it->fork();
  it.reset();
  EXPECT_EQ(*twin.next(), v[1]);
  EXPECT_EQ(*twin.next(), v[0]) << "the second round, of what it keeps";
  EXPECT_EQ(*twin.fork().next(), v[1]) << "forked in the second round";
}
