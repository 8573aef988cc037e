// SPDX-License-Identifier: Apache-2.0
// async_generator: items, ends, exceptions, the frame's life. Pulls of other kinds than next(): pull_test, awaitable_pull_test.
// What the body may await: body_awaits_test. Stop and close: async_body_test.
#include "pariter/async/async_generator.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/next.hpp"
#include "support/archetypes.hpp"
#include "support/async.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/relationship.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory_resource>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using pariter::async_generator;
using pariter::resume_on;
using pariter::test::lifetime;
using pariter::test::result_of;

async_generator<int> upto(int n) {
  for (int i = 0; i < n; ++i) co_yield i;
}

template <class T>
async_generator<T> made(int n) {
  for (int i = 0; i < n; ++i) co_yield T(i);
}

// Waits before each item.
async_generator<int> ticking(asio::any_io_executor ex, int n, std::shared_ptr<int> = {}) {
  asio::steady_timer timer(ex);
  for (int i = 0; i < n; ++i) {
    timer.expires_after(10us);
    co_await timer.async_wait(asio::deferred);
    co_yield i;
  }
}

static_assert(pariter::iterator<async_generator<int>>);
static_assert(std::ranges::input_range<async_generator<int>>);
static_assert(!std::is_copy_constructible_v<async_generator<int>>);
static_assert(!pariter::iteration_traits<async_generator<int>>.sized);

TEST(AsyncGenerator, yields_in_order_then_ends_for_ever) {
  auto g = upto(3);
  EXPECT_EQ(g.next(), 0);
  EXPECT_EQ(g.next(), 1);
  EXPECT_EQ(g.next(), 2);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(g.next(), std::nullopt);
}

TEST(AsyncGenerator, runs_nothing_before_the_first_pull) {
  bool ran = false;
  auto body = [](bool& flag) -> async_generator<int> {
    flag = true;
    co_yield 1;
  };
  auto g = body(ran);
  auto operation = g.async_next();
  (void)operation;  // an operation that is never started does nothing either
  EXPECT_FALSE(ran);
  EXPECT_EQ(g.next(), 1);
  EXPECT_TRUE(ran);
}

TEST(AsyncGenerator, continues_in_a_second_loop) {
  auto g = upto(10);
  int sum = 0;
  for (int i : g)
    if (sum += i; i == 4) break;
  EXPECT_EQ(sum, 0 + 1 + 2 + 3 + 4);
  for (int i : g) sum += i;
  EXPECT_EQ(sum, 45);
}

TEST(AsyncGenerator, is_its_own_iterator) {
  auto g = upto(2);
  auto& it = pariter::iter(g);
  EXPECT_EQ(&it, &g);
  EXPECT_EQ(pariter::next(it), 0);
  EXPECT_EQ(pariter::next(it, 9), 1);
  EXPECT_EQ(pariter::next(it, 9), 9);
}

template <class T>
class AsyncGeneratorOf : public testing::Test {};
using items = testing::Types<int, pariter::test::counted, pariter::test::move_only, pariter::test::no_default, std::string>;
TYPED_TEST_SUITE(AsyncGeneratorOf, items);

template <class T>
T item_from(int i) {
  if constexpr (std::is_same_v<T, std::string>) return std::string(static_cast<std::size_t>(i) + 40, 'x');
  else return T(i);
}
template <class T>
async_generator<T> items_of(int n) {
  for (int i = 0; i < n; ++i) {
    T item = item_from<T>(i);
    co_yield std::move(item);
  }
}

TYPED_TEST(AsyncGeneratorOf, hands_items_over) {
  auto g = items_of<TypeParam>(3);
  for (int i = 0; i < 3; ++i) {
    auto item = g.next();
    ASSERT_TRUE(item);
    EXPECT_TRUE(*item == item_from<TypeParam>(i));
  }
  EXPECT_FALSE(g.next());
}

TYPED_TEST(AsyncGeneratorOf, drops_an_item_that_nobody_took) {
  auto g = items_of<TypeParam>(3);
  (void)g.next();
}

TEST(AsyncGenerator, copies_an_lvalue_and_moves_an_rvalue) {
  using pariter::test::counted;
  auto body = []() -> async_generator<counted> {
    counted kept(1);
    co_yield kept;
    EXPECT_EQ(kept.value, 1);
    const counted constant(2);
    co_yield constant;
    EXPECT_EQ(constant.value, 2);
    co_yield std::move(kept);
    EXPECT_EQ(kept.value, -1);
    co_yield counted(4);
  };
  counted::copies = 0;
  {
    auto g = body();
    EXPECT_EQ(g.next()->value, 1);
    EXPECT_EQ(g.next()->value, 2);
    EXPECT_EQ(counted::copies, 2);
    EXPECT_EQ(g.next()->value, 1);
    EXPECT_EQ(g.next()->value, 4);
    EXPECT_FALSE(g.next());
    EXPECT_EQ(counted::copies, 2);
  }
  EXPECT_EQ(counted::living, 0);
}

