// SPDX-License-Identifier: Apache-2.0
// generator<T, Send, Return>: laziness, end, items of every kind, exceptions, send, throw_in, close, return values, allocators.

#include "pariter/coro/generator.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/next.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <memory>
#include <memory_resource>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pariter::generator;
using pariter::generator_state;
using pariter::test::counted;
using pariter::test::planned_failure;

static_assert(pariter::iterator<generator<int>>);
static_assert(pariter::iterator<generator<std::unique_ptr<int>, int, std::string>>);
static_assert(std::ranges::input_range<generator<int>>);
static_assert(!std::copyable<generator<int>> && std::movable<generator<int>>);
static_assert(std::same_as<pariter::item_t<generator<int>>, int>);
static_assert(std::same_as<pariter::item_t<generator<int&>>, int&>);
static_assert(std::same_as<pariter::item_t<generator<const int&>>, const int&>);

generator<int> count(int from, int to) {
  for (; from < to; ++from) co_yield from;
}

template <class G>
auto drain(G&& g) {
  std::vector<pariter::value_t<std::remove_cvref_t<G>>> all;
  for (auto&& item : g) all.push_back(std::move(item));
  return all;
}

// ---- laziness and end ----

generator<int> tell_start(bool& started) {
  started = true;
  co_yield 1;
}

TEST(Generator, runs_nothing_before_the_first_step) {
  bool started = false;
  auto g = tell_start(started);
  EXPECT_EQ(g.state(), generator_state::created);
  EXPECT_FALSE(started);
  EXPECT_EQ(g.next(), 1);
  EXPECT_TRUE(started);
  EXPECT_EQ(g.state(), generator_state::suspended);
}

TEST(Generator, ends_for_ever) {
  auto g = count(0, 2);
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.next(), 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(g.next(), std::nullopt);
    EXPECT_EQ(g.state(), generator_state::finished);
  }
}

TEST(Generator, is_its_own_iterator) {
  auto g = count(0, 3);
  EXPECT_EQ(&pariter::iter(g), &g);
}

TEST(Generator, a_loop_continues_after_a_break) {
  auto g = count(0, 5);
  for (int i : g) {
    if (i == 1) break;
  }
  EXPECT_EQ(drain(g), (std::vector{2, 3, 4}));
}

TEST(Generator, next_with_a_fallback_maps_only_the_end) {
  auto g = count(0, 1);
  EXPECT_EQ(pariter::next(g, 9), 0);
  EXPECT_EQ(pariter::next(g, 9), 9);
}

TEST(Generator, works_with_views) {
  auto g = count(0, 10);
  std::vector<int> odd;
  for (int i : g | std::views::filter([](int n) { return n % 2 == 1; })) odd.push_back(i);
  EXPECT_EQ(odd, (std::vector{1, 3, 5, 7, 9}));
}

TEST(Generator, moved_from_is_at_its_end_and_the_new_one_goes_on) {
  auto a = count(0, 3);
  EXPECT_EQ(a.next(), 0);
  auto b = std::move(a);
  EXPECT_EQ(a.next(), std::nullopt);  // NOLINT(bugprone-use-after-move): defined
  EXPECT_EQ(b.next(), 1);
  a = std::move(b);
  EXPECT_EQ(a.next(), 2);
  EXPECT_EQ(b.state(), generator_state::finished);  // NOLINT(bugprone-use-after-move)
}

// ---- items ----

template <class T>
generator<T> rvalues(int n) {
  for (int i = 0; i < n; ++i) co_yield T(i);
}
template <class T>
generator<T> lvalues(int n) {
  for (int i = 0; i < n; ++i) {
    T item(i);
    co_yield item;
    if (!(item == T(i))) throw std::logic_error("the body's own variable was moved from");
  }
}

template <class T>
class GeneratorItems : public testing::Test {};
using archetypes = testing::Types<int, counted, pariter::test::move_only, pariter::test::over_aligned, pariter::test::no_default, pariter::test::throwing>;
TYPED_TEST_SUITE(GeneratorItems, archetypes);

