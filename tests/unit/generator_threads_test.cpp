// SPDX-License-Identifier: Apache-2.0
// generator<T, Send>: one step at a time, from whatever thread: busy, handing over, stopping.

#include "pariter/coro/generator.hpp"

#include "pariter/coro/elements_of.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <latch>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>

namespace {

using pariter::elements_of;
using pariter::generator;
using pariter::generator_state;
using pariter::test::planned_failure;

generator<int> count(int from, int to) {
  for (; from < to; ++from) co_yield from;
}

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

// What its owner's destructor asks of the generator whose frame it lies in.
struct asks_at_its_end {
  generator<int, int>*& self;
  int& busy;
  generator_state& seen;

  asks_at_its_end(generator<int, int>*& s, int& b, generator_state& state) : self(s), busy(b), seen(state) {}
  asks_at_its_end(const asks_at_its_end&) = delete;
  asks_at_its_end& operator=(const asks_at_its_end&) = delete;
  ~asks_at_its_end() {
    seen = self->state();
    busy += busy_ways(*self);
  }
};
struct asking {
  generator<int, int>* self = nullptr;
  int busy = 0;
  generator_state seen = generator_state::created;
};

generator<int, int> asks_when_freed(asking& a) {
  const asks_at_its_end local(a.self, a.busy, a.seen);
  co_yield 1;
  co_yield 2;
}
generator<int, int> asks_when_its_parameter_is_freed(std::unique_ptr<asks_at_its_end>) { co_yield 1; }
generator<int, int> around_asking(asking& a) { co_yield elements_of(asks_when_freed(a)); }
generator<int, int> around_the_lent(generator<int, int>& lent, asking& a) {
  const asks_at_its_end local(a.self, a.busy, a.seen);
  co_yield elements_of(lent);
}

// Makes one, steps it, and frees its frame in one way.
template <class Make, class End>
void expect_busy_to_the_end(Make make, int steps, End end) {
  asking a;
  {
    std::optional<generator<int, int>> g(make(a));
    a.self = &*g;
    for (int i = 0; i < steps; ++i) EXPECT_EQ(g->next(), i + 1);
    end(g);
    if (g) {
      EXPECT_EQ(g->state(), generator_state::finished);
    }
  }
  EXPECT_EQ(a.busy, 4);
  EXPECT_EQ(a.seen, generator_state::running);
}

const auto close_it = [](std::optional<generator<int, int>>& g) { g->close(); };
const auto drop_it = [](std::optional<generator<int, int>>& g) { g.reset(); };
const auto replace_it = [](std::optional<generator<int, int>>& g) {
  *g = [](int n) -> generator<int, int> { co_yield n; }(7);
  EXPECT_EQ(g->next(), 7);
  g.reset();
};

TEST(Generator, a_step_from_a_destructor_is_busy_while_the_frame_is_freed) {
  expect_busy_to_the_end(asks_when_freed, 1, close_it);
  expect_busy_to_the_end(asks_when_freed, 1, drop_it);
  expect_busy_to_the_end(asks_when_freed, 1, replace_it);
  expect_busy_to_the_end(asks_when_freed, 2, [](auto& g) { EXPECT_FALSE(g->next()); });
}

TEST(Generator, a_step_from_a_parameter_s_destructor_is_busy_before_the_first_step) {
  const auto make = [](asking& a) { return asks_when_its_parameter_is_freed(std::make_unique<asks_at_its_end>(a.self, a.busy, a.seen)); };
  expect_busy_to_the_end(make, 0, close_it);
  expect_busy_to_the_end(make, 0, drop_it);
  expect_busy_to_the_end(make, 0, replace_it);
  expect_busy_to_the_end(make, 0, [](auto& g) { EXPECT_THROW(static_cast<void>(g->throw_in(std::make_exception_ptr(planned_failure()))), planned_failure); });
}

TEST(Generator, a_step_from_a_delegate_s_destructor_is_busy) {
  expect_busy_to_the_end(around_asking, 1, drop_it);
  expect_busy_to_the_end(around_asking, 1, replace_it);
  expect_busy_to_the_end(around_asking, 1, close_it);
}

TEST(Generator, a_step_from_a_borrower_s_destructor_is_busy_and_what_was_lent_has_gone_back) {
  auto lent = [](int n) -> generator<int, int> { for (int i = 1; i <= n; ++i) co_yield i; }(3);
  expect_busy_to_the_end([&](asking& a) { return around_the_lent(lent, a); }, 2, drop_it);
  EXPECT_EQ(lent.next(), 3);
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

TEST(GeneratorDeathTest, is_not_destroyed_while_its_frame_is_freed) {
  struct at_exit {
    std::unique_ptr<generator<int>>& g;
    explicit at_exit(std::unique_ptr<generator<int>>& its) : g(its) {}
    at_exit(const at_exit&) = delete;
    at_exit& operator=(const at_exit&) = delete;
    ~at_exit() { g.reset(); }
  };
  struct frees_itself {
    static generator<int> body(std::unique_ptr<generator<int>>& self) {
      const at_exit local(self);
      co_yield 1;
    }
  };
  EXPECT_DEATH(
      {
        std::unique_ptr<generator<int>> g;
        g = std::make_unique<generator<int>>(frees_itself::body(g));
        static_cast<void>(g->next());
        g->close();
      },
      "while its frame is freed");
}

}  // namespace