TEST(AsyncGenerator, destroys_its_variables_at_the_end_and_its_parameters_with_the_object) {
  const lifetime variable;
  const lifetime parameter;
  {
    auto body = [](const lifetime& from, std::shared_ptr<int>) -> async_generator<int> {
      const auto held = from.token();
      co_yield 1;
    };
    auto g = body(variable, parameter.token());
    EXPECT_EQ(g.next(), 1);
    EXPECT_FALSE(variable.alone());
    EXPECT_FALSE(g.next());
    EXPECT_TRUE(variable.alone());
    EXPECT_FALSE(g.next());
  }
  EXPECT_TRUE(parameter.alone());
}

TEST(AsyncGenerator, moves_its_handle_only) {
  auto a = upto(5);
  EXPECT_EQ(a.next(), 0);
  auto b = std::move(a);
  EXPECT_EQ(b.next(), 1);
  EXPECT_FALSE(a.next());  // NOLINT: a moved-from generator is at its end
  a = std::move(b);
  EXPECT_EQ(a.next(), 2);
  a = upto(1);
  EXPECT_EQ(a.next(), 0);
}

// ---- exceptions -----------------------------------------------------------------------------------------------------

async_generator<int> failing_at(int when, const lifetime& life) {
  const auto held = life.token();
  for (int i = 0; i < when; ++i) co_yield i;
  throw std::runtime_error("at " + std::to_string(when));
}

TEST(AsyncGenerator, throws_what_leaves_the_body_once_then_ends) {
  for (int when = 0; when < 4; ++when) {
    const lifetime life;
    auto g = failing_at(when, life);
    for (int i = 0; i < when; ++i) EXPECT_EQ(g.next(), i);
    EXPECT_THROW(g.next(), std::runtime_error);
    EXPECT_TRUE(life.alone());
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(g.next());
  }
}

TEST(AsyncGenerator, throws_in_the_body_when_copying_an_item_throws) {
  using pariter::test::throwing;
  {
    auto body = []() -> async_generator<throwing> {
      throwing kept(1);
      bool thrown = false;
      throwing::fail_at(1);
      try {
        co_yield kept;
      } catch (const pariter::test::planned_failure&) {
        thrown = true;
      }
      EXPECT_TRUE(thrown);
      co_yield throwing(2);
    };
    auto g = body();
    EXPECT_EQ(g.next()->value, 2);
    EXPECT_FALSE(g.next());
  }
  EXPECT_EQ(throwing::living, 0);
}

TEST(AsyncGenerator, throws_to_the_consumer_when_taking_an_item_throws_and_goes_on) {
  using pariter::test::throwing;
  {
    auto g = made<throwing>(2);
    throwing::fail_at(2);  // made, then moved out
    EXPECT_THROW(g.next(), pariter::test::planned_failure);
    EXPECT_EQ(g.next()->value, 1);
    EXPECT_FALSE(g.next());
  }
  EXPECT_EQ(throwing::living, 0);
}

// ---- flat, however many ---------------------------------------------------------------------------------------------

async_generator<long> sum_of_three(long n) {
  auto source = [](long count) -> async_generator<long> {
    for (long i = 0; i < count; ++i) co_yield i;
  };
  auto a = source(n);
  while (auto i = co_await a.async_next()) co_yield *i * 3;
}

TEST(AsyncGenerator, runs_a_million_ready_items_flat) {
  constexpr long n = 1'000'000;
  long sum = 0;
  for (long i : sum_of_three(n)) sum += i;
  EXPECT_EQ(sum, 3 * (n * (n - 1) / 2));
}

TEST(AsyncGenerator, runs_operations_that_complete_at_once_flat) {
  asio::thread_pool pool(1);
  auto body = [](asio::thread_pool::executor_type ex) -> async_generator<int> {
    co_await resume_on(ex);
    for (int i = 0; i < 200'000; ++i) {
      co_await asio::dispatch(ex, asio::deferred);  // completes inside its initiation
      co_await resume_on(ex);
    }
    co_yield 1;
  };
  auto g = body(pool.get_executor());
  EXPECT_EQ(g.next(), 1);
  pool.join();
}

