// SPDX-License-Identifier: Apache-2.0
// Generators under threads: one generator function called by all, generators handed from thread to thread at every stage of
// their life, one generator stepped by many in turn. Values check themselves; ThreadSanitizer checks the rest.

#include "pariter/coro/generator.hpp"
#include "pariter/coro/generator_function.hpp"
#include "support/scale.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace {

using pariter::elements_of;
using pariter::generator;
using pariter::test::scaled;

constexpr int threads = 4;

// 0, 1, ..., 2^depth - 2: the numbers of a binary tree's nodes, in order.
generator<std::uint64_t> in_order(std::uint64_t first, int depth) {
  if (depth == 0) co_return;
  const std::uint64_t left = (std::uint64_t{1} << (depth - 1)) - 1;
  co_yield elements_of(in_order(first, depth - 1));
  co_yield first + left;
  co_yield elements_of(in_order(first + left + 1, depth - 1));
}

template <class F>
void on_all_threads(F f) {
  std::barrier start(threads);
  std::vector<std::thread> running;
  for (int n = 0; n < threads; ++n) {
    running.emplace_back([&, n] {
      start.arrive_and_wait();
      f(n);
    });
  }
  for (auto& t : running) t.join();
}

TEST(GeneratorStress, one_generator_function_is_walked_by_all_at_once) {
  const auto tree = pariter::generator_function(in_order, std::uint64_t{0}, 8);
  std::atomic<int> wrong = 0;
  on_all_threads([&](int) {
    for (std::size_t round = 0; round < scaled(20); ++round) {
      std::uint64_t expected = 0;
      for (const std::uint64_t i : tree) wrong += i != expected++;
      wrong += expected != 255;
    }
  });
  EXPECT_EQ(wrong, 0);
}

// A walk under way: where it must stand, and the generator.
struct walk {
  std::uint64_t expected = 0;
  generator<std::uint64_t> numbers;
};

TEST(GeneratorStress, generators_are_made_walked_and_dropped_on_different_threads) {
  const unsigned seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  std::mutex mutex;
  std::vector<walk> under_way;
  std::atomic<int> wrong = 0, ended = 0;
  on_all_threads([&](int n) {
    std::mt19937 random(seed + static_cast<unsigned>(n));
    for (std::size_t round = 0; round < scaled(500); ++round) {
      std::optional<walk> mine;
      {
        const std::lock_guard lock(mutex);
        if (!under_way.empty() && random() % 4 != 0) {
          const std::size_t any = random() % under_way.size();
          mine.emplace(std::move(under_way[any]));
          under_way[any] = std::move(under_way.back());
          under_way.pop_back();
        }
      }
      if (!mine) mine.emplace(walk{0, in_order(0, 5)});
      for (auto steps = random() % 12; steps > 0; --steps) {
        const auto item = mine->numbers.next();
        if (!item) {
          wrong += mine->expected != 31;
          ++ended;
          break;
        }
        wrong += *item != mine->expected++;
      }
      if (random() % 8 == 0) continue;  // dropped as it stands, frames and all
      const std::lock_guard lock(mutex);
      under_way.push_back(std::move(*mine));
    }
  });
  EXPECT_EQ(wrong, 0) << "seed " << seed;
  EXPECT_GT(ended, 0);
}

TEST(GeneratorStress, one_generator_is_stepped_by_all_in_turn) {
  std::mutex mutex;  // the owner's duty: a happens-before between steps
  auto numbers = in_order(0, 10);
  std::uint64_t last = 0;
  std::atomic<std::uint64_t> sum = 0;
  std::atomic<int> wrong = 0;
  on_all_threads([&](int) {
    for (;;) {
      const std::lock_guard lock(mutex);
      const auto item = numbers.next();
      if (!item) return;
      wrong += *item != 0 && *item != last + 1;
      last = *item;
      sum += *item;
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(sum, 1022U * 1023U / 2U);
}

TEST(GeneratorStress, state_tells_every_thread_whether_a_step_is_running) {
  // The body waits inside its step while all others are refused.
  for (std::size_t round = 0; round < scaled(50); ++round) {
    std::barrier inside(threads), asked(threads);
    struct body {
      static generator<int> wait(std::barrier<>& in, std::barrier<>& out) {
        in.arrive_and_wait();
        out.arrive_and_wait();
        co_yield 1;
      }
    };
    auto g = body::wait(inside, asked);
    std::atomic<int> refused = 0;
    std::optional<int> item;
    on_all_threads([&](int n) {
      if (n == 0) {
        item = g.next();
        return;
      }
      inside.arrive_and_wait();
      try {
        static_cast<void>(g.next());
      } catch (const pariter::busy&) {
        ++refused;
      }
      asked.arrive_and_wait();
    });
    ASSERT_EQ(refused, threads - 1);
    ASSERT_EQ(item, 1);
  }
}

}  // namespace
