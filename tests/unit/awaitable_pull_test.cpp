// SPDX-License-Identifier: Apache-2.0
// awaitable_pull: asio::awaitable as the consumer.
#include "pariter/async/awaitable_pull.hpp"

#include "pariter/async/async_generator.hpp"
#include "support/async.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using pariter::async_generator;
using pariter::resume_on;
using pariter::test::here_in;
using pariter::test::lifetime;
using pariter::test::result_of;

template <class T>
async_generator<T> upto(T n) {
  for (T i = 0; i < n; ++i) co_yield i;
}

template <class T>
asio::awaitable<T> sum_of(async_generator<T> g) {
  T sum = 0;
  while (auto item = co_await g.async_next()) sum += *item;
  co_return sum;
}

TEST(AwaitablePull, passes_items_and_the_end) {
  asio::io_context io;
  auto sum = asio::co_spawn(io, sum_of(upto(10)), asio::use_future);
  io.run();
  EXPECT_EQ(result_of(std::move(sum)), 45);
}

TEST(AwaitablePull, of_a_million_ready_items_is_flat_and_posts_nothing) {
  asio::io_context io;
  auto sum = asio::co_spawn(io, sum_of(upto(1'000'000L)), asio::use_future);
  std::size_t handlers = 0;
  while (io.run_one() != 0) ++handlers;
  EXPECT_EQ(result_of(std::move(sum)), 499'999'500'000L);
  EXPECT_LT(handlers, 10u);
}

TEST(AwaitablePull, passes_exceptions_once) {
  auto failing = []() -> async_generator<int> {
    co_yield 1;
    throw std::out_of_range("planned");
  };
  auto consume = [](async_generator<int> g) -> asio::awaitable<int> {
    EXPECT_EQ(co_await g.async_next(), 1);
    bool thrown = false;
    try {
      (void)co_await g.async_next();
    } catch (const std::out_of_range&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    EXPECT_EQ(co_await g.async_next(), std::nullopt);
    co_return 1;
  };
  asio::io_context io;
  auto done = asio::co_spawn(io, consume(failing()), asio::use_future);
  io.run();
  EXPECT_EQ(result_of(std::move(done)), 1);
}

async_generator<int> ticking(asio::any_io_executor ex, int n) {
  asio::steady_timer timer(ex);
  for (int i = 0; i < n; ++i) {
    timer.expires_after(5us);
    co_await timer.async_wait(asio::deferred);
    co_yield i;
  }
}

TEST(AwaitablePull, resumes_where_the_awaitable_belongs) {
  asio::io_context mine;
  asio::thread_pool theirs(2);
  auto consume = [](async_generator<int> g, asio::io_context::executor_type here) -> asio::awaitable<int> {
    int sum = 0;
    while (auto item = co_await g.async_next()) {
      EXPECT_TRUE(here_in(here));
      sum += *item;
    }
    co_return sum;
  };
  auto waits = asio::co_spawn(mine, consume(ticking(theirs.get_executor(), 100), mine.get_executor()), asio::use_future);
  auto moves = [](asio::thread_pool::executor_type ex) -> async_generator<int> {
    co_await resume_on(ex);
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(here_in(ex));
      co_yield i;
    }
  };
  auto hops = asio::co_spawn(mine, consume(moves(theirs.get_executor()), mine.get_executor()), asio::use_future);
  mine.run();  // ends only if the pulls kept it going
  EXPECT_EQ(result_of(std::move(waits)), 4950);
  EXPECT_EQ(result_of(std::move(hops)), 4950);
  theirs.join();
}

TEST(AwaitablePull, makes_no_hop_when_the_body_is_in_the_same_executor) {
  asio::thread_pool pool(1);
  auto body = [](asio::thread_pool::executor_type ex) -> async_generator<int> {
    co_await resume_on(ex);
    for (int i = 0; i < 100; ++i) co_yield i;
  };
  auto consume = [](async_generator<int> g, asio::thread_pool::executor_type ex) -> asio::awaitable<bool> {
    bool others_ran = false;
    (void)co_await g.async_next();
    asio::post(ex, [&others_ran] { others_ran = true; });
    while (co_await g.async_next()) EXPECT_FALSE(others_ran);
    const bool never = !others_ran;
    co_await asio::post(ex, asio::use_awaitable);
    EXPECT_TRUE(others_ran);
    co_return never;
  };
  EXPECT_TRUE(result_of(asio::co_spawn(pool, consume(body(pool.get_executor()), pool.get_executor()), asio::use_future)));
  pool.join();
}

TEST(AwaitablePull, with_use_awaitable_works_too) {
  auto consume = [](async_generator<int> g) -> asio::awaitable<int> {
    int sum = 0;
    while (auto item = co_await g.async_next(asio::use_awaitable)) sum += *item;
    co_return sum;
  };
  asio::io_context io;
  auto sum = asio::co_spawn(io, consume(upto(10)), asio::use_future);
  io.run();
  EXPECT_EQ(result_of(std::move(sum)), 45);
}

TEST(AwaitablePull, given_up_for_a_timer_loses_neither_item_nor_stream) {
  using namespace asio::experimental::awaitable_operators;
  using channel = asio::experimental::concurrent_channel<void(boost::system::error_code)>;
  asio::io_context io;
  channel go(io, 100);
  auto body = [](channel& permits) -> async_generator<int> {
    for (int i = 0; i < 5; ++i) {
      (void)co_await permits.async_receive(asio::as_tuple(asio::deferred));
      co_yield i;
    }
  };
  auto consume = [](async_generator<int> g, channel& permits) -> asio::awaitable<int> {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (int i = 0; i < 5; ++i) {
      timer.expires_after(100us);
      auto either = co_await (g.async_next(asio::use_awaitable) || timer.async_wait(asio::use_awaitable));
      EXPECT_EQ(either.index(), 1u);
      permits.try_send(boost::system::error_code());
      EXPECT_EQ(co_await g.async_next(), i);
    }
    EXPECT_EQ(co_await g.async_next(), std::nullopt);
    co_return 1;
  };
  auto done = asio::co_spawn(io, consume(body(go), go), asio::use_future);
  io.run();
  EXPECT_EQ(result_of(std::move(done)), 1);
}

TEST(AwaitablePull, of_a_cancelled_awaitable_is_abandoned) {
  asio::io_context io;
  asio::steady_timer never(io, 24h);
  auto body = [](asio::steady_timer& timer) -> async_generator<int> {
    const auto [code] = co_await timer.async_wait(asio::as_tuple(asio::deferred));
    EXPECT_EQ(code, asio::error::operation_aborted);
    co_yield 1;
  };
  auto g = body(never);
  auto consume = [](async_generator<int>& it) -> asio::awaitable<bool> {
    try {
      (void)co_await it.async_next();
    } catch (const boost::system::system_error& e) {
      co_return e.code() == asio::error::operation_aborted;
    }
    co_return false;
  };
  asio::cancellation_signal cancel;
  auto token = asio::bind_cancellation_slot(cancel.slot(), asio::use_future);
  auto aborted = asio::co_spawn(io, consume(g), token);
  io.poll();
  cancel.emit(asio::cancellation_type::terminal);
  io.poll();
  EXPECT_TRUE(result_of(std::move(aborted)));
  never.cancel();
  io.restart();
  io.run();
  EXPECT_EQ(g.next(), 1);
}

// What follows in the same expression may pull again, or destroy the source.
asio::awaitable<int> sum_of_two(async_generator<int>& g) { co_return *co_await g.async_next() + *co_await g.async_next(); }
asio::awaitable<int> after_reset(int item, std::optional<async_generator<int>>& g) {
  g.reset();
  co_return item;
}
asio::awaitable<int> last_of(std::optional<async_generator<int>>& g) { co_return co_await after_reset(*co_await g->async_next(), g); }

TEST(AwaitablePull, is_over_when_it_has_its_item) {
  for (const bool waits : {false, true}) {
    asio::io_context io;
    std::optional<async_generator<int>> g = waits ? ticking(io.get_executor(), 3) : upto(3);
    auto sum = asio::co_spawn(io, sum_of_two(*g), asio::use_future);
    io.run();
    EXPECT_EQ(result_of(std::move(sum)), 0 + 1);
    auto last = asio::co_spawn(io, last_of(g), asio::use_future);
    io.restart();
    io.run();
    EXPECT_EQ(result_of(std::move(last)), 2);
    EXPECT_FALSE(g);
  }
}

TEST(AwaitablePull, overlapping_another_is_busy) {
  asio::io_context io;
  asio::steady_timer wait(io, 1ms);
  auto body = [](asio::steady_timer& timer) -> async_generator<int> {
    co_await timer.async_wait(asio::deferred);
    co_yield 1;
  };
  auto g = body(wait);
  auto first = [](async_generator<int>& it) -> asio::awaitable<std::optional<int>> { co_return co_await it.async_next(); };
  auto second = [](async_generator<int>& it) -> asio::awaitable<bool> {
    try {
      (void)co_await it.async_next();
    } catch (const pariter::busy&) {
      co_return true;
    }
    co_return false;
  };
  auto a = asio::co_spawn(io, first(g), asio::use_future);
  auto b = asio::co_spawn(io, second(g), asio::use_future);
  io.run();
  EXPECT_TRUE(result_of(std::move(b)));
  EXPECT_EQ(result_of(std::move(a)), 1);
}

TEST(AwaitablePull, whose_awaitable_dies_with_its_context_frees_everything) {
  const lifetime life;
  {
    asio::io_context io;
    auto body = [](asio::any_io_executor ex, std::shared_ptr<int>) -> async_generator<int> {
      asio::steady_timer timer(ex, 24h);
      co_await timer.async_wait(asio::deferred);
      co_yield 1;
    };
    auto consume = [](async_generator<int> g) -> asio::awaitable<void> { (void)co_await g.async_next(); };
    asio::co_spawn(io, consume(body(io.get_executor(), life.token())), [](std::exception_ptr) {});
    io.poll();
    EXPECT_FALSE(life.alone());
  }
  EXPECT_TRUE(life.alone());
}

// As if it had awaited an operation of Asio's: what the coroutine throws comes out of run().
TEST(AwaitablePull, whose_awaitable_throws_throws_from_run) {
  auto consume = [](async_generator<int>& g) -> asio::awaitable<void> {
    (void)co_await g.async_next();
    throw std::out_of_range("planned");
  };
  for (const bool in_a_strand : {false, true}) {
    for (const bool bound : {false, true}) {
      asio::io_context io;
      const asio::any_io_executor ex = in_a_strand ? asio::any_io_executor(asio::make_strand(io)) : asio::any_io_executor(io.get_executor());
      auto g = ticking(ex, 2);
      if (bound) g.bind_executor(ex);
      asio::co_spawn(ex, consume(g), [](std::exception_ptr e) { std::rethrow_exception(e); });
      EXPECT_THROW(io.run(), std::out_of_range);
      io.restart();
      io.run();
      auto next = [](async_generator<int>& it) -> asio::awaitable<std::optional<int>> { co_return co_await it.async_next(); };
      auto second = asio::co_spawn(ex, next(g), asio::use_future);
      io.restart();
      io.run();
      EXPECT_EQ(result_of(std::move(second)), 1);
    }
  }
}

}  // namespace