// ---- what the frame survives ----------------------------------------------------------------------------------------

async_generator<int> mixed(asio::any_io_executor ex, std::shared_ptr<int> token) {
  asio::steady_timer timer(ex);
  for (int i = 0;; ++i) {
    timer.expires_after(10us);
    co_await timer.async_wait(asio::deferred);
    const auto kept = token;
    co_yield i;
    co_await asio::post(ex, asio::deferred);
    std::string item(50, 'x');
    co_yield static_cast<int>(item.size());
  }
}

TEST(AsyncGenerator, can_be_dropped_at_every_yield) {
  const lifetime life;
  asio::thread_pool pool(2);
  for (int pulls = 0; pulls < 8; ++pulls) {
    auto g = mixed(pool.get_executor(), life.token());
    for (int i = 0; i < pulls; ++i) EXPECT_TRUE(g.next());
  }
  EXPECT_TRUE(life.alone());  // at once: each rested
  pool.join();
}

TEST(AsyncGenerator, dropped_while_it_waits_is_stopped_and_then_destroyed) {
  const lifetime life;
  asio::thread_pool pool(2);
  auto body = [](asio::any_io_executor ex, std::shared_ptr<int>) -> async_generator<int> {
    asio::steady_timer timer(ex, 24h);
    co_await timer.async_wait(asio::deferred);
    co_yield 1;
  };
  for (int i = 0; i < 20; ++i) {
    std::future<std::optional<int>> pull;
    {
      auto g = body(pool.get_executor(), life.token());
      pull = g.async_next(asio::use_future);
    }
    EXPECT_THROW(result_of(std::move(pull)), boost::system::system_error);  // the pull still completes
  }
  pool.join();
  EXPECT_TRUE(life.alone());
}

TEST(AsyncGenerator, dropped_after_an_abandoned_pull_is_destroyed_where_it_comes_to_rest) {
  const lifetime life;
  asio::thread_pool pool(2);
  auto ends = [](asio::any_io_executor ex, std::shared_ptr<int>) -> async_generator<int> {
    asio::steady_timer timer(ex, 24h);
    co_await timer.async_wait(asio::deferred);
  };
  auto yields = [](asio::any_io_executor ex, std::shared_ptr<int>) -> async_generator<int> {
    asio::steady_timer timer(ex, 24h);
    (void)co_await timer.async_wait(asio::as_tuple(asio::deferred));
    co_yield 1;
    ADD_FAILURE() << "ran after it was dropped";
  };
  for (int i = 0; i < 20; ++i) {
    auto a = ends(pool.get_executor(), life.token());
    auto b = yields(pool.get_executor(), life.token());
    EXPECT_TRUE(a.try_next().is_empty());
    EXPECT_TRUE(b.try_next().is_empty());
  }
  pool.join();
  EXPECT_TRUE(life.alone());
}

TEST(AsyncGenerator, dropped_while_a_pull_is_under_way_still_gives_it_the_item) {
  const lifetime life;
  asio::thread_pool pool(2);
  std::future<std::optional<int>> pull;
  auto body = [](asio::any_io_executor ex, std::shared_ptr<int>) -> async_generator<int> {
    asio::steady_timer timer(ex, 24h);
    const auto [stopped] = co_await timer.async_wait(asio::as_tuple(asio::deferred));
    EXPECT_EQ(stopped, asio::error::operation_aborted);
    co_yield 5;
    ADD_FAILURE() << "ran after it was dropped";
  };
  {
    auto g = body(pool.get_executor(), life.token());
    pull = g.async_next(asio::use_future);
  }
  EXPECT_EQ(result_of(std::move(pull)), 5);
  pool.join();
  EXPECT_TRUE(life.alone());
}

TEST(AsyncGenerator, gives_operation_aborted_then_ends_when_the_context_of_its_wait_is_destroyed) {
  auto context = std::make_unique<asio::io_context>();
  auto body = [](asio::io_context::executor_type ex) -> async_generator<int> {  // holds no I/O object, which must not outlive its context
    co_await asio::post(ex, asio::deferred);
    co_yield 1;
  };
  auto g = body(context->get_executor());
  auto pull = g.async_next(asio::use_future);
  context.reset();
  try {
    result_of(std::move(pull));
    FAIL();
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), asio::error::operation_aborted);
  }
  EXPECT_FALSE(g.next());
}

