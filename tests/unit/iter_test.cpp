// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/iter.hpp"

#include "pariter/adaptors/chain.hpp"
#include "pariter/adaptors/chain_from.hpp"
#include "pariter/adaptors/enumerate.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/next.hpp"
#include "pariter/coro/generator.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using pariter::iter;
using pariter::next;

namespace {

template <class X>
auto drain(X&& x) {
  auto&& it = iter(std::forward<X>(x));
  std::vector<pariter::value_t<std::remove_cvref_t<decltype(it)>>> items;
  while (auto item = it.next()) items.push_back(*item);
  return items;
}

// The law: an iterable is used through const and hands out independent iterators.
class letters {
 public:
  explicit letters(std::string text) : text_(std::move(text)) {}
  class iterator : public pariter::iterator_interface<iterator> {
   public:
    explicit iterator(const std::string& text) : text_(&text) {}
    std::optional<char> next() {
      if (at_ == text_->size()) return std::nullopt;
      return (*text_)[at_++];
    }

   private:
    const std::string* text_;
    std::size_t at_ = 0;
  };
  iterator iter() const { return iterator(text_); }

 private:
  std::string text_;
};

struct opted_out : std::vector<int> {};
struct iter_returns_no_iterator {
  int iter() const { return 0; }
};
struct iter_throws {
  letters::iterator iter() const { throw pariter::test::planned_failure(); }
};
struct length_only {
  std::size_t size() const { return 3; }
};

}  // namespace

template <>
inline constexpr bool pariter::enable_iteration<opted_out> = false;

static_assert(pariter::iterable<letters&> && pariter::iterable<letters> && pariter::iterable<const letters&>);
static_assert(!pariter::iterable<int> && !pariter::iterable<length_only> && !pariter::iterable<int*>);
static_assert(!pariter::iterable<iter_returns_no_iterator&>);
static_assert(!pariter::iterable<opted_out&>);
static_assert(pariter::shared_iterable<letters> && pariter::shared_iterable<std::vector<int>> && pariter::shared_iterable<std::string>);
static_assert(pariter::shared_iterable<std::map<int, int>> && pariter::shared_iterable<std::span<int>> && pariter::shared_iterable<int[3]>);
static_assert(!pariter::shared_iterable<letters::iterator>);
static_assert(!pariter::shared_iterable<std::ranges::istream_view<int>>);
static_assert(std::same_as<pariter::iterator_of_t<letters&>, letters::iterator>);

TEST(Iter, of_an_iterator_is_the_same_iterator) {
  letters abc("abc");
  auto it = iter(abc);
  auto& same = iter(it);
  EXPECT_EQ(&same, &it);
  EXPECT_EQ(next(it), 'a');
  EXPECT_EQ(next(same), 'b');
  auto moved = iter(std::move(it));
  EXPECT_EQ(next(moved), 'c');
}

TEST(Iter, independent_iterators_give_the_full_cube) {
  const letters abc("abc");
  std::string seen;
  for (char a : iter(abc))
    for (char b : iter(abc))
      for (char c : iter(abc)) seen += {a, b, c};
  EXPECT_EQ(seen.size(), 81u);
  EXPECT_EQ(seen.substr(0, 9), "aaaaabaac");
}

