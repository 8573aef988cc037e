// SPDX-License-Identifier: Apache-2.0
#include "pariter/async/async_append.hpp"

#include "pariter/async/async_generator.hpp"
#include "pariter/containers/broadcast.hpp"
#include "pariter/core/errors.hpp"
#include "support/async.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>
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
using pariter::async_append;
using pariter::async_generator;
using pariter::broadcast;
using pariter::test::result_of;
using parcel = std::unique_ptr<int>;

bool is_closed(const std::exception_ptr& error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const pariter::closed&) {
    return true;
  }
  return false;
}
bool is_abort(const std::exception_ptr& error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  }
  return false;
}

// One append through a callback on an io_context that the test runs by hand.
class by_callback {
 public:
  template <class Stream, class T>
  void begin(Stream& to, T& item) {
    async_append(to, item, asio::bind_executor(io, asio::bind_cancellation_slot(cancel.slot(), [this](std::exception_ptr e) {
      calls += 1;
      error = std::move(e);
    })));
  }
  int called() {
    io.restart();
    io.poll();
    return calls;
  }

  asio::io_context io;
  asio::cancellation_signal cancel;
  std::exception_ptr error;
  int calls = 0;
};

TEST(AsyncAppend, takes_the_item_when_there_is_room) {
  broadcast<parcel> stream{{.capacity = 4}};
  auto it = stream.iter();
  by_callback append;
  parcel p = std::make_unique<int>(7);
  append.begin(stream, p);
  EXPECT_EQ(append.calls, 0);  // not inside the initiation
  EXPECT_EQ(append.called(), 1);
  EXPECT_EQ(append.error, nullptr);
  EXPECT_EQ(p, nullptr);
  EXPECT_EQ(**it.next(), 7);
}

TEST(AsyncAppend, waits_until_the_slowest_iterator_has_taken_one) {
  broadcast<parcel> stream{{.capacity = 1}};
  auto fast = stream.iter();
  auto slow = stream.iter();
  stream.append(std::make_unique<int>(0));
  parcel p = std::make_unique<int>(1);
  by_callback append;
  append.begin(stream, p);
  EXPECT_EQ(append.called(), 0);
  EXPECT_EQ(**fast.next(), 0);
  EXPECT_FALSE(fast.try_next());  // the first is given back with the second step
  EXPECT_EQ(append.called(), 0);
  EXPECT_NE(p, nullptr);
  EXPECT_EQ(**slow.next(), 0);
  EXPECT_FALSE(slow.try_next());
  EXPECT_EQ(append.calls, 0);  // not inside the step that made room
  EXPECT_EQ(append.called(), 1);
  EXPECT_EQ(p, nullptr);
  EXPECT_EQ(**fast.next(), 1);
}

TEST(AsyncAppend, goes_on_when_the_iterator_that_it_waits_for_leaves) {
  broadcast<int> stream{{.capacity = 1}};
  auto it = std::make_unique<decltype(stream.iter())>(stream.iter());
  stream.append(0);
  int item = 1;
  by_callback append;
  append.begin(stream, item);
  EXPECT_EQ(append.called(), 0);
  it.reset();
  EXPECT_EQ(append.called(), 1);
  EXPECT_EQ(append.error, nullptr);
}

TEST(AsyncAppend, to_a_closed_stream_says_closed_and_leaves_the_item) {
  broadcast<parcel> stream;
  stream.close();
  parcel p = std::make_unique<int>(7);
  by_callback append;
  append.begin(stream, p);
  EXPECT_EQ(append.called(), 1);
  EXPECT_TRUE(is_closed(append.error));
  EXPECT_EQ(*p, 7);
}

TEST(AsyncAppend, says_closed_when_that_happens_while_it_waits) {
  for (const bool failed : {false, true}) {
    broadcast<parcel> stream{{.capacity = 1}};
    auto it = stream.iter();
    stream.append(std::make_unique<int>(0));
    parcel p = std::make_unique<int>(7);
    by_callback append;
    append.begin(stream, p);
    EXPECT_EQ(append.called(), 0);
    if (failed) stream.fail(std::make_exception_ptr(std::out_of_range("planned")));
    else stream.close();
    EXPECT_EQ(append.called(), 1);
    EXPECT_TRUE(is_closed(append.error));
    EXPECT_EQ(*p, 7);
  }
}

TEST(AsyncAppend, cancelled_leaves_the_item_and_the_stream) {
  broadcast<parcel> stream{{.capacity = 1}};
  auto it = stream.iter();
  stream.append(std::make_unique<int>(0));
  parcel p = std::make_unique<int>(7);
  for (int round = 1; round <= 3; ++round) {
    by_callback append;
    append.begin(stream, p);
    EXPECT_EQ(append.called(), 0);
    append.cancel.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(append.calls, 0);
    EXPECT_EQ(append.called(), 1);
    EXPECT_TRUE(is_abort(append.error));
    EXPECT_EQ(*p, 7);
  }
  EXPECT_EQ(**it.next(), 0);
  EXPECT_FALSE(it.try_next());
  by_callback late;  // woken first, then cancelled: the item is not taken either
  late.begin(stream, p);
  late.cancel.emit(asio::cancellation_type::terminal);
  EXPECT_EQ(late.called(), 1);
  EXPECT_TRUE(is_abort(late.error));
  EXPECT_EQ(*p, 7);
  by_callback append;
  append.begin(stream, p);
  EXPECT_EQ(append.called(), 1);
  EXPECT_EQ(append.error, nullptr);
  EXPECT_EQ(**it.next(), 7);
}