TEST(AsyncGenerator, dropped_while_it_waits_is_destroyed_with_the_context_of_its_wait) {
  const lifetime life;
  asio::io_context context;
  {
    auto g = ticking(context.get_executor(), 3, life.token());
    auto pull = g.async_next(asio::use_future);
    EXPECT_EQ(pull.wait_for(0s), std::future_status::timeout);
  }
  context.run();
  EXPECT_TRUE(life.alone());
  {
    auto late = std::make_unique<asio::io_context>();
    auto g = ticking(late->get_executor(), 3, life.token());
    (void)g.async_next(asio::use_future);
    auto dropped = std::move(g);
    { auto gone = std::move(dropped); }
    EXPECT_FALSE(life.alone());
    late.reset();
  }
  EXPECT_TRUE(life.alone());
}

TEST(AsyncGenerator, takes_its_frame_from_the_callers_allocator) {
  struct counting : std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
      ++open;
      return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
      --open;
      std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    int open = 0;
  } where;
  auto body = [](std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int n) -> async_generator<int> {
    for (int i = 0; i < n; ++i) co_yield i;
  };
  {
    auto g = body(std::allocator_arg, &where, 2);
    EXPECT_EQ(where.open, 1);
    EXPECT_EQ(g.next(), 0);
  }
  EXPECT_EQ(where.open, 0);
}

// ---- where things run -----------------------------------------------------------------------------------------------

TEST(AsyncGenerator, runs_on_the_pulling_thread_until_it_waits) {
  auto body = []() -> async_generator<std::thread::id> {
    for (;;) co_yield pariter::test::this_thread();
  };
  auto g = body();
  EXPECT_EQ(g.next(), std::this_thread::get_id());
  std::thread([&] { EXPECT_EQ(g.next(), std::this_thread::get_id()); }).join();
  EXPECT_EQ(g.next(), std::this_thread::get_id());
}

TEST(AsyncGenerator, bound_to_an_executor_runs_there_always) {
  asio::thread_pool pool(2);
  asio::thread_pool other(1);
  auto body = [](asio::thread_pool::executor_type mine, asio::any_io_executor theirs) -> async_generator<bool> {
    asio::steady_timer timer(theirs);
    for (int i = 0; i < 50; ++i) {
      co_yield pariter::test::here_in(mine);
      timer.expires_after(1us);
      co_await timer.async_wait(asio::deferred);
    }
  };
  auto g = body(pool.get_executor(), other.get_executor());
  g.bind_executor(pool.get_executor());
  int count = 0;
  for (const bool there : g) {
    EXPECT_TRUE(there);
    ++count;
  }
  EXPECT_EQ(count, 50);
  pool.join();
  other.join();
}

TEST(AsyncGenerator, can_be_handed_from_thread_to_thread) {
  auto g = upto(1600);
  int expected = 0;
  for (int round = 0; round < 16; ++round)
    std::thread([&] {
      for (int i = 0; i < 100; ++i) EXPECT_EQ(g.next(), expected++);
    }).join();
  EXPECT_FALSE(g.next());
}

// ---- misuse ---------------------------------------------------------------------------------------------------------

TEST(AsyncGenerator, pulled_from_its_own_body_is_busy_and_unaffected) {
  async_generator<int>* self = nullptr;
  auto body = [](async_generator<int>*& me) -> async_generator<int> {
    EXPECT_THROW(me->next(), pariter::busy);
    co_yield 1;
    EXPECT_THROW(me->close(), pariter::busy);
    co_yield 2;
  };
  auto g = body(self);
  self = &g;
  EXPECT_EQ(g.next(), 1);
  EXPECT_EQ(g.next(), 2);
  EXPECT_FALSE(g.next());
}

async_generator<int> waiting_between(asio::any_io_executor ex, int n) {
  for (int i = 0; i < n; ++i) {
    co_yield i;
    co_await asio::post(ex, asio::deferred);
  }
}
async_generator<int> moving_to(asio::any_io_executor ex, int n) {
  co_await resume_on(ex);
  for (int i = 0; i < n; ++i) co_yield i;
}
async_generator<int> passed_on(async_generator<int> source) {
  while (auto i = co_await source.async_next()) co_yield *i;
}

// Calls f() on this thread, inside `io`, and then whatever is there to do.
template <class F>
void inside(asio::io_context& io, F f) {
  asio::post(io, f);
  io.restart();
  io.run();
}

