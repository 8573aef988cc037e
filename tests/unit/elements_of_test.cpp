// SPDX-License-Identifier: Apache-2.0
// co_yield elements_of(x): order, depth, forwarding of send, throw_in and close, return values, borrowing, cleanup, cycles.

#include "pariter/coro/elements_of.hpp"

#include "pariter/coro/generator.hpp"
#include "pariter/coro/generator_function.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace {

using pariter::elements_of;
using pariter::generator;
using pariter::generator_state;
using pariter::test::counted;
using pariter::test::planned_failure;

template <class G>
auto drain(G&& g) {
  std::vector<pariter::value_t<std::remove_cvref_t<G>>> all;
  for (auto&& item : g) all.push_back(std::move(item));
  return all;
}

generator<int> count(int from, int to) {
  for (; from < to; ++from) co_yield from;
}

// ---- what it walks ----

struct only_index {
  int at(std::size_t i) const {
    if (i >= 2) throw std::out_of_range("only_index");
    return 70 + static_cast<int>(i);
  }
};

generator<int> everything() {
  co_yield elements_of(count(0, 2));
  std::vector<int> v(2, 10);
  co_yield elements_of(v);
  co_yield elements_of(std::list<int>(1, 20));
  co_yield elements_of(std::vector<char>(1, 'a'));
  const auto f = pariter::generator_function(count, 30, 32);
  co_yield elements_of(f);
  co_yield elements_of(f);
  co_yield elements_of(only_index());
  co_yield elements_of(count(5, 5));
}

TEST(ElementsOf, walks_generators_ranges_generator_functions_and_indexables) {
  EXPECT_EQ(drain(everything()), (std::vector{0, 1, 10, 10, 20, 97, 30, 31, 30, 31, 70, 71}));
}

generator<int&> all_of(std::vector<int>& v) { co_yield elements_of(v); }

TEST(ElementsOf, references_pass_through) {
  std::vector v{1, 2};
  for (int& i : all_of(v)) i += 1;
  EXPECT_EQ(v, (std::vector{2, 3}));
}

generator<int> head_and_rest() {
  auto g = count(0, 4);
  co_yield 100 + *g.next();
  co_yield elements_of(g);  // borrowed, continued where it stands
  co_yield g.state() == generator_state::finished ? -1 : -2;
}

TEST(ElementsOf, continues_a_generator_that_was_started) {
  EXPECT_EQ(drain(head_and_rest()), (std::vector{100, 1, 2, 3, -1}));
}

// ---- depth ----

generator<int> nested(int depth) {
  if (depth > 0) co_yield elements_of(nested(depth - 1));
  co_yield depth;
}

TEST(ElementsOf, a_hundred_thousand_levels_need_no_stack) {
  constexpr int depth = 100'000;
  int expected = 0;
  for (int i : nested(depth)) ASSERT_EQ(i, expected++);
  EXPECT_EQ(expected, depth + 1);
}

