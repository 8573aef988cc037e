// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/any_iterator.hpp"

#include "pariter/adaptors/chain.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/adaptors/zip_longest.hpp"
#include "pariter/adaptors/zip_strict.hpp"
#include "pariter/core/any_iterable.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using pariter::any_iterable;
using pariter::any_iterator;
using pariter::iter;

namespace {

// Ends, and begins again: a broken iterator of somebody else's.
struct restarts {
  int at = 0;
  std::optional<int> next() { return ++at % 3 ? std::optional(at) : std::nullopt; }
};

// Counts its moves. Size: bytes of its own beside the count.
template <std::size_t Size, bool Nothrow>
struct counts_moves {
  int* moves;
  std::byte bulk[Size]{};
  explicit counts_moves(int& m) : moves(&m) {}
  counts_moves(counts_moves&& other) noexcept(Nothrow) : moves(other.moves) { ++*moves; }
  counts_moves& operator=(counts_moves&& other) noexcept(Nothrow) {
    moves = other.moves;
    return *this;
  }
  std::optional<int> next() { return 1; }
};

template <std::size_t Size, bool Nothrow>
int moves_with_its_holder() {
  int moves = 0;
  any_iterator<int> it{counts_moves<Size, Nothrow>(moves)};
  const int made = moves;
  any_iterator<int> moved(std::move(it));
  EXPECT_EQ(moved.next(), 1);
  return moves - made;
}

// Its batches end, and begin again.
struct restarts_in_batches {
  std::shared_ptr<int> batches;
  int item = 7;
  pariter::optional_ref<const int> next() { return item; }
  std::span<const int> next_batch() { return {&item, ++*batches % 2 == 1 ? 1u : 0u}; }
};

struct iter_throws {
  any_iterator<int> iter() const { throw pariter::test::planned_failure(); }
};

}  // namespace

static_assert(sizeof(any_iterator<int&>) <= 96);
static_assert(!std::constructible_from<any_iterator<const int&>, any_iterator<int>>, "would refer to a temporary");
static_assert(!std::constructible_from<any_iterator<const long&>, any_iterator<const int&>>, "would refer to a temporary");
static_assert(!std::constructible_from<any_iterator<int&>, any_iterator<const int&>>);
static_assert(std::constructible_from<any_iterator<const int&>, any_iterator<int&>>);
static_assert(!std::constructible_from<any_iterator<std::string>, any_iterator<int>>);
static_assert(!std::constructible_from<any_iterator<int>, std::vector<int>&>, "say iter(v)");
static_assert(pariter::shared_iterable<any_iterable<int>>);
static_assert(!std::constructible_from<any_iterable<int>, any_iterator<int>>, "an iterator is walked once");

TEST(AnyIterator, is_one_type_for_many) {
  std::vector<int> v{1, 2};
  std::list<long> l{3};
  std::vector<any_iterator<int>> all;
  all.push_back(iter(v));
  all.push_back(iter(std::views::iota(4, 6)));
  all.push_back(iter([n = 6]() mutable { return n++; }, 8));
  int sum = 0;
  for (auto& it : all)
    for (int i : it) sum += i;
  EXPECT_EQ(sum, 1 + 2 + 4 + 5 + 6 + 7);
}

TEST(AnyIterator, references_reach_the_items) {
  std::vector<int> v{1, 2};
  for (int& i : any_iterator<int&>(iter(v))) i *= 2;
  EXPECT_EQ(v, (std::vector{2, 4}));
}

TEST(AnyIterator, default_made_and_moved_from_ones_are_at_their_end) {
  any_iterator<int> none;
  EXPECT_FALSE(none.next());
  EXPECT_EQ(none.size_hint(), 0u);
  std::vector<int> v{1};
  any_iterator<int> it = iter(v);
  any_iterator<int> other = std::move(it);
  EXPECT_FALSE(it.next());
  EXPECT_EQ(other.next(), 1);
}

TEST(AnyIterator, the_end_is_for_ever_even_over_one_that_begins_again) {
  any_iterator<int> it = restarts();
  EXPECT_TRUE(it.next());
  EXPECT_TRUE(it.next());
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(it.next());
}

TEST(AnyIterator, hands_out_the_batches_of_a_contiguous_source) {
  std::vector<int> v{1, 2, 3};
  any_iterator<int> it = iter(v);
  (void)it.next();
  const auto batch = it.next_batch();
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch.data(), v.data() + 1) << "the source's own memory";
  EXPECT_TRUE(it.next_batch().empty());
}

TEST(AnyIterator, other_sources_come_in_batches_of_one) {
  any_iterator<int> it = iter(std::list{1, 2});
  EXPECT_EQ(it.next_batch().front(), 1);
  EXPECT_EQ(it.next(), 2);
  EXPECT_TRUE(it.next_batch().empty());
  EXPECT_TRUE(it.next_batch().empty());
}

TEST(AnyIterable, gives_an_iterator_each_time) {
  const any_iterable<const int&> numbers = std::vector<int>{1, 2};
  int rounds = 0;
  for ([[maybe_unused]] int a : numbers.iter())
    for ([[maybe_unused]] int b : numbers.iter()) ++rounds;
  EXPECT_EQ(rounds, 4);
}