TEST(AsyncGenerator, in_a_thread_of_its_executor_gives_what_need_not_be_waited_for) {
  asio::io_context io;
  auto g = waiting_between(io.get_executor(), 4);
  g.bind_executor(io.get_executor());
  inside(io, [&] {
    EXPECT_EQ(g.next(), 0);
    EXPECT_TRUE(g.try_next().is_empty());
  });
  inside(io, [&] {
    EXPECT_EQ(g.next(), 1);
    EXPECT_TRUE(g.try_next().is_empty());
  });
  inside(io, [&] {
    EXPECT_EQ(*g.try_next(), 2);
    EXPECT_TRUE(g.try_next().is_empty());
  });
  inside(io, [&] { EXPECT_EQ(*g.next_for(0s), 3); });
}

TEST(AsyncGenerator, would_deadlock_is_thrown_where_it_would_wait_for_the_calling_thread) {
  asio::io_context io;
  const auto inner = io.get_executor();
  const auto bound = [&](const auto& ex) {
    auto g = waiting_between(inner, 3);
    g.bind_executor(ex);
    return g;
  };
  std::vector<async_generator<int>> all;
  all.push_back(bound(inner));
  all.push_back(bound(asio::any_io_executor(inner)));
  all.push_back(bound(asio::make_strand(inner)));
  all.push_back(bound(asio::any_io_executor(asio::make_strand(inner))));
  all.push_back(bound(asio::make_strand(asio::any_io_executor(inner))));
  all.push_back(bound(asio::any_io_executor(asio::require(inner, asio::execution::blocking.never))));
  all.push_back(bound(asio::any_io_executor(asio::prefer(inner, asio::execution::relationship.continuation))));
  all.push_back(moving_to(asio::make_strand(inner), 3));
  all.push_back(passed_on(passed_on(bound(asio::make_strand(inner)))));
  all.push_back(passed_on(moving_to(asio::make_strand(inner), 3)));
  for (auto& g : all) {
    std::vector<int> got;
    int refused = 0;
    bool ended = false;
    for (int turn = 0; turn < 10; ++turn)
      inside(io, [&] {
        try {
          for (;;) {
            const auto o = g.next_for(10ms);
            ASSERT_FALSE(o.is_empty()) << "waited, number " << &g - all.data();
            if ((ended = o.is_closed())) return;
            got.push_back(*o);
          }
        } catch (const pariter::would_deadlock&) {
          ++refused;
        }
      });
    EXPECT_TRUE(ended);
    EXPECT_EQ(got, (std::vector{0, 1, 2})) << "a step that could not wait has lost nothing";
    EXPECT_GT(refused, 0);
  }
}

// What it needs at the end of the step is what counts.
TEST(AsyncGenerator, may_be_waited_for_in_a_thread_of_the_executor_that_it_leaves) {
  asio::io_context io;
  asio::thread_pool pool(1);
  auto body = [](asio::any_io_executor to) -> async_generator<int> {
    co_await resume_on(to);
    co_yield 1;
  };
  auto g = body(pool.get_executor());
  g.bind_executor(io.get_executor());
  inside(io, [&] { EXPECT_EQ(g.next(), 1); });
  pool.join();
}

TEST(AsyncGenerator, would_deadlock_is_thrown_by_a_close_that_would_wait_for_the_calling_thread) {
  asio::io_context io;
  auto body = [](asio::io_context::executor_type ex, bool& cleaned) -> async_generator<int> {
    bool closing = false;
    try {
      for (int i = 0;; ++i) co_yield i;
    } catch (const pariter::close_requested&) {
      closing = true;
    }
    if (closing) co_await asio::post(ex, asio::deferred);
    cleaned = true;
  };
  bool cleaned = false;
  auto g = body(io.get_executor(), cleaned);
  g.bind_executor(io.get_executor());
  inside(io, [&] {
    EXPECT_EQ(g.next(), 0);
    EXPECT_THROW(g.close(), pariter::would_deadlock);
    EXPECT_FALSE(cleaned);
  });
  EXPECT_TRUE(cleaned) << "it has begun";
  inside(io, [&] { g.close(); });
  EXPECT_FALSE(g.next());
}

TEST(AsyncGenerator, waits_as_long_as_asked_however_long_that_is) {
  asio::thread_pool pool(1);
  EXPECT_EQ(*ticking(pool.get_executor(), 1).next_for(std::chrono::hours::max()), 0);
  EXPECT_EQ(*ticking(pool.get_executor(), 1).next_for(std::chrono::steady_clock::duration::max()), 0);
  EXPECT_EQ(*ticking(pool.get_executor(), 1).next_for(std::chrono::duration<double>(1e30)), 0);
  pool.join();
}

}  // namespace
