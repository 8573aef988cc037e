// SPDX-License-Identifier: Apache-2.0
// generator<T, Send, Return>: what it can be told: send, throw_in, close.

#include "pariter/coro/generator.hpp"

#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace {

using pariter::generator;
using pariter::generator_state;
using pariter::test::counted;
using pariter::test::planned_failure;

generator<int> fail_after(int n, counted = 0) {
  for (int i = 0; i < n; ++i) co_yield i;
  throw planned_failure();
}

// ---- send ----

generator<double, double> average() {
  double total = 0;
  int n = 0;
  std::optional<double> sent = co_yield 0.0;
  for (;;) {
    if (sent) {
      total += *sent;
      ++n;
    }
    sent = co_yield n == 0 ? 0.0 : total / n;
  }
}

TEST(Generator, send_makes_the_pending_co_yield_a_value) {
  auto g = average();
  EXPECT_EQ(g.next(), 0.0);
  EXPECT_EQ(g.send(10), 10.0);
  EXPECT_EQ(g.send(20), 15.0);
  EXPECT_EQ(g.next(), 15.0);  // next() sends nothing
}

TEST(Generator, send_before_the_first_step_is_refused_and_does_no_harm) {
  auto g = average();
  EXPECT_THROW(static_cast<void>(g.send(1)), pariter::not_started);
  EXPECT_EQ(g.state(), generator_state::created);
  EXPECT_EQ(g.next(), 0.0);
}

generator<int, std::unique_ptr<int>> unbox() {
  auto box = co_yield 0;
  while (box) {
    const int item = **box;
    box = co_yield item;
  }
}

TEST(Generator, moves_what_is_sent_and_send_after_the_end_gives_the_end) {
  auto g = unbox();
  static_cast<void>(g.next());
  EXPECT_EQ(g.send(std::make_unique<int>(5)), 5);
  EXPECT_FALSE(g.next());
  EXPECT_FALSE(g.send(std::make_unique<int>(5)));
}

// Becomes a value by way of user code, which does something to the generator that it is sent to.
template <class Do>
struct converted_by {
  Do something;
  explicit converted_by(Do d) : something(std::move(d)) {}
  operator double() const { return something(), 30; }  // NOLINT(google-explicit-constructor)
};

TEST(Generator, a_conversion_of_what_is_sent_may_step_it_close_it_or_replace_it) {
  auto g = average();
  static_cast<void>(g.next());
  EXPECT_EQ(g.send(converted_by([&] { EXPECT_EQ(g.send(10), 10.0); })), 20.0);
  EXPECT_FALSE(g.send(converted_by([&] { g.close(); })));
  g = average();
  static_cast<void>(g.next());
  EXPECT_THROW(static_cast<void>(g.send(converted_by([&] { g = average(); }))), pariter::not_started);
  EXPECT_EQ(g.next(), 0.0);
  EXPECT_EQ(g.send(10), 10.0);
}

// ---- throw_in ----

generator<int, int> catches(int& caught) {
  for (int i = 0;; ++i) {
    try {
      co_yield i;
    } catch (const planned_failure&) {
      ++caught;
    }
  }
}

const std::exception_ptr failure = std::make_exception_ptr(planned_failure());

TEST(Generator, throw_in_raises_at_the_co_yield_and_gives_the_next_item) {
  int caught = 0;
  auto g = catches(caught);
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.throw_in(failure), 1);
  EXPECT_EQ(caught, 1);
  EXPECT_EQ(g.next(), 2);
}

TEST(Generator, throw_in_of_what_is_not_caught_ends_it) {
  auto g = average();
  static_cast<void>(g.next());
  EXPECT_THROW(static_cast<void>(g.throw_in(failure)), planned_failure);
  EXPECT_FALSE(g.next());
  EXPECT_THROW(static_cast<void>(g.throw_in(failure)), planned_failure);  // of a finished one: straight back
}

TEST(GeneratorDeathTest, throw_in_of_no_exception_is_reported) {
  EXPECT_DEATH(
      {
        auto g = average();
        static_cast<void>(g.next());
        static_cast<void>(g.throw_in(nullptr));
      },
      "throw_in\\(\\) needs an exception");
}

TEST(Generator, throw_in_before_the_first_step_runs_nothing) {
  int caught = 0;
  auto g = catches(caught);
  EXPECT_THROW(static_cast<void>(g.throw_in(failure)), planned_failure);
  EXPECT_EQ(caught, 0);
  EXPECT_EQ(g.state(), generator_state::finished);
}

// ---- close ----

TEST(Generator, close_frees_the_frame_at_once_and_is_idempotent) {
  auto g = fail_after(3);
  static_cast<void>(g.next());
  EXPECT_EQ(counted::living, 1);
  g.close();
  EXPECT_EQ(counted::living, 0);
  g.close();
  EXPECT_FALSE(g.next());
}

generator<int, int, std::string> closable(std::string& log) {
  try {
    co_yield 1;
    co_yield 2;
  } catch (const std::exception&) {
    log += "exception ";
  } catch (const pariter::close_requested&) {
    log += "close ";
    co_return "closed";
  }
  co_return "walked";
}

TEST(Generator, close_runs_catch_blocks_and_returns_what_the_body_returned) {
  std::string log;
  auto g = closable(log);
  static_cast<void>(g.next());
  EXPECT_EQ(g.close(), "closed");
  EXPECT_EQ(log, "close ");  // not a std::exception
  EXPECT_EQ(g.close(), std::nullopt);
}

TEST(Generator, close_before_the_first_step_runs_nothing) {
  std::string log;
  auto g = closable(log);
  EXPECT_EQ(g.close(), std::nullopt);
  EXPECT_EQ(log, "");
  EXPECT_EQ(g.state(), generator_state::finished);
}

TEST(Generator, close_that_is_not_caught_is_a_success) {
  auto g = average();
  static_cast<void>(g.next());
  EXPECT_NO_THROW(g.close());
  EXPECT_EQ(g.state(), generator_state::finished);
}

generator<int, int> stubborn() {
  for (int refusals = 0; refusals < 2;) {
    bool asked = false;
    try {
      co_yield refusals;
    } catch (const pariter::close_requested&) {
      asked = true;  // no co_yield in a catch block: remember, and yield after it
    }
    if (asked) ++refusals;
  }
}

TEST(Generator, yielding_while_closed_is_reported_and_close_may_be_called_again) {
  auto g = stubborn();
  static_cast<void>(g.next());
  EXPECT_THROW(g.close(), pariter::ignored_close);
  EXPECT_EQ(g.state(), generator_state::suspended);
  EXPECT_NO_THROW(g.close());
  EXPECT_EQ(g.state(), generator_state::finished);
}

generator<int, int> fails_at_close() {
  try {
    co_yield 1;
  } catch (const pariter::close_requested&) {
    throw planned_failure();
  }
}

TEST(Generator, what_cleanup_throws_reaches_the_caller_of_close) {
  auto g = fails_at_close();
  static_cast<void>(g.next());
  EXPECT_THROW(g.close(), planned_failure);
  EXPECT_EQ(g.state(), generator_state::finished);
}

}  // namespace
