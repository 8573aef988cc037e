// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/groupby.hpp"

#include "pariter/adaptors/to.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/coro/generator.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <optional>
#include <string>
#include <vector>

using pariter::groupby;
using pariter::to;

namespace {
const std::vector<int> numbers{1, 1, 2, 2, 2, 1};
}

TEST(Groupby, gives_runs_of_neighbours) {
  std::string seen;
  for (auto&& [key, group] : groupby(numbers)) {
    seen += std::to_string(key) + "x";
    int n = 0;
    for ([[maybe_unused]] int i : group) ++n;
    seen += std::to_string(n) + " ";
  }
  EXPECT_EQ(seen, "1x2 2x3 1x1 ");
}

TEST(Groupby, asking_for_the_next_group_leaves_the_rest_of_this_one) {
  auto it = groupby(numbers);
  auto first = it.next();
  auto second = it.next();
  EXPECT_EQ(std::get<0>(*second), 2);
  EXPECT_FALSE(std::get<1>(*first).next()) << "an older group is at its end";
  EXPECT_EQ(to<std::vector>(std::get<1>(*second)), (std::vector{2, 2, 2}));
  EXPECT_FALSE(std::get<1>(*second).next());
  EXPECT_EQ(std::get<0>(*it.next()), 1);
  EXPECT_FALSE(it.next());
}

TEST(Groupby, a_row_that_is_its_own_key_is_copied_out) {
  const auto letters = []() -> pariter::generator<std::string&> {
    std::string s;
    for (const char c : {'a', 'a', 'b'}) {
      s.assign(1, c);
      co_yield s;
    }
  };
  std::string seen;
  for (auto&& [key, group] : groupby(pariter::zip(letters(), letters()))) {
    static_assert(std::same_as<decltype(key), pariter::row<std::string, std::string>>);
    seen += std::get<0>(key) + std::get<1>(key) + std::to_string(to<std::vector>(group).size()) + ' ';
  }
  EXPECT_EQ(seen, "aa2 bb1 ");
}

TEST(Groupby, a_group_outlives_it) {
  auto group = [] {
    auto it = groupby(std::vector<std::string>{"a long enough string", "a long enough string"});
    return std::get<1>(std::move(*it.next()));
  }();
  EXPECT_EQ(to<std::vector>(group).size(), 2u);
}

TEST(Groupby, an_exception_of_the_key_loses_the_item_and_ends_nothing) {
  auto it = groupby(numbers, [n = 0](int i) mutable { return ++n == 2 ? throw pariter::test::planned_failure() : i; });
  auto first = it.next();
  auto& group = std::get<1>(*first);
  EXPECT_EQ(group.next(), 1);
  EXPECT_THROW((void)group.next(), pariter::test::planned_failure);
  EXPECT_FALSE(group.next());
  EXPECT_EQ(std::get<0>(*it.next()), 2);
}

// Whatever throws, and wherever, a run is left out only if it has no item but the one whose key was being made.
TEST(Groupby, a_key_that_throws_loses_one_item_at_most) {
  using pariter::test::throwing;
  for (int k = 1; k <= 40; ++k) {
    auto it = groupby(numbers, [](int i) { return throwing(i); });
    std::vector<int> seen;
    throwing::fail_at(k);
    for (int thrown = 0; thrown < 2;) {
      try {
        auto step = it.next();
        if (!step) break;
        for (auto& group = std::get<1>(*step);;) {
          try {
            auto item = group.next();
            if (!item) break;
            seen.push_back(*item);
          } catch (const pariter::test::planned_failure&) {
            ++thrown;
          }
        }
      } catch (const pariter::test::planned_failure&) {
        ++thrown;
      }
    }
    throwing::fail_at(0);
    EXPECT_GE(seen.size(), numbers.size() - 1) << "failed at " << k;
  }
  EXPECT_EQ(throwing::living, 0);
}

TEST(Groupby, a_fork_and_its_groups_have_a_position_of_their_own) {
  auto it = groupby(numbers);
  auto first = it.next();
  EXPECT_EQ(std::get<1>(*first).next(), 1);
  auto twin = it.fork();
  auto group = std::get<1>(*first).fork();
  EXPECT_EQ(std::get<0>(*it.next()), 2);
  EXPECT_FALSE(std::get<1>(*first).next()) << "left";
  EXPECT_FALSE(std::get<1>(*first).fork().next()) << "a fork of a group that was left";
  EXPECT_EQ(to<std::vector>(group), std::vector{1}) << "the rest of its run";
  auto second = twin.next();
  EXPECT_EQ(std::get<0>(*second), 2);
  EXPECT_EQ(to<std::vector>(std::get<1>(*second)), (std::vector{2, 2, 2}));
}
