// SPDX-License-Identifier: Apache-2.0
// pull: a future, a callback, another async_generator and a blocked thread as consumers; overlapping and cancelled pulls.
#include "pariter/async/pull.hpp"

#include "pariter/async/async_generator.hpp"
#include "support/archetypes.hpp"
#include "support/async.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using pariter::async_generator;
using pariter::resume_on;
using pariter::test::result_of;

async_generator<int> upto(int n) {
  for (int i = 0; i < n; ++i) co_yield i;
}

// What a body waits for until the test lets it go on. Any thread may open it.
class gate {
 public:
  explicit gate(asio::any_io_executor ex) : permits_(ex, 1000) {}
  auto opened() { return permits_.async_receive(asio::as_tuple(asio::deferred)); }
  void open() { permits_.try_send(boost::system::error_code()); }

 private:
  asio::experimental::concurrent_channel<void(boost::system::error_code)> permits_;
};

async_generator<int> gated(gate& g, int n, std::shared_ptr<int> = {}) {
  for (int i = 0; i < n; ++i) {
    co_await g.opened();
    co_yield i;
  }
}

boost::system::error_code code_of(const std::exception_ptr& e) {
  try {
    if (e) std::rethrow_exception(e);
    return {};
  } catch (const boost::system::system_error& s) {
    return s.code();
  }
}

TEST(Pull, completes_a_future) {
  auto g = upto(2);
  EXPECT_EQ(result_of(g.async_next(asio::use_future)), 0);
  EXPECT_EQ(result_of(g.async_next(asio::use_future)), 1);
  EXPECT_EQ(result_of(g.async_next(asio::use_future)), std::nullopt);
  EXPECT_EQ(result_of(g.async_next(asio::use_future)), std::nullopt);
}

TEST(Pull, gives_a_future_the_exception_once) {
  auto body = []() -> async_generator<int> {
    co_yield 1;
    throw std::out_of_range("planned");
  };
  auto g = body();
  EXPECT_EQ(result_of(g.async_next(asio::use_future)), 1);
  EXPECT_THROW(result_of(g.async_next(asio::use_future)), std::out_of_range);
  EXPECT_EQ(result_of(g.async_next(asio::use_future)), std::nullopt);
}

TEST(Pull, calls_a_handler_on_its_executor_and_never_inside_the_initiation) {
  asio::io_context io;
  auto g = upto(1);
  std::vector<std::optional<int>> got;
  auto handler = [&](const std::exception_ptr& e, std::optional<int> item) {
    EXPECT_FALSE(e);
    EXPECT_TRUE(pariter::test::here_in(io.get_executor()));
    got.push_back(item);
  };
  for (int i = 0; i < 2; ++i) {
    g.async_next(asio::bind_executor(io, handler));
    EXPECT_EQ(got.size(), static_cast<std::size_t>(i));
    io.restart();
    io.run();  // returns only if the pull kept its executor going until it was done
    ASSERT_EQ(got.size(), static_cast<std::size_t>(i) + 1);
  }
  EXPECT_EQ(got[0], 0);
  EXPECT_EQ(got[1], std::nullopt);
}

TEST(Pull, can_be_started_later_from_a_deferred_operation) {
  asio::io_context io;
  auto g = upto(2);
  int seen = -1;
  auto operation = g.async_next();
  operation(asio::bind_executor(io, [&](std::exception_ptr, std::optional<int> item) { seen = *item; }));
  io.run();
  EXPECT_EQ(seen, 0);
}

TEST(Pull, takes_the_item_where_the_handler_runs) {
  asio::thread_pool pool(2);
  gate go(pool.get_executor());
  auto g = gated(go, 100);
  auto strand = asio::make_strand(pool.get_executor());
  std::promise<int> done;
  int sum = 0;
  std::function<void(std::exception_ptr, std::optional<int>)> step = [&](std::exception_ptr, std::optional<int> item) {
    EXPECT_TRUE(pariter::test::here_in(strand));
    if (!item) return done.set_value(sum);
    sum += *item;
    g.async_next(asio::bind_executor(strand, step));
  };
  asio::post(strand, [&] { g.async_next(asio::bind_executor(strand, step)); });
  for (int i = 0; i < 100; ++i) go.open();
  EXPECT_EQ(result_of(done.get_future()), 99 * 100 / 2);
  pool.join();
}

// ---- another generator ----------------------------------------------------------------------------------------------

async_generator<int> doubled(async_generator<int> source) {
  while (auto i = co_await source.async_next()) co_yield 2 * *i;
}

