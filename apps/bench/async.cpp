// SPDX-License-Identifier: Apache-2.0
//
// What does an item of an async generator cost its consumer? Of one that has it ready, that waits for it, that makes it in another
// pool of threads. Against Asio's own generator (experimental::coro), against the same done with plain callbacks, and for
// a thread that blocks against a promise per item.
//
// All of them count to n; the sum is checked.
//
#include <boost/asio/experimental/channel.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/coro.hpp>
#include <boost/asio/experimental/use_coro.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include <pariter/async/async_generator.hpp>
#include <pariter/async/async_next.hpp>
#include <pariter/containers/concurrent_log.hpp>

#include "questions.hpp"
#include "support.hpp"

namespace bench {
namespace {

namespace asio = boost::asio;
using pariter::async_generator;
using asio::experimental::coro;
using number = std::uint64_t;

template <class Walk>
double timed_sum(std::size_t n, Walk walk) {
  number sum = 0;
  const double wall = time_of([&] { sum = walk(); });
  expect_equal(sum, number{n} * (n - 1) / 2, "sum");
  return ns_per(wall, n);
}

// Runs an awaitable that gives the sum, to its end, on this thread.
number sum_on(asio::io_context& io, asio::awaitable<number> work) {
  number sum = 0;
  asio::co_spawn(io, std::move(work), [&sum](std::exception_ptr error, number s) {
    if (error) std::rethrow_exception(error);
    sum = s;
  });
  io.run();
  return sum;
}
number sum_on(asio::io_context& io, coro<void, number> work) {
  number sum = 0;
  work.async_resume([&sum](std::exception_ptr error, number s) {
    if (error) std::rethrow_exception(error);
    sum = s;
  });
  io.run();
  return sum;
}

// ---- ready

async_generator<number> count_to(number n) {
  for (number i = 0; i < n; ++i) co_yield i;
}
coro<number> asios_count_to(asio::io_context::executor_type, number n) {
  for (number i = 0; i < n; ++i) co_yield i;
}

// ---- waits for each item: for a turn of the loop that it runs in

async_generator<number> count_in_turns(asio::io_context::executor_type io, number n) {
  for (number i = 0; i < n; ++i) {
    co_await asio::post(io, asio::deferred);
    co_yield i;
  }
}
coro<number> asios_count_in_turns(asio::io_context::executor_type io, number n) {
  for (number i = 0; i < n; ++i) {
    co_await asio::post(io, asio::experimental::use_coro);
    co_yield i;
  }
}

// ---- consumers

async_generator<number> sum_by_generator(async_generator<number> source) {
  number sum = 0;
  while (auto x = co_await source.async_next()) sum += *x;
  co_yield sum;
}
coro<void, number> sum_by_coro(asio::io_context::executor_type, coro<number> source) {
  number sum = 0;
  while (auto x = co_await source) sum += *x;
  co_return sum;
}
asio::awaitable<number> sum_by_awaitable(async_generator<number> source) {
  number sum = 0;
  while (auto x = co_await source.async_next()) sum += *x;
  co_return sum;
}
asio::awaitable<number> sum_of_log(const pariter::concurrent_log<number>& log) {
  auto it = log.follow();
  number sum = 0;
  while (auto x = co_await pariter::async_next(it)) sum += *x;
  co_return sum;
}
using channel = asio::experimental::channel<void(boost::system::error_code, number)>;
asio::awaitable<number> sum_of_channel(channel& from, std::size_t n) {
  number sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += co_await from.async_receive(asio::use_awaitable);
  co_return sum;
}

// The same by hand: a function that is called with each item, and calls for the next one.
class counter_by_callback {
 public:
  explicit counter_by_callback(number n) : end_(n) {}
  template <class Call>
  bool next(Call call) {
    if (at_ == end_) return false;
    opaque(at_);  // as if it stood elsewhere
    call(at_++);
    return true;
  }

 private:
  number at_ = 0, end_;
};

// Makes an item on one executor and adds it on another.
template <class Source, class Consumer>
class ping_pong {
 public:
  ping_pong(Source source, Consumer consumer, number n) : source_(std::move(source)), consumer_(std::move(consumer)), end_(n) {}
  number run() {
    auto sum = done_.get_future();
    make();
    return sum.get();
  }

 private:
  void make() {
    asio::post(source_, [this] {
      const number item = at_++;
      asio::post(consumer_, [this, item] { take(item); });
    });
  }
  void take(number item) {
    sum_ += item;
    if (item + 1 == end_) done_.set_value(sum_);
    else make();
  }

