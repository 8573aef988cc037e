// SPDX-License-Identifier: Apache-2.0
// async_body: request_stop(), close() and async_close() at every place where a body can stand.
#include "pariter/async/async_body.hpp"

#include "pariter/async/async_generator.hpp"
#include "pariter/async/this_generator.hpp"
#include "support/async.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using pariter::async_generator;
using pariter::close_requested;
using pariter::test::lifetime;
using pariter::test::result_of;

// Waits long; says what came of it.
async_generator<boost::system::error_code> waiting(asio::any_io_executor ex) {
  asio::steady_timer timer(ex);
  for (;;) {
    timer.expires_after(24h);
    const auto [code] = co_await timer.async_wait(asio::as_tuple(asio::deferred));
    co_yield code;
  }
}

TEST(AsyncBody, stopped_while_it_waits_sees_its_operation_cancelled) {
  asio::thread_pool pool(2);
  for (int round = 0; round < 100; ++round) {
    auto g = waiting(pool.get_executor());
    auto pull = g.async_next(asio::use_future);
    g.request_stop();
    EXPECT_EQ(result_of(std::move(pull)), asio::error::operation_aborted);
  }
  pool.join();
}

TEST(AsyncBody, stopped_before_it_waits_sees_its_next_operation_cancelled) {
  asio::thread_pool pool(1);
  auto g = waiting(pool.get_executor());
  g.request_stop();
  EXPECT_EQ(g.next(), asio::error::operation_aborted);
  pool.join();
}

TEST(AsyncBody, is_stopped_once) {
  asio::thread_pool pool(1);
  auto body = [](asio::any_io_executor ex) -> async_generator<int> {
    asio::steady_timer timer(ex, 24h);
    const auto [first] = co_await timer.async_wait(asio::as_tuple(asio::deferred));
    EXPECT_EQ(first, asio::error::operation_aborted);
    timer.expires_after(1ms);
    const auto [cleanup] = co_await timer.async_wait(asio::as_tuple(asio::deferred));
    EXPECT_FALSE(cleanup);
    co_yield 1;
  };
  auto g = body(pool.get_executor());
  g.request_stop();
  g.request_stop();
  EXPECT_EQ(g.next(), 1);
  g.request_stop();
  EXPECT_FALSE(g.next());
  pool.join();
}

TEST(AsyncBody, that_polls_for_a_stop_cleans_up_in_peace) {
  asio::thread_pool pool(1);
  auto body = [](asio::any_io_executor ex) -> async_generator<int> {
    for (int i = 0; !co_await pariter::this_generator::stop_requested; ++i) co_yield i;
    asio::steady_timer timer(ex, 1us);
    const auto [cleanup] = co_await timer.async_wait(asio::as_tuple(asio::deferred));
    EXPECT_FALSE(cleanup);
    co_yield -1;
  };
  auto g = body(pool.get_executor());
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.next(), 1);
  g.request_stop();
  EXPECT_EQ(g.next(), -1);
  EXPECT_FALSE(g.next());
  pool.join();
}

TEST(AsyncBody, stopped_by_many_threads_while_it_runs) {
  asio::thread_pool pool(2);
  for (int round = 0; round < 100; ++round) {
    auto body = [](asio::any_io_executor ex) -> async_generator<int> {
      asio::steady_timer timer(ex);
      for (int i = 0; !co_await pariter::this_generator::stop_requested; ++i) {
        timer.expires_after(1us);
        (void)co_await timer.async_wait(asio::as_tuple(asio::deferred));
        co_yield i;
      }
    };
    auto g = body(pool.get_executor());
    std::jthread a([&] { g.request_stop(); });
    std::jthread b([&] { g.request_stop(); });
    int expected = 0;
    for (int i : g) EXPECT_EQ(i, expected++);
  }
  pool.join();
}