TEST(ElementsOf, a_deep_chain_is_dropped_without_a_stack) {
  auto g = nested(100'000);
  EXPECT_EQ(g.next(), 0);
  g.close();
  EXPECT_EQ(g.state(), generator_state::finished);
  auto h = nested(100'000);
  EXPECT_EQ(h.next(), 0);
}

generator<int> fail_deep(int depth) {
  if (depth > 0) co_yield elements_of(fail_deep(depth - 1));
  else throw planned_failure();
}

TEST(ElementsOf, an_exception_climbs_a_deep_chain_without_a_stack) {
  auto g = fail_deep(20'000);
  EXPECT_THROW(static_cast<void>(g.next()), planned_failure);
  EXPECT_FALSE(g.next());
}

// ---- results and exceptions ----

generator<int, void, std::string> inner_result() {
  co_yield 1;
  co_return "inner";
}
generator<int, void, std::string> outer_result() {
  std::string r = co_yield elements_of(inner_result());
  co_return "outer of " + r;
}

TEST(ElementsOf, is_the_return_value_of_the_delegate) {
  auto g = outer_result();
  EXPECT_EQ(drain(g), std::vector{1});
  EXPECT_EQ(g.take_result(), "outer of inner");
}

generator<int, void, std::string> result_gone() {
  auto g = inner_result();
  while (g.next()) {
  }
  static_cast<void>(g.take_result());
  co_return co_yield elements_of(g);
}

TEST(ElementsOf, an_ended_generator_whose_result_was_taken_is_an_error) {
  auto g = result_gone();
  EXPECT_THROW(static_cast<void>(g.next()), pariter::result_is_gone);
}

generator<int> fails() {
  co_yield 1;
  throw planned_failure();
}
generator<int> survives() {
  bool failed = false;
  try {
    co_yield elements_of(fails());
  } catch (const planned_failure&) {
    failed = true;
  }
  co_yield failed ? 2 : 3;
}

TEST(ElementsOf, throws_what_leaves_the_delegate) { EXPECT_EQ(drain(survives()), (std::vector{1, 2})); }

// ---- send, throw_in, close ----

using log_t = std::vector<std::string>;

class tracer {
 public:
  tracer(log_t& log, std::string name) : log_(log), name_(std::move(name)) {}
  tracer(const tracer&) = delete;
  tracer& operator=(const tracer&) = delete;
  ~tracer() { log_.push_back("~" + name_); }

 private:
  log_t& log_;
  std::string name_;
};

generator<int, int, int> inner_echo(log_t& log) {
  const tracer t(log, "inner");
  int sent = 0;
  try {
    for (;;) {
      if (const auto got = co_yield sent) sent = *got;
      if (sent < 0) co_return sent;
    }
  } catch (const planned_failure&) {
    log.push_back("inner caught");
  }
  co_yield 1000;
  co_return 7;
}
generator<int, int, int> outer_echo(log_t& log) {
  const tracer t(log, "outer");
  const int r = co_yield elements_of(inner_echo(log));
  co_yield 500 + r;
  co_return r;
}

TEST(ElementsOf, forwards_what_is_sent_to_the_innermost) {
  log_t log;
  auto g = outer_echo(log);
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.send(5), 5);
  EXPECT_EQ(g.next(), 5);
  EXPECT_EQ(g.send(-1), 499);  // the inner one returned
}

TEST(ElementsOf, forwards_what_is_thrown_in_to_the_innermost) {
  log_t log;
  auto g = outer_echo(log);
  static_cast<void>(g.next());
  EXPECT_EQ(g.throw_in(std::make_exception_ptr(planned_failure())), 1000);
  EXPECT_EQ(log, log_t{"inner caught"});
  EXPECT_EQ(g.next(), 507);
}

TEST(ElementsOf, close_and_drop_clean_up_from_inner_to_outer) {
  for (const bool by_close : {false, true}) {
    log_t log;
    {
      auto g = outer_echo(log);
      static_cast<void>(g.next());
      if (by_close) g.close();
      EXPECT_EQ(log.size(), by_close ? 2U : 0U);
    }
    EXPECT_EQ(log, (log_t{"~inner", "~outer"}));
  }
}

generator<int, int> fails_in_cleanup(log_t& log) {
  const tracer t(log, "inner");
  try {
    co_yield 1;
  } catch (const pariter::close_requested&) {
    throw planned_failure();
  }
}
generator<int, int> over_failing_cleanup(log_t& log) {
  const tracer t(log, "outer");
  try {
    co_yield elements_of(fails_in_cleanup(log));
  } catch (const planned_failure&) {
    log.push_back("outer caught");
    throw;
  }
}

TEST(ElementsOf, an_error_in_inner_cleanup_replaces_the_close_and_outer_cleanup_still_runs) {
  log_t log;
  auto g = over_failing_cleanup(log);
  static_cast<void>(g.next());
  EXPECT_THROW(g.close(), planned_failure);
  EXPECT_EQ(log, (log_t{"~inner", "outer caught", "~outer"}));
  EXPECT_EQ(g.state(), generator_state::finished);
}

generator<int, int> plain_of_nothing() { co_return; }

// A delegate that returns when it is closed: its delegator is closed then, too, and does not go on with what it returned.
generator<int, int, int> returns_when_closed(log_t& log) {
  try {
    co_yield 1;
  } catch (const pariter::close_requested&) {
    log.push_back("inner closed");
  }
  co_return 5;
}
generator<int, int, int> around_it(log_t& log) {
  const tracer t(log, "middle");
  const int r = co_yield elements_of(returns_when_closed(log));
  log.push_back("middle went on with " + std::to_string(r));
  co_yield r;
  co_return r;
}
generator<int, int, int> around_both(log_t& log) {
  try {
    co_yield elements_of(around_it(log));
  } catch (const pariter::close_requested&) {
    log.push_back("outer closed");
  }
  co_yield elements_of(plain_of_nothing());  // nobody is closed twice
  co_return 9;
}

TEST(ElementsOf, close_reaches_the_delegator_of_a_delegate_that_returns) {
  log_t log;
  auto g = around_both(log);
  static_cast<void>(g.next());
  EXPECT_EQ(g.close(), 9);
  EXPECT_EQ(log, (log_t{"inner closed", "~middle", "outer closed"}));
  EXPECT_EQ(g.state(), generator_state::finished);
}

// Thrown in by hand, it is an exception like any other: who caught it and returned has ended, and its delegator goes on.
TEST(ElementsOf, a_close_requested_that_is_thrown_in_goes_no_further_than_who_catches_it) {
  log_t log;
  auto g = around_it(log);
  static_cast<void>(g.next());
  EXPECT_EQ(g.throw_in(std::make_exception_ptr(pariter::close_requested())), 5);
  EXPECT_EQ(log, (log_t{"inner closed", "middle went on with 5"}));
}

generator<int, int, int> nested_and_told(int depth) {
  if (depth == 0) co_yield 1;
  else co_yield elements_of(nested_and_told(depth - 1));
  co_return depth;
}

TEST(ElementsOf, a_deep_chain_is_closed_without_a_stack) {
  auto g = nested_and_told(20'000);
  EXPECT_EQ(g.next(), 1);
  EXPECT_EQ(g.close(), std::nullopt);
  EXPECT_EQ(g.state(), generator_state::finished);
}

TEST(ElementsOf, a_borrowed_delegate_that_returns_when_closed_ends_and_its_delegator_too) {
  log_t log;
  auto inner = returns_when_closed(log);
  auto g = [](generator<int, int, int>& to, log_t& l) -> generator<int, int> {
    const tracer t(l, "outer");
    co_yield elements_of(to);
    l.push_back("outer went on");
  }(inner, log);
  static_cast<void>(g.next());
  g.close();
  EXPECT_EQ(log, (log_t{"inner closed", "~outer"}));
  EXPECT_EQ(inner.state(), generator_state::finished);
}

generator<int, int, int> refuses_once(log_t& log) {
  try {
    co_yield 1;
  } catch (const pariter::close_requested&) {
    log.push_back("refused");
  }
  co_yield 2;
  co_return 5;
}
generator<int, int, int> around_refusal(log_t& log) { co_return co_yield elements_of(refuses_once(log)); }

TEST(ElementsOf, a_close_that_was_ignored_closes_nobody_later) {
  log_t log;
  auto g = around_refusal(log);
  static_cast<void>(g.next());
  EXPECT_THROW(static_cast<void>(g.close()), pariter::ignored_close);
  EXPECT_FALSE(g.next());
  EXPECT_EQ(g.take_result(), 5);
}

generator<pariter::test::throwing, int> yields_when_closed_what_cannot_be_moved() {
  try {
    co_yield pariter::test::throwing(1);
  } catch (const pariter::close_requested&) {
  }
  co_yield pariter::test::throwing(2);
}
generator<pariter::test::throwing, int> around_that(bool& went_on) {
  co_yield elements_of(yields_when_closed_what_cannot_be_moved());
  went_on = true;
}

TEST(ElementsOf, a_close_that_failed_on_the_way_closes_nobody_later) {
  bool went_on = false;
  auto g = around_that(went_on);
  static_cast<void>(g.next());
  pariter::test::throwing::fail_at(2);  // the item is made, and thrown when it is moved out
  EXPECT_THROW(g.close(), planned_failure);
  pariter::test::throwing::fail_at(0);
  EXPECT_EQ(g.state(), generator_state::suspended);
  EXPECT_FALSE(g.next());
  EXPECT_TRUE(went_on);
}

generator<int, int> around_nothing() {
  co_yield 1;
  co_yield elements_of(plain_of_nothing());
  co_yield elements_of(std::vector<int>());
  co_yield 2;
}

TEST(ElementsOf, an_empty_delegate_is_as_if_it_were_not_there) {
  auto g = around_nothing();
  EXPECT_EQ(drain(g), (std::vector{1, 2}));
}

generator<int> plain_inner(log_t& log) {
  const tracer t(log, "inner");
  co_yield 1;
}
generator<int> plain_outer(log_t& log) {
  const tracer t(log, "outer");
  co_yield elements_of(plain_inner(log));
}

TEST(ElementsOf, close_without_send_frees_from_inner_to_outer) {
  log_t log;
  auto g = plain_outer(log);
  static_cast<void>(g.next());
  g.close();
  EXPECT_EQ(log, (log_t{"~inner", "~outer"}));
}

generator<int, int> over_a_range(log_t& log) {
  const tracer t(log, "outer");
  std::vector<int> v(3, 1);
  co_yield elements_of(v);
}

TEST(ElementsOf, sending_to_a_range_is_an_error_in_the_delegator_and_cleans_up) {
  log_t log;
  auto g = over_a_range(log);
  static_cast<void>(g.next());
  EXPECT_THROW(static_cast<void>(g.send(1)), pariter::takes_no_values);
  EXPECT_EQ(log, log_t{"~outer"});
}

TEST(ElementsOf, throwing_into_a_range_is_thrown_in_the_delegator) {
  log_t log;
  auto g = over_a_range(log);
  static_cast<void>(g.next());
  EXPECT_THROW(static_cast<void>(g.throw_in(std::make_exception_ptr(planned_failure()))), planned_failure);
  EXPECT_EQ(log, log_t{"~outer"});
}

generator<int, int> over_a_range_until_closed(log_t& log) {
  const tracer t(log, "outer");
  const std::vector<int> v{1, 2, 3};
  try {
    co_yield elements_of(v);
  } catch (const pariter::close_requested&) {
    log.push_back("closed");
    throw;
  }
}

TEST(ElementsOf, closing_over_a_range_is_thrown_in_the_delegator) {
  log_t log;
  auto g = over_a_range_until_closed(log);
  static_cast<void>(g.next());
  g.close();
  EXPECT_EQ(log, (log_t{"closed", "~outer"}));
  EXPECT_EQ(g.state(), generator_state::finished);
}

// ---- borrowing and cycles ----

generator<int> borrow(generator<int>& g) { co_yield elements_of(g); }
generator<int> borrow_twice(generator<int>& g) { co_yield elements_of(borrow(g)); }

TEST(ElementsOf, a_borrowed_generator_goes_back_to_its_owner_when_the_borrower_is_dropped) {
  auto g = nested(3);
  {
    auto b = borrow_twice(g);
    EXPECT_EQ(b.next(), 0);
    EXPECT_EQ(g.state(), generator_state::running);
    EXPECT_THROW(static_cast<void>(g.next()), pariter::busy);
    EXPECT_EQ(b.next(), 1);
  }
  EXPECT_EQ(g.state(), generator_state::suspended);
  EXPECT_EQ(drain(g), (std::vector{2, 3}));
}

TEST(ElementsOf, a_borrowed_generator_that_stands_at_an_item_is_busy) {
  auto g = count(0, 3);
  auto b = borrow(g);
  EXPECT_EQ(b.next(), 0);
  EXPECT_EQ(g.state(), generator_state::running);
  EXPECT_THROW(static_cast<void>(g.next()), pariter::busy);
  EXPECT_THROW(g.close(), pariter::busy);
  b.close();
  EXPECT_EQ(g.next(), 1);
}

TEST(ElementsOf, a_borrowed_generator_ends_with_the_borrower) {
  auto g = count(0, 2);
  EXPECT_EQ(drain(borrow(g)), (std::vector{0, 1}));
  EXPECT_EQ(g.state(), generator_state::finished);
}

generator<int> own(generator<int>& g) { co_yield elements_of(std::move(g)); }

TEST(ElementsOf, a_generator_that_is_moved_in_is_owned) {
  auto g = count(0, 3);
  auto o = own(g);
  EXPECT_EQ(o.next(), 0);
  EXPECT_EQ(g.state(), generator_state::finished);
  EXPECT_FALSE(g.next());
  g = count(10, 12);
  EXPECT_EQ(o.next(), 1);
  EXPECT_EQ(g.next(), 10);
  EXPECT_EQ(drain(o), (std::vector{2}));
  EXPECT_EQ(g.next(), 11);
}

TEST(ElementsOf, a_generator_that_is_moved_in_outlives_its_former_owner) {
  std::optional<generator<int>> g(nested(2));
  EXPECT_EQ(g->next(), 0);  // it delegates itself
  auto o = own(*g);
  EXPECT_EQ(o.next(), 1);
  g.reset();
  EXPECT_EQ(drain(o), (std::vector{2}));
}

generator<int> holds(counted = 1) {
  co_yield 1;
  co_yield 2;
}

TEST(ElementsOf, a_generator_that_is_moved_in_is_freed_with_the_owner) {
  auto g = holds();
  {
    auto o = own(g);
    EXPECT_EQ(o.next(), 1);
    EXPECT_EQ(counted::living, 1);
  }
  EXPECT_EQ(counted::living, 0);
  EXPECT_EQ(g.state(), generator_state::finished);
}

generator<int, void, std::string> result_of_ended() {
  auto g = inner_result();
  while (g.next()) {
  }
  co_return co_yield elements_of(std::move(g));
}
generator<int, void, std::string> result_of_moved_in() {
  auto g = inner_result();
  static_cast<void>(g.next());
  co_return co_yield elements_of(std::move(g));
}

TEST(ElementsOf, a_generator_that_is_moved_in_brings_its_result) {
  for (auto make : {result_of_ended, result_of_moved_in}) {
    auto g = make();
    EXPECT_FALSE(g.next());
    EXPECT_EQ(g.take_result(), "inner");
  }
}

generator<int> moves_in_itself(generator<int>*& self) {
  co_yield 1;
  co_yield elements_of(std::move(*self));
}
generator<int> takes_what_is_lent(generator<int>& lent) {
  auto borrower = borrow(lent);
  co_yield *borrower.next();
  co_yield elements_of(std::move(lent));
}

TEST(ElementsOf, moving_in_what_runs_or_is_lent_is_busy) {
  generator<int>* self = nullptr;
  auto g = moves_in_itself(self);
  self = &g;
  EXPECT_EQ(g.next(), 1);
  EXPECT_THROW(static_cast<void>(g.next()), pariter::busy);
  EXPECT_EQ(g.state(), generator_state::finished);

  auto lent = count(0, 3);
  auto t = takes_what_is_lent(lent);
  EXPECT_EQ(t.next(), 0);
  EXPECT_THROW(static_cast<void>(t.next()), pariter::busy);
  EXPECT_EQ(lent.next(), 1) << "went back";
}

generator<int> delegate_to(generator<int>*& g) {
  co_yield 1;
  co_yield elements_of(*g);
}

TEST(ElementsOf, a_cycle_is_busy) {
  generator<int>* self = nullptr;
  auto g = delegate_to(self);
  self = &g;
  EXPECT_EQ(g.next(), 1);
  EXPECT_THROW(static_cast<void>(g.next()), pariter::busy);

  generator<int>*to_b = nullptr, *to_a = nullptr;
  auto a = delegate_to(to_b);
  auto b = delegate_to(to_a);
  to_b = &b;
  to_a = &a;
  EXPECT_EQ(a.next(), 1);
  EXPECT_EQ(a.next(), 1);  // b's
  EXPECT_THROW(static_cast<void>(a.next()), pariter::busy);
}

generator<bool> steps_its_delegator(generator<bool>*& outer) {
  bool told = false;
  try {
    static_cast<void>(outer->next());
  } catch (const pariter::busy&) {
    told = true;
  }
  co_yield told;
}
generator<bool> around_who_steps_it(generator<bool>*& self) { co_yield elements_of(steps_its_delegator(self)); }

TEST(ElementsOf, a_delegate_that_steps_its_delegator_is_told_busy) {
  generator<bool>* self = nullptr;
  auto g = around_who_steps_it(self);
  self = &g;
  EXPECT_EQ(g.next(), true);
  EXPECT_FALSE(g.next());
}

// ---- every early stop ----

generator<counted> tree(int depth) {
  const counted local(1);
  if (depth > 0) co_yield elements_of(tree(depth - 1));
  co_yield counted(depth);
  if (depth > 0) co_yield elements_of(tree(depth - 1));
}

TEST(ElementsOf, every_early_stop_leaves_nothing) {
  for (int stop = 0; stop <= 16; ++stop) {
    {
      auto g = tree(3);
      for (int i = 0; i < stop; ++i) static_cast<void>(g.next());
    }
    ASSERT_EQ(counted::living, 0) << "after " << stop;
  }
}

}  // namespace
