// SPDX-License-Identifier: Apache-2.0
// body_awaits: what the body of an async_generator can await of Asio's.
#include "pariter/async/body_awaits.hpp"

#include "pariter/async/async_generator.hpp"
#include "pariter/async/operation_section.hpp"
#include "support/async.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using pariter::async_generator;
using pariter::resume_on;
using pariter::test::here_in;
using pariter::test::lifetime;
using pariter::test::result_of;
using boost::system::error_code;

// An operation that completes with given values, on `ex`.
template <class Signature, class... As>
auto completing(asio::any_io_executor ex, As... as) {
  return asio::async_initiate<const asio::deferred_t, Signature>(
      [ex](auto handler, As... args) {
        asio::post(ex, [h = std::move(handler), ... args = std::move(args)]() mutable { std::move(h)(std::move(args)...); });
      },
      asio::deferred, std::move(as)...);
}

TEST(BodyAwaits, gives_what_the_completion_signature_says) {
  asio::thread_pool pool(1);
  auto body = [](asio::any_io_executor ex) -> async_generator<int> {
    co_await completing<void()>(ex);
    static_assert(std::is_void_v<decltype(std::declval<pariter::detail::operation_wait<decltype(completing<void(error_code)>(ex, error_code()))>>().await_resume())>);
    co_await completing<void(error_code)>(ex, error_code());
    const int one = co_await completing<void(int)>(ex, 1);
    const std::string two = co_await completing<void(error_code, std::string)>(ex, error_code(), std::string(100, 'x'));
    const std::tuple<int, double> three = co_await completing<void(std::exception_ptr, int, double)>(ex, nullptr, 3, 0.5);
    auto four = co_await completing<void(std::unique_ptr<int>)>(ex, std::make_unique<int>(4));
    EXPECT_EQ(one, 1);
    EXPECT_EQ(two.size(), 100u);
    EXPECT_EQ(std::get<0>(three), 3);
    EXPECT_EQ(*four, 4);
    co_yield 1;
  };
  auto g = body(pool.get_executor());
  EXPECT_EQ(g.next(), 1);
  EXPECT_FALSE(g.next());
  pool.join();
}

TEST(BodyAwaits, throws_a_leading_error) {
  asio::thread_pool pool(1);
  auto body = [](asio::any_io_executor ex) -> async_generator<int> {
    error_code seen;
    try {
      (void)co_await completing<void(error_code, int)>(ex, asio::error::eof, 1);
    } catch (const boost::system::system_error& e) {
      seen = e.code();
    }
    EXPECT_EQ(seen, asio::error::eof);
    bool thrown = false;
    try {
      co_await completing<void(std::exception_ptr)>(ex, std::make_exception_ptr(std::out_of_range("planned")));
    } catch (const std::out_of_range&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    co_yield 1;
    co_await completing<void(error_code)>(ex, asio::error::eof);
  };
  auto g = body(pool.get_executor());
  EXPECT_EQ(g.next(), 1);
  EXPECT_THROW(g.next(), boost::system::system_error);
  EXPECT_FALSE(g.next());
  pool.join();
}

TEST(BodyAwaits, throws_what_an_initiation_throws) {
  auto body = []() -> async_generator<int> {
    auto operation = asio::async_initiate<const asio::deferred_t, void()>([](auto) { throw std::out_of_range("planned"); }, asio::deferred);
    bool thrown = false;
    try {
      co_await std::move(operation);
    } catch (const std::out_of_range&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    co_yield 1;
  };
  auto g = body();
  EXPECT_EQ(g.next(), 1);
}

TEST(BodyAwaits, a_post_without_an_executor_in_the_bodys) {
  asio::thread_pool pool(2);
  auto body = [](asio::thread_pool::executor_type ex) -> async_generator<bool> {
    co_await resume_on(ex);
    for (int i = 0; i < 20; ++i) {
      co_await asio::post(asio::deferred);
      co_yield here_in(ex);
    }
  };
  for (const bool there : body(pool.get_executor())) EXPECT_TRUE(there);
  pool.join();
}

TEST(BodyAwaits, an_awaitable) {
  asio::thread_pool pool(2);
  auto body = [](asio::thread_pool::executor_type ex) -> async_generator<std::string> {
    co_await resume_on(ex);
    auto greeting = [](int n) -> asio::awaitable<std::string> {
      asio::steady_timer timer(co_await asio::this_coro::executor, 10us);
      co_await timer.async_wait(asio::use_awaitable);
      if (n == 3) throw std::out_of_range("planned");
      co_return std::string(40, static_cast<char>('a' + n));
    };
    auto nothing = []() -> asio::awaitable<void> { co_return; };
    for (int i = 0; i < 4; ++i) {
      auto next = greeting(i);
      std::string item = co_await std::move(next);
      EXPECT_TRUE(here_in(ex));
      co_await nothing();
      co_yield std::move(item);
    }
  };
  auto g = body(pool.get_executor());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(g.next(), std::string(40, static_cast<char>('a' + i)));
  EXPECT_THROW(g.next(), std::out_of_range);
  EXPECT_FALSE(g.next());
  pool.join();
}

TEST(BodyAwaits, an_awaitable_in_its_consumers_executor_if_it_has_none) {
  asio::io_context io;
  auto body = [](asio::io_context::executor_type ex) -> async_generator<int> {
    auto check = [](asio::io_context::executor_type expected) -> asio::awaitable<int> {
      EXPECT_TRUE(here_in(expected));
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      EXPECT_TRUE(here_in(expected));
      co_return 3;
    };
    const int three = co_await check(ex);
    co_yield three;
  };
  auto consume = [](async_generator<int> g) -> asio::awaitable<int> { co_return *co_await g.async_next(); };
  auto three = asio::co_spawn(io, consume(body(io.get_executor())), asio::use_future);
  io.run();
  EXPECT_EQ(result_of(std::move(three)), 3);
}

// Lines of a connection, over the loopback interface.
async_generator<std::string> lines_of(tcp::socket socket) {
  std::string buffer;
  for (;;) {
    const auto [code, size] = co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer), '\n', asio::as_tuple(asio::deferred));
    if (code == asio::error::eof) co_return;
    if (code) throw boost::system::system_error(code);
    std::string line = buffer.substr(0, size - 1);
    buffer.erase(0, size);
    co_yield std::move(line);
  }
}

