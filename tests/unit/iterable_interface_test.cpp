// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/iterable_interface.hpp"

#include "pariter/adaptors/to.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"
#include "pariter/core/any_iterable.hpp"
#include "pariter/coro/expression.hpp"
#include "pariter/coro/generator_function.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/split.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using pariter::iter;
using pariter::iterable_interface;
using pariter::test::planned_failure;

namespace {

// As in the header.
class squares : public iterable_interface<squares> {
 public:
  explicit squares(int n) : n_(n) {}
  auto iter() const {
    return pariter::expression(std::views::iota(0, n_), [](int i) { return i * i; });
  }

 private:
  int n_;
};

template <class T>
class upto_walk : public pariter::iterator_interface<upto_walk<T>> {
 public:
  explicit upto_walk(int n) : n_(n) {}
  std::optional<T> next() { return at_ < n_ ? std::optional<T>(std::in_place, at_++) : std::nullopt; }

 private:
  int n_;
  int at_ = 0;
  pariter::test::counted frame_;
};

// 0 .. n-1, as items of type T.
template <class T>
class upto : public iterable_interface<upto<T>> {
 public:
  explicit upto(int n) : n_(n) {}
  auto iter() const {
    if (n_ < 0) throw planned_failure();
    return upto_walk<T>(n_);
  }

 private:
  int n_;
};

// Items that are made of references.
class pairs_walk : public pariter::iterator_interface<pairs_walk> {
 public:
  explicit pairs_walk(std::vector<int>& v) : v_(&v) {}
  std::optional<std::tuple<int&>> next() {
    if (at_ == v_->size()) return std::nullopt;
    return std::optional<std::tuple<int&>>(std::in_place, (*v_)[at_++]);
  }

 private:
  std::vector<int>* v_;
  std::size_t at_ = 0;
};
class pairs : public iterable_interface<pairs> {
 public:
  explicit pairs(std::vector<int>& v) : v_(&v) {}
  auto iter() const { return pairs_walk(*v_); }

 private:
  std::vector<int>* v_;
};

struct no_range {
  auto iter() const { return upto_walk<int>(3); }
};

template <class X>
std::vector<int> looped(X&& x) {
  std::vector<int> seen;
  for (auto&& item : x) seen.push_back(static_cast<int>(item));
  return seen;
}

// Each loop over x is a new walk, whoever loops; and x goes where ranges go.
template <class X>
void is_looped_over_as_its_iterators_are(const X& x, const std::vector<int>& expected) {
  static_assert(std::ranges::input_range<const X&> && pariter::iterable<const X&>);
  EXPECT_EQ(looped(x), expected);
  EXPECT_EQ(looped(x), expected);
  EXPECT_EQ(looped(x.iter()), expected);
  EXPECT_EQ(looped(iter(x)), expected);
  EXPECT_EQ(pariter::to<std::vector<int>>(x | std::views::filter([](auto&&) { return true; })), expected);
  std::vector<int> copied;
  std::ranges::copy(x, std::back_inserter(copied));
  EXPECT_EQ(copied, expected);
  std::size_t rounds = 0;
  for (auto&& a : x)
    for (auto&& b : x) (void)a, (void)b, ++rounds;
  EXPECT_EQ(rounds, expected.size() * expected.size());
}

const std::vector<int> three{0, 1, 2};

}  // namespace

static_assert(std::ranges::input_range<const upto<pariter::test::no_default>&>, "items that cannot be assigned");
static_assert(std::ranges::input_range<const upto<pariter::test::move_only>&> && !std::ranges::input_range<const no_range&>);
static_assert(!std::ranges::forward_range<const squares&> && pariter::shared_iterable<squares>);
static_assert(pariter::shared_iterable<pariter::any_iterable<int>> && pariter::shared_iterable<pariter::broadcast<int>> &&
              pariter::shared_iterable<pariter::copy_on_write<std::vector<int>>> && pariter::shared_iterable<decltype(pariter::share(three))>);
static_assert(std::is_empty_v<iterable_interface<squares>> && sizeof(squares) == sizeof(int));

TEST(IterableInterface, a_loop_walks_what_iter_gives) {
  is_looped_over_as_its_iterators_are(upto<int>(3), three);
  is_looped_over_as_its_iterators_are(upto<int>(0), {});
  is_looped_over_as_its_iterators_are(squares(4), {0, 1, 4, 9});
}