TYPED_TEST(GeneratorItems, rvalues_are_moved_out) {
  auto g = rvalues<TypeParam>(3);
  for (int i = 0; i < 3; ++i) {
    auto item = g.next();
    ASSERT_TRUE(item);
    EXPECT_EQ(*item, TypeParam(i));
  }
  EXPECT_FALSE(g.next());
}

TYPED_TEST(GeneratorItems, lvalues_are_copied_and_stay_whole) {
  if constexpr (std::copy_constructible<TypeParam>) {
    auto g = lvalues<TypeParam>(3);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(*g.next(), TypeParam(i));
    EXPECT_FALSE(g.next());
  }
}

TYPED_TEST(GeneratorItems, a_loop_refers_to_each_item) {
  int expected = 0;
  for (auto& item : rvalues<TypeParam>(4)) EXPECT_EQ(item, TypeParam(expected++));
  EXPECT_EQ(expected, 4);
}

TYPED_TEST(GeneratorItems, every_early_stop_leaves_nothing) {
  for (int stop = 0; stop <= 4; ++stop) {
    auto g = rvalues<TypeParam>(3);
    for (int i = 0; i < stop; ++i) static_cast<void>(g.next());
  }
  EXPECT_EQ(counted::living, 0);
  EXPECT_EQ(pariter::test::throwing::living, 0);
}

TEST(Generator, a_loop_may_write_to_small_items_and_the_body_does_not_notice) {
  std::vector<int> seen;
  for (int& i : count(0, 3)) {
    seen.push_back(i);
    i = 100;
  }
  EXPECT_EQ(seen, (std::vector{0, 1, 2}));
}

TEST(Generator, an_lvalue_item_is_copied_once) {
  counted::copies = 0;
  auto g = lvalues<counted>(1);
  EXPECT_EQ(g.next()->value, 0);
  EXPECT_EQ(counted::copies, 1);
}

generator<int&> references(std::vector<int>& v) {
  for (int& i : v) co_yield i;
}
generator<const std::string&> texts() {
  const std::string own = "own";
  co_yield own;
  co_yield "temporary";
}

TEST(Generator, references_stay_where_they_are) {
  std::vector v{1, 2, 3};
  auto g = references(v);
  EXPECT_EQ(&*g.next(), &v[0]);
  for (int& i : g) i *= 10;
  EXPECT_EQ(v, (std::vector{1, 20, 30}));
  auto t = texts();
  EXPECT_EQ(*t.next(), "own");
  EXPECT_EQ(*t.next(), "temporary");
  EXPECT_FALSE(t.next());
}

generator<std::optional<int>> optionals() {
  co_yield 1;
  co_yield std::nullopt;
  co_yield 2;
}

TEST(Generator, an_empty_item_is_not_the_end) {
  auto g = optionals();
  EXPECT_EQ(*g.next(), 1);
  const auto empty = g.next();
  ASSERT_TRUE(empty.has_value());
  EXPECT_FALSE(empty->has_value());
  EXPECT_EQ(*g.next(), 2);
  EXPECT_FALSE(g.next().has_value());
}

// ---- exceptions ----

generator<int> fail_after(int n, counted = 0) {
  for (int i = 0; i < n; ++i) co_yield i;
  throw planned_failure();
}

TEST(Generator, throws_what_leaves_the_body_once_and_then_ends) {
  for (int n = 0; n < 3; ++n) {
    auto g = fail_after(n);
    for (int i = 0; i < n; ++i) EXPECT_EQ(g.next(), i);
    EXPECT_THROW(static_cast<void>(g.next()), planned_failure);
    EXPECT_EQ(g.state(), generator_state::finished);
    EXPECT_FALSE(g.next());
  }
}

TEST(Generator, frees_the_frame_when_the_body_ends_or_throws) {
  auto ended = rvalues<counted>(1);
  auto failed = fail_after(1);
  static_cast<void>(failed.next());
  EXPECT_EQ(counted::living, 1);
  EXPECT_THROW(static_cast<void>(failed.next()), planned_failure);
  EXPECT_EQ(counted::living, 0);
}

TEST(Generator, frees_the_frame_at_every_suspension_point) {
  for (int steps = 0; steps < 4; ++steps) {
    {
      auto g = fail_after(3);
      for (int i = 0; i < steps; ++i) static_cast<void>(g.next());
      EXPECT_EQ(counted::living, 1);
    }
    EXPECT_EQ(counted::living, 0);
  }
}

