// SPDX-License-Identifier: Apache-2.0
// generator<T, Send, Return>: laziness, end, exceptions, return values, names. Its items, threads, and what it can be told have
// tests of their own: generator_items_test.cpp, generator_threads_test.cpp, generator_send_test.cpp.

#include "pariter/coro/generator.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/next.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <memory>
#include <optional>
#include <ranges>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using pariter::generator;
using pariter::generator_state;
using pariter::test::counted;
using pariter::test::planned_failure;

static_assert(pariter::iterator<generator<int>>);
static_assert(pariter::iterator<generator<std::unique_ptr<int>, int, std::string>>);
static_assert(std::ranges::input_range<generator<int>>);
static_assert(!std::copyable<generator<int>> && std::movable<generator<int>>);
// Who sends nothing pays nothing for send: what its frame holds beside the body is an item's address, an exception and the links of a chain.
static_assert(sizeof(generator<int>::promise_type) == 5 * sizeof(void*));
static_assert(sizeof(generator<int>::promise_type) < sizeof(generator<int, int>::promise_type));
static_assert(sizeof(generator<int>) == sizeof(generator<int, int>));

generator<int> count(int from, int to) {
  for (; from < to; ++from) co_yield from;
}

template <class G>
auto drain(G&& g) {
  std::vector<pariter::value_t<std::remove_cvref_t<G>>> all;
  for (auto&& item : g) all.push_back(std::move(item));
  return all;
}

// ---- laziness and end ----

generator<int> tell_start(bool& started) {
  started = true;
  co_yield 1;
}

TEST(Generator, runs_nothing_before_the_first_step) {
  bool started = false;
  auto g = tell_start(started);
  EXPECT_EQ(g.state(), generator_state::created);
  EXPECT_FALSE(started);
  EXPECT_EQ(g.next(), 1);
  EXPECT_TRUE(started);
  EXPECT_EQ(g.state(), generator_state::suspended);
}

TEST(Generator, ends_for_ever) {
  auto g = count(0, 2);
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.next(), 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(g.next(), std::nullopt);
    EXPECT_EQ(g.state(), generator_state::finished);
  }
}

TEST(Generator, is_its_own_iterator) {
  auto g = count(0, 3);
  EXPECT_EQ(&pariter::iter(g), &g);
}

TEST(Generator, a_loop_continues_after_a_break) {
  auto g = count(0, 5);
  for (int i : g) {
    if (i == 1) break;
  }
  EXPECT_EQ(drain(g), (std::vector{2, 3, 4}));
}

TEST(Generator, next_with_a_fallback_maps_only_the_end) {
  auto g = count(0, 1);
  EXPECT_EQ(pariter::next(g, 9), 0);
  EXPECT_EQ(pariter::next(g, 9), 9);
}

TEST(Generator, works_with_views) {
  auto g = count(0, 10);
  std::vector<int> odd;
  for (int i : g | std::views::filter([](int n) { return n % 2 == 1; })) odd.push_back(i);
  EXPECT_EQ(odd, (std::vector{1, 3, 5, 7, 9}));
}

TEST(Generator, moved_from_is_at_its_end_and_the_new_one_goes_on) {
  auto a = count(0, 3);
  EXPECT_EQ(a.next(), 0);
  auto b = std::move(a);
  EXPECT_EQ(a.next(), std::nullopt);  // NOLINT(bugprone-use-after-move): defined
  EXPECT_EQ(b.next(), 1);
  a = std::move(b);
  EXPECT_EQ(a.next(), 2);
  EXPECT_EQ(b.state(), generator_state::finished);  // NOLINT(bugprone-use-after-move)
}

generator<int> holds(std::optional<generator<int>>*& held, int from) {
  std::optional<generator<int>> rest(count(from, from + 3));
  held = &rest;
  co_yield 1;
}

TEST(Generator, is_assigned_one_that_lies_in_its_own_frame) {
  std::optional<generator<int>>* rest = nullptr;
  auto g = holds(rest, 100);
  EXPECT_EQ(g.next(), 1);
  g = std::move(**rest);
  EXPECT_EQ(drain(g), (std::vector{100, 101, 102}));
}

TEST(Generator, is_assigned_itself) {
  auto g = count(0, 3);
  EXPECT_EQ(g.next(), 0);
  auto& same = g;
  g = std::move(same);
  EXPECT_EQ(g.next(), 1);
}

// ---- exceptions ----

generator<int> fail_after(int n, counted = 0) {
  for (int i = 0; i < n; ++i) co_yield i;
  throw planned_failure();
}

