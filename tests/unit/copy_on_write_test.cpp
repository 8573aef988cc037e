// SPDX-License-Identifier: Apache-2.0
#include "pariter/containers/copy_on_write.hpp"

#include "pariter/core/next.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

using pariter::copy_on_write;
using pariter::next;

namespace {

template <class C>
class CopyOnWriteOver : public testing::Test {};
using containers = testing::Types<std::vector<int>, std::list<int>, std::deque<int>, std::set<int>, std::string>;
TYPED_TEST_SUITE(CopyOnWriteOver, containers);

TYPED_TEST(CopyOnWriteOver, an_iterator_walks_the_version_at_which_it_started) {
  copy_on_write<TypeParam> box;
  static_assert(pariter::shared_iterable<copy_on_write<TypeParam>>);
  box.update([](auto& c) { c.insert(c.end(), 1); });
  auto it = box.iter();
  box.update([](auto& c) {
    c.clear();
    c.insert(c.end(), 7);
    c.insert(c.end(), 8);
  });
  EXPECT_EQ(*next(it), 1);
  EXPECT_FALSE(next(it));
  EXPECT_FALSE(next(it));
  auto later = box.iter();
  EXPECT_EQ(*next(later), 7);
  EXPECT_EQ(*next(later), 8);
}

}  // namespace

template <class C>
void walks_versions_of(const C& first, const C& second) {
  copy_on_write<C> box(first);
  auto before = box.iter();
  box.publish(second);
  auto after = box.iter();
  const auto same = [](auto&& it, const C& items) {
    auto expected = items.begin();
    for (auto&& x : it) {
      ASSERT_FALSE(expected == items.end());
      EXPECT_TRUE(x == *expected);
      ++expected;
    }
    EXPECT_TRUE(expected == items.end());
  };
  same(before, first);
  same(after, second);
  EXPECT_TRUE(*box.snapshot() == second);
}

TEST(CopyOnWrite, is_over_any_standard_container) {
  walks_versions_of<std::map<int, std::string>>({{1, "a"}}, {{2, "b"}, {3, "c"}});
  walks_versions_of<std::unordered_map<int, int>>({{1, 2}}, {});
  walks_versions_of<std::multimap<int, int>>({{1, 1}, {1, 2}}, {{1, 3}});
  walks_versions_of<std::unordered_multiset<int>>({1, 1}, {2});
  walks_versions_of<std::forward_list<int>>({1, 2}, {3});
  walks_versions_of<std::array<int, 2>>({1, 2}, {2, 1});
  walks_versions_of<std::vector<bool>>({true, false}, {true});
}

TEST(CopyOnWrite, numbers_its_versions) {
  copy_on_write<std::vector<int>> box;
  EXPECT_EQ(box.snapshot().number(), 0u);
  box.publish({1});
  box.update([](auto& v) { v.push_back(2); });
  const auto v = box.snapshot();
  EXPECT_EQ(v.number(), 2u);
  EXPECT_EQ(*v, (std::vector{1, 2}));
  EXPECT_TRUE(v == box.snapshot());
}

TEST(CopyOnWrite, update_returns_what_the_change_returns) {
  copy_on_write<std::map<std::string, int>> box;
  EXPECT_TRUE(box.update([](auto& m) { return m.emplace("tea", 3).second; }));
  EXPECT_FALSE(box.update([](auto& m) { return m.emplace("tea", 4).second; }));
  EXPECT_EQ(box.snapshot()->at("tea"), 3);
}

TEST(CopyOnWrite, a_change_that_throws_publishes_nothing) {
  copy_on_write<std::vector<int>> box(3u, 1);
  EXPECT_THROW(box.update([](auto& v) {
    v.clear();
    throw pariter::test::planned_failure();
  }),
               pariter::test::planned_failure);
  EXPECT_EQ(*box.snapshot(), (std::vector{1, 1, 1}));
  box.update([](auto& v) { v.push_back(2); });  // and the turn was given back
  EXPECT_EQ(box.snapshot().number(), 1u);
}

