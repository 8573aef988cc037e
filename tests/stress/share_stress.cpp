// SPDX-License-Identifier: Apache-2.0
//
// share() and tee() under many threads that come, go, fail and give back. Every item carries its number; at the end the numbers
// are counted. The oracle is run on one thread first.
//
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/scale.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <ranges>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pariter::share;
using pariter::test::on_threads;
using pariter::test::scaled;
using pariter::test::seed;

// Drawers that stay for a random number of items, move, and leave. Ends when a drawer saw the end. Returns what was drawn.
template <class S>
void draw_and_leave(const S& s, std::mt19937_64& random, std::vector<int>& drawn) {
  for (;;) {
    auto d = s.iter();
    for (auto left = random() % 300;; --left) {
      if (left == 0) break;  // leaves with something at hand, mostly
      if (left == 50) {
        auto moved = std::move(d);
        d = std::move(moved);
      }
      const auto x = d.next();
      if (!x) return;
      drawn.push_back(static_cast<int>(*x));
    }
  }
}

// Draws all of s on `threads` threads; then alone what was given back after the others had seen the end.
template <class S>
void expect_each_once(const S& s, int threads, int count, std::uint64_t round) {
  std::vector<std::vector<int>> drawn(static_cast<std::size_t>(threads));
  on_threads(threads, [&](int t) {
    std::mt19937_64 random(seed() + round * 64 + static_cast<std::uint64_t>(t));
    draw_and_leave(s, random, drawn[static_cast<std::size_t>(t)]);
  });
  for (const auto& x : s.iter()) drawn[0].push_back(static_cast<int>(x));
  EXPECT_EQ(s.left_over(), 0u);
  std::vector<int> times(static_cast<std::size_t>(count), 0);
  for (const auto& one : drawn) {
    for (const int x : one) ++times.at(static_cast<std::size_t>(x));
  }
  const auto wrong = std::ranges::find_if(times, [](int n) { return n != 1; });
  EXPECT_EQ(wrong, times.end()) << "item " << wrong - times.begin() << " was drawn " << *wrong << " times, round " << round << ", seed " << seed();
}

pariter::generator<int> count_to(int n) {
  for (int i = 0; i < n; ++i) co_yield i;
}

constexpr int thread_counts[] = {1, 2, 4, 16};  // 1: tries the oracle