TEST(AsyncBody, of_an_operation_that_completes_inside_its_cancellation_goes_on_elsewhere) {
  auto body = [](std::thread::id& resumed_on) -> async_generator<int> {
    auto operation = asio::async_initiate<const asio::deferred_t, void()>(
        [](auto handler) {
          auto slot = asio::get_associated_cancellation_slot(handler);
          auto kept = std::make_shared<decltype(handler)>(std::move(handler));
          slot.assign([kept](asio::cancellation_type) { std::move(*kept)(); });
        },
        asio::deferred);
    co_await std::move(operation);
    resumed_on = pariter::test::this_thread();
    co_yield 1;
  };
  std::thread::id resumed_on;
  auto g = body(resumed_on);
  auto pull = g.async_next(asio::use_future);
  g.request_stop();
  EXPECT_EQ(result_of(std::move(pull)), 1);
  EXPECT_NE(resumed_on, std::this_thread::get_id());
}

// ---- close ----------------------------------------------------------------------------------------------------------

async_generator<int> cleaning_up(asio::any_io_executor ex, int& cleaned, std::shared_ptr<int> token = {}) {
  const auto held = std::move(token);
  bool closing = false;
  try {
    for (int i = 0;; ++i) co_yield i;
  } catch (const close_requested&) {
    closing = true;
  }
  EXPECT_TRUE(closing);
  asio::steady_timer timer(ex, 1us);
  co_await timer.async_wait(asio::deferred);
  ++cleaned;
}

TEST(AsyncBody, closed_at_a_yield_can_catch_it_and_await) {
  const lifetime life;
  asio::thread_pool pool(1);
  int cleaned = 0;
  auto g = cleaning_up(pool.get_executor(), cleaned, life.token());
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.next(), 1);
  g.close();
  EXPECT_EQ(cleaned, 1);
  EXPECT_TRUE(life.alone());
  EXPECT_FALSE(g.next());
  g.close();
  EXPECT_EQ(cleaned, 1);
  pool.join();
}

// The close takes the place of a stop that nothing has seen.

async_generator<int> saying_how_the_cleanup_went(asio::any_io_executor ex, boost::system::error_code& went) {
  bool closing = false;
  try {
    for (int i = 0;; ++i) co_yield i;
  } catch (const close_requested&) {
    closing = true;
  }
  EXPECT_TRUE(closing);
  asio::steady_timer timer(ex, 1us);
  went = asio::error::would_block;
  const auto [code] = co_await timer.async_wait(asio::as_tuple(asio::deferred));
  went = code;
}

TEST(AsyncBody, closed_after_a_stop_that_found_it_at_rest_cleans_up_in_peace) {
  for (const bool by_a_thread : {false, true}) {
    asio::thread_pool pool(1);
    boost::system::error_code went = asio::error::would_block;
    auto g = saying_how_the_cleanup_went(pool.get_executor(), went);
    EXPECT_EQ(g.next(), 0);
    g.request_stop();
    if (by_a_thread) g.close();
    else result_of(g.async_close(asio::use_future));
    EXPECT_FALSE(went) << went.message();
    pool.join();
  }
}

TEST(AsyncBody, closed_while_an_abandoned_pull_still_runs_cleans_up_in_peace) {
  asio::io_context io;
  boost::system::error_code went = asio::error::would_block;
  auto g = saying_how_the_cleanup_went(io.get_executor(), went);
  g.bind_executor(io.get_executor());
  EXPECT_TRUE(g.try_next().is_empty());  // the body is on its way to the executor, and will yield without a wait
  auto closed = g.async_close(asio::use_future);
  io.run();
  result_of(std::move(closed));
  EXPECT_FALSE(went) << went.message();
}

TEST(AsyncBody, closed_by_an_awaitable) {
  asio::io_context io;
  int cleaned = 0;
  auto consume = [](async_generator<int> g) -> asio::awaitable<int> {
    EXPECT_EQ(co_await g.async_next(), 0);
    co_await g.async_close();
    EXPECT_EQ(co_await g.async_next(), std::nullopt);
    co_await g.async_close();
    co_return 5;
  };
  auto done = asio::co_spawn(io, consume(cleaning_up(io.get_executor(), cleaned)), asio::use_future);
  io.run();
  EXPECT_EQ(result_of(std::move(done)), 5);
  EXPECT_EQ(cleaned, 1);
}

