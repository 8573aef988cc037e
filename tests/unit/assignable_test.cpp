// SPDX-License-Identifier: Apache-2.0
#include "pariter/detail/assignable.hpp"

#include "pariter/adaptors/accumulate.hpp"
#include "pariter/adaptors/dropwhile.hpp"
#include "pariter/adaptors/groupby.hpp"
#include "pariter/adaptors/takewhile.hpp"
#include "pariter/adaptors/to.hpp"
#include "pariter/core/iter.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using pariter::detail::assignable;
using pariter::test::planned_failure;
using pariter::test::throwing;

namespace {

// A closure that has captured a const object by copy: its move copies it, and may throw.
auto is(const throwing& captured) {
  const throwing wanted = captured;
  return [wanted](int i) { return wanted.value == i; };
}
using function = decltype(is(0));
static_assert(!std::is_nothrow_move_constructible_v<function> && !std::is_move_assignable_v<function>);

struct moved_once {
  explicit moved_once(int v) : value(v) {}
  moved_once(moved_once&& other) noexcept(false) : value(other.value) {}
  int value;
};

template <class F>
constexpr bool moves_without_a_throw = std::is_nothrow_move_constructible_v<assignable<F>> && std::is_nothrow_move_assignable_v<assignable<F>>;
constexpr auto nothing = [] {};

}  // namespace

static_assert(moves_without_a_throw<function> && moves_without_a_throw<moved_once> && moves_without_a_throw<std::function<void()>>);
static_assert(moves_without_a_throw<decltype(nothing)> && std::is_empty_v<assignable<decltype(nothing)>>);
static_assert(std::copyable<assignable<function>> && !std::copy_constructible<assignable<moved_once>>);

TEST(Assignable, a_function_whose_move_may_throw_is_moved_once) {
  {
    assignable<function> f(is(1));
    throwing::fail_at(1);
    assignable<function> g(std::move(f));
    throwing::fail_at(0);
    f = assignable<function>(is(2));
    throwing::fail_at(1);
    std::swap(f, g);
    throwing::fail_at(0);
    EXPECT_TRUE((*f)(1));
    EXPECT_TRUE((*g)(2));
  }
  EXPECT_EQ(throwing::living, 0);
}

TEST(Assignable, a_copy_that_throws_leaves_both_as_they_were) {
  {
    assignable<function> f(is(1)), g(is(2));
    throwing::fail_at(1);
    EXPECT_THROW(g = f, planned_failure);
    EXPECT_TRUE((*f)(1));
    EXPECT_TRUE((*g)(2));
    g = f;
    EXPECT_TRUE((*g)(1));
  }
  EXPECT_EQ(throwing::living, 0);
}

// What a user writes: a const local, captured by copy.
TEST(Assignable, functions_that_have_copied_a_const_string_go_into_every_iterator) {
  const std::string wanted = "a string that is too long for the place inside of a string object";
  std::vector<std::string> v{wanted, wanted, "other", wanted};
  const auto equal = [wanted](const std::string& s) { return s == wanted; };

  auto head = pariter::takewhile(v, equal);
  auto twin = head.fork();
  auto moved = std::move(head);
  EXPECT_EQ(pariter::to<std::vector>(moved).size(), 2u);
  EXPECT_EQ(pariter::to<std::vector>(std::move(twin)).size(), 2u);
  EXPECT_EQ(pariter::to<std::vector>(pariter::dropwhile(v, equal)).size(), 2u);
  int groups = 0;
  for (auto&& group : pariter::groupby(v, equal)) (void)group, ++groups;
  EXPECT_EQ(groups, 3);
  std::string last;
  for (auto total : pariter::accumulate(v, [wanted](const std::string& total, const std::string& s) { return s == wanted ? total : total + s; })) last = total;
  EXPECT_EQ(last, wanted + "other");
  int calls = 0;
  for (std::size_t length : pariter::iter([wanted, &calls] { return ++calls < 3 ? wanted.size() : 0; }, 0u)) EXPECT_EQ(length, wanted.size());
  EXPECT_EQ(calls, 3);
}
