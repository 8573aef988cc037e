// SPDX-License-Identifier: Apache-2.0
//
// share(), tee() and, where there is a length, split() over every kind of source: {what it is} x {each once | all to all | an exact partition}
// with more threads than cores, and the source's failure to everybody.

#include "pariter/adaptors/takewhile.hpp"
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"
#include "pariter/core/any_iterator.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/coro/generator_function.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/split.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <list>
#include <ranges>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pariter::test::drain_on;
using pariter::test::expect_exactly_once_and_in_order;
using pariter::test::numbers;
using pariter::test::on_threads;

// A source is {0, …, count-1}; then it ends or, if `fails`, throws std::runtime_error. make() may be called once; what writes
// to it meanwhile, and what it refers to, ends with the object.
const auto failure = std::make_exception_ptr(std::runtime_error("source failed"));

struct from_vector {
  static constexpr bool can_fail = false;
  static auto make(int count, bool) { return pariter::iter(numbers(count)); }
};
struct from_deque {
  static constexpr bool can_fail = false;
  static auto make(int count, bool) {
    const auto v = numbers(count);
    return pariter::iter(std::deque<int>(v.begin(), v.end()));
  }
};
struct from_list {
  static constexpr bool can_fail = false;
  static auto make(int count, bool) {
    const auto v = numbers(count);
    return pariter::iter(std::list<int>(v.begin(), v.end()));
  }
};
struct from_view {
  static constexpr bool can_fail = false;  // it has no failure of its own: its items have
  static auto make(int count, bool) { return pariter::iter(std::views::iota(0, count) | std::views::transform([](int i) { return i; })); }
};
pariter::generator<int> count_to(int count, bool fails) {
  for (int i = 0; i < count; ++i) co_yield i;
  if (fails) std::rethrow_exception(failure);
}
struct from_generator {
  static constexpr bool can_fail = true;
  static auto make(int count, bool fails) { return count_to(count, fails); }
};
struct from_generator_function {
  static constexpr bool can_fail = true;
  static auto make(int count, bool fails) { return pariter::iter(pariter::generator_function(count_to, count, fails)); }
};
struct from_any_iterator {
  static constexpr bool can_fail = true;
  static auto make(int count, bool fails) { return pariter::any_iterator<int>(count_to(count, fails)); }
};
struct from_adaptor {
  static constexpr bool can_fail = true;
  static auto make(int count, bool fails) { return pariter::takewhile(count_to(fails ? count : count + 1, fails), [=](int i) { return i < count || fails; }); }
};
struct from_sentinel {
  static constexpr bool can_fail = true;
  static auto make(int count, bool fails) {
    return pariter::iter([=, i = 0]() mutable { return i != count || !fails ? i++ : throw std::runtime_error("source failed"); }, count);
  }
};
struct from_copy_on_write {
  static constexpr bool can_fail = false;
  pariter::copy_on_write<std::vector<int>> box;
  auto make(int count, bool) {
    box.update([&](auto& v) { v = numbers(count); });
    auto it = pariter::iter(box);
    box.update([](auto& v) { v.clear(); });  // a version of its own
    return it;
  }
};
struct from_log {
  static constexpr bool can_fail = false;
  pariter::concurrent_log<int> log;
  void fill(int count) { log.append_range(numbers(count)); }
};
struct from_log_snapshot : from_log {
  auto make(int count, bool) {
    fill(count);
    return log.iter();
  }
};
struct from_log_live : from_log {
  auto make(int count, bool) {
    fill(count);
    return log.live();
  }
};