TEST(AnyIterable, refers_to_an_lvalue_and_keeps_a_temporary) {
  std::vector<int> v{1};
  const any_iterable<const int&> referring = v;
  v.push_back(2);
  EXPECT_EQ(referring.iter().size_hint(), 2u);
  any_iterator<const int&> it;
  {
    const any_iterable<const int&> keeping = std::vector<int>{7};
    it = keeping.iter();
  }
  EXPECT_EQ(it.next(), 7);
}

TEST(AnyIterable, passes_an_exception_of_iter_on) {
  const any_iterable<int> broken = iter_throws();
  EXPECT_THROW((void)broken.iter(), pariter::test::planned_failure);
}

TEST(AnyIterable, many_threads_walk_it_at_once) {
  const any_iterable<int> numbers = std::views::iota(0, 10'000);
  std::atomic<long> sum = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      long mine = 0;
      for (int i : numbers.iter()) mine += i;
      sum += mine;
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(sum, 4 * (10'000L * 9'999 / 2));
}

TEST(AnyIterator, what_is_large_or_may_throw_when_moved_stays_in_its_place) {
  EXPECT_EQ((moves_with_its_holder<8, true>()), 1) << "in the room";
  EXPECT_EQ((moves_with_its_holder<64, true>()), 0) << "too large for it";
  EXPECT_EQ((moves_with_its_holder<8, false>()), 0) << "may throw";
}

namespace {

// Small, copied as bytes, and only moved.
struct descriptor {
  explicit descriptor(int n) : number(n) {}
  descriptor(descriptor&&) = default;
  descriptor& operator=(descriptor&&) = default;
  int number;
};
template <class T>
struct upto {
  int left;
  std::optional<T> next() { return left == 0 ? std::nullopt : std::optional<T>(std::in_place, left--); }
};

// Holds what is to take its holder's place, and asks its holder in the end.
struct holds_another {
  std::unique_ptr<any_iterator<int>> rest;
  any_iterator<int>* holder = nullptr;
  std::optional<int>* answer = nullptr;

  explicit holds_another(std::unique_ptr<any_iterator<int>> r) : rest(std::move(r)) {}
  holds_another(holds_another&& other) noexcept
      : rest(std::move(other.rest)), holder(std::exchange(other.holder, nullptr)), answer(other.answer) {}
  holds_another& operator=(holds_another&&) noexcept = default;
  ~holds_another() {
    if (holder != nullptr) *answer = holder->next();
  }
  std::optional<int> next() { return 1; }
};

}  // namespace

TEST(AnyIterator, batches_of_one_need_neither_copies_nor_assignment) {
  any_iterator<descriptor> only_moved(upto<descriptor>{2});
  EXPECT_EQ(only_moved.next()->number, 2);
  EXPECT_EQ(only_moved.next_batch().front().number, 1);
  EXPECT_TRUE(only_moved.next_batch().empty());
  any_iterator<pariter::test::no_default> unassignable(upto<pariter::test::no_default>{2});
  EXPECT_EQ(unassignable.next_batch().front().value, 2);
  EXPECT_EQ(unassignable.next_batch().front().value, 1);
  EXPECT_TRUE(unassignable.next_batch().empty());
}

TEST(AnyIterator, is_assigned_one_that_the_iterator_inside_holds) {
  auto rest = std::make_unique<any_iterator<int>>(upto<int>{2});
  any_iterator<int>& held = *rest;
  any_iterator<int> it(holds_another(std::move(rest)));
  EXPECT_EQ(it.next(), 1);
  it = std::move(held);
  EXPECT_EQ(it.next(), 2);
  EXPECT_EQ(it.next(), 1);
  EXPECT_FALSE(it.next());
}

TEST(AnyIterator, is_at_its_end_while_the_iterator_inside_is_destroyed) {
  std::optional<int> answer = 7;
  {
    any_iterator<int> it;
    holds_another asks(nullptr);
    asks.holder = &it;
    asks.answer = &answer;
    it = any_iterator<int>(std::move(asks));
    EXPECT_EQ(it.next(), 1);
  }
  EXPECT_FALSE(answer);
}

TEST(AnyIterator, an_empty_batch_is_the_end_for_ever_and_frees_what_is_inside) {
  const auto batches = std::make_shared<int>(0);
  any_iterator<const int&> it(restarts_in_batches{batches});
  EXPECT_EQ(it.next_batch().size(), 1u);
  EXPECT_EQ(batches.use_count(), 2);
  EXPECT_TRUE(it.next_batch().empty());
  EXPECT_EQ(batches.use_count(), 1);
  EXPECT_TRUE(it.next_batch().empty());
  EXPECT_FALSE(it.next());
}

// Whether these can be moved once was a question about itself: might they be made from an any_iterator that is made from them?
static_assert(pariter::iterator<decltype(pariter::zip(std::declval<any_iterator<int>>()))>);
static_assert(pariter::iterator<decltype(pariter::zip_strict(std::declval<any_iterator<int>>()))>);
static_assert(pariter::iterator<decltype(pariter::zip_longest(std::declval<any_iterator<int>>()))>);

TEST(AnyIterator, is_wrapped_again_and_again_with_an_adaptor_between) {
  any_iterator<int> it(iter(std::vector{1, 2, 3}));
  for (int layer = 0; layer < 100; ++layer) it = pariter::chain(std::move(it));
  EXPECT_EQ(it.next(), 1);
  EXPECT_EQ(it.next(), 2);
  EXPECT_EQ(it.next(), 3);
  EXPECT_FALSE(it.next());
}
