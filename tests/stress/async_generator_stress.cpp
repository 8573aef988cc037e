// SPDX-License-Identifier: Apache-2.0
// async_generator under many threads: pulls that race, are cancelled and abandoned, stops and drops at any moment.
// Every scenario checks that each item came exactly once, in order, and that every frame is gone at the end.
#include "pariter/async/async_generator.hpp"

#include "support/async.hpp"
#include "support/scale.hpp"
#include "support/seed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <memory>
#include <future>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using pariter::async_generator;
using pariter::resume_on;
using pariter::test::lifetime;
using pariter::test::result_of;
using pariter::test::scaled;

unsigned seed() { return static_cast<unsigned>(pariter::test::seed()); }

// Waits in one of several ways before each item, or not at all.
async_generator<int> restless(asio::thread_pool::executor_type a, asio::thread_pool::executor_type b, int n, unsigned from, std::shared_ptr<int>) {
  std::minstd_rand random(from);
  asio::steady_timer timer(a);
  for (int i = 0; i < n; ++i) {
    switch (random() % 8) {
      case 0:
        timer.expires_after(1us);
        (void)co_await timer.async_wait(asio::as_tuple(asio::deferred));
        break;
      case 1: co_await asio::post(b, asio::deferred); break;
      case 2: co_await resume_on(a); break;
      case 3: co_await resume_on(b); break;
      default: break;
    }
    co_yield i;
  }
}

class AsyncGeneratorStress : public testing::Test {
 protected:
  asio::thread_pool a{2};
  asio::thread_pool b{2};
  lifetime life;

  auto make(int n, unsigned from) { return restless(a.get_executor(), b.get_executor(), n, from, life.token()); }
  void TearDown() override {
    a.join();
    b.join();
    EXPECT_TRUE(life.alone()) << "a frame was not destroyed";
  }
};

TEST_F(AsyncGeneratorStress, sixteen_threads_hand_one_generator_over) {
  const int n = static_cast<int>(scaled(2000));
  auto g = make(n, seed());
  std::mutex turn;
  int expected = 0;
  std::barrier start(16);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&] {
      start.arrive_and_wait();
      for (;;) {
        const std::lock_guard lock(turn);
        const auto item = g.next();
        if (!item) return;
        ASSERT_EQ(*item, expected++);
      }
    });
  threads.clear();
  EXPECT_EQ(expected, n);
}

TEST_F(AsyncGeneratorStress, threads_that_race_get_each_item_once_or_busy) {
  const int n = static_cast<int>(scaled(1000));
  auto g = make(n, seed() + 1);
  std::vector<std::atomic<int>> seen(static_cast<std::size_t>(n));
  std::barrier start(4);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      start.arrive_and_wait();
      for (;;) {
        try {
          const auto item = g.next();
          if (!item) return;
          seen[static_cast<std::size_t>(*item)].fetch_add(1, std::memory_order_relaxed);
        } catch (const pariter::busy&) {
          std::this_thread::yield();
        }
      }
    });
  threads.clear();
  for (const auto& count : seen) ASSERT_EQ(count.load(), 1);
}

TEST_F(AsyncGeneratorStress, consumers_of_every_kind_take_turns) {
  const int n = static_cast<int>(scaled(1000));
  auto g = make(n, seed() + 2);
  int expected = 0;
  auto few = [](async_generator<int>& it, int& next) -> asio::awaitable<bool> {
    for (int i = 0; i < 7; ++i) {
      const auto item = co_await it.async_next();
      if (!item) co_return false;
      EXPECT_EQ(*item, next++);
    }
    co_return true;
  };
  for (bool more = true; more;) {
    const auto by_future = result_of(g.async_next(asio::use_future));
    if (by_future) {
      EXPECT_EQ(*by_future, expected++);
    }
    const auto by_thread = g.next();
    if (by_thread) {
      EXPECT_EQ(*by_thread, expected++);
    }
    more = result_of(asio::co_spawn(b, few(g, expected), asio::use_future));
  }
  EXPECT_EQ(expected, n);
}