struct connection {
  explicit connection(asio::any_io_executor ex) : near(ex), far(ex) {
    tcp::acceptor acceptor(ex, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    near.connect(acceptor.local_endpoint());
    acceptor.accept(far);
  }
  tcp::socket near;
  tcp::socket far;
};

TEST(BodyAwaits, reads_from_a_socket) {
  asio::thread_pool pool(2);
  connection c(pool.get_executor());
  std::thread writer([&] {
    for (int i = 0; i < 2000; ++i) asio::write(c.far, asio::buffer("line " + std::to_string(i) + "\n"));
    c.far.shutdown(tcp::socket::shutdown_send);
  });
  int count = 0;
  for (const std::string& line : lines_of(std::move(c.near))) EXPECT_EQ(line, "line " + std::to_string(count++));
  EXPECT_EQ(count, 2000);
  writer.join();
  pool.join();
}

TEST(BodyAwaits, a_read_that_a_stop_cancels_from_any_thread) {
  asio::thread_pool pool(2);
  const lifetime life;
  for (int round = 0; round < 200; ++round) {
    connection c(pool.get_executor());
    auto body = [](tcp::socket socket, std::shared_ptr<int>) -> async_generator<std::size_t> {
      std::string all(1'000'000, ' ');
      // A composed operation: many reads. Cancelled, it ends between two of them.
      co_yield co_await asio::async_read(socket, asio::buffer(all), asio::deferred);
    };
    auto g = body(std::move(c.near), life.token());
    auto pull = g.async_next(asio::use_future);
    std::jthread stopper([&] { g.request_stop(); });
    std::string part(100, 'x');
    for (int i = 0; i < round % 20; ++i) asio::write(c.far, asio::buffer(part));
    EXPECT_THROW(result_of(std::move(pull)), boost::system::system_error);
  }
  pool.join();
  EXPECT_TRUE(life.alone());
}

TEST(BodyAwaits, an_awaitable_that_a_stop_cancels) {
  asio::thread_pool pool(2);
  for (int round = 0; round < 100; ++round) {
    auto body = [](asio::any_io_executor ex) -> async_generator<int> {
      auto endless = []() -> asio::awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (;;) {
          timer.expires_after(1us);
          co_await timer.async_wait(asio::use_awaitable);
        }
      };
      co_await resume_on(ex);
      co_await endless();
      co_yield 1;
    };
    auto g = body(pool.get_executor());
    auto pull = g.async_next(asio::use_future);
    g.request_stop();
    EXPECT_THROW(result_of(std::move(pull)), boost::system::system_error);
  }
  pool.join();
}

// ---- a stop, and operations that are over ---------------------------------------------------------------------------

// An operation that knows no cancellation, and completes when it is told to.
class bell {
 public:
  auto rung() {
    return asio::async_initiate<const asio::deferred_t, void()>(
        [this](auto handler) {
          auto kept = std::make_shared<decltype(handler)>(std::move(handler));
          ring_ = [kept] { std::move(*kept)(); };
        },
        asio::deferred);
  }
  bool awaited() const { return ring_ != nullptr; }
  void ring() { std::exchange(ring_, nullptr)(); }

 private:
  std::function<void()> ring_;
};

// One that counts how often it is cancelled, keeps `held` in its slot, and completes on `io`: as `end` does it, which gets the handler.
template <class End>
auto cancellable(asio::io_context& io, int& cancellations, std::shared_ptr<int> held, End end) {
  return asio::async_initiate<const asio::deferred_t, void()>(
      [&io, &cancellations, held = std::move(held), end](auto handler) {
        asio::get_associated_cancellation_slot(handler).assign([&cancellations, held](asio::cancellation_type) { ++cancellations; });
        asio::post(io, [end, h = std::move(handler)]() mutable { end(std::move(h)); });
      },
      asio::deferred);
}
constexpr auto at_once = [](auto&& handler) { std::move(handler)(); };