// Those that another thread writes to.
template <class Container>
struct written {
  static constexpr bool can_fail = true;
  Container container;
  std::thread writer;
  void start(int count, bool fails) {
    writer = std::thread([=, this] {
      for (int i = 0; i < count; ++i) container.append(i);
      if (fails) {
        container.fail(failure);
      } else {
        container.close();
      }
    });
  }
  ~written() { writer.join(); }
};
struct from_log_follow : written<pariter::concurrent_log<int>> {
  auto make(int count, bool fails) {
    start(count, fails);
    return container.follow();
  }
};
template <pariter::policy Policy>
struct from_broadcast : written<pariter::broadcast<int>> {
  from_broadcast() : written{pariter::broadcast<int>({.capacity = Policy == pariter::policy::gating ? 16u : 4'096u}), {}} {}
  auto make(int count, bool fails) {
    auto it = container.iter({.policy = Policy});
    start(count, fails);
    return it;
  }
};
using from_gating = from_broadcast<pariter::policy::gating>;
using from_lossy = from_broadcast<pariter::policy::lossy>;
using from_kicked = from_broadcast<pariter::policy::kicked>;

template <class Source>
class EverySource : public testing::Test {};
using sources = testing::Types<from_vector, from_deque, from_list, from_view, from_generator, from_generator_function, from_any_iterator, from_adaptor,
                               from_sentinel, from_copy_on_write, from_log_snapshot, from_log_live, from_log_follow, from_gating, from_lossy, from_kicked>;
TYPED_TEST_SUITE(EverySource, sources);

// 1, 2, 4 and 16 threads per core.
std::vector<int> thread_counts() {
  const int cores = std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
  return {1, cores, 2 * cores, 4 * cores, std::min(16 * cores, 64)};
}
constexpr int count = 1'000;

TYPED_TEST(EverySource, share_gives_each_item_to_exactly_one) {
  for (const int threads : thread_counts()) {
    TypeParam source;
    const auto s = pariter::share(source.make(count, false));
    expect_exactly_once_and_in_order(drain_on(threads, s), count);
  }
}

TYPED_TEST(EverySource, tee_gives_all_to_all) {
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{64}, pariter::tee_options{}.capacity}) {
    for (const int threads : thread_counts()) {
      TypeParam source;
      auto branches = pariter::tee(source.make(count, false), static_cast<std::size_t>(threads), {.capacity = capacity});
      on_threads(threads, [&](int t) {
        auto own = std::move(branches[static_cast<std::size_t>(t)]);
        int expected = 0;
        while (const auto x = own.next()) {
          ASSERT_EQ(static_cast<int>(*x), expected++);
          if (t % 3 == 1 && expected == 100) return;  // some leave early
        }
        EXPECT_EQ(expected, count);
      });
    }
  }
}

TYPED_TEST(EverySource, a_failure_reaches_all_after_the_items) {
  if constexpr (TypeParam::can_fail) {
    constexpr int threads = 4;
    {
      TypeParam source;
      const auto s = pariter::share(source.make(count, true));
      std::atomic<int> drawn = 0, told = 0;
      on_threads(threads, [&](int) {
        auto own = s.iter();
        EXPECT_THROW(while (own.next()) ++drawn;, std::runtime_error);
        EXPECT_THROW((void)own.next(), std::runtime_error);
        ++told;
      });
      EXPECT_EQ(drawn, count);
      EXPECT_EQ(told, threads);
    }
    for (const int fails_at : {0, count}) {
      TypeParam source;
      auto branches = pariter::tee(source.make(fails_at, true), threads, {.capacity = 10});
      on_threads(threads, [&](int t) {
        auto own = std::move(branches[static_cast<std::size_t>(t)]);
        int seen = 0;
        EXPECT_THROW(while (own.next()) ++seen;, std::runtime_error);
        EXPECT_THROW((void)own.next(), std::runtime_error);
        EXPECT_EQ(seen, fails_at);
      });
    }
  }
}

// What an indexed source throws belongs to the item.
TEST(IndexedSource, an_exception_goes_to_who_came_to_the_item_and_is_given_back_with_it) {
  const auto s = pariter::share(std::views::iota(0, 10) | std::views::transform([](int i) { return i != 3 ? i : throw std::runtime_error("item 3"); }), pariter::unbuffered);
  auto first = s.iter(), second = s.iter();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*first.next(), i);
  EXPECT_THROW((void)first.next(), std::runtime_error);
  EXPECT_THROW((void)first.next(), std::runtime_error) << "and stands before it";
  EXPECT_EQ(*second.next(), 4) << "the others go on";
  { const auto gone = std::move(first); }
  EXPECT_EQ(s.left_over(), 1u);
  EXPECT_THROW((void)second.next(), std::runtime_error);
}

TYPED_TEST(EverySource, a_branch_is_shared_and_a_drawer_is_teed) {
  TypeParam source;
  const auto outer = pariter::share(source.make(count, false));
  auto branches = pariter::tee(outer.iter(), 2, {.capacity = 100});
  const auto inner = pariter::share(std::move(branches[0]));
  std::vector<std::vector<int>> drawn(3);
  on_threads(4, [&](int t) {
    if (t == 3) {
      auto other = std::move(branches[1]);
      int expected = 0;
      while (const auto x = other.next()) ASSERT_EQ(static_cast<int>(*x), expected++);
      EXPECT_EQ(expected, count);
    } else {
      for (const auto& x : inner.iter()) drawn[static_cast<std::size_t>(t)].push_back(static_cast<int>(x));
    }
  });
  expect_exactly_once_and_in_order(drawn, count);
}

