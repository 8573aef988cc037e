// SPDX-License-Identifier: Apache-2.0
//
// Writers, gating, lossy and kicked iterators, joins and leaves at once, up to 16 threads and with windows down to one item.
#include "pariter/containers/broadcast.hpp"

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
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace pariter;

struct event {
  event(std::size_t w, std::size_t n, std::uint64_t b) : writer(w), number(n), before(b), text(std::to_string(n) + " and enough text to be stored elsewhere") {}
  std::size_t writer;
  std::size_t number;
  std::uint64_t before;
  std::string text;
};

// All gating iterators see all, in one order, which agrees with real time; lossy ones see a part of it and count the rest.
template <writers W>
void everything(std::size_t writers, std::size_t gating, std::size_t lossy, std::size_t capacity) {
  const std::size_t each = test::scaled(3'000) / writers;
  const std::size_t items = each * writers;
  broadcast<event, W> channel{{.capacity = capacity}};
  std::atomic<std::uint64_t> clock{0};
  std::vector<std::vector<std::uint64_t>> after(writers, std::vector<std::uint64_t>(each));
  std::vector<std::vector<std::uint64_t>> began(gating);
  std::vector<std::vector<std::pair<std::size_t, std::size_t>>> order(gating);
  std::barrier start(static_cast<std::ptrdiff_t>(writers + gating + lossy));
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < writers; ++w) {
    threads.emplace_back([&, w] {
      start.arrive_and_wait();
      for (std::size_t i = 0; i < each; ++i) {
        channel.emplace(w, i, clock.fetch_add(1));
        after[w][i] = clock.fetch_add(1);
      }
    });
  }
  for (std::size_t g = 0; g < gating; ++g) {
    threads.emplace_back([&, g, it = channel.iter()]() mutable {
      start.arrive_and_wait();
      const auto take = [&](const event& e) {
        ASSERT_TRUE(e.text.starts_with(std::to_string(e.number)));
        order[g].emplace_back(e.writer, e.number);
        began[g].push_back(e.before);
      };
      if (g % 2 == 0) {
        for (const event& e : it) take(e);
      } else {
        for (auto batch = it.next_batch(); !batch.empty(); batch = it.next_batch())
          for (const event& e : batch) take(e);
      }
    });
  }
  for (std::size_t l = 0; l < lossy; ++l) {
    threads.emplace_back([&, it = channel.iter({.policy = policy::lossy})]() mutable {
      start.arrive_and_wait();
      std::uint64_t at = 0;
      std::vector<std::size_t> next(writers);
      for (;;) {
        const auto o = it.next_until(std::chrono::steady_clock::time_point::max());
        if (o.is_closed()) break;
        if (o.is_gap()) {
          at += o.missed();
        } else {
          ASSERT_TRUE((*o).text.starts_with(std::to_string((*o).number)));
          ASSERT_GE((*o).number, next[(*o).writer]);
          next[(*o).writer] = (*o).number + 1;
          ++at;
        }
      }
      EXPECT_EQ(at, items);
    });
  }
  for (std::size_t w = 0; w < writers; ++w) threads[w].join();
  channel.close();
  for (std::size_t t = writers; t < threads.size(); ++t) threads[t].join();
  for (std::size_t g = 0; g < gating; ++g) {
    EXPECT_EQ(order[g].size(), items);
    EXPECT_EQ(order[g], order[0]);
  }
  std::vector<test::append_span> history;
  for (std::size_t i = 0; i < items; ++i) history.push_back({began[0][i], after[order[0][i].first][order[0][i].second]});
  EXPECT_EQ(test::out_of_order(history), std::nullopt);
}

TEST(BroadcastStress, one_to_one) { everything<writers::locked>(1, 1, 0, 64); }
TEST(BroadcastStress, one_to_one_through_a_window_of_one) { everything<writers::single>(1, 1, 0, 1); }
TEST(BroadcastStress, two_to_four) { everything<writers::locked>(2, 4, 0, 16); }
TEST(BroadcastStress, one_to_lossy) { everything<writers::single>(1, 1, 3, 8); }
TEST(BroadcastStress, many_to_many_through_a_window_of_two) { everything<writers::locked>(4, 3, 1, 2); }
TEST(BroadcastStress, sixteen_threads) { everything<writers::locked>(5, 8, 3, 100); }
TEST(BroadcastStress, one_two_four_and_sixteen_threads_per_core) {
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  for (const std::size_t times : {1u, 2u, 4u, 16u}) {
    const std::size_t threads = std::min<std::size_t>(std::max<std::size_t>(2, cores * times), 128);
    const std::size_t writing = std::max<std::size_t>(1, threads / 4);
    const std::size_t lossy = threads / 8;
    everything<writers::locked>(writing, threads - writing - lossy, lossy, 24);
  }
}

