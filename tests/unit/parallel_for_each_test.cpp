// SPDX-License-Identifier: Apache-2.0
#include "pariter/parallel/parallel_for_each.hpp"

#include "pariter/containers/concurrent_log.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/split.hpp"

#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pariter::parallel_for_each;

pariter::generator<int> count_to(int n) {
  for (int i = 0; i < n; ++i) co_yield i;
}

pariter::generator<std::unique_ptr<int>> boxes(int n) {
  for (int i = 0; i < n; ++i) co_yield std::make_unique<int>(i);
}

TEST(ParallelForEach, calls_f_once_for_each_item_of_a_container) {
  for (const std::size_t threads : {0u, 1u, 2u, 4u, 16u}) {
    std::vector<int> v(10'000, 0);
    parallel_for_each(v, [](int& x) { ++x; }, {.threads = threads});
    EXPECT_TRUE(std::ranges::all_of(v, [](int x) { return x == 1; })) << threads << " threads";
  }
}

TEST(ParallelForEach, calls_f_once_for_each_item_of_a_generator) {
  for (const std::size_t threads : {0u, 1u, 2u, 4u, 16u}) {
    std::vector<std::atomic<int>> seen(5'000);
    parallel_for_each(count_to(5'000), [&](int x) { ++seen[static_cast<std::size_t>(x)]; }, {.threads = threads});
    EXPECT_TRUE(std::ranges::all_of(seen, [](const auto& x) { return x == 1; })) << threads << " threads";
  }
}

TEST(ParallelForEach, takes_views_and_move_only_items) {
  std::atomic<long> sum = 0;
  parallel_for_each(std::views::iota(0, 1'000) | std::views::filter([](int i) { return i % 2 == 0; }), [&](int x) { sum += x; });
  EXPECT_EQ(sum, 249'500);
  sum = 0;
  parallel_for_each(boxes(1'000), [&](std::unique_ptr<int> box) { sum += *box; });
  EXPECT_EQ(sum, 499'500);
}

TEST(ParallelForEach, an_empty_source_calls_nothing) {
  parallel_for_each(std::vector<int>(), [](int) { ADD_FAILURE(); });
  parallel_for_each(count_to(0), [](int) { ADD_FAILURE(); });
}

TEST(ParallelForEach, works_until_a_live_log_is_closed) {
  pariter::concurrent_log<int> log;
  std::thread writer([&] {
    for (int i = 0; i < 10'000; ++i) log.append(i);
    log.close();
  });
  std::atomic<long> sum = 0;
  parallel_for_each(log.follow(), [&](const int& x) { sum += x; }, {.threads = 2});
  writer.join();
  EXPECT_EQ(sum, 49'995'000);
}

TEST(ParallelForEach, competes_with_other_drawers_of_a_share) {
  const auto s = pariter::share(count_to(1'000));
  auto mine = s.iter();
  std::atomic<int> sum = mine.next().value();
  parallel_for_each(s, [&](int x) { sum += x; });
  EXPECT_FALSE(mine.next());
  EXPECT_EQ(sum, 499'500);
}

TEST(ParallelForEach, rethrows_the_first_error_of_f_and_stops) {
  for (const std::size_t threads : {1u, 2u, 4u}) {
    std::atomic<int> calls = 0;
    const auto s = pariter::share(std::views::iota(0, 1'000'000), {.at_once = 16});
    EXPECT_THROW(parallel_for_each(
                     s,
                     [&](int x) {
                       ++calls;
                       if (x == 100) throw std::runtime_error("f failed");
                     },
                     {.threads = threads}),
                 std::runtime_error);
    EXPECT_LT(calls, 1'000'000) << "the rest was not stopped";
    int left = 0;
    for (const int x : s.iter()) {
      (void)x;
      ++left;
    }
    EXPECT_EQ(calls + left, 1'000'000) << "what nobody began stays with the share";
  }
}

TEST(ParallelForEach, rethrows_an_error_of_the_source_after_the_items_before_it) {
  std::atomic<int> calls = 0;
  const auto failing = [](int n) -> pariter::generator<int> {
    for (int i = 0; i < n; ++i) co_yield i;
    throw std::runtime_error("source failed");
  };
  EXPECT_THROW(parallel_for_each(failing(1'000), [&](int) { ++calls; }, {.threads = 4}), std::runtime_error);
  EXPECT_LE(calls, 1'000);
}

TEST(ParallelForEach, nests) {
  std::atomic<int> calls = 0;
  parallel_for_each(
      std::views::iota(0, 20),
      [&](int) {
        parallel_for_each(
            count_to(20), [&](int) { parallel_for_each(std::vector{1, 2, 3}, [&](int) { ++calls; }); }, {.threads = 3});
      },
      {.threads = 4});
  EXPECT_EQ(calls, 20 * 20 * 3);
}

TEST(ParallelForEach, is_not_cut_short_when_a_surrounding_tbb_algorithm_is_cancelled) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> cut_short = 0;
    try {
      tbb::parallel_for(0, 8, [&](int i) {
        if (i == 3) throw std::runtime_error("outer");
        std::atomic<int> calls = 0;
        parallel_for_each(std::views::iota(0, 2'000), [&](int) { ++calls; });
        if (calls != 2'000) ++cut_short;
      });
    } catch (const std::runtime_error&) {
    }
    EXPECT_EQ(cut_short, 0);
  }
}

TEST(Split, a_part_is_a_range_of_onetbb) {
  std::vector<int> v(100'000, 0);
  std::atomic<std::size_t> largest = 0;
  tbb::parallel_for(pariter::split(v, 1).front().with_grain(100), [&](const auto& piece) {
    for (std::size_t size = piece.size(), seen = largest; size > seen && !largest.compare_exchange_weak(seen, size);) {
    }
    for (int& x : piece) ++x;
  }, tbb::simple_partitioner());
  EXPECT_TRUE(std::ranges::all_of(v, [](int x) { return x == 1; }));
  EXPECT_LE(largest, 100u);
}

}  // namespace