// What has a length and a random access can be split, also beside a writer and into more parts than items.
template <class X>
void expect_exact_partition(const X& x, int items) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{7}, std::size_t{64}, static_cast<std::size_t>(items) + 3}) {
    int expected = 0;
    for (const auto& part : pariter::split(x, n)) {
      EXPECT_EQ(part.offset(), static_cast<std::size_t>(expected));
      for (const int i : part) ASSERT_EQ(i, expected++);
    }
    EXPECT_EQ(expected, items);
  }
}
TEST(SplitSources, what_has_a_length_is_partitioned) {
  const auto v = numbers(count);
  expect_exact_partition(v, count);
  expect_exact_partition(std::deque<int>(v.begin(), v.end()), count);
  expect_exact_partition(std::views::iota(0, count), count);
  pariter::concurrent_log<int> log;
  log.append_range(v);
  expect_exact_partition(log, count);
  expect_exact_partition(log.snapshot(), count);
  expect_exact_partition(std::vector<int>(), 0);
}
// Each part on a thread of its own, and then all parts on every thread: a part is an iterable, and threads may share it.
template <class X>
void expect_parts_of_threads(const X& x) {
  for (const int threads : thread_counts()) {
    const auto parts = pariter::split(x, static_cast<std::size_t>(threads));
    std::vector<std::atomic<int>> times(static_cast<std::size_t>(count));
    on_threads(threads, [&](int t) {
      const auto own = parts[static_cast<std::size_t>(t)];
      for (const int i : own) ++times[static_cast<std::size_t>(i)];
      for (auto it = pariter::iter(own); const auto i = it.next();) ++times[static_cast<std::size_t>(*i)];
    });
    EXPECT_TRUE(std::ranges::all_of(times, [](const auto& n) { return n == 2; }));
    on_threads(threads, [&](int) {
      int expected = 0;
      for (const auto& part : parts) {
        for (auto it = pariter::iter(part); const auto i = it.next();) ASSERT_EQ(static_cast<int>(*i), expected++);
      }
      EXPECT_EQ(expected, count);
    });
  }
}
TEST(SplitSources, parts_are_walked_by_one_two_four_and_sixteen_threads_per_core) {
  const auto v = numbers(count);
  expect_parts_of_threads(v);
  expect_parts_of_threads(std::deque<int>(v.begin(), v.end()));
  expect_parts_of_threads(std::views::iota(0, count));
  pariter::concurrent_log<int> log;
  log.append_range(v);
  expect_parts_of_threads(log);
  const auto snapshot = log.snapshot();
  log.clear();
  log.append_range(v);
  expect_parts_of_threads(snapshot);
}
TEST(SplitSources, parts_of_a_log_are_walked_while_others_write_and_clear) {
  for (const int threads : thread_counts()) {
    pariter::concurrent_log<int> log;
    log.append(0);
    std::atomic<bool> done = false;
    std::thread writer([&] {
      for (int i = 1; !done; ++i) {
        if (i % 500 == 0) log.clear();
        log.append(i);
      }
    });
    for (int round = 0; round < 20; ++round) {
      const auto parts = pariter::split(log, static_cast<std::size_t>(threads));
      int first = 0, items = 0;
      for (const auto& part : parts) {
        if (items == 0 && !part.empty()) first = part[0];
        items += static_cast<int>(part.size());
      }
      on_threads(threads, [&](int t) {
        const auto& own = parts[static_cast<std::size_t>(t)];
        int expected = first + static_cast<int>(own.offset());
        for (auto it = own.iter(); const auto i = it.next();) ASSERT_EQ(*i, expected++);
        EXPECT_EQ(expected, first + static_cast<int>(own.offset() + own.size()));
      });
    }
    done = true;
    writer.join();
  }
}
TEST(SplitSources, a_log_that_another_thread_writes_is_cut_at_one_moment) {
  pariter::concurrent_log<int> log;
  std::thread writer([&] {
    for (int i = 0; i < 20 * count; ++i) log.append(i);
  });
  for (int round = 0; round < 50; ++round) {
    int expected = 0;
    for (const auto& part : pariter::split(log, 5)) {
      for (const int i : part) ASSERT_EQ(i, expected++);
    }
  }
  writer.join();
}

}  // namespace