TEST(ShareStress, indexed) {
  for (std::size_t round = 0; round < scaled(40); ++round) {
    for (const int threads : thread_counts) expect_each_once(share(std::views::iota(0, 10'000), {.at_once = 1 + round % 70}), threads, 10'000, round);
  }
}

TEST(ShareStress, pulled) {
  for (std::size_t round = 0; round < scaled(40); ++round) {
    for (const int threads : thread_counts) expect_each_once(share(count_to(5'000), {.at_once = 1 + round % 70}), threads, 5'000, round);
  }
}

TEST(ShareStress, followed_log_while_it_grows) {
  for (std::size_t round = 0; round < scaled(20); ++round) {
    for (const int threads : thread_counts) {
      pariter::concurrent_log<int> log;
      std::thread writer([&] {
        for (int i = 0; i < 5'000; ++i) log.append(i);
        log.close();
      });
      expect_each_once(share(log.follow(), {.at_once = 1 + round % 70}), threads, 5'000, round);
      writer.join();
    }
  }
}

TEST(ShareStress, broadcast_with_little_room) {
  for (std::size_t round = 0; round < scaled(6); ++round) {
    for (const int threads : thread_counts) {
      pariter::broadcast<int> stream({.capacity = 1 + round % 40});
      const auto s = share(stream.iter(), {.at_once = 1 + round % 7});
      std::thread writer([&] {
        for (int i = 0; i < 3'000; ++i) stream.append(i);
        stream.close();
      });
      expect_each_once(s, threads, 3'000, round);
      writer.join();
    }
  }
}

TEST(ShareStress, an_error_ends_all_and_loses_nothing_before_it) {
  for (std::size_t round = 0; round < scaled(100); ++round) {
    const int fails_at = static_cast<int>(round * 37 % 2'000);
    const auto failing = [](int n) -> pariter::generator<int> {
      for (int i = 0; i < n; ++i) co_yield i;
      throw std::runtime_error("planned");
    };
    const auto s = share(failing(fails_at), {.at_once = 1 + round % 30});
    std::atomic<int> drawn = 0, told = 0;
    on_threads(4, [&](int) {
      auto d = s.iter();
      try {
        while (d.next()) ++drawn;
      } catch (const std::runtime_error&) {
        ++told;
      }
    });
    EXPECT_EQ(drawn, fails_at);
    EXPECT_EQ(told, 4);
  }
}

// Branches on threads of their own that fork, drop and wait for each other.
// Branches that wait look for room, too, and may be late in saying what they saw.
TEST(TeeStress, many_branches_in_little_room) {
  for (std::size_t round = 0; round < scaled(150); ++round) {
    std::mt19937_64 random(seed() + round);
    const std::size_t branches = 3 + random() % 6;
    auto made = pariter::tee(count_to(600), branches, {.capacity = 2 + random() % 15});
    on_threads(static_cast<int>(branches), [&](int t) {
      auto own = std::move(made[static_cast<std::size_t>(t)]);
      int expected = 0;
      while (const auto x = own.next()) ASSERT_EQ(*x, expected++);
      EXPECT_EQ(expected, 600);
    });
  }
}

TEST(TeeStress, one_two_four_and_sixteen_threads_per_core) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  for (std::size_t round = 0; round < scaled(4); ++round) {
    for (const int threads : {1, cores, 2 * cores, 4 * cores, std::min(16 * cores, 64)}) {
      auto made = pariter::tee(count_to(2'000), static_cast<std::size_t>(threads), {.capacity = 20 + round % 4 * 500});
      on_threads(threads, [&](int t) {
        auto own = std::move(made[static_cast<std::size_t>(t)]);
        int expected = 0;
        while (const auto x = own.next()) ASSERT_EQ(*x, expected++);
        EXPECT_EQ(expected, 2'000);
      });
    }
  }
}

TEST(TeeStress, every_branch_sees_all_in_order) {
  for (std::size_t round = 0; round < scaled(30); ++round) {
    std::mt19937_64 random(seed() + round);
    const std::size_t branches = 1 + random() % 6;
    const std::size_t capacity = random() % 4 == 0 ? pariter::unbounded : 1 + random() % 200;
    const std::size_t read_ahead = random() % 2 == 0 ? 1 : 1 + random() % 100;
    auto made = pariter::tee(count_to(4'000), branches, {.capacity = capacity, .read_ahead = read_ahead});
    on_threads(static_cast<int>(branches), [&](int t) {
      auto own = std::move(made[static_cast<std::size_t>(t)]);
      std::mt19937_64 dice(seed() + round * 64 + static_cast<std::uint64_t>(t));
      const auto forks_at = static_cast<int>(dice() % 8'000);
      const auto leaves_at = static_cast<int>(t == 0 ? 8'000 : dice() % 8'000);
      int expected = 0;
      std::thread forked;
      while (expected != leaves_at) {
        if (expected == forks_at) {
          forked = std::thread([other = own.fork(), expected]() mutable {
            int e = expected;
            while (const auto x = other.next()) ASSERT_EQ(*x, e++);
            EXPECT_EQ(e, 4'000);
          });
        }
        const auto x = own.next();
        if (!x) break;
        ASSERT_EQ(*x, expected++);
      }
      if (leaves_at > 4'000) {
        EXPECT_EQ(expected, 4'000);
      }
      { const auto gone = std::move(own); }  // before the join: the fork may wait for this branch
      if (forked.joinable()) forked.join();
    });
  }
}

}  // namespace