TEST(Pull, by_another_generator_passes_items_and_the_end) {
  auto g = doubled(doubled(upto(3)));
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.next(), 4);
  EXPECT_EQ(g.next(), 8);
  EXPECT_FALSE(g.next());
}

TEST(Pull, by_another_generator_passes_exceptions) {
  auto failing = []() -> async_generator<int> {
    co_yield 1;
    throw std::out_of_range("planned");
  };
  auto g = doubled(failing());
  EXPECT_EQ(g.next(), 2);
  EXPECT_THROW(g.next(), std::out_of_range);
  EXPECT_FALSE(g.next());
}

TEST(Pull, by_another_generator_waits) {
  asio::thread_pool pool(2);
  auto source = [](asio::any_io_executor ex) -> async_generator<int> {
    asio::steady_timer timer(ex);
    for (int i = 0; i < 100; ++i) {
      timer.expires_after(1us);
      if (i % 3 != 0) co_await timer.async_wait(asio::deferred);
      co_yield i;
    }
  };
  auto g = doubled(source(pool.get_executor()));
  int sum = 0;
  for (int i : g) sum += i;
  EXPECT_EQ(sum, 99 * 100);
  pool.join();
}

TEST(Pull, by_a_generator_in_another_executor_hops_both_ways) {
  asio::thread_pool a(1);
  asio::thread_pool b(1);
  auto in_a = [](asio::thread_pool::executor_type mine) -> async_generator<int> {
    co_await resume_on(mine);
    for (int i = 0; i < 200; ++i) {
      EXPECT_TRUE(pariter::test::here_in(mine));
      co_yield i;
    }
  };
  auto in_b = [](async_generator<int> source, asio::thread_pool::executor_type mine) -> async_generator<int> {
    co_await resume_on(mine);
    while (auto i = co_await source.async_next()) {
      EXPECT_TRUE(pariter::test::here_in(mine));
      co_yield *i;
    }
  };
  auto g = in_b(in_a(a.get_executor()), b.get_executor());
  int sum = 0;
  for (int i : g) sum += i;
  EXPECT_EQ(sum, 199 * 100);
  a.join();
  b.join();
}

// What follows in the same expression may pull again, rest, or destroy the source.

async_generator<int> sums_of_two(async_generator<int> source) {
  for (;;) {
    const int sum = *co_await source.async_next() + *co_await source.async_next();
    co_yield sum;
  }
}
async_generator<int> items_of(async_generator<int>& source) {
  for (;;) co_yield *co_await source.async_next();
}
int after_reset(int item, std::optional<async_generator<int>>& source) {
  source.reset();
  return item;
}
async_generator<int> last_of(std::optional<async_generator<int>>& source) { co_yield after_reset(*co_await source->async_next(), source); }

TEST(Pull, by_another_generator_is_over_when_it_has_its_item) {
  asio::thread_pool pool(1);
  for (const bool waits : {false, true}) {
    gate go(pool.get_executor());
    for (int i = 0; i < 10; ++i) go.open();
    const auto source = [&] { return waits ? gated(go, 3) : upto(3); };
    auto sums = sums_of_two(source());
    EXPECT_EQ(sums.next(), 0 + 1);
    auto ours = source();
    auto theirs = items_of(ours);
    EXPECT_EQ(theirs.next(), 0);
    EXPECT_EQ(ours.next(), 1) << "the other rests in the expression that pulled";
    EXPECT_EQ(theirs.next(), 2);
    std::optional<async_generator<int>> last = source();
    EXPECT_EQ(last_of(last).next(), 0);
    EXPECT_FALSE(last);
  }
  pool.join();
}

TEST(Pull, stopping_the_consumer_abandons_its_pull_and_keeps_the_source) {
  asio::thread_pool pool(1);
  gate go(pool.get_executor());
  auto source = gated(go, 2);
  auto body = [](async_generator<int>& from) -> async_generator<int> {
    bool stopped = false;
    try {
      (void)co_await from.async_next();
    } catch (const boost::system::system_error& e) {
      stopped = e.code() == asio::error::operation_aborted;
    }
    EXPECT_TRUE(stopped);
    co_yield 77;
  };
  auto g = body(source);
  auto pull = g.async_next(asio::use_future);
  g.request_stop();
  EXPECT_EQ(result_of(std::move(pull)), 77);
  auto next = source.async_next(asio::use_future);
  go.open();
  EXPECT_EQ(result_of(std::move(next)), 0);
  pool.join();
}

// ---- a thread that does not wait, or not for ever --------------------------------------------------------------------