TEST(Generator, throws_what_leaves_the_body_once_and_then_ends) {
  for (int n = 0; n < 3; ++n) {
    auto g = fail_after(n);
    for (int i = 0; i < n; ++i) EXPECT_EQ(g.next(), i);
    EXPECT_THROW(static_cast<void>(g.next()), planned_failure);
    EXPECT_EQ(g.state(), generator_state::finished);
    EXPECT_FALSE(g.next());
  }
}

generator<int> end_after(int n, counted = 0) {
  for (int i = 0; i < n; ++i) co_yield i;
}

TEST(Generator, frees_the_frame_when_the_body_ends_or_throws) {
  auto ended = end_after(1);
  EXPECT_EQ(ended.next(), 0);
  EXPECT_EQ(counted::living, 1);
  EXPECT_FALSE(ended.next());
  EXPECT_EQ(counted::living, 0);
  auto failed = fail_after(1);
  static_cast<void>(failed.next());
  EXPECT_EQ(counted::living, 1);
  EXPECT_THROW(static_cast<void>(failed.next()), planned_failure);
  EXPECT_EQ(counted::living, 0);
}

TEST(Generator, frees_the_frame_at_every_suspension_point) {
  for (int steps = 0; steps < 4; ++steps) {
    {
      auto g = fail_after(3);
      for (int i = 0; i < steps; ++i) static_cast<void>(g.next());
      EXPECT_EQ(counted::living, 1);
    }
    EXPECT_EQ(counted::living, 0);
  }
}

// ---- return values ----

generator<int, void, std::string> with_result(bool fail = false) {
  co_yield 1;
  if (fail) throw planned_failure();
  co_return "done";
}

TEST(Generator, gives_the_return_value_once_after_the_end) {
  auto g = with_result();
  EXPECT_EQ(g.take_result(), std::nullopt);
  static_cast<void>(g.next());
  EXPECT_EQ(g.take_result(), std::nullopt);
  EXPECT_FALSE(g.next());
  EXPECT_EQ(g.take_result(), "done");
  EXPECT_EQ(g.take_result(), std::nullopt);
  auto failed = with_result(true);
  static_cast<void>(failed.next());
  EXPECT_THROW(static_cast<void>(failed.next()), planned_failure);
  EXPECT_EQ(failed.take_result(), std::nullopt);
}

TEST(Generator, a_return_value_goes_along_when_it_is_moved) {
  auto g = with_result();
  while (g.next()) {
  }
  auto h = std::move(g);
  EXPECT_EQ(g.take_result(), std::nullopt);  // NOLINT(bugprone-use-after-move): defined
  auto i = with_result();
  i = std::move(h);
  EXPECT_EQ(h.take_result(), std::nullopt);  // NOLINT(bugprone-use-after-move): defined
  auto& same = i;
  i = std::move(same);
  EXPECT_EQ(i.take_result(), "done");
}

generator<int, void, std::tuple<int&>> returns_reference(int& to) {
  co_yield 1;
  co_return std::tuple<int&>(to);
}
generator<int, void, pariter::test::no_default> returns_unassignable(int n) {
  co_yield 1;
  co_return pariter::test::no_default(n);
}
static_assert(pariter::iterator<generator<int, void, pariter::test::no_default>>);

TEST(Generator, a_return_value_is_not_assigned_when_it_is_moved) {
  int one = 1, two = 2;
  auto a = returns_reference(one), b = returns_reference(two);
  while (a.next() && b.next()) {
  }
  static_cast<void>(b.next());
  a = std::move(b);
  EXPECT_EQ(one, 1);
  EXPECT_EQ(&std::get<0>(*a.take_result()), &two);
  auto c = returns_unassignable(1), d = returns_unassignable(2);
  while (c.next() && d.next()) {
  }
  static_cast<void>(d.next());
  c = std::move(d);
  EXPECT_EQ(c.take_result()->value, 2);
}

// ---- names ----

TEST(Generator, prints_its_functions_name_and_its_address) {
  auto g = count(0, 1);
  std::ostringstream out;
  out << g;
  std::ostringstream expected;
  expected << "<generator object count at " << static_cast<const void*>(&g) << '>';
  EXPECT_EQ(out.str(), expected.str());
  EXPECT_EQ([]() -> generator<int> { co_yield 1; }().name(), "<lambda>");
  g.set_name("numbers");
  EXPECT_EQ(g.name(), "numbers");
}

}  // namespace
