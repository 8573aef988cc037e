// SPDX-License-Identifier: Apache-2.0
#include "pariter/async/async_next.hpp"

#include "pariter/async/handler_operation.hpp"
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "support/async.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

namespace asio = boost::asio;
using pariter::async_generator;
using pariter::async_next;
using pariter::async_next_batch;
using pariter::broadcast;
using pariter::concurrent_log;
using pariter::outcome;
using pariter::test::result_of;

TEST(AsyncNext, by_an_awaitable_follows_a_log_to_its_end) {
  asio::thread_pool pool(2);
  concurrent_log<int> log;
  auto consume = [](const concurrent_log<int>& from) -> asio::awaitable<long> {
    auto it = from.follow();
    long sum = 0;
    for (;;) {
      auto o = co_await async_next(it);
      if (o.is_closed()) co_return sum;
      sum += *o;
    }
  };
  auto a = asio::co_spawn(pool, consume(log), asio::use_future);
  auto b = asio::co_spawn(pool, consume(log), asio::use_future);
  for (int i = 0; i < 5000; ++i) log.append(i);
  log.close();
  EXPECT_EQ(result_of(std::move(a)), 4999L * 2500);
  EXPECT_EQ(result_of(std::move(b)), 4999L * 2500);
  pool.join();
}

TEST(AsyncNext, by_an_async_generator_and_in_batches) {
  asio::thread_pool pool(2);
  broadcast<int> stream{{.capacity = 64}};
  auto body = [](broadcast<int>& from) -> async_generator<int> {
    auto it = from.iter();
    while (auto batch = co_await async_next_batch(it))
      for (int i : *batch) co_yield i;
  };
  auto g = body(stream);
  auto first = g.async_next(asio::use_future);
  std::thread writer([&] {
    for (int i = 0; i < 5000; ++i) stream.append(i);
    stream.close();
  });
  EXPECT_EQ(result_of(std::move(first)), 0);
  int expected = 1;
  for (int i : g) EXPECT_EQ(i, expected++);
  EXPECT_EQ(expected, 5000);
  writer.join();
  pool.join();
}

TEST(AsyncNext, says_that_the_source_failed) {
  concurrent_log<int> log;
  auto it = log.follow();
  log.append(1);
  log.fail(std::make_exception_ptr(std::out_of_range("planned")));
  EXPECT_TRUE(result_of(async_next(it, asio::use_future)).has_item());
  EXPECT_TRUE(result_of(async_next(it, asio::use_future)).is_failed());
}

TEST(AsyncNext, cancelled_answers_empty_and_draws_nothing) {
  asio::io_context io;
  concurrent_log<std::string> log;
  auto it = log.follow();
  for (int round = 0; round < 3; ++round) {
    asio::cancellation_signal cancel;
    bool empty = false;
    async_next(it, asio::bind_executor(io, asio::bind_cancellation_slot(cancel.slot(), [&](outcome<const std::string&> o) { empty = o.is_empty(); })));
    io.restart();
    io.poll();
    EXPECT_FALSE(empty);
    cancel.emit(asio::cancellation_type::terminal);
    io.restart();
    io.poll();
    EXPECT_TRUE(empty);
  }
  log.append("here");
  asio::cancellation_signal late;
  bool empty = false;
  async_next(it, asio::bind_executor(io, asio::bind_cancellation_slot(late.slot(), [&](outcome<const std::string&> o) { empty = o.is_empty(); })));
  late.emit(asio::cancellation_type::terminal);  // the item is there, and nobody has taken it
  io.restart();
  io.poll();
  EXPECT_TRUE(empty);
  EXPECT_EQ(*it.next(), "here");
}

TEST(AsyncNext, never_runs_the_handler_inside_an_append) {
  asio::io_context io;
  concurrent_log<int> log;
  auto it = log.follow();
  bool called = false;
  asio::post(io, [&] {
    async_next(it, asio::bind_executor(io, [&](outcome<const int&> o) { called = o.has_item(); }));
    log.append(1);
    EXPECT_FALSE(called);
  });
  io.run();
  EXPECT_TRUE(called);
}

TEST(AsyncNext, of_an_async_generator_is_its_member) {
  auto body = []() -> async_generator<int> { co_yield 4; };
  auto g = body();
  EXPECT_EQ(result_of(async_next(g, asio::use_future)), 4);
}

}  // namespace