TEST(Pull, that_does_not_wait_answers_empty_and_loses_nothing) {
  asio::thread_pool pool(1);
  gate go(pool.get_executor());
  auto g = gated(go, 2);
  EXPECT_TRUE(g.try_next().is_empty());
  EXPECT_TRUE(g.try_next().is_empty());
  EXPECT_TRUE(g.next_for(1ms).is_empty());
  go.open();
  EXPECT_EQ(g.next(), 0);
  EXPECT_TRUE(g.next_until(std::chrono::steady_clock::time_point()).is_empty());
  go.open();
  EXPECT_EQ(*g.next_for(60s), 1);
  EXPECT_TRUE(g.try_next().is_closed());
  EXPECT_TRUE(g.next_for(1ms).is_closed());
  pool.join();
}

TEST(Pull, that_does_not_wait_answers_item_failed_and_closed) {
  auto body = []() -> async_generator<int> {
    co_yield 1;
    throw std::out_of_range("planned");
  };
  auto g = body();
  EXPECT_EQ(*g.try_next(), 1);
  EXPECT_TRUE(g.try_next().is_failed());
  EXPECT_TRUE(g.try_next().is_closed());
}

TEST(Pull, that_gives_up_at_any_moment_loses_nothing) {
  asio::thread_pool pool(1);
  auto body = [](asio::any_io_executor ex) -> async_generator<int> {
    asio::steady_timer timer(ex);
    for (int i = 0; i < 500; ++i) {
      timer.expires_after(std::chrono::microseconds(i % 60));
      co_await timer.async_wait(asio::deferred);
      co_yield i;
    }
  };
  auto g = body(pool.get_executor());
  int expected = 0;
  for (bool ended = false; !ended;) {
    const auto o = g.next_for(30us);
    if (o) {
      EXPECT_EQ(*o, expected++);
    }
    ended = o.is_closed();
  }
  EXPECT_EQ(expected, 500);
  pool.join();
}

// ---- overlapping pulls ----------------------------------------------------------------------------------------------

TEST(Pull, overlapping_another_is_busy_and_leaves_it_alone) {
  asio::thread_pool pool(1);
  gate go(pool.get_executor());
  auto g = gated(go, 1);
  auto first = g.async_next(asio::use_future);
  EXPECT_THROW(result_of(g.async_next(asio::use_future)), pariter::busy);
  EXPECT_THROW(g.next(), pariter::busy);
  EXPECT_THROW(g.close(), pariter::busy);
  EXPECT_THROW(result_of(g.async_close(asio::use_future)), pariter::busy);
  go.open();
  EXPECT_EQ(result_of(std::move(first)), 0);
  EXPECT_EQ(g.next(), std::nullopt);
  pool.join();
}

TEST(Pull, racing_threads_get_each_item_once_or_busy) {
  constexpr int items = 4000;
  constexpr int threads = 8;
  auto g = upto(items);
  std::barrier start(threads);
  std::mutex mutex;
  std::vector<int> seen;
  {
    std::vector<std::jthread> pullers;
    for (int t = 0; t < threads; ++t)
      pullers.emplace_back([&] {
        std::vector<int> mine;
        start.arrive_and_wait();
        for (;;) {
          try {
            const auto item = g.next();
            if (!item) break;
            mine.push_back(*item);
          } catch (const pariter::busy&) {
            std::this_thread::yield();
          }
          if (static_cast<int>(mine.size()) > items) break;
        }
        const std::lock_guard lock(mutex);
        seen.insert(seen.end(), mine.begin(), mine.end());
      });
  }
  std::sort(seen.begin(), seen.end());
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(items));
  for (int i = 0; i < items; ++i) ASSERT_EQ(seen[static_cast<std::size_t>(i)], i);
}

// ---- cancelled pulls ------------------------------------------------------------------------------------------------

TEST(Pull, cancelled_loses_neither_item_nor_stream) {
  asio::io_context io;
  gate go(io.get_executor());
  auto g = gated(go, 3);
  std::vector<int> got;
  for (int round = 0; round < 3; ++round) {
    asio::cancellation_signal cancel;
    boost::system::error_code code;
    g.async_next(asio::bind_executor(io, asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& e, std::optional<int> item) {
      code = code_of(e);
      EXPECT_FALSE(item);
    })));
    cancel.emit(asio::cancellation_type::terminal);
    io.restart();
    io.poll();
    EXPECT_EQ(code, asio::error::operation_aborted);
    go.open();  // the body yields with nobody waiting
    io.restart();
    io.poll();
    EXPECT_EQ(g.next(), round);
  }
  EXPECT_FALSE(g.next());
}