TEST(CopyOnWrite, every_copy_that_throws_leaves_everything_as_it_was) {
  using item = pariter::test::throwing;
  const int before = item::living;
  {
    copy_on_write<std::vector<item>> box;
    box.update([](auto& v) {
      v.reserve(3);
      for (int i = 0; i < 3; ++i) v.emplace_back(i);
    });
    int failures = 0;
    for (int at = 1; at < 20; ++at) {
      const auto number = box.snapshot().number();
      const int living = item::living;
      item::fail_at(at);
      try {
        box.update([](auto& v) { v.emplace_back(9); });
        item::fail_at(0);
        break;
      } catch (const pariter::test::planned_failure&) {
        ++failures;
        EXPECT_EQ(box.snapshot().number(), number);
        EXPECT_EQ(item::living, living);
      }
    }
    item::fail_at(0);
    EXPECT_GE(failures, 3);
    EXPECT_EQ(box.snapshot()->size(), 4u);
  }
  EXPECT_EQ(item::living, before);
}

TEST(CopyOnWrite, compare_and_publish_refuses_what_was_overtaken) {
  copy_on_write<std::vector<int>> box;
  const auto seen = box.snapshot();
  box.publish({5});
  EXPECT_FALSE(box.compare_and_publish(seen, {1}));
  EXPECT_EQ(*box.snapshot(), std::vector{5});
  EXPECT_TRUE(box.compare_and_publish(box.snapshot(), {1}));
  EXPECT_EQ(*box.snapshot(), std::vector{1});
}

TEST(CopyOnWrite, a_change_that_writes_to_its_own_container_is_told) {
  copy_on_write<std::vector<int>> box;
  box.update([&](auto& v) {
    EXPECT_THROW(box.publish({}), pariter::busy);
    EXPECT_EQ(box.snapshot()->size(), 0u);  // reading is fine
    v.push_back(1);
  });
  EXPECT_EQ(box.snapshot()->size(), 1u);
}

// Runs a function when the last copy of the pointer to it goes.
struct at_the_end {
  explicit at_the_end(std::function<void()> f) : run(std::move(f)) {}
  at_the_end(const at_the_end&) = delete;
  at_the_end& operator=(const at_the_end&) = delete;
  ~at_the_end() { run(); }
  std::function<void()> run;
};

// Destructors of items are the user's code: they may write, or wait for another thread that does. During a turn the one would be told
// `busy`, out of a destructor, and the other would never end.
TEST(CopyOnWrite, what_a_writer_lets_go_of_is_destroyed_after_its_turn) {
  using thing = std::shared_ptr<at_the_end>;
  copy_on_write<std::vector<thing>> box;
  int ends = 0;
  const auto that_writes = [&] {
    return std::make_shared<at_the_end>([&] {
      ++ends;
      box.publish({});
      std::thread([&] { box.update([](auto&) {}); }).join();
    });
  };
  const auto publish_one = [&] {
    std::vector<thing> items;
    items.push_back(that_writes());
    box.publish(std::move(items));
  };
  publish_one();
  box.publish({});
  EXPECT_EQ(ends, 1);
  publish_one();
  box.update([](auto& v) { v.clear(); });
  EXPECT_EQ(ends, 2);
  const auto old = box.snapshot();
  box.publish({});
  EXPECT_FALSE(box.compare_and_publish(old, {that_writes()}));
  EXPECT_EQ(ends, 3);
  EXPECT_THROW(box.update([&](auto& v) {
    v.push_back(that_writes());
    throw pariter::test::planned_failure();
  }),
               pariter::test::planned_failure);
  EXPECT_EQ(ends, 4);
}