// Iterators come and go while a writer writes; each sees a contiguous run from its start.
template <writers W>
void joins_and_leaves(std::size_t capacity) {
  broadcast<std::uint64_t, W> channel{{.capacity = capacity}};
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 7; ++t) {
    threads.emplace_back([&, t] {
      while (!done.load(std::memory_order_acquire)) {
        const policy how = t % 3 == 0 ? policy::gating : t % 3 == 1 ? policy::lossy : policy::kicked;
        auto it = channel.iter({.from = t % 2 == 0 ? start::oldest : start::next, .policy = how});
        std::uint64_t at = it.position();
        for (int i = 0; i < 20; ++i) {
          const auto o = it.try_next();
          if (o.is_closed() || o.is_failed()) break;
          if (o.is_gap()) at += o.missed();
          if (o.has_item()) {
            ASSERT_EQ(*o, at++);
          }
        }
        auto twin = it.fork();
        const auto o = twin.try_next();
        if (o.has_item()) {
          ASSERT_EQ(*o, at);
        }
      }
    });
  }
  const std::uint64_t items = test::scaled(5'000);
  for (std::uint64_t i = 0; i < items; ++i) channel.append(i);
  done.store(true, std::memory_order_release);
  channel.close();
  for (auto& t : threads) t.join();
  EXPECT_TRUE(channel.stats().iterators.empty());
}
TEST(BroadcastStress, joins_and_leaves_with_locked_writers) {
  for (const std::size_t capacity : {1u, 2u, 32u}) joins_and_leaves<writers::locked>(capacity);
}
TEST(BroadcastStress, joins_and_leaves_with_a_sole_writer) {
  for (const std::size_t capacity : {1u, 2u, 32u}) joins_and_leaves<writers::single>(capacity);
}

// Whoever is kicked joins again where it was, if that is still held, or at the oldest item: it never sees an item twice, nor one of another
// position.
template <writers W>
void kicked_and_joined_again(std::size_t capacity, std::size_t readers) {
  broadcast<std::uint64_t, W> channel{{.capacity = capacity}};
  const std::uint64_t items = test::scaled(5'000);
  std::barrier start(static_cast<std::ptrdiff_t>(readers + 1));
  std::vector<std::thread> threads;
  for (std::size_t r = 0; r < readers; ++r) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      std::uint64_t at = 0;
      const auto join = [&] {
        try {
          return channel.iter({.from = at, .policy = policy::kicked});
        } catch (const out_of_reach&) {
          return channel.iter({.policy = policy::kicked});
        }
      };
      for (auto it = join();;) {
        ASSERT_GE(it.position(), at);
        at = it.position();
        auto o = it.next_until(std::chrono::steady_clock::time_point::max());
        if (o.is_closed()) break;
        if (o.is_failed()) {
          it = join();
          continue;
        }
        ASSERT_TRUE(o.has_item());
        ASSERT_EQ(*o, at);
        at = it.position();
      }
      EXPECT_EQ(at, items);
    });
  }
  start.arrive_and_wait();
  for (std::uint64_t i = 0; i < items; ++i) channel.append(i);
  channel.close();
  for (auto& t : threads) t.join();
  EXPECT_TRUE(channel.stats().iterators.empty());
}
TEST(BroadcastStress, kicked_and_joined_again) {
  for (const std::size_t capacity : {1u, 2u, 24u}) {
    kicked_and_joined_again<writers::locked>(capacity, 3);
    kicked_and_joined_again<writers::single>(capacity, 31);
  }
}

// close() and fail() race with writers that wait, in every way to write, and with readers that park: a gating reader sees all that was
// written before the first of the two, then that end.
template <writers W>
void ends_reach_everyone(std::size_t capacity) {
  struct planned : std::exception {};
  for (std::size_t round = 0; round < test::scaled(70); ++round) {
    broadcast<int, W> channel{{.capacity = capacity}};
    std::array<typename broadcast<int, W>::iterator, 2> readers{channel.iter(), channel.iter()};  // before anything is written
    std::vector<std::thread> threads;
    std::atomic<int> written{0};  // by append()
    for (std::size_t w = 0; w < (W == writers::single ? 1u : 3u); ++w) {
      threads.emplace_back([&, w] {
        auto out = channel.appender(3);
        const std::vector<int> range(5, 1);
        try {
          for (std::size_t i = w;; ++i) {
            if (i % 4 < 2) channel.append(0), written.fetch_add(1);
            else if (i % 4 == 2) channel.append_range(range);
            else out.append(2);
          }
        } catch (const closed&) {
        }
      });
    }
    std::array<int, 2> read{};
    std::array<bool, 2> failed{};
    for (std::size_t r = 0; r < 2; ++r) {
      threads.emplace_back([&, r] {
        try {
          while (const auto x = readers[r].next()) read[r] += *x == 0 ? 1 : 0;
        } catch (const planned&) {
          failed[r] = true;
        }
        EXPECT_EQ(readers[r].position(), channel.end_position());
      });
    }
    threads.emplace_back([&] {
      if (round % 3 == 0) std::this_thread::yield();
      channel.fail(std::make_exception_ptr(planned()));
    });
    if (round % 2 == 0) std::this_thread::yield();
    channel.close();
    for (auto& t : threads) t.join();
    EXPECT_EQ(read[0], written);
    EXPECT_EQ(read[1], written);
    EXPECT_EQ(failed[0], failed[1]);
  }
}
TEST(BroadcastStress, ends_reach_everyone) {
  for (const std::size_t capacity : {1u, 2u, 24u}) {
    ends_reach_everyone<writers::locked>(capacity);
    ends_reach_everyone<writers::single>(capacity);
  }
}

}  // namespace
