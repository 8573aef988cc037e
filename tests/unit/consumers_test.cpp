// SPDX-License-Identifier: Apache-2.0

// The consumers of adaptors/, together: what they answer, and where they leave an iterator.

#include "pariter/adaptors/any_all.hpp"
#include "pariter/adaptors/contains.hpp"
#include "pariter/adaptors/enumerate.hpp"
#include "pariter/adaptors/fold.hpp"
#include "pariter/adaptors/min_max.hpp"
#include "pariter/adaptors/sorted.hpp"
#include "pariter/adaptors/to.hpp"
#include "pariter/adaptors/unpack.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/coro/generator.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <list>
#include <map>
#include <random>
#include <ranges>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

using namespace pariter;
using test::planned_failure;

namespace {

pariter::generator<std::string&> words_in_one_string() {
  std::string s;
  for (const char* word : {"pear", "fig", "apple", "fig"}) {
    s = word;
    co_yield s;
  }
}

template <class X>
concept consumable = requires(X x) { contains(x, 1); } || requires(X x) { any(x); } || requires(X x) { all(x); } || requires(X x) { count_of(x, 1); } ||
                     requires(X x) { index_of(x, 1); } || requires(X x) { pariter::min(x); } || requires(X x) { pariter::max(x); } ||
                     requires(X x) { sorted(x); } || requires(X x) { to<std::vector>(x); } || requires(X x) { sum(x); } ||
                     requires(X x) { unpack<2>(x); } || requires(X x) { unpack_rest<2>(x); };
static_assert(!consumable<int> && !consumable<int*> && consumable<std::vector<int>>);

const std::vector<int> numbers{4, 8, 15, 16, 23, 42, 15};

}  // namespace

TEST(Unpack, gives_exactly_so_many) {
  std::vector<int> v{1, 2, 3};
  auto [a, b, c] = unpack<3>(v);
  EXPECT_EQ(a + b + c, 6);
}

TEST(Unpack, too_few_and_too_many_are_errors_and_one_item_more_is_lost) {
  auto it = iter(numbers);
  EXPECT_THROW((void)unpack<2>(it), wrong_count);
  EXPECT_EQ(it.next(), 16) << "4, 8 and 15 were pulled";
  EXPECT_THROW((void)unpack<9>(it), wrong_count);
  EXPECT_FALSE(it.next());
}

TEST(Unpack, frees_everything_when_it_fails) {
  {
    int n = 0;
    EXPECT_THROW((void)unpack<5>(iter([&] { return test::counted(n++); }, test::counted(3))), wrong_count);
    n = 0;
    EXPECT_THROW((void)unpack<3>(iter([&]() -> test::counted { return n++ == 2 ? throw planned_failure() : test::counted(n); }, test::counted(9))), planned_failure);
  }
  EXPECT_EQ(test::counted::living, 0);
}

TEST(Unpack, rest_is_a_vector) {
  auto [head, next_one, tail] = unpack_rest<2>(numbers);
  EXPECT_EQ(head, 4);
  EXPECT_EQ(next_one, 8);
  EXPECT_EQ(tail, (std::vector{15, 16, 23, 42, 15}));
  EXPECT_THROW((void)unpack_rest<8>(numbers), wrong_count);
}

TEST(Contains, stops_at_the_match_and_leaves_the_rest) {
  auto it = iter(numbers);
  EXPECT_TRUE(contains(it, 15));
  EXPECT_EQ(it.next(), 16);
  EXPECT_FALSE(contains(it, 4));
  EXPECT_FALSE(it.next()) << "without a match it is drained";
}

TEST(IndexOf, stops_at_the_match_and_counts_from_there_when_called_again) {
  auto it = iter(numbers);
  EXPECT_EQ(index_of(it, 15), 2u);
  EXPECT_EQ(index_of(it, 15), 3u);
  EXPECT_EQ(index_of(it, 15), std::nullopt);
}

TEST(CountOf, drains) {
  auto it = iter(numbers);
  EXPECT_EQ(count_of(it, 15), 2u);
  EXPECT_FALSE(it.next());
}

TEST(Any, stops_at_the_first) {
  std::vector<int> v{0, 3, 0};
  auto it = iter(v);
  EXPECT_TRUE(any(it));
  EXPECT_EQ(it.next(), 0);
  EXPECT_FALSE(any(std::vector<int>{}));
  EXPECT_TRUE(any(v, [](int i) { return i == 3; }));
}

TEST(All, stops_at_the_first_that_is_not) {
  std::vector<int> v{1, 0, 3};
  auto it = iter(v);
  EXPECT_FALSE(all(it));
  EXPECT_EQ(it.next(), 3);
  EXPECT_TRUE(all(std::vector<int>{}));
}