TEST(CopyOnWrite, frees_a_version_with_its_last_holder) {
  using item = pariter::test::counted;
  const int before = item::living;
  {
    auto box = std::make_unique<copy_on_write<std::vector<item>>>(2u);
    auto old = box->snapshot();
    auto it = box->iter();
    box->publish(std::vector<item>(3));
    EXPECT_EQ(item::living, before + 5);
    auto copy = old;
    old = box->snapshot();
    EXPECT_EQ(item::living, before + 5);
    copy = old;
    EXPECT_EQ(item::living, before + 5);  // the iterator still holds it
    { auto gone = std::move(it); }
    EXPECT_EQ(item::living, before + 3);
    box.reset();
    EXPECT_EQ(item::living, before + 3);  // a version outlives its container
  }
  EXPECT_EQ(item::living, before);
}

TEST(CopyOnWrite, holds_more_references_than_its_counter_has_bits) {
  using item = pariter::test::counted;
  const int before = item::living;
  {
    copy_on_write<std::vector<item>> box(1u);
    std::vector<pariter::version<std::vector<item>>> held;
    for (int i = 0; i < 100'000; ++i) held.push_back(box.snapshot());
    EXPECT_EQ(held.back()->size(), 1u);
    box.publish({});
    EXPECT_EQ(item::living, before + 1);
    held.resize(1, held.front());
    EXPECT_EQ(item::living, before + 1);
  }
  EXPECT_EQ(item::living, before);
}

TEST(CopyOnWrite, takes_items_that_cannot_be_copied_if_it_is_only_published) {
  copy_on_write<std::vector<pariter::test::move_only>> box;
  std::vector<pariter::test::move_only> items;
  items.emplace_back(4);
  box.publish(std::move(items));
  EXPECT_EQ(next(*std::make_unique<decltype(box.iter())>(box.iter()))->value, 4);
}

TEST(CopyOnWrite, an_iterator_is_sized_forks_and_gives_batches) {
  copy_on_write<std::vector<int>> box(4u, 1);
  auto it = box.iter();
  static_assert(pariter::iteration_traits<decltype(it)>.sized && pariter::iteration_traits<decltype(it)>.forkable);
  static_assert(pariter::iteration_traits<decltype(it)>.sees == pariter::sight::snapshot);
  EXPECT_EQ(it.size_hint(), 4u);
  (void)next(it);
  auto twin = it.fork();
  EXPECT_EQ(twin.next_batch().size(), 3u);
  EXPECT_EQ(it.size_hint(), 3u);
}

TEST(CopyOnWrite, an_iterator_that_was_moved_from_is_at_its_end) {
  copy_on_write<std::vector<int>> box(std::vector<int>{1, 2, 3});
  auto first = box.iter();
  {
    auto second = std::move(first);
    EXPECT_EQ(*next(second), 1);
    box.publish({});
  }  // its version is gone
  EXPECT_FALSE(next(first));  // NOLINT: that is what is asked
  EXPECT_EQ(first.size_hint(), 0u);
  auto third = box.iter();
  first = std::move(third);
  EXPECT_FALSE(next(third));
  box.publish({4, 5});
  first = box.iter();
  auto& same = first;
  first = std::move(same);
  EXPECT_EQ(*next(first), 4);
}

TEST(CopyOnWrite, readers_see_whole_versions_while_writers_take_turns) {
  copy_on_write<std::vector<int>> box(64u, 0);
  constexpr int writers = 4, rounds = 200;
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int r = 0; r < 4; ++r)
    threads.emplace_back([&] {
      std::uint64_t last = 0;
      while (!done.load()) {
        auto v = box.snapshot();
        EXPECT_GE(v.number(), last);
        last = v.number();
        for (int x : v) ASSERT_EQ(static_cast<std::uint64_t>(x), v.number());
      }
    });
  std::vector<std::thread> writing;
  for (int w = 0; w < writers; ++w)
    writing.emplace_back([&] {
      for (int i = 0; i < rounds; ++i)
        box.update([](auto& v) {
          for (int& x : v) ++x;
        });
    });
  for (auto& t : writing) t.join();
  done = true;
  for (auto& t : threads) t.join();
  EXPECT_EQ(box.snapshot()->front(), writers * rounds);
}
