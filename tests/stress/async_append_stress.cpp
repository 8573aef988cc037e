// SPDX-License-Identifier: Apache-2.0
// async_append and async_next on one small broadcast: awaitables, async generators, callbacks and blocking threads write and
// read it at once, are cancelled, stopped and see it closed. Every item is seen once by every reader, or is still its writer's.
#include "pariter/async/async_append.hpp"
#include "pariter/async/async_next.hpp"

#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/core/errors.hpp"
#include "support/async.hpp"
#include "support/scale.hpp"
#include "support/seed.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using pariter::async_append;
using pariter::async_generator;
using pariter::async_next;
using pariter::broadcast;
using pariter::test::result_of;
using pariter::test::scaled;

unsigned seed() { return static_cast<unsigned>(pariter::test::seed()); }

using stream = broadcast<std::shared_ptr<std::size_t>>;
using item = std::shared_ptr<std::size_t>;

// What became of the items: how often each was written, and seen by each reader.
class ledger {
 public:
  ledger(std::size_t items, std::size_t readers) : written_(items), seen_(readers) {
    for (auto& s : seen_) s = std::vector<std::atomic<int>>(items);
  }
  void write(std::size_t i) { written_[i].fetch_add(1, std::memory_order_relaxed); }
  void see(std::size_t reader, std::size_t i) { seen_[reader][i].fetch_add(1, std::memory_order_relaxed); }
  void settle() const {
    for (std::size_t i = 0; i < written_.size(); ++i) {
      EXPECT_LE(written_[i].load(), 1) << "item " << i;
      for (const auto& s : seen_) EXPECT_EQ(s[i].load(), written_[i].load()) << "item " << i;
    }
  }

 private:
  std::vector<std::atomic<int>> written_;
  std::vector<std::vector<std::atomic<int>>> seen_;
};

asio::awaitable<void> write_by_awaitable(stream& to, ledger& book, std::size_t from, std::size_t until) {
  for (std::size_t i = from; i < until; ++i) {
    item p = std::make_shared<std::size_t>(i);
    co_await async_append(to, p);
    EXPECT_EQ(p, nullptr);
    book.write(i);
  }
}

// Tries again whatever was cancelled.
asio::awaitable<void> write_patiently(stream& to, ledger& book, std::size_t from, std::size_t until) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  for (std::size_t i = from; i < until; ++i) {
    item p = std::make_shared<std::size_t>(i);
    for (bool done = false; !done;) {
      auto append = async_append(to, p, asio::as_tuple(asio::deferred));
      const auto [error] = co_await std::move(append);
      done = !error;
      EXPECT_EQ(done, p == nullptr);
      if (!done) co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    }
    book.write(i);
  }
}

async_generator<int> write_by_generator(stream& to, ledger& book, std::size_t from, std::size_t until) {
  for (std::size_t i = from; i < until; ++i) {
    item p = std::make_shared<std::size_t>(i);
    bool stopped = false;
    try {
      co_await async_append(to, p);
    } catch (const boost::system::system_error&) {
      stopped = true;
    }
    EXPECT_EQ(stopped, p != nullptr);
    if (stopped) co_return;
    book.write(i);
    if (i % 7 == 0) co_yield 0;
  }
}

asio::awaitable<void> read_by_awaitable(stream& from, ledger& book, std::size_t me) {
  auto it = from.iter();
  for (;;) {
    auto o = co_await async_next(it);
    if (o.is_closed()) co_return;
    book.see(me, **o);
  }
}

TEST(AsyncAppendStress, all_kinds_of_writers_and_readers_with_cancellations_and_stops) {
  for (std::size_t round = 0; round < scaled(6); ++round) {
    std::minstd_rand random(static_cast<unsigned>(seed() + round));
    const std::size_t each = 150;
    constexpr std::size_t writers = 6;
    stream channel{{.capacity = 1 + round % 4}};
    ledger book(writers * each, 3);
    asio::thread_pool pool(3), readers(2);
    const auto part = [](std::size_t w) { return w * each; };

    std::vector<std::future<void>> reads;
    for (std::size_t r = 0; r < 2; ++r) reads.push_back(asio::co_spawn(readers, read_by_awaitable(channel, book, r), asio::use_future));
    std::thread reader([&, it = channel.iter()]() mutable {
      while (auto p = it.next()) book.see(2, **p);
    });
    while (channel.stats().iterators.size() < 3) std::this_thread::yield();

    std::vector<std::future<void>> ends;
    ends.push_back(asio::co_spawn(pool, write_by_awaitable(channel, book, part(0), part(1)), asio::use_future));
    ends.push_back(asio::co_spawn(pool, write_by_awaitable(channel, book, part(1), part(2)), asio::use_future));
    const auto strand = asio::make_strand(pool.get_executor());
    asio::cancellation_signal cancel;
    std::atomic<bool> over{false};
    std::promise<void> patient;
    ends.push_back(patient.get_future());
    asio::co_spawn(strand, write_patiently(channel, book, part(2), part(3)), asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr) {
      over = true;
      patient.set_value();
    }));
    std::thread blocking([&] {
      for (std::size_t i = part(3); i < part(4); ++i) {
        channel.append(std::make_shared<std::size_t>(i));
        book.write(i);
      }
    });
    auto stopped = write_by_generator(channel, book, part(4), part(5));
    auto whole = write_by_generator(channel, book, part(5), part(6));
    whole.bind_executor(pool.get_executor());
    const unsigned patience = static_cast<unsigned>(random() % each);
    std::thread pulls([&] {
      while (stopped.next()) {}
    });
    std::thread others([&] {
      while (whole.next()) {}
    });
    while (!over) {
      asio::post(strand, [&] {
        if (!over) cancel.emit(asio::cancellation_type::terminal);
      });
      if (channel.end_position() > patience) stopped.request_stop();
      std::this_thread::yield();
    }
    for (auto& e : ends) result_of(std::move(e));
    blocking.join();
    pulls.join();
    others.join();
    channel.close();
    reader.join();
    for (auto& r : reads) result_of(std::move(r));
    pool.join();
    readers.join();
    book.settle();
  }
}