TEST(AsyncAppend, waits_again_if_somebody_else_took_the_room) {
  broadcast<int> stream{{.capacity = 1}};
  auto it = stream.iter();
  stream.append(0);
  int item = 2;
  by_callback append;
  append.begin(stream, item);
  EXPECT_EQ(append.called(), 0);
  EXPECT_EQ(*it.next(), 0);
  EXPECT_FALSE(it.try_next());  // woken, not run
  stream.append(1);
  EXPECT_EQ(append.called(), 0);
  EXPECT_EQ(*it.next(), 1);
  EXPECT_FALSE(it.try_next());
  EXPECT_EQ(append.called(), 1);
  EXPECT_EQ(*it.next(), 2);
}

struct throws_when_moved {
  throws_when_moved() = default;
  throws_when_moved(throws_when_moved&&) { throw std::length_error("planned"); }
};

TEST(AsyncAppend, hands_on_what_the_items_constructor_throws) {
  broadcast<throws_when_moved> stream;
  throws_when_moved item;
  auto done = async_append(stream, item, asio::use_future);
  EXPECT_THROW(result_of(std::move(done)), std::length_error);
  EXPECT_EQ(stream.end_position(), 0u);
}

asio::awaitable<void> write(broadcast<parcel>& to, int from, int until) {
  for (int i = from; i < until; ++i) {
    auto p = std::make_unique<int>(i);
    co_await async_append(to, p);
    EXPECT_EQ(p, nullptr);
  }
}

TEST(AsyncAppend, by_awaitables_loses_nothing_and_keeps_their_order) {
  asio::thread_pool pool(2);
  broadcast<parcel> stream{{.capacity = 2}};
  auto it = stream.iter();
  auto a = asio::co_spawn(pool, write(stream, 0, 3000), asio::use_future);
  auto b = asio::co_spawn(pool, write(stream, 3000, 6000), asio::use_future);
  int next_a = 0, next_b = 3000;
  for (int n = 0; n < 6000; ++n) {
    const int i = **it.next();
    EXPECT_EQ(i, i < 3000 ? next_a++ : next_b++);
  }
  result_of(std::move(a));
  result_of(std::move(b));
  pool.join();
}

TEST(AsyncAppend, by_awaitables_of_one_thread_that_are_more_than_the_window_holds) {
  asio::io_context io;
  broadcast<parcel> stream{{.capacity = 1}};
  auto it = stream.iter();
  for (int i = 0; i < 8; ++i) asio::co_spawn(io, write(stream, 1, 101), asio::use_future);
  std::thread reader([&] {
    long sum = 0;
    while (auto p = it.next()) sum += **p;
    EXPECT_EQ(sum, 8 * 5050);
  });
  io.run();
  stream.close();
  reader.join();
}

async_generator<int> appends(broadcast<parcel>& to, int n) {
  for (int i = 0; i < n; ++i) {
    auto p = std::make_unique<int>(i);
    co_await async_append(to, p);
    EXPECT_EQ(p, nullptr);
    co_yield i;
  }
}

TEST(AsyncAppend, by_an_async_generator) {
  broadcast<parcel> stream{{.capacity = 3}};
  auto it = stream.iter();
  std::thread reader([&] {
    int expected = 0;
    while (auto p = it.next()) EXPECT_EQ(**p, expected++);
    EXPECT_EQ(expected, 3000);
  });
  int expected = 0;
  for (int i : appends(stream, 3000)) EXPECT_EQ(i, expected++);
  stream.close();
  reader.join();
}

TEST(AsyncAppend, in_an_async_generator_is_cancelled_by_a_stop) {
  broadcast<parcel> stream{{.capacity = 1}};
  auto it = stream.iter();
  auto g = appends(stream, 3);
  EXPECT_EQ(*g.next(), 0);
  EXPECT_TRUE(g.try_next().is_empty());
  g.request_stop();
  EXPECT_THROW((void)g.next(), boost::system::system_error);
  EXPECT_EQ(**it.next(), 0);
  EXPECT_TRUE(it.try_next().is_empty());
}

TEST(AsyncAppend, in_an_async_generator_ends_with_closed) {
  broadcast<parcel> stream{{.capacity = 1}};
  auto it = stream.iter();
  auto g = appends(stream, 3);
  EXPECT_EQ(*g.next(), 0);
  EXPECT_TRUE(g.try_next().is_empty());
  stream.close();
  EXPECT_THROW((void)g.next(), pariter::closed);
}

TEST(AsyncAppend, with_room_for_each_of_a_million_runs_flat) {
  broadcast<int> stream{{.capacity = 64}};  // nobody gates it
  auto run = [](broadcast<int>& to) -> asio::awaitable<int> {
    int i = 0;
    while (i < 1'000'000) {
      int item = i++;
      co_await async_append(to, item);
    }
    co_return i;
  };
  asio::io_context io;
  auto done = asio::co_spawn(io, run(stream), asio::use_future);
  EXPECT_LT(io.run(), 16u);  // handlers: no post per item
  EXPECT_EQ(result_of(std::move(done)), 1'000'000);
  EXPECT_EQ(stream.end_position(), 1'000'000u);
}

}  // namespace