TEST(AsyncBody, closed_by_another_generator) {
  asio::thread_pool pool(1);
  int cleaned = 0;
  auto body = [](async_generator<int> source) -> async_generator<int> {
    co_yield *co_await source.async_next();
    co_await source.async_close();
    co_yield 2;
  };
  auto g = body(cleaning_up(pool.get_executor(), cleaned));
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.next(), 2);
  EXPECT_EQ(cleaned, 1);
  pool.join();
}

TEST(AsyncBody, closed_before_it_started_runs_nothing) {
  auto body = []() -> async_generator<int> {
    ADD_FAILURE();
    co_yield 1;
  };
  auto g = body();
  g.close();
  EXPECT_FALSE(g.next());
}

TEST(AsyncBody, closed_without_a_catch_just_ends) {
  const lifetime life;
  auto body = [](const lifetime& from) -> async_generator<int> {
    const auto held = from.token();
    for (int i = 0;; ++i) co_yield i;
  };
  auto g = body(life);
  EXPECT_EQ(g.next(), 0);
  g.close();
  EXPECT_TRUE(life.alone());
  EXPECT_FALSE(g.next());
}

TEST(AsyncBody, that_yields_while_it_is_closed_is_reported) {
  auto body = []() -> async_generator<int> {
    bool again = false;
    try {
      co_yield 1;
    } catch (const close_requested&) {
      again = true;
    }
    if (again) co_yield 2;
  };
  auto g = body();
  EXPECT_EQ(g.next(), 1);
  EXPECT_THROW(g.close(), pariter::ignored_close);
  EXPECT_FALSE(g.next());
  auto h = body();
  EXPECT_EQ(h.next(), 1);
  EXPECT_THROW(result_of(h.async_close(asio::use_future)), pariter::ignored_close);
  EXPECT_FALSE(h.next());
}

TEST(AsyncBody, that_throws_while_it_is_closed_is_reported_once) {
  auto body = []() -> async_generator<int> {
    try {
      co_yield 1;
    } catch (const close_requested&) {
      throw std::out_of_range("planned");
    }
  };
  auto g = body();
  EXPECT_EQ(g.next(), 1);
  EXPECT_THROW(g.close(), std::out_of_range);
  g.close();
  EXPECT_FALSE(g.next());
}

TEST(AsyncBody, closed_while_an_abandoned_pull_still_waits_is_stopped_first) {
  asio::io_context io;
  int cleaned = 0;
  auto body = [](asio::any_io_executor ex, int& done) -> async_generator<int> {
    asio::steady_timer timer(ex, 24h);
    const auto [code] = co_await timer.async_wait(asio::as_tuple(asio::deferred));
    EXPECT_EQ(code, asio::error::operation_aborted);
    try {
      co_yield 1;
      ADD_FAILURE();
    } catch (const close_requested&) {
      ++done;
    }
  };
  auto g = body(io.get_executor(), cleaned);
  asio::cancellation_signal cancel;
  g.async_next(asio::bind_executor(io, asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr, std::optional<int>) {})));
  cancel.emit(asio::cancellation_type::terminal);
  io.poll();
  auto closed = g.async_close(asio::use_future);
  io.restart();
  io.run();
  result_of(std::move(closed));
  EXPECT_EQ(cleaned, 1);
  EXPECT_FALSE(g.next());
}

TEST(AsyncBody, closed_while_it_waits_and_lets_the_cancellation_pass_has_not_failed) {
  asio::io_context io;
  auto body = [](asio::any_io_executor ex) -> async_generator<int> {
    asio::steady_timer timer(ex, 24h);
    co_await timer.async_wait(asio::deferred);
    co_yield 1;
  };
  auto g = body(io.get_executor());
  asio::cancellation_signal cancel;
  g.async_next(asio::bind_executor(io, asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr, std::optional<int>) {})));
  cancel.emit(asio::cancellation_type::terminal);
  io.poll();
  std::jthread runner([&] {
    io.restart();
    io.run();
  });
  g.close();
  EXPECT_FALSE(g.next());
}

}  // namespace
