// SPDX-License-Identifier: Apache-2.0
#include "pariter/async/handler_operation.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace {

namespace asio = boost::asio;
using pariter::detail::handler_operation;

struct waiter {
  void (*wake)(waiter&) = nullptr;
};

// What an operation did, seen from outside.
struct diary {
  waiter* waiting = nullptr;
  int steps = 0;
  int alive = 0;
  int released = 0;
};

// Waits to be woken, steps twice, and finishes with the number of steps.
template <class Handler>
class two_steps : public waiter, public handler_operation<two_steps<Handler>, Handler> {
  using base = handler_operation<two_steps, Handler>;
  friend base;

 public:
  two_steps(Handler&& handler, diary* d) : base(std::move(handler)), diary_(*d) {
    ++diary_.alive;
    wake = [](waiter& w) { static_cast<two_steps&>(w).dispatch_step(); };
  }
  ~two_steps() { --diary_.alive; }
  void start() noexcept { diary_.waiting = this; }
  void step() {
    if (++diary_.steps < 2) return this->post_step();
    this->finish(int{diary_.steps});
  }
  void release() noexcept { ++diary_.released; }

 private:
  diary& diary_;
};

template <class Handler>
void launch(Handler handler, diary& d) {
  two_steps<Handler>::launch(std::move(handler), &d);
}

TEST(HandlerOperation, steps_on_the_handlers_executor_and_is_freed_before_the_handler_is_called) {
  asio::io_context io;
  diary d;
  std::optional<int> got;
  launch(asio::bind_executor(io, [&](int n) {
    EXPECT_EQ(d.alive, 0);
    EXPECT_TRUE(io.get_executor().running_in_this_thread());
    got = n;
  }), d);
  EXPECT_EQ(d.alive, 1);
  d.waiting->wake(*d.waiting);
  EXPECT_EQ(d.steps, 0);  // nobody is in the executor
  io.run();
  EXPECT_EQ(got, 2);
  EXPECT_EQ(d.released, 0);
}

TEST(HandlerOperation, woken_in_the_handlers_executor_steps_on_the_spot) {
  asio::io_context io;
  diary d;
  launch(asio::bind_executor(io, [](int) {}), d);
  asio::post(io, [&] {
    d.waiting->wake(*d.waiting);
    EXPECT_EQ(d.steps, 1);
  });
  io.run();
  EXPECT_EQ(d.alive, 0);
}

TEST(HandlerOperation, keeps_the_executor_going_while_it_waits) {
  asio::io_context io;
  diary d;
  launch(asio::bind_executor(io, [](int) {}), d);
  EXPECT_EQ(io.poll(), 0u);
  EXPECT_FALSE(io.stopped());
  d.waiting->wake(*d.waiting);
  io.run();
  EXPECT_TRUE(io.stopped());
}

TEST(HandlerOperation, whose_executor_is_destroyed_releases_what_it_holds_and_calls_nobody) {
  diary d;
  const auto token = std::make_shared<int>(1);
  {
    asio::io_context io;
    launch(asio::bind_executor(io, [token](int) { FAIL() << "called"; }), d);
    d.waiting->wake(*d.waiting);
  }
  EXPECT_EQ(d.released, 1);
  EXPECT_EQ(d.alive, 0);
  EXPECT_EQ(token.use_count(), 1);
}

// Counts what is allocated; fails at will.
struct ledger {
  std::ptrdiff_t live = 0;
  int made = 0;
  bool full = false;
};
template <class T>
struct counting {
  using value_type = T;
  explicit counting(ledger& l) : book(&l) {}
  template <class U>
  counting(const counting<U>& other) : book(other.book) {}
  T* allocate(std::size_t n) {
    if (book->full) throw std::bad_alloc();
    ++book->live;
    ++book->made;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) {
    --book->live;
    std::allocator<T>().deallocate(p, n);
  }
  friend bool operator==(const counting& a, const counting& b) { return a.book == b.book; }
  ledger* book;
};

TEST(HandlerOperation, lives_in_memory_of_the_handlers_allocator) {
  asio::io_context io;
  diary d;
  ledger book;
  launch(asio::bind_allocator(counting<char>(book), asio::bind_executor(io, [&](int) { EXPECT_EQ(book.live, 0); })), d);
  EXPECT_EQ(book.live, 1);
  d.waiting->wake(*d.waiting);
  io.run();
  EXPECT_EQ(book.live, 0);
}

TEST(HandlerOperation, that_gets_no_memory_throws_and_nothing_has_begun) {
  asio::io_context io;
  diary d;
  ledger book;
  book.full = true;
  EXPECT_THROW(launch(asio::bind_allocator(counting<char>(book), asio::bind_executor(io, [](int) {})), d), std::bad_alloc);
  EXPECT_EQ(d.alive, 0);
  EXPECT_EQ(d.waiting, nullptr);
  EXPECT_EQ(io.run(), 0u);
}

}  // namespace
