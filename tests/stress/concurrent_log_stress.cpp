// SPDX-License-Identifier: Apache-2.0
//
// Writers, followers, snapshots and clear() at once, up to 16 threads. Histories are checked to be linearizable: the log's
// order agrees with the order in which appends returned before others began.
#include "pariter/containers/concurrent_log.hpp"

#include "../support/history.hpp"
#include "../support/scale.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace pariter;

struct event {
  std::size_t writer;
  std::size_t number;    // of this writer's
  std::uint64_t before;  // the common clock when the append began
};

template <class Log>
void histories_are_linearizable(std::size_t writers, std::size_t followers) {
  const std::size_t each = test::scaled(4'000) / writers;
  Log log;
  std::atomic<std::uint64_t> clock{0};
  std::vector<std::vector<std::uint64_t>> after(writers, std::vector<std::uint64_t>(each));
  std::barrier start(static_cast<std::ptrdiff_t>(writers + followers + 1));
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < writers; ++w) {
    threads.emplace_back([&, w] {
      start.arrive_and_wait();
      for (std::size_t i = 0; i < each; ++i) {
        log.append(event{w, i, clock.fetch_add(1)});
        after[w][i] = clock.fetch_add(1);
      }
    });
  }
  std::vector<std::uint64_t> seen(followers);
  for (std::size_t f = 0; f < followers; ++f) {
    threads.emplace_back([&, f, it = log.follow()]() mutable {
      start.arrive_and_wait();
      std::vector<std::size_t> next(writers);
      std::uint64_t hash = 0;
      for (const event& e : it) {
        EXPECT_EQ(e.number, next[e.writer]++);
        hash = hash * 31 + e.writer;
      }
      for (const std::size_t n : next) EXPECT_EQ(n, each);
      seen[f] = hash;
    });
  }
  start.arrive_and_wait();
  std::size_t size = 0;
  while (size < writers * each) {
    const auto s = log.snapshot();
    EXPECT_GE(s.size(), size) << "a later snapshot is no shorter";
    size = s.size();
    const auto now = clock.load();
    if (size != 0) {
      EXPECT_LE(s.back().before, now);
    }
  }
  for (std::size_t w = 0; w < writers; ++w) threads[w].join();
  log.close();
  for (std::size_t f = 0; f < followers; ++f) threads[writers + f].join();
  for (const auto hash : seen) EXPECT_EQ(hash, seen[0]) << "all saw one order";
  const auto all = log.snapshot();
  ASSERT_EQ(all.size(), writers * each);
  std::vector<test::append_span> history;
  for (const event& e : all) history.push_back({e.before, after[e.writer][e.number]});
  EXPECT_EQ(test::out_of_order(history), std::nullopt);
}

TEST(ConcurrentLogStress, one_writer_one_follower) { histories_are_linearizable<concurrent_log<event>>(1, 1); }
TEST(ConcurrentLogStress, a_sole_writer_and_three_followers) { histories_are_linearizable<concurrent_log<event, writers::single>>(1, 3); }
TEST(ConcurrentLogStress, two_writers_two_followers) { histories_are_linearizable<concurrent_log<event>>(2, 2); }
TEST(ConcurrentLogStress, sixteen_threads) { histories_are_linearizable<concurrent_log<event>>(8, 8); }
TEST(ConcurrentLogStress, one_two_four_and_sixteen_threads_per_core) {
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  for (const std::size_t times : {1u, 2u, 4u, 16u}) {
    const std::size_t threads = std::min<std::size_t>(std::max<std::size_t>(2, cores * times), 128);
    histories_are_linearizable<concurrent_log<event>>(threads / 2, threads - threads / 2);
  }
}

// Strings die with their generation: a use after that is a use after free.
template <writers W>
void clear_beside_iterators(std::size_t readers) {
  concurrent_log<std::string, W> log;
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  const auto text = [](std::uint64_t position) { return "an item too long to lie in the object itself: " + std::to_string(position); };
  for (std::size_t r = 0; r < readers; ++r) {
    threads.emplace_back([&, r] {
      while (!done.load(std::memory_order_acquire)) {
        const auto s = log.snapshot();
        for (std::size_t i = 0; i < s.size(); i += 7) ASSERT_EQ(s[i], text(s.first_position() + i));
        auto it = log.iter();
        auto twin = it.fork();
        if (const auto x = it.next()) {
          ASSERT_TRUE(x->starts_with("an item"));
        }
        for (const auto& x : twin) ASSERT_TRUE(x.ends_with(x.substr(46)));
        if (r == 0) (void)log.size();
      }
    });
  }
  threads.emplace_back([&, it = log.follow()]() mutable {
    std::uint64_t at = 0;
    for (;;) {
      const auto o = it.next_until(std::chrono::steady_clock::time_point::max());
      if (o.is_closed()) break;
      if (o.is_gap()) {
        at += o.missed();
      } else {
        ASSERT_EQ(*o, text(at));
        ++at;
      }
    }
    EXPECT_EQ(at, log.end_position());
  });
  const std::size_t rounds = test::scaled(300);
  for (std::uint64_t i = 0, round = 0; round < rounds; ++round) {
    for (const std::uint64_t until = i + round % 60; i < until; ++i) log.append(text(i));
    log.clear();
  }
  done.store(true, std::memory_order_release);
  log.close();
  for (auto& t : threads) t.join();
}
TEST(ConcurrentLogStress, clear_beside_iterators_with_locked_writers) { clear_beside_iterators<writers::locked>(3); }
TEST(ConcurrentLogStress, clear_beside_iterators_with_a_sole_writer) { clear_beside_iterators<writers::single>(14); }

}  // namespace
