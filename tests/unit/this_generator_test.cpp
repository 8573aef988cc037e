// SPDX-License-Identifier: Apache-2.0
// this_generator: what a body is told of itself. stop_requested: async_body_test.
#include "pariter/async/this_generator.hpp"

#include "pariter/async/async_generator.hpp"
#include "support/async.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

namespace {

namespace asio = boost::asio;
using asio::any_io_executor;
using pariter::async_generator;
using pariter::test::result_of;
namespace this_generator = pariter::this_generator;

// Its executor as the first thing, and again whenever it is pulled.
async_generator<any_io_executor> executors() {
  for (;;) {
    any_io_executor ex = co_await this_generator::executor;
    co_yield std::move(ex);
  }
}
// The same after a wait.
async_generator<any_io_executor> executors_after(any_io_executor elsewhere) {
  for (;;) {
    co_await asio::post(elsewhere, asio::deferred);
    any_io_executor ex = co_await this_generator::executor;
    co_yield std::move(ex);
  }
}
async_generator<any_io_executor> passed_on(async_generator<any_io_executor> source) {
  while (auto ex = co_await source.async_next()) co_yield std::move(*ex);
}
async_generator<any_io_executor> passed_on_with_a_token(async_generator<any_io_executor> source) {
  for (;;) {
    auto [error, ex] = co_await source.async_next(asio::as_tuple(asio::deferred));
    co_yield std::move(*ex);
  }
}

any_io_executor by_a_handler(asio::io_context& io, async_generator<any_io_executor>& g) {
  any_io_executor told;
  g.async_next(asio::bind_executor(io, [&told](std::exception_ptr, std::optional<any_io_executor> ex) { told = *ex; }));
  io.restart();
  io.run();
  return told;
}
any_io_executor by_an_awaitable(asio::io_context& io, async_generator<any_io_executor>& g) {
  auto consume = [](async_generator<any_io_executor>& it) -> asio::awaitable<any_io_executor> { co_return *co_await it.async_next(); };
  auto told = asio::co_spawn(io, consume(g), asio::use_future);
  io.restart();
  io.run();
  return result_of(std::move(told));
}

TEST(ThisGenerator, tells_from_the_first_line_on_where_its_consumer_runs) {
  asio::io_context io;
  const any_io_executor ours = io.get_executor();
  for (const auto pull : {&by_a_handler, &by_an_awaitable}) {
    auto g = executors();
    EXPECT_EQ(pull(io, g), ours);
    auto through_another = passed_on(passed_on(executors()));
    EXPECT_EQ(pull(io, through_another), ours);
    auto with_a_token = passed_on_with_a_token(executors());
    EXPECT_EQ(pull(io, with_a_token), ours);
    auto later = passed_on(executors_after(ours));
    EXPECT_EQ(pull(io, later), ours);
  }
}

TEST(ThisGenerator, tells_where_its_present_consumer_runs) {
  asio::io_context one, other;
  const any_io_executor none{asio::system_executor()};
  for (auto* waits : {static_cast<asio::thread_pool*>(nullptr), std::make_unique<asio::thread_pool>(1).release()}) {
    const std::unique_ptr<asio::thread_pool> pool(waits);
    auto g = pool ? executors_after(pool->get_executor()) : executors();
    EXPECT_EQ(by_an_awaitable(one, g), any_io_executor(one.get_executor()));
    EXPECT_EQ(by_a_handler(other, g), any_io_executor(other.get_executor()));
    EXPECT_EQ(g.next(), none) << "a plain thread has none, and that of an earlier consumer may be gone";
    EXPECT_EQ(by_a_handler(one, g), any_io_executor(one.get_executor()));
    if (pool) pool->join();
  }
}

TEST(ThisGenerator, tells_where_it_was_sent_whoever_pulls) {
  asio::io_context io;
  asio::thread_pool pool(1);
  const auto strand = asio::make_strand(pool.get_executor());
  auto g = executors();
  g.bind_executor(strand);
  EXPECT_EQ(by_an_awaitable(io, g), any_io_executor(strand));
  EXPECT_EQ(g.next(), any_io_executor(strand));
  pool.join();
}

}  // namespace
