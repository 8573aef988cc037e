// SPDX-License-Identifier: Apache-2.0
#include "pariter/runtime/runtime.hpp"

#include "pariter/async/async_generator.hpp"
#include "pariter/runtime/arena_executor.hpp"
#include "pariter/runtime/task_scope.hpp"
#include "support/async.hpp"
#include "support/forever.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

// oneTBB keeps what an observer has registered until the threads that saw it leave the arena, which at the end of a program they
// do not; Leak Sanitizer counts that.
extern "C" const char* __lsan_default_suppressions() { return "leak:tbb::detail::r1::observe\n"; }

namespace {

namespace asio = boost::asio;
using pariter::test::forever;
using namespace std::chrono_literals;
using pariter::async_generator;
using pariter::resume_on;
using pariter::runtime;
using pariter::test::result_of;

TEST(Runtime, knows_its_workers) {
  runtime rt({.io_threads = 2, .cpu_threads = 2});
  EXPECT_EQ(rt.io_threads(), 2u);
  EXPECT_EQ(rt.cpu_threads(), 2u);
  EXPECT_FALSE(rt.on_worker());
  asio::post(rt.io_executor(), asio::use_future([&] {
    EXPECT_TRUE(rt.on_worker());
    EXPECT_TRUE(rt.on_io_worker());
  })).get();
  asio::post(rt.cpu_executor(), asio::use_future([&] {
    EXPECT_TRUE(rt.on_worker());
    EXPECT_FALSE(rt.on_io_worker());
  })).get();
  rt.arena().execute([&] { EXPECT_TRUE(rt.on_worker()); });
  EXPECT_FALSE(rt.on_worker());
}

TEST(Runtime, refuses_to_block_an_io_thread) {
  runtime rt({.io_threads = 1});
  auto body = [](asio::any_io_executor ex) -> async_generator<int> {
    asio::steady_timer timer(ex, 1ms);
    co_await timer.async_wait(asio::deferred);
    co_yield 1;
  };
  auto g = body(rt.io_executor());
  asio::post(rt.io_executor(), asio::use_future([&] { EXPECT_THROW(g.next(), pariter::would_deadlock); })).get();
  EXPECT_EQ(g.next(), 1);  // the pull that could not wait has lost nothing
  asio::post(rt.io_executor(), asio::use_future([&] { EXPECT_THROW(rt.join(), pariter::would_deadlock); })).get();
}

TEST(Runtime, runs_a_body_among_the_computing_threads) {
  runtime rt({.io_threads = 1, .cpu_threads = 2});
  auto body = [](runtime& where) -> async_generator<int> {
    co_await resume_on(where.cpu_executor());
    asio::steady_timer timer(where.io_executor());
    for (int i = 0; i < 100; ++i) {
      timer.expires_after(1us);
      co_await timer.async_wait(asio::deferred);
      EXPECT_TRUE(where.on_worker());
      EXPECT_FALSE(where.on_io_worker());
      co_yield i;
    }
  };
  int sum = 0;
  for (int i : body(rt)) sum += i;
  EXPECT_EQ(sum, 4950);
}

TEST(Runtime, runs_what_was_posted_before_it_ends) {
  std::atomic<int> ran = 0;
  {
    runtime rt({.io_threads = 2, .cpu_threads = 2});
    for (int i = 0; i < 1000; ++i) {
      asio::post(rt.io_executor(), [&] { ran.fetch_add(1, std::memory_order_relaxed); });
      asio::post(rt.cpu_executor(), [&] { ran.fetch_add(1, std::memory_order_relaxed); });
    }
  }
  EXPECT_EQ(ran, 2000);
}

asio::awaitable<void> failing() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  throw std::out_of_range("planned");
}

TEST(Runtime, joins_what_was_spawned_and_throws_the_first_error_once) {
  std::atomic<int> ended = 0;
  runtime rt({.io_threads = 2});
  for (int i = 0; i < 10; ++i) rt.spawn(forever(ended));
  rt.spawn(failing());  // stops the others
  EXPECT_THROW(rt.join(), std::out_of_range);
  EXPECT_EQ(ended, 10);
  EXPECT_NO_THROW(rt.join());
  EXPECT_THROW(rt.spawn(forever(ended)), pariter::closed);
}

TEST(Runtime, stops_what_was_spawned_when_it_ends) {
  std::atomic<int> ended = 0;
  {
    runtime rt({.io_threads = 2});
    for (int i = 0; i < 10; ++i) rt.spawn(forever(ended));
  }
  EXPECT_EQ(ended, 10);
}

TEST(Runtime, stopped_by_request_has_not_failed) {
  std::atomic<int> ended = 0;
  runtime rt({.io_threads = 2});
  rt.spawn(forever(ended));
  rt.request_stop();
  EXPECT_NO_THROW(rt.join());
  EXPECT_EQ(ended, 1);
}

}  // namespace