TEST(Pull, cancelled_when_the_item_is_there_already_leaves_it) {
  asio::io_context io;
  auto g = upto(2);
  asio::cancellation_signal cancel;
  boost::system::error_code code;
  g.async_next(asio::bind_executor(io, asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& e, std::optional<int> item) {
    code = code_of(e);
    EXPECT_FALSE(item);
  })));
  cancel.emit(asio::cancellation_type::total);
  io.run();
  EXPECT_EQ(code, asio::error::operation_aborted);
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.next(), 1);
  EXPECT_EQ(g.next(), std::nullopt);
}

TEST(Pull, after_a_cancelled_one_waits_for_the_same_item) {
  asio::io_context io;
  gate go(io.get_executor());
  auto g = gated(go, 1);
  asio::cancellation_signal cancel;
  g.async_next(asio::bind_executor(io, asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr, std::optional<int>) {})));
  cancel.emit(asio::cancellation_type::all);
  io.poll();
  std::optional<int> got;
  g.async_next(asio::bind_executor(io, [&](std::exception_ptr, std::optional<int> item) { got = item; }));
  io.restart();
  io.poll();
  EXPECT_FALSE(got);
  go.open();
  io.restart();
  io.run();
  EXPECT_EQ(got, 0);
}

TEST(Pull, races_a_timer_in_a_parallel_group) {
  asio::io_context io;
  gate go(io.get_executor());
  auto g = gated(go, 1);
  asio::steady_timer timer(io, 1ms);
  std::size_t winner = 9;
  std::exception_ptr error;
  // Bound to io: on the system's executor, where it would end else, a thread may still be leaving io when io is destroyed.
  asio::experimental::make_parallel_group(g.async_next(asio::bind_executor(io, asio::deferred)), timer.async_wait(asio::deferred))
      .async_wait(asio::experimental::wait_for_one(),
                  asio::bind_executor(io, [&](std::array<std::size_t, 2> order, const std::exception_ptr& e, const std::optional<int>&, boost::system::error_code) {
                    winner = order[0];
                    error = e;
                  }));
  while (winner == 9) {
    io.restart();
    io.run_one();
  }
  EXPECT_EQ(winner, 1u);
  EXPECT_EQ(code_of(error), asio::error::operation_aborted);
  go.open();
  io.restart();
  io.poll();
  EXPECT_EQ(g.next(), 0);
}

TEST(Pull, whose_executor_is_destroyed_keeps_the_item) {
  auto g = upto(2);
  {
    asio::io_context io;
    g.async_next(asio::bind_executor(io, [](std::exception_ptr, std::optional<int>) { ADD_FAILURE() << "called without run()"; }));
  }
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.next(), 1);
}

// ---- what a consumer throws -----------------------------------------------------------------------------------------
// It comes out of run(), as in Asio, wherever the body was woken from; and nothing else is harmed.

// Runs what is ready; how many exceptions came out.
int thrown_by(asio::io_context& io) {
  int n = 0;
  for (bool all = false; !all;) {
    try {
      io.restart();
      io.poll();
      all = true;
    } catch (const std::out_of_range&) {
      ++n;
    }
  }
  return n;
}
constexpr auto throw_planned = [](const std::exception_ptr&, auto&&...) { throw std::out_of_range("planned"); };

async_generator<int> three(asio::any_io_executor ex) {
  for (int i = 0; i < 3; ++i) {
    co_await asio::post(ex, asio::deferred);
    co_yield i;
  }
}
async_generator<int> three_by_an_awaitable(asio::any_io_executor ex) {
  auto wait = [](asio::any_io_executor where) -> asio::awaitable<void> { co_await asio::post(where, asio::use_awaitable); };
  for (int i = 0; i < 3; ++i) {
    co_await wait(ex);
    co_yield i;
  }
}

TEST(Pull, whose_handler_throws_throws_from_run) {
  for (const auto body : {&three, &three_by_an_awaitable}) {
    for (const bool through_another : {false, true}) {
      for (const bool bound : {false, true}) {
        asio::io_context io;
        asio::io_context other;
        const auto strand = asio::make_strand(io);
        for (const asio::any_io_executor& waits_in : {asio::any_io_executor(io.get_executor()), asio::any_io_executor(strand), asio::any_io_executor(other.get_executor())}) {
          auto g = body(waits_in);
          if (bound) g.bind_executor(strand);
          if (through_another) {
            auto outer = doubled(std::move(g));
            outer.bind_executor(strand);
            g = std::move(outer);
          }
          for (int i = 0; i < 2; ++i) {
            // by a thread of the strand, so that the handler may be called on the spot
            asio::post(strand, [&] { g.async_next(asio::bind_executor(strand, throw_planned)); });
            int thrown = 0;
            for (int turn = 0; turn < 5; ++turn) thrown += thrown_by(io) + 100 * thrown_by(other);
            EXPECT_EQ(thrown, 1);
          }
          std::optional<int> last;
          g.async_next(asio::bind_executor(io, [&last](std::exception_ptr, std::optional<int> item) { last = item; }));
          for (int turn = 0; turn < 5; ++turn) EXPECT_EQ(thrown_by(io) + thrown_by(other), 0);
          EXPECT_EQ(last, through_another ? 4 : 2);
        }
      }
    }
  }
}