TEST(Iter, each_thread_with_its_own_iterator_sees_everything) {
  const letters text(std::string(10'000, 'x'));
  std::array<std::size_t, 8> counts{};
  std::vector<std::thread> threads;
  for (auto& count : counts)
    threads.emplace_back([&] {
      for ([[maybe_unused]] char c : iter(text)) ++count;
    });
  for (auto& t : threads) t.join();
  for (auto count : counts) EXPECT_EQ(count, 10'000u);
}

TEST(Iter, walks_every_kind_of_range) {
  const std::vector<int> expected{1, 2, 3};
  int c_array[] = {1, 2, 3};
  std::vector<int> v{1, 2, 3};
  std::list<int> l{1, 2, 3};
  std::forward_list<int> f{1, 2, 3};
  std::deque<int> d{1, 2, 3};
  std::set<int> s{1, 2, 3};
  std::array<int, 3> a{1, 2, 3};
  EXPECT_EQ(drain(c_array), expected);
  EXPECT_EQ(drain(v), expected);
  EXPECT_EQ(drain(l), expected);
  EXPECT_EQ(drain(f), expected);
  EXPECT_EQ(drain(d), expected);
  EXPECT_EQ(drain(s), expected);
  EXPECT_EQ(drain(a), expected);
  EXPECT_EQ(drain(std::span(v)), expected);
  EXPECT_EQ(drain(std::views::iota(1, 4)), expected);
  EXPECT_EQ(drain(v | std::views::transform([](int i) { return i; })), expected);
  EXPECT_EQ(drain(std::views::single(7)), std::vector{7});
  EXPECT_EQ(drain(std::vector<bool>{true, false}), (std::vector<bool>{true, false}));
  std::istringstream in("1 2 3");
  EXPECT_EQ(drain(std::views::istream<int>(in)), expected);
}

TEST(Iter, walks_an_array_of_arrays) {
  int m[2][3] = {{1, 2, 3}, {4, 5, 6}};
  static_assert(std::same_as<pariter::item_t<decltype(iter(m))>, int (&)[3]>);
  static_assert(std::ranges::input_range<decltype(iter(m))&>);
  int sum = 0;
  for (auto& line : iter(m))
    for (int& i : iter(line)) sum += i;
  EXPECT_EQ(sum, 21);
  EXPECT_EQ(drain(pariter::chain_from(m)), (std::vector{1, 2, 3, 4, 5, 6}));
  for (auto [i, line] : pariter::enumerate(m)) line[0] = static_cast<int>(i);
  EXPECT_EQ(m[1][0], 1);
  const auto lines = [](int (&a)[2][3]) -> pariter::generator<const int (&)[3]> {
    for (auto& line : a) co_yield line;
  };
  EXPECT_EQ(drain(pariter::chain_from(lines(m))), (std::vector{0, 2, 3, 1, 5, 6}));
}

TEST(Iter, owns_a_temporary_array) {
  pariter::test::move_only a[] = {1, 2};
  auto it = iter(std::move(a));
  a[0].value = 7;
  EXPECT_EQ(next(it)->value, 1);
  EXPECT_EQ(next(it)->value, 2);
  EXPECT_FALSE(next(it));

  int m[2][2] = {{1, 2}, {3, 4}};
  EXPECT_EQ(drain(pariter::chain_from(std::move(m))), (std::vector{1, 2, 3, 4}));

  int front[] = {5, 6}, back[] = {7};
  EXPECT_EQ(drain(pariter::chain(std::move(front), back)), (std::vector{5, 6, 7}));

  pariter::test::throwing t[] = {1, 2, 3};
  pariter::test::throwing::fail_at(2);
  EXPECT_THROW((void)iter(std::move(t)), pariter::test::planned_failure);
  EXPECT_EQ(pariter::test::throwing::living, 3) << "what was moved before is gone again";
}

TEST(Iter, a_string_literal_has_no_item_for_its_final_zero) {
  EXPECT_EQ(drain("sergey").size(), 6u);
  EXPECT_EQ(drain("").size(), 0u);
  EXPECT_EQ(drain("a\0b").size(), 3u);
  EXPECT_EQ(drain(std::string_view("xyz")).size(), 3u);
  EXPECT_EQ(drain(std::string("temporary, long enough to live on the heap")).size(), 42u);
}

TEST(Iter, over_an_lvalue_hands_out_its_own_items) {
  std::vector<int> v{1, 2};
  for (int& i : iter(v)) i += 10;
  EXPECT_EQ(v, (std::vector{11, 12}));
  const auto& cv = v;
  static_assert(std::same_as<pariter::item_t<decltype(iter(cv))>, const int&>);
  std::map<std::string, int> m{{"a", 1}};
  for (auto& [key, value] : iter(m)) value = 5;
  EXPECT_EQ(m["a"], 5);
}

TEST(Iter, a_temporary_moves_with_its_iterator) {
  auto it = iter(std::string("ab"));  // short: lives inside the string object
  auto elsewhere = std::make_unique<decltype(it)>(std::move(it));
  EXPECT_EQ(next(*elsewhere), 'a');
  auto back = std::move(*elsewhere);
  elsewhere.reset();
  EXPECT_EQ(next(back), 'b');
  EXPECT_FALSE(next(back));
}

TEST(Iter, the_factory_s_exception_passes_through) { EXPECT_THROW((void)iter(iter_throws{}), pariter::test::planned_failure); }

TEST(Iter, nested_temporaries_of_move_only_items) {
  std::vector<pariter::test::move_only> items;
  items.emplace_back(1);
  items.emplace_back(2);
  auto it = iter(std::move(items));
  EXPECT_EQ(next(it)->value, 1);
  EXPECT_EQ(next(it)->value, 2);
  EXPECT_FALSE(next(it));
}
