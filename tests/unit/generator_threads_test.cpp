// SPDX-License-Identifier: Apache-2.0
// generator<T, Send>: one step at a time, from whatever thread: busy, handing over, stopping.

#include "pariter/coro/generator.hpp"

#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <latch>
#include <optional>
#include <stop_token>
#include <thread>

namespace {

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

}  // namespace