generator<pariter::test::throwing> copies_that_may_throw(bool& caught) {
  const pariter::test::throwing item(1);
  try {
    co_yield item;
  } catch (const planned_failure&) {
    caught = true;
  }
  co_yield pariter::test::throwing(2);
}

TEST(Generator, a_copy_that_throws_throws_in_the_body) {
  bool caught = false;
  auto g = copies_that_may_throw(caught);
  pariter::test::throwing::fail_at(2);
  const auto item = g.next();
  pariter::test::throwing::fail_at(0);
  EXPECT_TRUE(caught);
  EXPECT_EQ(item->value, 2);
}

TEST(Generator, a_move_that_throws_loses_the_item_and_no_more) {
  auto g = rvalues<pariter::test::throwing>(3);
  EXPECT_EQ(g.next()->value, 0);
  pariter::test::throwing::fail_at(2);
  EXPECT_THROW(static_cast<void>(g.next()), planned_failure);
  pariter::test::throwing::fail_at(0);
  EXPECT_EQ(g.next()->value, 2);
}

// ---- busy ----

generator<int> re_enter(generator<int>*& self, int& busy) {
  try {
    static_cast<void>(self->next());
  } catch (const pariter::busy&) {
    ++busy;
  }
  try {
    self->close();
  } catch (const pariter::busy&) {
    ++busy;
  }
  co_yield static_cast<int>(self->state());
}

TEST(Generator, a_step_from_its_own_body_is_busy_and_leaves_it_whole) {
  generator<int>* self = nullptr;
  int busy = 0;
  auto g = re_enter(self, busy);
  self = &g;
  EXPECT_EQ(g.next(), static_cast<int>(generator_state::running));
  EXPECT_EQ(busy, 2);
  EXPECT_FALSE(g.next());
}

generator<int> wait_inside(std::latch& inside, std::latch& go_on) {
  inside.count_down();
  go_on.wait();
  co_yield 7;
}

TEST(Generator, a_step_from_another_thread_is_busy_and_leaves_it_whole) {
  std::latch inside(1), go_on(1);
  auto g = wait_inside(inside, go_on);
  std::optional<int> got;
  std::thread owner([&] { got = g.next(); });
  inside.wait();
  EXPECT_THROW(static_cast<void>(g.next()), pariter::busy);
  EXPECT_EQ(g.state(), generator_state::running);
  go_on.count_down();
  owner.join();
  EXPECT_EQ(got, 7);
}

// next, send, throw_in and close of a generator that takes values: how many of them are busy.
int busy_ways(generator<int, int>& g) {
  const auto is_busy = [](auto step) {
    try {
      static_cast<void>(step());
    } catch (const pariter::busy&) {
      return 1;
    }
    return 0;
  };
  return is_busy([&] { return g.next(); }) + is_busy([&] { return g.send(1); }) +
         is_busy([&] { return g.throw_in(std::make_exception_ptr(planned_failure())); }) + is_busy([&] { return g.close(), 0; });
}

generator<int, int> re_enter_in_every_way(generator<int, int>*& self) { co_yield busy_ways(*self); }

TEST(Generator, send_throw_in_and_close_from_its_own_body_are_busy_and_leave_it_whole) {
  generator<int, int>* self = nullptr;
  auto g = re_enter_in_every_way(self);
  self = &g;
  EXPECT_EQ(g.next(), 4);
  EXPECT_EQ(g.state(), generator_state::suspended);
  EXPECT_FALSE(g.next());
}

generator<int, int> wait_inside_and_listen(std::latch& inside, std::latch& go_on) {
  inside.count_down();
  go_on.wait();
  const auto sent = co_yield 7;
  co_yield sent.value_or(-1);
}

TEST(Generator, send_throw_in_and_close_from_another_thread_are_busy_and_leave_it_whole) {
  std::latch inside(1), go_on(1);
  auto g = wait_inside_and_listen(inside, go_on);
  std::optional<int> got;
  std::thread owner([&] { got = g.next(); });
  inside.wait();
  EXPECT_EQ(busy_ways(g), 4);
  go_on.count_down();
  owner.join();
  EXPECT_EQ(got, 7);
  EXPECT_EQ(g.next(), -1) << "nothing was sent";
}

