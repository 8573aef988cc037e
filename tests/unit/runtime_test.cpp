// SPDX-License-Identifier: Apache-2.0
#include "pariter/runtime/runtime.hpp"

#include "pariter/async/async_generator.hpp"
#include "pariter/runtime/arena_executor.hpp"
#include "pariter/runtime/task_scope.hpp"
#include "support/async.hpp"
#include "support/forever.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

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

// Posts to the pool from the arena, and to the arena from the pool, `left` times in all.
void to_and_fro(runtime& rt, std::atomic<int>& ran, int left) {
  for (int i = 0; i < 100; ++i) std::this_thread::yield();
  ++ran;
  if (left == 0) return;
  const auto next = [&rt, &ran, left] { to_and_fro(rt, ran, left - 1); };
  if (left % 2 == 0) asio::post(rt.cpu_executor(), next);
  else asio::post(rt.io_executor(), next);
}

TEST(Runtime, runs_what_the_pool_and_the_arena_post_to_each_other_before_it_ends) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> ran = 0;
    {
      runtime rt({.io_threads = 2, .cpu_threads = 2});
      to_and_fro(rt, ran, 20 + round % 2);
    }
    EXPECT_EQ(ran, 21 + round % 2);
  }
}

TEST(Runtime, a_thread_of_the_arena_may_wait_for_the_pool_while_it_ends) {
  for (int round = 0; round < 20; ++round) {
    int sum = 0;
    {
      runtime rt({.io_threads = 1, .cpu_threads = 2});
      asio::post(rt.io_executor(), [&] {
        asio::post(rt.cpu_executor(), [&] {
          auto body = [](asio::any_io_executor ex) -> async_generator<int> {
            for (int i = 0; i < 10; ++i) {
              co_await asio::post(ex, asio::deferred);
              co_yield i;
            }
          };
          for (int i : body(rt.io_executor())) sum += i;
        });
      });
    }
    EXPECT_EQ(sum, 45);
  }
}

// A wait for a timer of the arena's executor is given up when the runtime ends, and the consumer is told.
TEST(Runtime, runs_in_the_pool_what_the_services_of_the_arena_post_when_they_end) {
  auto body = [](asio::any_io_executor ex) -> async_generator<int> {
    asio::steady_timer timer(ex, 1h);
    co_await timer.async_wait(asio::deferred);
    co_yield 1;
  };
  int told = 0;
  {
    runtime rt({.io_threads = 1, .cpu_threads = 2});
    auto g = std::make_shared<async_generator<int>>(body(rt.cpu_executor()));
    auto& pulled = *g;
    pulled.async_next(asio::bind_executor(rt.cpu_executor(), [&, g = std::move(g)](std::exception_ptr e, std::optional<int>) mutable {
      EXPECT_TRUE(e);
      g.reset();  // with its timer
      asio::post(rt.io_executor(), [&] {
        EXPECT_TRUE(rt.on_io_worker());
        asio::post(rt.cpu_executor(), [&] { asio::post(rt.io_executor(), [&] { ++told; }); });
      });
    }));
  }
  EXPECT_EQ(told, 1);
}

TEST(RuntimeDeathTest, is_not_destroyed_by_one_of_its_own_threads) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a fork would have none of the threads
  const auto destroy_in = [](auto executor_of) {
    auto* const rt = new runtime({.io_threads = 1, .cpu_threads = 2});
    std::promise<void> never;
    asio::post(executor_of(*rt), [rt] { delete rt; });
    never.get_future().wait();
  };
  EXPECT_DEATH(destroy_in([](runtime& rt) { return rt.io_executor(); }), "cannot be destroyed by one of its own threads");
  EXPECT_DEATH(destroy_in([](runtime& rt) { return rt.cpu_executor(); }), "cannot be destroyed by one of its own threads");
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
