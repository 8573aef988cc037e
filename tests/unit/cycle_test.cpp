// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/cycle.hpp"

#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/to.hpp"
#include "pariter/coro/generator_function.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <sstream>
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

// 0 1 2, as std::generator: a second begin() is forbidden.
struct begun_once {
  struct cursor {
    using difference_type = std::ptrdiff_t;
    using value_type = int;
    int* at;
    int operator*() const { return *at; }
    cursor& operator++() { return ++*at, *this; }
    void operator++(int) { ++*at; }
    bool operator==(std::default_sentinel_t) const { return *at == 3; }
  };
  cursor begin() {
    ++begun;
    return {&at};
  }
  static std::default_sentinel_t end() { return {}; }

  int begun = 0;
  int at = 0;
};
static_assert(std::ranges::input_range<begun_once> && !std::ranges::forward_range<begun_once>);

// One number; who reads it looks at it when they go.
class ledger {
 public:
  class reader : public pariter::iterator_interface<reader> {
   public:
    explicit reader(std::shared_ptr<const bool> open) : open_(std::move(open)) {}
    reader(reader&&) = default;
    reader& operator=(reader&&) = default;
    ~reader() { EXPECT_TRUE(!open_ || *open_) << "what it walks went first"; }
    std::optional<int> next() { return done_ ? std::nullopt : std::optional(done_ = 1); }

   private:
    std::shared_ptr<const bool> open_;
    int done_ = 0;
  };

  ledger() = default;
  ledger(ledger&&) = default;
  ~ledger() {
    if (open_) *open_ = false;
  }
  auto iter() const { return reader(open_); }

 private:
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
};

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

TEST(Cycle, begins_once_what_can_be_begun_once) {
  std::istringstream in("1 2 3");
  EXPECT_EQ(to<std::vector>(slice(cycle(std::views::istream<int>(in)), 7)), (std::vector{1, 2, 3, 1, 2, 3, 1}));
  begun_once range;
  EXPECT_EQ(to<std::vector>(slice(cycle(range), 5)), (std::vector{0, 1, 2, 0, 1}));
  EXPECT_EQ(range.begun, 1);
}

TEST(Cycle, a_round_that_is_assigned_over_goes_before_what_it_walks) {
  auto it = cycle(ledger());
  EXPECT_EQ(it.next(), 1);
  it = cycle(ledger());  // the reader inside looks at its ledger once more
  EXPECT_EQ(it.next(), 1);
}

TEST(Cycle, of_nothing_releases_what_it_owns) {
  const auto held = std::make_shared<int>();
  auto it = cycle(std::views::iota(0, 0) | std::views::transform([held](int i) { return i; }));
  EXPECT_FALSE(it.next());
  EXPECT_EQ(held.use_count(), 1);
}