generator<int> until_stopped(std::stop_token stop, std::latch& inside, std::latch& stopped) {
  co_yield 0;
  inside.count_down();
  stopped.wait();
  for (int i = 1; !stop.stop_requested(); ++i) co_yield i;
}

TEST(Generator, a_stop_token_ends_it_from_another_thread_while_it_runs) {
  std::stop_source source;
  std::latch inside(1), stopped(1);
  auto g = until_stopped(source.get_token(), inside, stopped);
  EXPECT_EQ(g.next(), 0);
  std::optional<int> got = 9;
  std::thread owner([&] { got = g.next(); });
  inside.wait();
  source.request_stop();
  stopped.count_down();
  owner.join();
  EXPECT_EQ(got, std::nullopt);
}

TEST(Generator, may_be_handed_from_thread_to_thread) {
  auto g = count(0, 100);
  int sum = 0;
  for (int i = 0; i < 100; ++i) std::thread([&] { sum += *g.next(); }).join();
  EXPECT_EQ(sum, 4950);
  EXPECT_FALSE(g.next());
}

TEST(GeneratorDeathTest, is_not_destroyed_inside_its_own_step) {
  struct owner {
    std::optional<generator<int>> g;
    static generator<int> suicide(owner& o) {
      o.g.reset();
      co_yield 1;
    }
  };
  EXPECT_DEATH(
      {
        owner o;
        o.g.emplace(owner::suicide(o));
        static_cast<void>(o.g->next());
      },
      "inside its own step");
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

// ---- return values ----

generator<int, void, std::string> with_result(bool fail = false) {
  co_yield 1;
  if (fail) throw planned_failure();
  co_return "done";
}

TEST(Generator, gives_the_return_value_once_after_the_end) {
  auto g = with_result();
  EXPECT_EQ(g.take_result(), std::nullopt);
  static_cast<void>(g.next());
  EXPECT_EQ(g.take_result(), std::nullopt);
  EXPECT_FALSE(g.next());
  EXPECT_EQ(g.take_result(), "done");
  EXPECT_EQ(g.take_result(), std::nullopt);
  auto failed = with_result(true);
  static_cast<void>(failed.next());
  EXPECT_THROW(static_cast<void>(failed.next()), planned_failure);
  EXPECT_EQ(failed.take_result(), std::nullopt);
}

// ---- names ----

TEST(Generator, prints_its_functions_name_and_its_address) {
  auto g = count(0, 1);
  std::ostringstream out;
  out << g;
  std::ostringstream expected;
  expected << "<generator object count at " << static_cast<const void*>(&g) << '>';
  EXPECT_EQ(out.str(), expected.str());
  EXPECT_EQ([]() -> generator<int> { co_yield 1; }().name(), "<lambda>");
  g.set_name("numbers");
  EXPECT_EQ(g.name(), "numbers");
}

// ---- allocators ----

class counting_resource : public std::pmr::memory_resource {
 public:
  int made = 0, freed = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    ++made;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* p, std::size_t size, std::size_t alignment) override {
    ++freed;
    std::pmr::new_delete_resource()->deallocate(p, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

generator<int> allocated(std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int n) {
  for (int i = 0; i < n; ++i) co_yield i;
}
struct with_member {
  generator<int> walk(std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int n) const {
    for (int i = 0; i < n; ++i) co_yield i * factor;
  }
  int factor;
};

TEST(Generator, takes_its_frame_from_the_allocator_that_it_is_given) {
  counting_resource memory;
  EXPECT_EQ(drain(allocated(std::allocator_arg, &memory, 3)), (std::vector{0, 1, 2}));
  const with_member m{10};
  EXPECT_EQ(drain(m.walk(std::allocator_arg, &memory, 3)), (std::vector{0, 10, 20}));
  const auto lambda = [](std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int n) -> generator<int> { co_yield n; };
  EXPECT_EQ(drain(lambda(std::allocator_arg, &memory, 5)), (std::vector{5}));
  EXPECT_EQ(memory.made, 3);
  EXPECT_EQ(memory.freed, 3);
}

}  // namespace