TEST(MinMax, of_nothing_is_an_error_or_the_fallback) {
  const std::vector<int> none;
  EXPECT_THROW((void)pariter::min(none), no_items);
  EXPECT_THROW((void)pariter::max(none), no_items);
  EXPECT_EQ(min_or(none, 7), 7);
  EXPECT_EQ(max_or(numbers, 7), 42);
}

TEST(MinMax, give_the_first_of_equals) {
  const std::vector<std::pair<int, char>> v{{1, 'a'}, {2, 'b'}, {1, 'c'}, {2, 'd'}};
  EXPECT_EQ(pariter::min(v, std::ranges::less(), &std::pair<int, char>::first).second, 'a');
  EXPECT_EQ(pariter::max(v, std::ranges::less(), &std::pair<int, char>::first).second, 'b');
}

TEST(MinMax, hold_no_reference_to_an_item_that_does_not_stay) {
  EXPECT_EQ(pariter::min(words_in_one_string()), "apple");
  EXPECT_EQ(pariter::max(words_in_one_string()), "pear");
  EXPECT_EQ(pariter::max(std::vector<std::string>{"a temporary vector", "b, which is freed before the result is used"})[0], 'b');
}

TEST(Sum, of_nothing_is_the_start) {
  EXPECT_EQ(sum(numbers), 123);
  EXPECT_EQ(sum(std::vector<int>{}, 1.5), 1.5);
  EXPECT_EQ(sum(std::vector<std::string>{"a", "b"}), "ab");
}

TEST(Fold, goes_from_left_to_right) {
  EXPECT_EQ(fold(numbers, std::string(), [](std::string s, int i) { return s + static_cast<char>('a' + i % 26); }), "eipqxqp");
}

TEST(Sorted, is_stable_and_new) {
  std::mt19937 random(testing::UnitTest::GetInstance()->random_seed() != 0 ? static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()) : 1u);
  for (const int n : {0, 1, 15, 16, 17, 33, 1000}) {
    std::vector<std::pair<int, int>> v;
    for (int i = 0; i < n; ++i) v.emplace_back(static_cast<int>(random() % 8), i);
    const auto before = v;
    auto s = sorted(v, std::ranges::greater(), &std::pair<int, int>::first);
    EXPECT_EQ(v, before);
    EXPECT_TRUE(std::ranges::is_sorted(s, [](auto& a, auto& b) { return a.first > b.first || (a.first == b.first && a.second < b.second); })) << n;
    EXPECT_EQ(s.size(), v.size());
  }
}

TEST(Sorted, moves_what_it_cannot_copy) {
  int n = 20;
  const auto s = sorted(iter([&] { return test::move_only(--n); }, test::move_only(0)), std::ranges::less(), &test::move_only::value);
  ASSERT_EQ(s.size(), 19u);
  EXPECT_EQ(s.front().value, 1);
  EXPECT_EQ(s.back().value, 19);
}

TEST(To, fills_every_container) {
  EXPECT_EQ(to<std::vector>(numbers), numbers);
  EXPECT_EQ(to<std::deque>(numbers).back(), 15);
  EXPECT_EQ(to<std::set>(numbers).size(), 6u);
  EXPECT_EQ((to<std::vector<long>>(numbers).front()), 4L);
  EXPECT_EQ(to<std::string>(iter("text")), "text");
  EXPECT_EQ((to<std::map<std::string, int>>(zip(std::vector<std::string>{"a", "b"}, numbers)).at("b")), 8);
  EXPECT_EQ((to<std::unordered_map<std::size_t, int>>(enumerate(numbers)).at(2)), 15);
  EXPECT_EQ(to<std::list>(words_in_one_string()).front(), "pear");
}

TEST(To, reserves_what_the_size_hint_says) {
  EXPECT_EQ(to<std::vector>(std::views::iota(0, 5)).capacity(), 5u);  // growing would end at 8
}

TEST(To, takes_more_items_than_anybody_hinted) {
  int n = 0;
  EXPECT_EQ(to<std::vector>(iter([&] { return n++; }, 10'000)).size(), 10'000u);
}

TEST(Consumers, pass_exceptions_of_the_functions_through) {
  const auto fails = [](auto&&...) -> bool { throw planned_failure(); };
  EXPECT_THROW((void)any(numbers, fails), planned_failure);
  EXPECT_THROW((void)all(numbers, fails), planned_failure);
  EXPECT_THROW((void)sorted(numbers, fails), planned_failure);
  EXPECT_THROW((void)pariter::min(numbers, fails), planned_failure);
  struct incomparable {
    bool operator==(int) const { throw planned_failure(); }
  };
  EXPECT_THROW((void)contains(std::vector<incomparable>(1), 1), planned_failure);
}

TEST(Consumers, find_what_was_pulled_before_an_exception_gone_and_the_rest_there) {
  auto it = iter(numbers);
  EXPECT_THROW((void)fold(it, 0, [](int a, int b) { return b == 15 ? throw planned_failure() : a + b; }), planned_failure);
  EXPECT_EQ(it.next(), 16);
}