void ignore(std::exception_ptr, std::optional<int>) {}

TEST(BodyAwaits, an_operation_that_is_over_leaves_nothing_behind) {
  asio::io_context io;
  const lifetime life;
  int cancellations = 0;
  auto body = [](asio::io_context& where, int& n, const lifetime& l) -> async_generator<bool> {
    auto operation = cancellable(where, n, l.token(), at_once);
    co_await std::move(operation);
    co_yield l.alone();
  };
  auto g = body(io, cancellations, life);
  auto gone = g.async_next(asio::use_future);
  io.run();
  EXPECT_EQ(result_of(std::move(gone)), true);
}

TEST(BodyAwaits, a_stop_reaches_the_operation_that_is_pending_and_none_before_it) {
  for (const bool dropped : {false, true}) {
    asio::io_context io;
    bell b;
    int cancellations = 0;
    auto body = [](asio::io_context& where, int& n, bell& next) -> async_generator<int> {
      auto first = cancellable(where, n, nullptr, at_once);
      co_await std::move(first);
      co_await next.rung();
      co_yield 1;
    };
    auto g = std::make_unique<async_generator<int>>(body(io, cancellations, b));
    g->async_next(asio::bind_executor(io, ignore));
    io.poll();
    ASSERT_TRUE(b.awaited());
    if (dropped) g.reset();
    else g->request_stop();
    EXPECT_EQ(cancellations, 0);
    b.ring();
    io.restart();
    io.run();
  }
}

TEST(BodyAwaits, a_stop_after_the_timer_that_was_awaited_is_gone) {
  asio::io_context io;
  bell b;
  auto body = [](asio::io_context& where, bell& next) -> async_generator<int> {
    {
      auto timer = std::make_unique<asio::steady_timer>(where, 1us);
      co_await timer->async_wait(asio::deferred);
    }
    co_await next.rung();
    co_yield 1;
  };
  auto g = body(io, b);
  g.async_next(asio::bind_executor(io, ignore));
  while (!b.awaited()) io.run_one();
  g.request_stop();  // must not look at the timer, which a sanitizer sees
  b.ring();
  io.run();
}

TEST(BodyAwaits, a_stop_between_the_end_of_an_operation_and_the_body_reaches_nothing) {
  asio::io_context io;
  int cancellations = 0;
  async_generator<int>* self = nullptr;
  auto body = [](asio::io_context& where, int& n, async_generator<int>*& me) -> async_generator<int> {
    auto operation = cancellable(where, n, nullptr, [&me](auto&& handler) {
      const auto ex = asio::get_associated_executor(handler);
      asio::dispatch(ex, [&me, h = std::move(handler)]() mutable {
        std::move(h)();
        me->request_stop();  // as another thread may do before this step has returned
      });
    });
    co_await std::move(operation);
    co_yield 1;
  };
  auto g = body(io, cancellations, self);
  self = &g;
  auto pull = g.async_next(asio::use_future);
  io.run();
  EXPECT_EQ(result_of(std::move(pull)), 1);
  EXPECT_EQ(cancellations, 0);
}

TEST(BodyAwaits, a_stop_after_an_initiation_that_threw_reaches_nothing) {
  asio::io_context io;
  bell b;
  int cancellations = 0;
  auto body = [](int& n, bell& next) -> async_generator<int> {
    auto operation = asio::async_initiate<const asio::deferred_t, void()>(
        [&n](auto handler) {
          asio::get_associated_cancellation_slot(handler).assign([&n](asio::cancellation_type) { ++n; });
          throw std::out_of_range("planned");
        },
        asio::deferred);
    try {
      co_await std::move(operation);
      ADD_FAILURE();
    } catch (const std::out_of_range&) {
    }
    co_await next.rung();
    co_yield 1;
  };
  auto g = body(cancellations, b);
  g.async_next(asio::bind_executor(io, ignore));
  ASSERT_TRUE(b.awaited());
  g.request_stop();
  EXPECT_EQ(cancellations, 0);
  b.ring();
  io.run();
}

// ---- what is held while the body waits ------------------------------------------------------------------------------

TEST(BodyAwaits, an_operation_keeps_the_bodys_executor_going_until_it_is_over) {
  asio::io_context io;
  bell b;
  auto body = [](asio::io_context::executor_type ex, bell& next) -> async_generator<int> {
    co_await resume_on(ex);
    co_yield (co_await next.rung(), 1);
    co_yield 2;
  };
  auto g = body(io.get_executor(), b);
  auto pull = g.async_next(asio::use_future);
  io.poll();
  EXPECT_FALSE(io.stopped());
  b.ring();
  io.poll();
  EXPECT_EQ(result_of(std::move(pull)), 1);
  EXPECT_TRUE(io.stopped()) << "the body rests in the expression that awaited, and has nothing to do here";
}

}  // namespace
