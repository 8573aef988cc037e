// SPDX-License-Identifier: Apache-2.0
//
// Every construction, copy and move of an item throws in turn, in every way to write into a log and a broadcast, in loops that
// take their items by value, and in every way to publish a version. After each failure: what was written is a run without a hole,
// no item is lost or leaked, every iterator sees just that, and writing and iterating go on.
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"

#include "../support/archetypes.hpp"
#include "../support/numbers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace pariter;
using test::numbers;
using test::planned_failure;
using test::throwing;

// As `throwing`, but its moves are safe: the containers make it outside of their lock.
class throwing_copy {
 public:
  throwing_copy(int v = 0) : value(throwing(v).value) { ++living; }
  throwing_copy(const throwing_copy& other) : value(throwing(other.value).value) { ++living; }
  throwing_copy(throwing_copy&& other) noexcept : value(other.value) { ++living; }
  throwing_copy& operator=(const throwing_copy&) = delete;
  ~throwing_copy() { --living; }

  int value;
  static inline thread_local int living = 0;
};
static_assert(std::is_nothrow_move_constructible_v<throwing_copy> && !std::is_nothrow_move_constructible_v<throwing>);

// ---- the two containers by one face

template <class C>
std::unique_ptr<C> made() {
  if constexpr (requires { broadcast_options{}, std::declval<C&>().stats(); }) return std::make_unique<C>(broadcast_options{.capacity = 64});
  else return std::make_unique<C>();
}
template <class C>
constexpr bool is_log = requires(C& c) { c.follow(); };

// An iterator at the next item, to follow what is written.
template <class C>
auto follower_of(C& c) {
  if constexpr (is_log<C>) return c.follow(start::next);
  else return c.iter({.from = start::next});
}

// What lies ready.
template <class It>
std::vector<int> taken_from(It& it) {
  std::vector<int> values;
  for (auto o = it.try_next(); o.has_item(); o = it.try_next()) values.push_back((*o).value);
  return values;
}

template <class C>
class ItemFaults : public testing::Test {};
using containers = testing::Types<concurrent_log<throwing>, concurrent_log<throwing, writers::single>, concurrent_log<throwing_copy>,
                                  concurrent_log<throwing_copy, writers::single>, broadcast<throwing>, broadcast<throwing, writers::single>,
                                  broadcast<throwing_copy>, broadcast<throwing_copy, writers::single>>;
TYPED_TEST_SUITE(ItemFaults, containers);