  Source source_;
  Consumer consumer_;
  number at_ = 0, end_, sum_ = 0;
  std::promise<number> done_;
};

async_generator<number> count_in(asio::thread_pool::executor_type pool, number n) {
  co_await pariter::resume_on(pool);
  for (number i = 0; i < n; ++i) co_yield i;
}

}  // namespace

void add_async(suite& s) {
  s.add("shape/async/ready_item_to_another_generator", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(2'000'000);
    r.ours([n] { return timed_sum(n, [n] { return *sum_by_generator(count_to(n)).next(); }); });
    r.rival("asio::experimental::coro", [n] {
      asio::io_context io(1);
      return timed_sum(n, [&] { return sum_on(io, sum_by_coro(io.get_executor(), asios_count_to(io.get_executor(), n))); });
    }, no_bar());
    r.rival("callback", [n] {
      return timed_sum(n, [n] {
        counter_by_callback source(n);
        number sum = 0;
        while (source.next([&](number x) { sum += x; })) {}
        return sum;
      });
    }, no_bar());
  });
  s.add("shape/async/ready_item_to_an_awaitable", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(2'000'000);
    r.ours([n] {
      asio::io_context io(1);
      return timed_sum(n, [&] { return sum_on(io, sum_by_awaitable(count_to(n))); });
    });
    r.rival("asio::experimental::coro to coro", [n] {
      asio::io_context io(1);
      return timed_sum(n, [&] { return sum_on(io, sum_by_coro(io.get_executor(), asios_count_to(io.get_executor(), n))); });
    }, no_bar());
  });
  s.add("shape/async/ready_item_to_a_thread", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(2'000'000);
    r.ours([n] {
      return timed_sum(n, [n] {
        number sum = 0;
        auto source = count_to(n);
        while (auto x = source.next()) sum += *x;
        return sum;
      });
    });
    r.rival("asio::experimental::coro to coro", [n] {
      asio::io_context io(1);
      return timed_sum(n, [&] { return sum_on(io, sum_by_coro(io.get_executor(), asios_count_to(io.get_executor(), n))); });
    }, no_bar());
  });
  s.add("shape/async/log_item_that_is_there_to_an_awaitable", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(500'000);
    auto log = std::make_shared<pariter::concurrent_log<number>>();
    for (number i = 0; i < n; ++i) log->append(i);
    log->close();
    r.ours([n, log] {
      asio::io_context io(1);
      return timed_sum(n, [&] { return sum_on(io, sum_of_log(*log)); });
    });
    r.rival("asio::experimental::channel, full", [n] {
      asio::io_context io(1);
      channel items(io, n);
      for (number i = 0; i < n; ++i) items.try_send(boost::system::error_code(), i);
      return timed_sum(n, [&] { return sum_on(io, sum_of_channel(items, n)); });
    }, no_bar());
    r.rival("try_next() in a loop", [n, log] {
      return timed_sum(n, [&] {
        auto it = log->follow();
        number sum = 0;
        while (auto x = it.try_next()) sum += *x;
        return sum;
      });
    }, no_bar());
  });
  s.add("shape/async/item_that_waits_for_a_turn_of_its_loop", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(200'000);
    r.ours([n] {
      asio::io_context io(1);
      return timed_sum(n, [&] { return sum_on(io, sum_by_awaitable(count_in_turns(io.get_executor(), n))); });
    });
    r.rival("asio::experimental::coro", [n] {
      asio::io_context io(1);
      return timed_sum(n, [&] { return sum_on(io, sum_by_coro(io.get_executor(), asios_count_in_turns(io.get_executor(), n))); });
    }, no_bar());
    r.rival("callback", [n] {
      asio::io_context io(1);
      return timed_sum(n, [&] {
        number at = 0, sum = 0;
        const auto step = [&](auto self) -> void {
          asio::post(io, [&, self] {
            sum += at++;
            if (at != n) self(self);
          });
        };
        step(step);
        io.run();
        return sum;
      });
    }, no_bar());
  });
  s.add("shape/async/item_of_another_pool_to_an_awaitable", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(20'000);
    r.ours([n] {
      asio::thread_pool pool(1);
      asio::io_context io(1);
      return timed_sum(n, [&] { return sum_on(io, sum_by_awaitable(count_in(pool.get_executor(), n))); });
    });
    r.rival("callbacks that post to each other", [n] {
      asio::thread_pool source(1), consumer(1);
      return timed_sum(n, [&] { return ping_pong(source.get_executor(), consumer.get_executor(), n).run(); });
    }, no_bar());
  });
  s.add("shape/async/item_of_a_pool_to_a_blocked_thread", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(20'000);
    r.ours([n] {
      asio::thread_pool pool(1);
      return timed_sum(n, [&] {
        number sum = 0;
        auto source = count_in(pool.get_executor(), n);
        while (auto x = source.next()) sum += *x;
        return sum;
      });
    });
    r.rival("a promise per item", [n] {
      asio::thread_pool pool(1);
      return timed_sum(n, [&] {
        number sum = 0;
        for (number i = 0; i < n; ++i) {
          std::promise<number> item;
          asio::post(pool, [&item, i] { item.set_value(i); });
          sum += item.get_future().get();
        }
        return sum;
      });
    }, no_bar());
  });
}

}  // namespace bench