TEST(Pull, whose_handler_throws_when_it_closes_throws_from_run) {
  asio::io_context io;
  const auto strand = asio::make_strand(io);
  auto body = [](asio::any_io_executor ex, bool& cleaned) -> async_generator<int> {
    bool closing = false;
    try {
      co_yield 1;
    } catch (const pariter::close_requested&) {
      closing = true;
    }
    if (closing) co_await asio::post(ex, asio::deferred);
    cleaned = true;
  };
  bool cleaned = false;
  auto g = body(strand, cleaned);
  g.bind_executor(strand);
  asio::post(strand, [&] { EXPECT_TRUE(g.try_next()); });
  asio::post(strand, [&] { g.async_close(asio::bind_executor(strand, throw_planned)); });
  EXPECT_EQ(thrown_by(io), 1);
  EXPECT_TRUE(cleaned);
}

// Destructors call nobody who may throw; and what the body refers to of its context is gone with it.
TEST(Pull, of_a_body_whose_context_is_destroyed_calls_its_handler_later) {
  auto body = [](asio::any_io_executor ex, std::shared_ptr<int>) -> async_generator<int> {
    co_await asio::post(ex, asio::deferred);
    co_yield 1;
  };
  const auto check = [](const std::exception_ptr& e, bool& called) {
    EXPECT_EQ(code_of(e), asio::error::operation_aborted);
    called = true;
    throw std::out_of_range("planned");
  };
  for (const char* how : {"handler", "close", "awaitable"}) {
    for (const bool dropped : {false, true}) {
      asio::io_context io;
      const auto strand = asio::make_strand(io);
      auto dying = std::make_unique<asio::io_context>();
      const pariter::test::lifetime life;
      bool called = false;
      std::optional<async_generator<int>> g = body(dying->get_executor(), life.token());
      switch (how[0]) {
        case 'h':
          g->async_next(asio::bind_executor(strand, [&](const std::exception_ptr& e, std::optional<int>) { check(e, called); }));
          break;
        case 'c':
          EXPECT_TRUE(g->try_next().is_empty());
          g->async_close(asio::bind_executor(strand, [&](const std::exception_ptr&) { check(pariter::detail::operation_aborted(), called); }));
          break;
        default: {
          auto pull = [](async_generator<int>& from) -> asio::awaitable<void> { (void)co_await from.async_next(); };
          asio::co_spawn(strand, pull(*g), [&](const std::exception_ptr& e) { check(e, called); });
          io.poll();
        }
      }
      if (dropped) g.reset();
      asio::post(strand, [&] {
        dying.reset();
        EXPECT_FALSE(called) << how;
        EXPECT_EQ(life.alone(), dropped) << how;
      });
      EXPECT_EQ(thrown_by(io), 1) << how;
      EXPECT_TRUE(called) << how;
      if (!dropped) {
        EXPECT_FALSE(g->next()) << how;
      }
    }
  }
}

// Wherever a move of the item throws: the handler gets that, or run() throws it; the next pull goes on.
TEST(Pull, of_an_item_that_cannot_be_moved_leaves_nothing_behind) {
  using pariter::test::throwing;
  bool failed = true;
  for (int k = 2; failed; ++k) {  // the first one makes it
    auto body = []() -> async_generator<throwing> {
      for (int i = 0; i < 2; ++i) co_yield throwing(i);
    };
    {
      asio::io_context io;
      auto g = body();
      failed = false;
      throwing::fail_at(k);
      g.async_next(asio::bind_executor(io, [&](const std::exception_ptr& e, std::optional<throwing> item) {
        failed = e != nullptr;
        EXPECT_EQ(item.has_value(), !failed);
      }));
      for (int turn = 0; turn < 3; ++turn) {
        try {
          io.poll();
        } catch (const pariter::test::planned_failure&) {
          failed = true;
        }
      }
      EXPECT_TRUE(io.stopped()) << k << ": something is still under way";
      throwing::fail_at(0);
      EXPECT_EQ(g.next()->value, 1) << k;
    }
    EXPECT_EQ(throwing::living, 0) << k;
  }
}

}  // namespace
