// SPDX-License-Identifier: Apache-2.0
#include "pariter/async/async_next.hpp"

#include "pariter/async/handler_operation.hpp"
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/sharing/share.hpp"
#include "support/archetypes.hpp"
#include "support/async.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

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

asio::awaitable<long> sum_of(const concurrent_log<int>& log) {
  auto it = log.follow();
  long sum = 0;
  for (;;) {
    auto o = co_await async_next(it);
    if (!o) co_return sum;
    sum += *o;
  }
}

TEST(AsyncNext, of_a_million_ready_items_runs_flat_and_without_a_post_in_an_awaitable) {
  concurrent_log<int> log;
  for (int i = 0; i < 1'000'000; ++i) log.append(1);
  log.close();
  asio::io_context io;
  auto sum = asio::co_spawn(io, sum_of(log), asio::use_future);
  EXPECT_LT(io.run(), 16u);  // handlers
  EXPECT_EQ(result_of(std::move(sum)), 1'000'000);
}

TEST(AsyncNext, of_a_million_ready_items_runs_flat_on_the_calling_thread_in_an_async_generator) {
  concurrent_log<int> log;
  for (int i = 0; i < 1'000'000; ++i) log.append(1);
  log.close();
  auto body = [](const concurrent_log<int>& from) -> async_generator<std::pair<long, std::thread::id>> {
    auto it = from.follow();
    long sum = 0;
    while (auto o = co_await async_next(it)) sum += *o;
    std::pair answer(sum, pariter::test::this_thread());
    co_yield std::move(answer);
  };
  auto g = body(log);
  const auto answer = g.try_next();  // never waits
  EXPECT_EQ(answer->first, 1'000'000);
  EXPECT_EQ(answer->second, std::this_thread::get_id());
}

// A body that is woken goes on where it belongs, not inside the append that woke it.
TEST(AsyncNext, in_an_async_generator_never_goes_on_inside_an_append) {
  asio::io_context io;
  concurrent_log<int> log;
  auto body = [](const concurrent_log<int>& from, bool& went_on) -> async_generator<int> {
    auto it = from.follow();
    auto o = co_await async_next(it);
    went_on = true;
    co_yield *o;
  };
  bool went_on = false;
  auto g = body(log, went_on);
  std::optional<int> got;
  g.async_next(asio::bind_executor(io, [&](std::exception_ptr, std::optional<int> i) { got = i; }));
  io.poll();
  io.restart();
  log.append(3);
  EXPECT_FALSE(went_on);
  io.run();
  EXPECT_EQ(got, 3);
}

// One item, two that wait for it: the second waits on, and is not answered empty.
TEST(AsyncNext, waits_again_if_somebody_else_drew_the_item) {
  asio::io_context io;
  concurrent_log<int> log;
  const auto shared = pariter::share(log.follow());
  auto body = [](auto it) -> async_generator<int> {
    while (auto o = co_await async_next(it)) {
      const int item = *o;
      co_yield item;
    }
  };
  auto a = body(shared.iter());
  auto b = body(shared.iter());
  int items = 0, ends = 0;
  const auto count = [&](std::exception_ptr e, std::optional<int> i) {
    EXPECT_EQ(e, nullptr);
    ++(i ? items : ends);
  };
  a.async_next(asio::bind_executor(io, count));
  b.async_next(asio::bind_executor(io, count));
  io.poll();
  io.restart();
  log.append(3);
  io.poll();
  io.restart();
  EXPECT_EQ(items, 1);
  EXPECT_EQ(ends, 0);
  log.close();
  io.poll();
  EXPECT_EQ(ends, 1);
}

TEST(AsyncNext, in_an_async_generator_is_cancelled_by_a_stop_and_draws_nothing) {
  concurrent_log<int> log;
  auto body = [](auto& it) -> async_generator<int> {
    while (auto o = co_await async_next(it)) {
      const int item = *o;
      co_yield item;
    }
  };
  auto it = log.follow();
  auto g = body(it);
  EXPECT_TRUE(g.try_next().is_empty());
  g.request_stop();
  EXPECT_FALSE(g.next());
  log.append(5);
  EXPECT_EQ(*it.next(), 5);
}

int item_or_none(const outcome<const int&>& o) { return o ? *o : -1; }

TEST(AsyncNext, in_an_async_generator_keeps_its_executor_going_until_it_is_over) {
  for (const bool stopped : {false, true}) {
    asio::io_context io;
    concurrent_log<int> log;
    auto body = [](asio::io_context::executor_type ex, const concurrent_log<int>& from) -> async_generator<int> {
      co_await pariter::resume_on(ex);
      auto it = from.follow();
      for (;;) co_yield item_or_none(co_await async_next(it));
    };
    auto g = body(io.get_executor(), log);
    auto pull = g.async_next(asio::use_future);
    io.poll();
    EXPECT_FALSE(io.stopped());
    if (stopped) g.request_stop();
    else log.append(5);
    io.poll();
    EXPECT_EQ(result_of(std::move(pull)), stopped ? -1 : 5);
    EXPECT_TRUE(io.stopped()) << "the body rests in the expression that awaited, and has nothing to do here";
  }
}

TEST(AsyncNext, of_an_async_generator_is_its_member) {
  auto body = []() -> async_generator<int> { co_yield 4; };
  auto g = body();
  EXPECT_EQ(result_of(async_next(g, asio::use_future)), 4);
}

// An iterator over one item by value, always there.
class once_thrown {
 public:
  using item = pariter::test::throwing;
  bool ready() const { return true; }
  pariter::detail::parking_lot& parking() const { return lot_; }
  outcome<item> try_next() { return done_ ? outcome<item>::closed() : (done_ = true, outcome<item>::item(item(1))); }

 private:
  mutable pariter::detail::parking_lot lot_;
  bool done_ = false;
};

// Wherever a move of the item throws: the consumer gets that, as it can; nobody is left waiting, and no item.
template <class Consume>
void tries_every_move(Consume consume) {
  using pariter::test::throwing;
  bool failed = true;
  for (int k = 1; failed; ++k) {
    {
      asio::io_context io;
      once_thrown it;
      failed = false;
      throwing::fail_at(k);
      consume(io, it, failed);
      for (int turn = 0; turn < 3; ++turn) {
        try {
          io.poll();
        } catch (const pariter::test::planned_failure&) {
          failed = true;
        }
      }
      EXPECT_TRUE(io.stopped()) << k << ": something is still under way";
      throwing::fail_at(0);
    }
    EXPECT_EQ(throwing::living, 0) << k;
  }
}

TEST(AsyncNext, of_an_item_that_cannot_be_moved_says_so) {
  tries_every_move([](asio::io_context& io, once_thrown& it, bool& failed) {
    async_next(it, asio::bind_executor(io, [&failed](outcome<pariter::test::throwing> o) { failed = o.is_failed(); }));
  });
  tries_every_move([](asio::io_context& io, once_thrown& it, bool& failed) {
    auto body = [](once_thrown& from, bool& f) -> asio::awaitable<void> {
      const auto o = co_await async_next(from);
      f = o.is_failed();
    };
    asio::co_spawn(io, body(it, failed), [&failed](std::exception_ptr e) { failed = failed || e; });
  });
  tries_every_move([](asio::io_context&, once_thrown& it, bool& failed) {
    auto body = [](once_thrown& from) -> async_generator<bool> {
      const auto o = co_await async_next(from);
      co_yield o.is_failed();
    };
    auto o = body(it).try_next();
    failed = o.is_failed() || *o;
  });
}

}  // namespace
