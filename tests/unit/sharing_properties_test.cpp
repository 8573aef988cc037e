// SPDX-License-Identifier: Apache-2.0
//
// share() and tee() against sequential oracles: random operations on one thread, each answer compared. The seed is printed.
//
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/archetypes.hpp"
#include "support/scale.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <list>
#include <optional>
#include <random>
#include <ranges>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using pariter::test::scaled;
using pariter::test::seed;

template <class Item>
class items_of : public pariter::iterator_interface<items_of<Item>> {
 public:
  explicit items_of(int count) : count_(count) {}
  std::optional<Item> next() { return at_ < count_ ? std::optional<Item>(std::in_place, at_++) : std::nullopt; }

 private:
  int count_;
  int at_ = 0;
};

template <class Item>
int value_of(const Item& x) {
  if constexpr (std::is_arithmetic_v<Item>) return static_cast<int>(x);
  else return x.value;
}

// Drawers that come, step, move, see the end and go. The oracle knows what was drawn; what is missing must be at hand or left over.
template <class Shared>
void random_drawers(const Shared& s, int count, std::mt19937_64& random) {
  using drawer = decltype(s.iter());
  std::vector<std::optional<drawer>> drawers(5);
  std::set<int> drawn;
  std::vector<bool> ended(drawers.size(), false);
  for (int step = 0; step < 400; ++step) {
    const std::size_t d = random() % drawers.size();
    switch (random() % 8) {
      case 0:
        drawers[d].reset();
        ended[d] = false;
        break;
      case 1: {
        const std::size_t to = random() % drawers.size();
        if (to == d) break;
        drawers[to] = std::move(drawers[d]);
        drawers[d].reset();
        ended[to] = ended[d];
        ended[d] = false;
        break;
      }
      default:
        if (!drawers[d]) drawers[d].emplace(s.iter());
        for (auto left = random() % 30; left != 0; --left) {
          const auto x = drawers[d]->next();
          if (x) {
            ASSERT_FALSE(ended[d]) << "an item after the end";
            ASSERT_TRUE(drawn.insert(value_of(*x)).second) << value_of(*x) << " came twice";
          }
          ended[d] = ended[d] || !x;
        }
    }
    ASSERT_LE(drawn.size() + s.left_over(), static_cast<std::size_t>(count));
  }
  drawers.clear();
  if (std::ranges::find(ended, true) != ended.end()) {
    ASSERT_EQ(drawn.size() + s.left_over(), static_cast<std::size_t>(count)) << "lost after the end";
  }
  for (auto& x : s.iter()) ASSERT_TRUE(drawn.insert(value_of(x)).second);
  ASSERT_EQ(drawn.size(), static_cast<std::size_t>(count));
  if (count != 0) {
    ASSERT_EQ(*drawn.begin(), 0);
    ASSERT_EQ(*drawn.rbegin(), count - 1);
  }
  ASSERT_EQ(s.left_over(), 0u);
}

template <class Item>
class SharingProperties : public testing::Test {};
using archetypes = testing::Types<int, pariter::test::counted, pariter::test::move_only, pariter::test::over_aligned, pariter::test::no_default>;
TYPED_TEST_SUITE(SharingProperties, archetypes);

TYPED_TEST(SharingProperties, drawers_come_and_go) {
  for (std::size_t round = 0; round < scaled(20); ++round) {
    SCOPED_TRACE(testing::Message() << "seed " << seed() << ", round " << round);
    std::mt19937_64 random(seed() + round);
    const int count = static_cast<int>(random() % 1'500);
    const pariter::share_options o{.at_once = random() % 3 == 0 ? 0 : 1 + random() % 40};
    random_drawers(pariter::share(items_of<TypeParam>(count), o), count, random);
    if constexpr (std::copy_constructible<TypeParam>) {
      std::vector<TypeParam> v;
      v.reserve(static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) v.emplace_back(i);
      random_drawers(pariter::share(v, o), count, random);
    }
    pariter::concurrent_log<TypeParam> log;
    for (int i = 0; i < count; ++i) log.emplace(i);
    log.close();
    random_drawers(pariter::share(log, o), count, random);
    random_drawers(pariter::share(log.follow(), o), count, random);
    if (testing::Test::HasFatalFailure()) return;
  }
  if constexpr (std::is_same_v<TypeParam, pariter::test::counted>) {
    EXPECT_EQ(TypeParam::living, 0);
  }
}

// Branches that fork, move, step and go. The oracle is the position of each.
TYPED_TEST(SharingProperties, branches_fork_and_go) {
  const pariter::test::no_tee_patience none;
  for (std::size_t round = 0; round < scaled(20); ++round) {
    SCOPED_TRACE(testing::Message() << "seed " << seed() << ", round " << round);
    std::mt19937_64 random(seed() + round);
    const int count = static_cast<int>(random() % 2'500);
    const std::size_t capacity = random() % 2 == 0 ? pariter::unbounded : 1 + random() % 600;
    const std::size_t read_ahead = random() % 2 == 0 ? 1 : 1 + random() % 100;
    auto made = pariter::tee(items_of<TypeParam>(count), 2, {.capacity = capacity, .read_ahead = read_ahead});
    using branch = typename decltype(made)::value_type;
    std::list<std::pair<branch, int>> branches;  // where they are not moved
    const auto add = [&](branch b, int before) {  // and reads it once: for a branch that nobody has read, the others would wait
      auto& [own, at] = branches.emplace_back(std::move(b), int{before});
      try {
        const auto x = own.next();
        ASSERT_EQ(x ? value_of(*x) : at, at);
        at += x ? 1 : 0;
      } catch (const pariter::would_deadlock&) {
      }
    };
    for (auto& b : made) add(std::move(b), 0);
    for (int step = 0; step < 300 && !branches.empty(); ++step) {
      const auto b = std::next(branches.begin(), static_cast<std::ptrdiff_t>(random() % branches.size()));
      auto& [own, at] = *b;
      switch (random() % 10) {
        case 0:
          if (branches.size() < 6) add(own.fork(), at);
          break;
        case 1:
          if (branches.size() > 1) branches.erase(b);
          break;
        default:
          for (auto left = random() % 200; left != 0; --left) {
            try {
              const auto x = own.next();
              if (!x) {
                ASSERT_EQ(at, count);
                break;
              }
              ASSERT_EQ(value_of(*x), at);
              ++at;
            } catch (const pariter::would_deadlock&) {
              int slowest = at;
              for (const auto& other : branches) slowest = std::min(slowest, other.second);
              ASSERT_GT(static_cast<std::size_t>(at - slowest) + capacity / 8 + 1, capacity) << "refused, although there was room";
              break;
            }
          }
      }
    }
    if (testing::Test::HasFatalFailure()) return;
  }
  if constexpr (std::is_same_v<TypeParam, pariter::test::counted>) {
    EXPECT_EQ(TypeParam::living, 0);
  }
}

}  // namespace
