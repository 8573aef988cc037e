// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/chain.hpp"

#include "pariter/adaptors/chain_from.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/to.hpp"
#include "support/archetypes.hpp"
#include "support/scale.hpp"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

using pariter::chain;
using pariter::chain_from;
using pariter::to;

namespace {

// Counts how often it was opened; can fail there.
struct door {
  int* opened;
  bool fails = false;
  auto iter() const {
    ++*opened;
    if (fails) throw pariter::test::planned_failure();
    return pariter::iter(std::views::iota(0, 2));
  }
};

// One item; holds something for as long as it is there, also after its end.
struct holder {
  std::shared_ptr<int> held;
  int left = 1;
  std::optional<int> next() { return left-- > 0 ? std::optional(1) : std::nullopt; }
};

// 0 .. n-1; its k-th move from now on throws, and leaves it as it was.
class throws_when_moved : public pariter::iterator_interface<throws_when_moved> {
 public:
  explicit throws_when_moved(int n) : n_(n), alive_(std::make_unique<int>(n)) {}
  throws_when_moved(throws_when_moved&& other) : at_(other.at_), n_(other.n_) {
    if (left > 0 && --left == 0) throw pariter::test::planned_failure();
    alive_ = std::move(other.alive_);
  }
  throws_when_moved& operator=(throws_when_moved&&) = default;
  std::optional<int> next() {
    EXPECT_TRUE(alive_) << "one that was moved from was asked";
    return at_ < n_ ? std::optional(at_++) : std::nullopt;
  }
  static inline int left = 0;

 private:
  int at_ = 0, n_;
  std::unique_ptr<int> alive_;
};

// Holds one item; its visitors look at it when they go.
struct room {
  class visitor : public pariter::iterator_interface<visitor> {
   public:
    explicit visitor(std::shared_ptr<const bool> open) : open_(std::move(open)) {}
    visitor(visitor&&) = default;
    visitor& operator=(visitor&&) = default;
    ~visitor() { EXPECT_TRUE(!open_ || *open_) << "what it walks went first"; }
    std::optional<int> next() { return done_ ? std::nullopt : std::optional(done_ = 1); }

   private:
    std::shared_ptr<const bool> open_;
    int done_ = 0;
  };
  auto iter() const { return visitor(open); }

  std::shared_ptr<bool> open = std::make_shared<bool>(true);
};

// Owns the rooms that it hands out.
class rooms : public pariter::iterator_interface<rooms> {
 public:
  explicit rooms(int n) : left_(n) {}
  rooms(rooms&&) = default;
  rooms& operator=(rooms&& other) noexcept {
    close();
    left_ = other.left_;
    room_ = std::move(other.room_);
    return *this;
  }
  ~rooms() { close(); }
  pariter::optional_ref<room> next() {
    if (left_-- == 0) return std::nullopt;
    room_ = std::make_unique<room>();
    return *room_;
  }

 private:
  void close() noexcept {
    if (room_) *room_->open = false;
  }

  int left_;
  std::unique_ptr<room> room_;
};

struct base { int id = 1; };
struct derived : base {};

}  // namespace

static_assert(std::same_as<pariter::item_t<decltype(chain(std::declval<std::vector<int>&>(), std::declval<std::list<int>&>()))>, int&>);
static_assert(std::same_as<pariter::item_t<decltype(chain(std::declval<std::vector<int>&>(), std::declval<const std::list<int>&>()))>, const int&>);
static_assert(std::same_as<pariter::item_t<decltype(chain(std::declval<std::vector<derived>&>(), std::declval<std::list<base>&>()))>, base&>);
static_assert(std::same_as<pariter::item_t<decltype(chain(std::declval<std::vector<int>&>(), std::views::iota(0L)))>, long>);
static_assert(std::same_as<pariter::item_t<decltype(chain("ab", std::declval<std::string&>()))>, const char&>);

TEST(Chain, opens_a_source_when_it_is_reached) {
  int a = 0, b = 0;
  auto it = chain(door{&a}, door{&b});
  EXPECT_EQ(a + b, 0);
  (void)it.next();
  (void)it.next();
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 0);
  EXPECT_EQ(it.next(), 0);
  EXPECT_EQ(b, 1);
}

TEST(Chain, releases_each_source_at_its_own_end) {
  const auto a = std::make_shared<int>(), b = std::make_shared<int>();
  auto it = chain(holder{a}, holder{b});
  EXPECT_TRUE(it.next());
  EXPECT_EQ(a.use_count(), 2);
  EXPECT_TRUE(it.next());
  EXPECT_EQ(a.use_count(), 1);
  EXPECT_EQ(b.use_count(), 2);
  EXPECT_FALSE(it.next());
  EXPECT_EQ(b.use_count(), 1);
}