TEST(IterableInterface, everything_of_the_library_that_has_iter_is_looped_over) {
  pariter::broadcast<int> stream;
  pariter::concurrent_log<int> log;
  for (int i : three) stream.append(i), log.append(i);
  stream.close();
  log.close();
  is_looped_over_as_its_iterators_are(pariter::any_iterable<int>(three), three);
  is_looped_over_as_its_iterators_are(pariter::any_iterable<const int&>(std::list<int>{0, 1, 2}), three);
  is_looped_over_as_its_iterators_are(pariter::copy_on_write<std::vector<int>>(three), three);
  is_looped_over_as_its_iterators_are(pariter::copy_on_write<std::list<int>>(three.begin(), three.end()), three);
  is_looped_over_as_its_iterators_are(pariter::copy_on_write<std::vector<bool>>(2u, true), {1, 1});
  is_looped_over_as_its_iterators_are(stream, three);
  is_looped_over_as_its_iterators_are(log, three);
  is_looped_over_as_its_iterators_are(log.snapshot(), three);
  is_looped_over_as_its_iterators_are(pariter::split(three, 1)[0], three);
  is_looped_over_as_its_iterators_are(pariter::generator_function([](int n) -> pariter::generator<int> { for (int i = 0; i < n; ++i) co_yield i; }, 3), three);
}

TEST(IterableInterface, loops_over_what_competes_share_the_items) {
  const auto shared = pariter::share(squares(1000));
  static_assert(std::ranges::input_range<decltype(shared)&>);
  std::array<long, 4> sums{};
  std::vector<std::thread> threads;
  for (long& sum : sums)
    threads.emplace_back([&] { for (int i : shared) sum += i; });
  for (auto& t : threads) t.join();
  EXPECT_EQ(sums[0] + sums[1] + sums[2] + sums[3], 332'833'500);
  EXPECT_EQ(looped(shared), std::vector<int>()) << "the end is for ever";
}

TEST(IterableInterface, a_loop_over_versions_walks_one_of_them) {
  pariter::copy_on_write<std::vector<int>> numbers(three);
  std::vector<int> seen;
  for (int i : numbers) {
    seen.push_back(i);
    numbers.publish({7});
  }
  EXPECT_EQ(seen, three);
  EXPECT_EQ(looped(numbers), std::vector{7});
}

TEST(IterableInterface, each_thread_has_its_own_walk) {
  const squares all(1000);
  std::atomic<long> sum = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      long mine = 0;
      for (int i : all) mine += i;
      sum += mine;
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(sum, 4 * 332'833'500L);
}

TEST(IterableInterface, an_exception_of_iter_or_of_a_step_passes_through_and_frees_the_walk) {
  EXPECT_THROW((void)upto<int>(-1).begin(), planned_failure);
  for (int k = 1; k <= 3; ++k) {
    const upto<pariter::test::throwing> x(3);
    int taken = 0;
    pariter::test::throwing::fail_at(k);
    EXPECT_THROW(for (auto& item : x) taken = item.value + 1, planned_failure);
    EXPECT_EQ(taken, k - 1);
    EXPECT_EQ(pariter::test::throwing::living, 0);
    EXPECT_EQ(pariter::test::counted::living, 0);
  }
}

TEST(IterableInterface, the_walk_ends_with_its_loop) {
  for (int i : upto<int>(3)) {
    EXPECT_EQ(pariter::test::counted::living, 1);
    if (i == 1) break;
  }
  EXPECT_EQ(pariter::test::counted::living, 0);
}

TEST(IterableInterface, an_item_may_be_moved_out_in_the_body) {
  std::vector<pariter::test::move_only> out;
  for (auto& item : upto<pariter::test::move_only>(3)) out.push_back(std::move(item));
  EXPECT_EQ(out[2].value, 2);
  int sum = 0;
  for (auto& item : upto<pariter::test::no_default>(3)) sum += item.value;
  EXPECT_EQ(sum, 3);
}

TEST(IterableInterface, a_cursor_is_moved_and_assigned_and_writes_through_nothing) {
  std::vector<int> v{1, 2}, w{3, 4};
  for (auto& [i] : pairs(v)) EXPECT_LT(i, 3);
  std::vector<int*> seen;
  std::vector<decltype(pairs(v).begin())> cursors;  // on the heap, or g++ 12 warns of the item that an empty one has not
  cursors.push_back(pairs(v).begin());
  cursors.push_back(pairs(w).begin());
  seen.push_back(&std::get<0>(*cursors[0]));
  cursors[0] = std::move(cursors[1]);
  for (; cursors[0] != std::default_sentinel; ++cursors[0]) seen.push_back(&std::get<0>(*cursors[0]));
  EXPECT_EQ(seen, (std::vector{&v[0], &w[0], &w[1]}));
  EXPECT_EQ(v, (std::vector{1, 2}));
  EXPECT_EQ(w, (std::vector{3, 4}));

  pariter::copy_on_write<std::vector<int>> versions(v);  // has a cursor of its own
  auto c = versions.begin();
  auto d = std::move(c);
  versions.publish(w);
  EXPECT_EQ(*d, 1);
  EXPECT_EQ(*++d, 2);
  d = versions.begin();
  EXPECT_EQ(*d, 3);
}