// The end may come at any moment: a writer that is not through by then ends with `closed`, and every item is in the stream or
// with its writer.
TEST(AsyncAppendStress, closed_at_any_moment) {
  for (std::size_t round = 0; round < scaled(60); ++round) {
    stream channel{{.capacity = 1 + round % 3}};
    ledger book(4 * 1000, 1);
    asio::thread_pool pool(2);
    std::atomic<int> closed{0}, through{0};
    std::thread reader([&, it = channel.iter()]() mutable {
      while (auto p = it.next()) book.see(0, **p);
    });
    for (std::size_t w = 0; w < 4; ++w) {
      asio::co_spawn(pool, write_by_awaitable(channel, book, w * 1000, (w + 1) * 1000), [&](std::exception_ptr error) {
        try {
          if (error) std::rethrow_exception(error);
          ++through;
        } catch (const pariter::closed&) {
          ++closed;
        }
      });
    }
    std::minstd_rand random(static_cast<unsigned>(seed() + round));
    const auto until = random() % 200;
    while (channel.end_position() < until) std::this_thread::yield();
    channel.close();
    pool.join();
    reader.join();
    EXPECT_EQ(closed + through, 4);
    book.settle();
  }
}

asio::awaitable<void> read_to_the_end(pariter::concurrent_log<int>& log) {
  auto it = log.follow();
  while (!(co_await async_next(it)).is_closed()) {}
}

// The thread that appends is inside the reader's executor for a moment after it has woken the reader, who knows nothing of it.
TEST(AsyncNextStress, the_executor_may_go_once_the_reader_has_ended) {
  for (std::size_t round = 0; round < scaled(300); ++round) {
    pariter::concurrent_log<int> log;
    std::thread writer;
    {
      asio::io_context context(1);
      asio::any_io_executor strand = asio::make_strand(asio::any_io_executor(context.get_executor()));
      asio::co_spawn(strand, read_to_the_end(log), asio::detached);
      strand = {};
      writer = std::thread([&] {
        for (int i = 0; i < 5; ++i) log.append(i);
        log.close();
      });
      context.run();
    }
    writer.join();
  }
}

// The same of a wait in the body of a generator.
async_generator<int> items_of(pariter::concurrent_log<int>& log) {
  auto it = log.follow();
  while (auto next = co_await async_next(it)) co_yield *next;
}

asio::awaitable<void> read_to_the_end(async_generator<int> items) {
  while (auto next = co_await items.async_next()) (void)next;
}

// `prepare` is given the generator and the executor of its consumer.
template <class Prepare>
void the_context_goes_when_its_reader_has_ended(Prepare prepare) {
  for (std::size_t round = 0; round < scaled(300); ++round) {
    pariter::concurrent_log<int> log;
    std::thread writer;
    {
      asio::io_context context(1);
      asio::any_io_executor strand = asio::make_strand(asio::any_io_executor(context.get_executor()));
      auto items = items_of(log);
      prepare(items, strand);
      asio::co_spawn(strand, read_to_the_end(std::move(items)), [&](std::exception_ptr) { context.stop(); });
      strand = {};
      writer = std::thread([&] {
        for (int i = 0; i < 5; ++i) log.append(i);
        log.close();
      });
      context.run();
    }
    writer.join();
  }
}

TEST(AsyncNextStress, the_executor_may_go_once_the_reader_of_a_generator_has_ended) {
  the_context_goes_when_its_reader_has_ended([](auto&, auto&) {});
}

TEST(AsyncNextStress, the_executor_of_a_body_may_go_once_the_body_has_ended) {
  the_context_goes_when_its_reader_has_ended([](auto& items, auto& ex) { items.bind_executor(ex); });
}

}  // namespace