TEST(ChainFrom, releases_each_inner_iterator_at_its_own_end) {
  const auto a = std::make_shared<int>();
  auto it = chain_from(std::views::iota(0, 2) | std::views::transform([&](int) { return holder{a}; }));
  EXPECT_TRUE(it.next());
  EXPECT_EQ(a.use_count(), 2);
  EXPECT_TRUE(it.next());
  EXPECT_EQ(a.use_count(), 2);
  EXPECT_FALSE(it.next());
  EXPECT_EQ(a.use_count(), 1);
}

TEST(Chain, an_error_in_opening_comes_when_the_source_is_reached_and_again) {
  int a = 0, b = 0;
  auto it = chain(door{&a}, door{&b, true});
  EXPECT_EQ(it.next(), 0);
  EXPECT_EQ(it.next(), 1);
  EXPECT_THROW((void)it.next(), pariter::test::planned_failure);
  EXPECT_THROW((void)it.next(), pariter::test::planned_failure);
  EXPECT_EQ(b, 2);
}

TEST(Chain, a_source_that_throws_when_it_is_opened_is_opened_again_and_loses_nothing) {
  for (int k = 1; k <= 6; ++k) {
    auto it = chain(throws_when_moved(2), throws_when_moved(1));
    throws_when_moved::left = k;
    std::vector<int> seen;
    for (int steps = 0; steps < 5; ++steps) {
      try {
        if (auto s = it.next()) seen.push_back(*s);
      } catch (const pariter::test::planned_failure&) {
      }
    }
    throws_when_moved::left = 0;
    EXPECT_EQ(seen, (std::vector{0, 1, 0})) << "move " << k;
  }
}

TEST(Chain, keeps_temporaries_and_refers_to_the_rest) {
  std::vector<std::string> stays{"a"};
  auto it = chain(std::vector<std::string>{"temporary, long enough for the heap"}, stays);
  stays.push_back("b");
  EXPECT_EQ(to<std::vector>(it), (std::vector<std::string>{"temporary, long enough for the heap", "a", "b"}));
}

TEST(Chain, counts_what_its_sources_can_count) {
  std::vector<int> v{1, 2};
  auto it = chain(v, std::list<int>{3}, pariter::iter(v));
  EXPECT_EQ(it.size_hint(), std::nullopt) << "an iterator of a list cannot tell";
  auto sized = chain(v, std::vector<int>{3}, pariter::iter(v));
  EXPECT_EQ(sized.size_hint(), 5u);
}

TEST(ChainFrom, takes_inner_iterables_lazily_from_a_source_without_end) {
  int opened = 0;
  auto doors = pariter::iter(std::views::iota(0) | std::views::transform([&](int) { return door{&opened}; }));
  auto it = chain_from(std::move(doors));
  EXPECT_EQ(opened, 0);
  EXPECT_EQ(to<std::vector>(pariter::slice(it, 5)), (std::vector{0, 1, 0, 1, 0}));
  EXPECT_EQ(opened, 3);
}

TEST(ChainFrom, refers_to_items_that_stay) {
  std::vector<std::vector<int>> rows{{1, 2}, {}, {3}};
  for (int& i : chain_from(rows)) i = -i;
  EXPECT_EQ(rows, (std::vector<std::vector<int>>{{-1, -2}, {}, {-3}}));
}

TEST(ChainFrom, millions_of_empty_ones_do_not_recurse) {
  auto empty = std::views::iota(std::size_t{0}, pariter::test::scaled(100'000)) | std::views::transform([](std::size_t) { return std::views::empty<int>; });
  EXPECT_FALSE(chain_from(empty).next());
}

TEST(Chain, of_borrowed_iterators_has_no_hint_for_they_may_be_one) {
  std::vector<int> v{1, 2, 3, 4};
  auto it = pariter::iter(v);
  auto twice = chain(it, it);
  EXPECT_EQ(pariter::size_hint(twice), std::nullopt);
  EXPECT_FALSE(pariter::iteration_traits<decltype(twice)>.sized);
  EXPECT_EQ(to<std::vector>(twice), v) << "it has them once";
  EXPECT_EQ(pariter::size_hint(twice), 0u);
  auto again = pariter::iter(v);
  EXPECT_EQ(pariter::size_hint(chain(again, v)), 8u) << "one of them";
}

TEST(ChainFrom, an_inner_iterator_that_is_assigned_over_goes_before_what_it_walks) {
  auto it = chain_from(rooms(2));
  EXPECT_EQ(it.next(), 1);
  it = chain_from(rooms(1));  // the visitor inside looks at its room once more
  EXPECT_EQ(it.next(), 1);
}