// Pulls that are cancelled at any moment, in the strand as Asio asks: an item is either delivered or kept.
TEST_F(AsyncGeneratorStress, cancelled_pulls_lose_nothing) {
  const int n = static_cast<int>(scaled(500));
  auto g = make(n, seed() + 3);
  auto strand = asio::make_strand(b.get_executor());
  std::minstd_rand random(seed());
  int expected = 0;
  std::size_t cancelled = 0;
  for (bool ended = false; !ended;) {
    asio::cancellation_signal cancel;
    std::promise<std::optional<int>> result;
    auto future = result.get_future();
    const bool do_cancel = random() % 2 == 0;
    const bool at_once = random() % 4 == 0;
    const unsigned delay = static_cast<unsigned>(random() % 20);
    asio::post(strand, [&] {
      g.async_next(asio::bind_executor(strand, asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& e, std::optional<int> item) {
        if (e) return result.set_exception(e);
        if (!item) ended = true;
        result.set_value(item);
      })));
      if (at_once) cancel.emit(asio::cancellation_type::terminal);
    });
    for (unsigned i = 0; i < delay; ++i) std::this_thread::yield();
    if (do_cancel) asio::post(strand, asio::use_future([&] { cancel.emit(asio::cancellation_type::terminal); })).get();
    try {
      const auto item = result_of(std::move(future));
      if (item) {
        ASSERT_EQ(*item, expected++);
      }
    } catch (const boost::system::system_error& e) {
      ASSERT_EQ(e.code(), asio::error::operation_aborted);
      ++cancelled;
    }
    asio::post(strand, asio::use_future([] {})).get();
  }
  EXPECT_EQ(expected, n);
  EXPECT_GT(cancelled, 0u);
}

TEST_F(AsyncGeneratorStress, dropped_at_any_moment) {
  std::minstd_rand random(seed());
  for (std::size_t round = 0; round < scaled(300); ++round) {
    auto g = make(20, static_cast<unsigned>(round));
    const auto pulls = random() % 12;
    for (unsigned i = 0; i < pulls; ++i) (void)g.next();
    if (random() % 2 == 0) {
      auto pull = g.async_next(asio::use_future);
      { const auto gone = std::move(g); }
      try {
        (void)result_of(std::move(pull));
      } catch (const boost::system::system_error&) {
      }
    }
  }
}

TEST_F(AsyncGeneratorStress, stopped_at_any_moment) {
  for (std::size_t round = 0; round < scaled(40); ++round) {
    auto g = make(100, static_cast<unsigned>(round));
    std::jthread stopper([&, round] {
      for (std::size_t i = 0; i < round % 50; ++i) std::this_thread::yield();
      g.request_stop();
    });
    int expected = 0;
    for (int i : g) ASSERT_EQ(i, expected++);
    ASSERT_EQ(expected, 100);
  }
}

TEST_F(AsyncGeneratorStress, closed_at_any_moment) {
  for (std::size_t round = 0; round < scaled(200); ++round) {
    auto g = make(1000, static_cast<unsigned>(round));
    for (std::size_t i = 0; i < round % 7; ++i) (void)g.next();
    if (round % 2 == 0) g.close();
    else result_of(g.async_close(asio::use_future));
    ASSERT_FALSE(g.next());
  }
}

// Three stages in two pools, each a generator over the one before; many at once.
TEST_F(AsyncGeneratorStress, stages_in_different_executors) {
  auto stage = [](async_generator<int> source, asio::thread_pool::executor_type ex) -> async_generator<int> {
    co_await resume_on(ex);
    while (auto item = co_await source.async_next()) co_yield *item + 1;
  };
  auto drain = [](async_generator<int> g) -> asio::awaitable<long> {
    long sum = 0;
    while (auto item = co_await g.async_next()) sum += *item;
    co_return sum;
  };
  const int n = static_cast<int>(scaled(200));
  std::vector<std::future<long>> sums;
  for (unsigned i = 0; i < 8; ++i)
    sums.push_back(asio::co_spawn(a, drain(stage(stage(make(n, seed() + i), b.get_executor()), a.get_executor())), asio::use_future));
  for (auto& sum : sums) EXPECT_EQ(result_of(std::move(sum)), static_cast<long>(n) * (n - 1) / 2 + 2L * n);
}

}  // namespace