// Runs write(container, from, plant), which writes `count` items from the value `from` on, with its first, second, … operation after
// plant() throwing, until none does; on containers that hold nothing, one item, and (nearly) a segment or more than a window.
template <class C, class Write>
void every_operation_throws(int count, Write write) {
  using item = typename C::value_type;
  int met = 0;
  for (const int already : {0, 1, is_log<C> ? 510 : 100}) {
    for (int n = 1;; ++n) {
      SCOPED_TRACE(testing::Message() << already << " items already, operation " << n << " throws");
      ASSERT_LT(n, 1'000);
      bool thrown = false;
      {
        auto c = made<C>();
        auto first = follower_of(*c);
        for (int i = 0; i < already; ++i) {
          c->emplace(i);
          (void)first.next();
        }
        auto second = first.fork();
        try {
          write(*c, already, [n] { throwing::fail_at(n); });
        } catch (const planned_failure&) {
          thrown = true;
        }
        throwing::fail_at(0);
        const int size = static_cast<int>(c->end_position());
        EXPECT_GE(size, already);
        EXPECT_LE(size, already + count);
        if (!thrown) {
          EXPECT_EQ(size, already + count);
        } else if (count == 1) {
          EXPECT_EQ(size, already);
        }
        EXPECT_EQ(taken_from(first), numbers(already, size));
        for (int i = size; i < already + count + 3; ++i) c->emplace(i);
        c->close();
        EXPECT_EQ(taken_from(first), numbers(size, already + count + 3));
        EXPECT_EQ(taken_from(second), numbers(already, already + count + 3));
        EXPECT_TRUE(first.try_next().is_closed());
        if constexpr (is_log<C>) EXPECT_EQ(item::living, already + count + 3);
        else EXPECT_LE(item::living, 64 + 8);
      }
      ASSERT_EQ(item::living, 0) << "items leaked";
      ASSERT_EQ(throwing::living, 0) << "items leaked";
      if (thrown) continue;
      met += n - 1;
      break;
    }
  }
  // By moving, a throwing_copy goes in without a failure.
  EXPECT_TRUE(met > 0 || (count == 1 && std::is_same_v<item, throwing_copy>)) << "nothing threw: the test shows nothing";
}

TYPED_TEST(ItemFaults, append_of_a_copy) {
  every_operation_throws<TypeParam>(1, [](auto& c, int from, auto plant) {
    const typename TypeParam::value_type item(from);
    plant();
    c.append(item);
  });
}
TYPED_TEST(ItemFaults, append_by_moving) {
  every_operation_throws<TypeParam>(1, [](auto& c, int from, auto plant) {
    typename TypeParam::value_type item(from);
    plant();
    c.append(std::move(item));
  });
}
TYPED_TEST(ItemFaults, emplace) {
  every_operation_throws<TypeParam>(1, [](auto& c, int from, auto plant) {
    plant();
    c.emplace(from);
  });
}
TYPED_TEST(ItemFaults, append_range_of_items_side_by_side) {
  every_operation_throws<TypeParam>(20, [](auto& c, int from, auto plant) {
    std::vector<typename TypeParam::value_type> items;
    items.reserve(20);
    for (int i = 0; i < 20; ++i) items.emplace_back(from + i);
    plant();
    c.append_range(items);
  });
}
TYPED_TEST(ItemFaults, append_range_of_items_apart) {
  every_operation_throws<TypeParam>(20, [](auto& c, int from, auto plant) {
    std::list<typename TypeParam::value_type> items;
    for (int i = 0; i < 20; ++i) items.emplace_back(from + i);
    plant();
    c.append_range(items);
  });
}
TYPED_TEST(ItemFaults, append_range_of_what_a_function_makes) {
  every_operation_throws<TypeParam>(20, [](auto& c, int from, auto plant) {
    plant();
    c.append_range(std::views::iota(from, from + 20) | std::views::transform([](int i) { return typename TypeParam::value_type(i); }));
  });
}

// One that is made before the lock is taken: the items before it are in all the same.
template <class C>
class RangeFaults : public testing::Test {};
using made_outside = testing::Types<concurrent_log<throwing_copy>, broadcast<throwing_copy>>;
TYPED_TEST_SUITE(RangeFaults, made_outside);

TYPED_TEST(RangeFaults, the_items_before_the_one_that_throws_are_in) {
  const std::vector<throwing_copy> side_by_side(20);
  const std::list<throwing_copy> apart(20);
  for (int n = 1; n <= 21; ++n) {
    const auto goes_in = [n](auto&& range) {
      const auto c = made<TypeParam>();
      bool thrown = false;
      throwing::fail_at(n);
      try {
        c->append_range(range);
      } catch (const planned_failure&) {
        thrown = true;
      }
      throwing::fail_at(0);
      EXPECT_EQ(thrown, n <= 20);
      EXPECT_EQ(c->end_position(), static_cast<std::uint64_t>(n - 1));
    };
    goes_in(side_by_side);
    goes_in(apart);
    goes_in(std::views::iota(0, 20) | std::views::transform([](int i) { return throwing_copy(i); }));
    goes_in(apart | std::views::filter([](const throwing_copy&) { return true; }));
  }
}

// What the appender took is in the container or still with the appender, and goes over at the next try.
TYPED_TEST(ItemFaults, an_appender) {
  every_operation_throws<TypeParam>(10, [](auto& c, int from, auto plant) {
    auto out = c.appender(4);
    plant();
    int done = 0;
    try {
      for (; done < 10; ++done) out.emplace(from + done);
      out.flush();
    } catch (const planned_failure&) {
      throwing::fail_at(0);
      const int kept = static_cast<int>(c.end_position()) - from + static_cast<int>(out.pending());
      EXPECT_GE(kept, done) << "an item was lost";
      EXPECT_LE(kept, done + 1) << "an item came twice";
      out.flush();
      EXPECT_EQ(out.pending(), 0u);
      EXPECT_EQ(static_cast<int>(c.end_position()) - from, kept);
      throw;
    }
  });
}

TYPED_TEST(ItemFaults, try_append) {
  if constexpr (is_log<TypeParam>) {
    SUCCEED() << "a log never waits";
  } else {
    every_operation_throws<TypeParam>(1, [](auto& c, int from, auto plant) {
      const typename TypeParam::value_type item(from);
      plant();
      EXPECT_TRUE(c.try_append(item));
    });
    every_operation_throws<TypeParam>(1, [](auto& c, int from, auto plant) {
      typename TypeParam::value_type item(from);
      plant();
      EXPECT_TRUE(c.try_append(std::move(item)));
    });
  }
}

// ---- iteration by value

// Copies the items of make()'s iterator, with each copy in turn throwing: the iterator has taken that item, and goes on behind it.
template <class T, class Make>
void every_copy_throws(int count, Make make) {
  for (int n = 1; n <= count + 1; ++n) {
    SCOPED_TRACE(testing::Message() << "copy " << n << " throws");
    auto it = make();
    std::vector<int> got;
    bool thrown = false;
    throwing::fail_at(n);
    try {
      for (T item : it) got.push_back(item.value);
    } catch (const planned_failure&) {
      thrown = true;
    }
    throwing::fail_at(0);
    EXPECT_EQ(thrown, n <= count);
    EXPECT_EQ(got, numbers(0, std::min(n - 1, count)));
    got.clear();
    while (const auto x = it.next()) got.push_back(x->value);
    EXPECT_EQ(got, numbers(std::min(n, count), count));

    auto again = make();  // by batches: a batch that was not copied to its end is still in hand
    got.clear();
    throwing::fail_at(n);
    for (auto batch = again.next_batch(); !batch.empty(); batch = again.next_batch()) {
      try {
        const std::vector<T> copy(batch.begin(), batch.end());
      } catch (const planned_failure&) {
        throwing::fail_at(0);
        const std::vector<T> copy(batch.begin(), batch.end());
        EXPECT_EQ(copy.size(), batch.size());
      }
      for (const T& x : batch) got.push_back(x.value);
    }
    throwing::fail_at(0);
    EXPECT_EQ(got, numbers(0, count));
  }
}

TEST(ItemFaultsByValue, iterators_of_a_log) {
  {
    concurrent_log<throwing> log;
    for (int i = 0; i < 520; ++i) log.emplace(i);
    log.close();
    every_copy_throws<throwing>(520, [&] { return log.iter(); });
    every_copy_throws<throwing>(520, [&] { return log.live(); });
    every_copy_throws<throwing>(520, [&] { return log.follow(); });
    for (int n = 1; n <= 520; n += 37) {  // the loop over the log itself
      throwing::fail_at(n);
      EXPECT_THROW(for (throwing item : log) EXPECT_LT(item.value, n);, planned_failure);
      throwing::fail_at(0);
      EXPECT_EQ(std::ranges::distance(log.snapshot()), 520);
    }
  }
  EXPECT_EQ(throwing::living, 0);
}

TEST(ItemFaultsByValue, iterators_of_a_broadcast) {
  for (const policy how : {policy::gating, policy::lossy, policy::kicked}) {
    {
      broadcast<throwing> b{{.capacity = 64}};
      auto start = b.iter({.policy = how});
      for (int i = 0; i < 64; ++i) b.emplace(i);
      b.close();
      every_copy_throws<throwing>(64, [&] { return start.fork(); });
    }
    EXPECT_EQ(throwing::living, 0);
  }
}

// A copy that throws between a step and the next does not change who waits for whom, nor what was missed.
TEST(ItemFaultsByValue, of_an_iterator_that_falls_behind) {
  for (const policy how : {policy::lossy, policy::kicked}) {
    for (int n = 1; n <= 16; ++n) {
      broadcast<throwing> b{{.capacity = 16}};
      auto it = b.iter({.policy = how});
      for (int i = 0; i < 16; ++i) b.emplace(i);
      throwing::fail_at(n);
      EXPECT_THROW(for (throwing item : it) EXPECT_LT(item.value, n);, planned_failure);
      throwing::fail_at(0);
      EXPECT_EQ(it.position(), static_cast<std::uint64_t>(n));
      for (int i = 16; i < 100; ++i) EXPECT_TRUE(b.try_append(throwing(i)));
      std::uint64_t at = it.position();
      auto o = it.try_next();
      for (; o.has_item(); o = it.try_next()) EXPECT_EQ((*o).value, static_cast<int>(at++));
      if (how == policy::lossy) {
        ASSERT_TRUE(o.is_gap());
        EXPECT_EQ(at + o.missed(), 84u);
        EXPECT_EQ(taken_from(it), numbers(84, 100));
      } else {
        EXPECT_TRUE(o.is_failed());
        EXPECT_THROW((void)it.next(), kicked);
      }
    }
  }
  EXPECT_EQ(throwing::living, 0);
}

// ---- copy_on_write

using box = copy_on_write<std::vector<throwing>>;

std::vector<int> values(const std::vector<throwing>& items) {
  std::vector<int> v;
  for (const auto& x : items) v.push_back(x.value);
  return v;
}

// Runs write(box, plant), which makes version 2 of 0..9 out of version 1 of 0..7.
template <class Write>
void every_operation_of_a_writer_throws(Write write) {
  for (int n = 1;; ++n) {
    SCOPED_TRACE(testing::Message() << "operation " << n << " throws");
    ASSERT_LT(n, 1'000);
    bool thrown = false;
    {
      box b;
      {
        std::vector<throwing> items;
        for (int i = 0; i < 8; ++i) items.emplace_back(i);
        b.publish(std::move(items));
      }
      const auto held = b.snapshot();
      auto walking = b.iter();
      EXPECT_EQ(walking.next()->value, 0);
      try {
        write(b, [n] { throwing::fail_at(n); });
      } catch (const planned_failure&) {
        thrown = true;
      }
      throwing::fail_at(0);
      EXPECT_EQ(b.snapshot().number(), thrown ? 1u : 2u);
      EXPECT_EQ(b.snapshot() == held, thrown);
      EXPECT_EQ(values(*b.snapshot()), numbers(0, thrown ? 8 : 10));
      EXPECT_EQ(values(*held), numbers(0, 8)) << "a version never changes";
      for (int i = 1; i < 8; ++i) EXPECT_EQ(walking.next()->value, i);
      EXPECT_FALSE(walking.next());
      EXPECT_EQ(throwing::living, thrown ? 8 : 18) << "the version that failed is gone";
      b.update([](auto& items) { items.emplace_back(99); });
      EXPECT_EQ(b.snapshot()->back().value, 99);
    }
    ASSERT_EQ(throwing::living, 0) << "items leaked";
    if (thrown) continue;
    EXPECT_GT(n, 1) << "nothing threw: the test shows nothing";
    break;
  }
}

TEST(ItemFaultsCopyOnWrite, update) {
  every_operation_of_a_writer_throws([](box& b, auto plant) {
    plant();
    b.update([](auto& items) {
      items.emplace_back(8);
      items.emplace_back(9);
    });
  });
}
TEST(ItemFaultsCopyOnWrite, update_that_returns_something) {
  every_operation_of_a_writer_throws([](box& b, auto plant) {
    plant();
    const throwing last = b.update([](auto& items) {
      items.emplace_back(8);
      items.emplace_back(9);
      return items.back();
    });
    throwing::fail_at(0);
    EXPECT_EQ(last.value, 9);
  });
}
TEST(ItemFaultsCopyOnWrite, publish_and_compare_and_publish) {
  for (const bool compare : {false, true}) {
    every_operation_of_a_writer_throws([compare](box& b, auto plant) {
      std::vector<throwing> items;
      items.reserve(10);
      for (int i = 0; i < 10; ++i) items.emplace_back(i);
      const auto seen = b.snapshot();
      plant();
      if (compare) EXPECT_TRUE(b.compare_and_publish(seen, items));
      else b.publish(items);
    });
  }
}
TEST(ItemFaultsCopyOnWrite, iteration_by_value) {
  box b;
  b.update([](auto& items) {
    for (int i = 0; i < 30; ++i) items.emplace_back(i);
  });
  for (int n = 1; n <= 30; ++n) {
    auto it = b.iter();
    throwing::fail_at(n);
    EXPECT_THROW(for (throwing item : it) EXPECT_LT(item.value, n);, planned_failure);
    throwing::fail_at(0);
    std::vector<int> rest;
    while (const auto x = it.next()) rest.push_back(x->value);
    EXPECT_EQ(rest, numbers(n, 30));
  }
}

}  // namespace
