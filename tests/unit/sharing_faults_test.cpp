// SPDX-License-Identifier: Apache-2.0
//
// share(), tee() and split() when something throws: every allocation, every copy or move of an item, and every step of the source in
// turn. Whatever fails, nothing leaks, what was not lost with the failing step itself comes exactly once, and the thing goes on.
//
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/split.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/archetypes.hpp"
#include "support/failing_new.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <new>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

namespace {

using pariter::test::allocations_left;
using pariter::test::throwing;

// 0 … count-1; step number `fails_at` throws, once. An item is lost to a throwing construction only if the source itself made it.
class source : public pariter::iterator_interface<source> {
 public:
  explicit source(int count) : count_(count) {}
  std::optional<throwing> next() {
    if (at_ == count_) return std::nullopt;
    std::optional<throwing> made(std::in_place, at_);  // throws: the item comes at the next step
    ++at_;
    return made;
  }

 private:
  int count_;
  int at_ = 0;
};

// Runs round(k) for k = 1, 2, … with the k-th fault planted, until one ran without meeting it. Checks that no item leaked.
template <class Round>
void with_every_fault(void (*plant)(int), bool (*still_planted)(), Round round) {
  int met = 0;
  for (int k = 1; k < 5'000; ++k) {
    SCOPED_TRACE(k);
    round([&] { plant(k); });
    const bool not_met = still_planted();
    plant(0);
    ASSERT_EQ(throwing::living, 0) << "items leaked";
    if (not_met) break;
    ++met;
  }
  EXPECT_GT(met, 2) << "no fault was met: the test shows nothing";
}
constexpr auto plant_allocation = [](int k) { allocations_left = k; };
constexpr auto allocation_planted = [] { return allocations_left > 0; };
constexpr auto plant_item = [](int k) { throwing::fail_at(k); };
constexpr auto item_planted = [] { return throwing::left > 0; };

// What comes out of `it` until its end, and how often it threw before.
template <class It>
std::pair<std::vector<int>, int> drain(It& it) {
  std::vector<int> got;
  got.reserve(1'000);
  int failures = 0;
  while (failures < 10) {
    try {
      auto x = it.next();
      if (!x) break;
      got.push_back(x->value);
    } catch (const pariter::test::planned_failure&) {
      ++failures;
    } catch (const std::bad_alloc&) {
      ++failures;
    }
  }
  return {got, failures};
}

// 0, 1, … without a hole and without a repetition; sorted first, since what was given back comes when it comes.
void expect_a_prefix(std::vector<int> got) {
  std::ranges::sort(got);
  EXPECT_EQ(got, pariter::test::numbers(static_cast<int>(got.size())));
}

TEST(SharingFaults, every_allocation_of_a_share) {
  with_every_fault(plant_allocation, allocation_planted, [](auto plant) {
    std::vector<int> got;
    got.reserve(1'000);
    try {
      std::vector<throwing> items;
      items.reserve(100);
      for (int i = 0; i < 100; ++i) items.emplace_back(i);
      pariter::broadcast<throwing> stream({.capacity = 128});
      auto reader = stream.iter();
      for (int i = 0; i < 100; ++i) stream.append(throwing(i));
      stream.close();
      plant();
      const auto indexed = pariter::share(items);
      const auto pulled = pariter::share(source(100));
      const auto live = pariter::share(std::move(reader));
      auto a = indexed.iter();
      auto b = pulled.iter();
      auto c = live.iter();
      for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(a.next()->value, i);
        EXPECT_EQ(b.next()->value, i);
        EXPECT_EQ(c.next()->value, i);
      }
    } catch (const std::bad_alloc&) {
    }
  });
}

TEST(SharingFaults, a_gap_whose_exception_could_not_be_made_is_told_later) {
  int told = 0;
  for (int k = 1; told == 0; ++k) {
    ASSERT_LT(k, 20);
    pariter::broadcast<int> stream({.capacity = 8});
    const auto s = pariter::share(stream.iter({.policy = pariter::policy::lossy}));
    auto d = s.iter();
    for (int i = 0; i < 100; ++i) stream.append(i);
    allocations_left = k;
    for (int tries = 0; told == 0 && tries < 2; ++tries) {
      try {
        (void)d.next();
        ADD_FAILURE() << "the gap is forgotten";
        tries = 2;
      } catch (const pariter::missed_items& gap) {
        EXPECT_EQ(gap.count(), 92u);
        if (tries == 0) ++told;  // nothing failed
        tries = 2;
      } catch (const std::bad_alloc&) {
      }
    }
    allocations_left = 0;
    EXPECT_EQ(*d.next(), 92);
  }
}

TEST(SharingFaults, a_drawer_that_could_not_be_made_costs_no_item) {
  for (int k = 1; k < 4; ++k) {
    const auto s = pariter::share(source(100));
    auto first = s.iter();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(first.next()->value, i);
    allocations_left = k;
    try {
      (void)s.iter();
      EXPECT_GT(allocations_left, 0);
    } catch (const std::bad_alloc&) {
    }
    allocations_left = 0;
    EXPECT_EQ(drain(first).first, pariter::test::numbers(20, 100));
  }
}

TEST(SharingFaults, every_construction_of_an_item_that_share_pulls) {
  with_every_fault(plant_item, item_planted, [](auto plant) {
    const auto s = pariter::share(source(60), {.at_once = 8});
    auto a = std::optional(s.iter());
    plant();
    std::vector<int> got;
    int failures = 0;
    for (int i = 0; i < 20; ++i) {
      try {
        if (const auto x = a->next()) got.push_back(x->value);
        else break;
      } catch (const pariter::test::planned_failure&) {
        ++failures;
        break;
      }
    }
    a.reset();  // gives back
    auto rest = s.iter();
    const auto [more, failed] = drain(rest);
    got.insert(got.end(), more.begin(), more.end());
    // What the source throws ends it, and only then does an item not come: a move that throws on the way to the caller loses nothing.
    bool source_failed = false;
    try {
      (void)rest.next();
    } catch (const pariter::test::planned_failure&) {
      source_failed = true;
    }
    if (!source_failed) {
      EXPECT_LE(failures + failed, 1);
    }
    EXPECT_TRUE(source_failed || got.size() == 60u) << "lost without a word: " << 60u - got.size();
    expect_a_prefix(std::move(got));
    EXPECT_EQ(s.left_over(), 0u);
  });
}

TEST(SharingFaults, every_copy_of_an_item_of_a_shared_broadcast) {
  with_every_fault(plant_item, item_planted, [](auto plant) {
    pariter::broadcast<throwing> stream({.capacity = 128});
    const auto s = pariter::share(stream.iter(), {.at_once = 8});
    for (int i = 0; i < 60; ++i) stream.append(throwing(i));
    stream.close();
    auto a = s.iter();
    plant();
    const auto [got, failures] = drain(a);
    EXPECT_LE(failures, 1);
    EXPECT_EQ(got, pariter::test::numbers(60)) << "whichever copy fails, into the drawer or out of it, the item is still there";
  });
}

TEST(SharingFaults, every_allocation_of_a_tee) {
  with_every_fault(plant_allocation, allocation_planted, [](auto plant) {
    int failed = 0;
    try {
      plant();
      auto branches = pariter::tee(source(200), 3, {.capacity = pariter::unbounded});
      try {
        auto fork = branches[1].fork();
        EXPECT_EQ(fork.next()->value, 0);
      } catch (const std::bad_alloc&) {
        ++failed;
      }
      for (auto& branch : branches) {
        const auto [got, failures] = drain(branch);
        EXPECT_TRUE(failures + failed != 0 || got.size() == 200u);
        expect_a_prefix(got);
        failed += failures;
      }
    } catch (const std::bad_alloc&) {
    }
  });
}

// Not a fault, but this is the file that counts.
TEST(SharingFaults, branches_that_walk_abreast_use_their_segments_again) {
  auto [a, b] = pariter::tee<2>(std::views::iota(0));
  const auto walk = [&](int first, int last) {
    for (int i = first; i < last; ++i) {
      ASSERT_EQ(*a.next(), i);
      ASSERT_EQ(*b.next(), i);
    }
  };
  walk(0, 10'000);
  constexpr int many = 1'000'000;
  allocations_left = many;
  walk(10'000, 100'000);
  EXPECT_EQ(std::exchange(allocations_left, 0), many);
}

TEST(SharingFaults, a_dropped_branch_frees_all_but_some_segments) {
  const long before = pariter::test::living_allocations;
  auto foremost = [] {
    auto [a, b] = pariter::tee<2>(std::views::iota(0), {.capacity = pariter::unbounded});
    for (int i = 0; i < 1'000'000; ++i) EXPECT_EQ(*a.next(), i);
    EXPECT_EQ(*b.next(), 0);
    return std::move(a);
  }();
  EXPECT_LT(pariter::test::living_allocations, before + 40);  // 64 KiB of segments and what the tee is made of; a million items lay in 1,953
  EXPECT_EQ(*foremost.next(), 1'000'000);
}

TEST(SharingFaults, every_construction_of_an_item_of_a_tee) {
  with_every_fault(plant_item, item_planted, [](auto plant) {
    auto branches = pariter::tee(source(60), 2, {.capacity = pariter::unbounded});
    plant();
    const auto [first, first_failures] = drain(branches[0]);
    const auto [second, second_failures] = drain(branches[1]);
    EXPECT_EQ(first, second) << "both branches see the same items before the failure";
    EXPECT_EQ(first_failures, second_failures) << "and the same failure, for ever";
    expect_a_prefix(first);
    EXPECT_TRUE(first_failures != 0 || first.size() == 60u);
  });
}

TEST(SharingFaults, every_step_of_a_source_that_throws) {
  for (int fails_at = 0; fails_at < 40; ++fails_at) {
    const auto s = pariter::share(pariter::test::counting(40, fails_at));
    std::vector<int> drawn;
    auto a = s.iter();
    EXPECT_THROW(while (const auto x = a.next()) drawn.push_back(*x);, std::runtime_error);
    EXPECT_EQ(drawn, pariter::test::numbers(fails_at));
    for (auto& branch : pariter::tee(pariter::test::counting(40, fails_at), 3, {.capacity = pariter::unbounded})) {
      std::vector<int> seen;
      EXPECT_THROW(while (const auto x = branch.next()) seen.push_back(*x);, std::runtime_error);
      EXPECT_EQ(seen, pariter::test::numbers(fails_at));
    }
  }
}

TEST(SharingFaults, every_allocation_and_every_copy_of_a_split) {
  const auto round = [](auto plant) {
    std::vector<throwing> items;
    items.reserve(20);
    for (int i = 0; i < 20; ++i) items.emplace_back(i);
    plant();
    try {
      std::vector<int> got;
      got.reserve(100);
      for (const auto& part : pariter::split(items, 3)) {
        for (const auto& x : part) got.push_back(x.value);
      }
      EXPECT_EQ(got, pariter::test::numbers(20));
      for (const auto& part : pariter::split(std::vector(items), 3)) {
        for (const auto& x : part) got.push_back(x.value);
      }
      EXPECT_EQ(got.size(), 40u);
    } catch (const std::bad_alloc&) {
    } catch (const pariter::test::planned_failure&) {
    }
    EXPECT_EQ(items.size(), 20u);
  };
  with_every_fault(plant_allocation, allocation_planted, round);
  with_every_fault(plant_item, item_planted, round);
}

}  // namespace
