// SPDX-License-Identifier: Apache-2.0
//
// Writers, followers, snapshots and clear() at once, up to 16 threads. Histories are checked to be linearizable: the log's
// order agrees with the order in which appends returned before others began.
#include "pariter/containers/concurrent_log.hpp"

#include "../support/history.hpp"
#include "../support/scale.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
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

// Readers ask for a snapshot and a follower from its end, again and again, beside writers and, perhaps, clear(): the two together give
// each item from the snapshot's first position once, and what was cleared before it was read is counted. All agree on what is where.
template <writers W>
void snapshot_and_follow(std::size_t writers, std::size_t readers, bool clears) {
  const std::size_t each = test::scaled(3'000) / writers;
  const std::size_t items = each * writers;
  concurrent_log<std::uint64_t, W> log;
  std::vector<std::atomic<std::uint64_t>> known(items);  // by position; 0: nobody has seen it yet
  const auto check = [&](std::uint64_t position, std::uint64_t item) {
    ASSERT_LT(position, items);
    std::uint64_t before = 0;
    if (!known[position].compare_exchange_strong(before, item)) {
      ASSERT_EQ(before, item) << "at " << position;
    }
  };
  std::atomic<std::size_t> writing{writers};
  std::barrier start(static_cast<std::ptrdiff_t>(writers + readers));
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < writers; ++w) {
    threads.emplace_back([&, w] {
      start.arrive_and_wait();
      for (std::size_t i = 0; i < each; ++i) {
        log.append(1 + i * writers + w);
        if (clears && i % 64 == 63) log.clear();
      }
      if (writing.fetch_sub(1) == 1) log.close();
    });
  }
  std::atomic<std::size_t> ends{0};
  for (std::size_t r = 0; r < readers; ++r) {
    threads.emplace_back([&, r] {
      start.arrive_and_wait();
      for (bool ended = false; !ended;) {
        auto both = log.snapshot_and_follow();
        std::uint64_t at = both.snapshot.first_position();
        ASSERT_TRUE(clears || at == 0);
        std::vector<std::uint64_t> next(writers);  // in this run
        const auto take = [&](std::uint64_t item) {
          ASSERT_NO_FATAL_FAILURE(check(at++, item));
          std::uint64_t& expected = next[(item - 1) % writers];
          const std::uint64_t number = (item - 1) / writers + 1;
          ASSERT_TRUE(expected == 0 || number == expected || (clears && number > expected)) << number << " after " << expected - 1;
          expected = number + 1;
        };
        for (const std::uint64_t item : both.snapshot) ASSERT_NO_FATAL_FAILURE(take(item));
        ASSERT_EQ(at, both.snapshot.end_position());
        for (std::size_t steps = r == 0 ? items : 300; steps > 0 && !ended; --steps) {
          const auto o = both.follow.next_until(std::chrono::steady_clock::time_point::max());
          ended = o.is_closed();
          if (o.is_gap()) at += o.missed(), ++steps;
          if (o.has_item()) {
            ASSERT_NO_FATAL_FAILURE(take(*o));
          }
          ASSERT_EQ(both.follow.position(), at);
          ASSERT_TRUE(clears || !o.is_gap());
        }
        if (r == 0) {
          EXPECT_TRUE(ended || both.follow.try_next().is_closed());
          ended = true;
        }
        if (ended) {
          EXPECT_EQ(at, items);
          ends.fetch_add(1);
          for (const std::uint64_t expected : next) EXPECT_TRUE(clears || expected == each + 1);
        }
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(ends, readers);
}
TEST(ConcurrentLogStress, snapshot_and_follow_give_each_item_once_beside_writers) {
  snapshot_and_follow<writers::single>(1, 3, false);
  snapshot_and_follow<writers::locked>(3, 3, false);
  snapshot_and_follow<writers::locked>(8, 24, false);
}
TEST(ConcurrentLogStress, snapshot_and_follow_give_each_item_once_or_count_it_beside_clears) {
  snapshot_and_follow<writers::single>(1, 3, true);
  snapshot_and_follow<writers::locked>(3, 3, true);
  snapshot_and_follow<writers::locked>(8, 24, true);
}

// close() and fail() race with every way to write, and with each other: what was appended before the first of them is seen by each follower,
// then that end, by all the same one; nothing comes after it.
template <writers W>
void ends_beside_writers() {
  struct planned : std::exception {};
  for (std::size_t round = 0; round < test::scaled(100); ++round) {
    concurrent_log<std::uint64_t, W> log;
    std::vector<std::thread> threads;
    std::atomic<std::uint64_t> written{0};  // by append()
    const std::size_t writing = W == writers::single ? 1 : 3;
    std::barrier start(static_cast<std::ptrdiff_t>(writing + 4));
    for (std::size_t w = 0; w < writing; ++w) {
      threads.emplace_back([&, w] {
        auto out = log.appender(7);
        const std::vector<std::uint64_t> range(5, 1);
        start.arrive_and_wait();
        try {
          for (std::size_t i = w;; ++i) {
            if (i % 3 == 0) log.append(0), written.fetch_add(1);
            else if (i % 3 == 1) log.append_range(range);
            else out.append(2);
          }
        } catch (const closed&) {
        }
        EXPECT_THROW(log.append(0), closed);
      });
    }
    std::array<std::uint64_t, 2> read{};
    std::array<bool, 2> failed{};
    for (std::size_t r = 0; r < 2; ++r) {
      threads.emplace_back([&, r, it = log.follow()]() mutable {
        start.arrive_and_wait();
        try {
          while (const auto x = it.next()) read[r] += *x == 0 ? 1 : 0;
        } catch (const planned&) {
          failed[r] = true;
          EXPECT_THROW((void)it.next(), planned);
        }
        EXPECT_EQ(it.position(), log.end_position());
      });
    }
    threads.emplace_back([&] {
      start.arrive_and_wait();
      if (round % 3 == 0) std::this_thread::yield();
      log.fail(std::make_exception_ptr(planned()));
    });
    start.arrive_and_wait();
    if (round % 2 == 0) std::this_thread::yield();
    log.close();
    for (auto& t : threads) t.join();
    EXPECT_EQ(read[0], written);
    EXPECT_EQ(read[1], written);
    EXPECT_EQ(failed[0], failed[1]);
  }
}
TEST(ConcurrentLogStress, ends_beside_writers) { ends_beside_writers<writers::locked>(); }
TEST(ConcurrentLogStress, ends_beside_a_sole_writer) { ends_beside_writers<writers::single>(); }

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
