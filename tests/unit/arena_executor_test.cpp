// SPDX-License-Identifier: Apache-2.0
#include "pariter/runtime/arena_executor.hpp"

#include "pariter/async/async_generator.hpp"
#include "support/async.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

// oneTBB keeps what an observer has registered until the threads that saw it leave the arena, which at the end of a program they
// do not; Leak Sanitizer counts that.
extern "C" const char* __lsan_default_suppressions() { return "leak:tbb::detail::r1::observe\n"; }

namespace {

namespace asio = boost::asio;
using pariter::arena_context;
using pariter::arena_executor;
using pariter::async_generator;
using pariter::test::result_of;

template <class Executor>
bool inside(const Executor& where, const arena_executor& asked) {
  std::promise<bool> answer;
  asio::post(where, [&] { answer.set_value(asked.running_in_this_thread()); });
  return answer.get_future().get();
}

TEST(ArenaExecutor, knows_the_threads_that_are_inside) {
  arena_context a(2), b(2);
  EXPECT_FALSE(a.get_executor().running_in_this_thread());
  EXPECT_TRUE(inside(a.get_executor(), a.get_executor()));
  EXPECT_TRUE(inside(asio::any_io_executor(a.get_executor()), a.get_executor()));
  EXPECT_FALSE(inside(b.get_executor(), a.get_executor()));
  a.arena().execute([&] {
    EXPECT_TRUE(a.get_executor().running_in_this_thread());
    b.arena().execute([&] {
      EXPECT_TRUE(b.get_executor().running_in_this_thread());
      EXPECT_TRUE(a.get_executor().running_in_this_thread());  // still inside that, too
    });
    EXPECT_TRUE(a.get_executor().running_in_this_thread());
    EXPECT_FALSE(b.get_executor().running_in_this_thread());
  });
  EXPECT_FALSE(a.get_executor().running_in_this_thread());
}

TEST(ArenaExecutor, dispatches_on_the_spot_inside_and_posts_from_outside) {
  std::atomic<bool> ran{false};
  arena_context arena(2);  // last: waits for what was posted
  std::promise<bool> answer;
  asio::post(arena.get_executor(), [&] {
    bool dispatched = false;
    asio::dispatch(arena.get_executor(), [&] { dispatched = true; });
    answer.set_value(dispatched);
  });
  EXPECT_TRUE(answer.get_future().get());
  std::promise<void> gate;
  arena.arena().execute([&] {
    asio::post(arena.get_executor(), [&, open = gate.get_future().share()] {
      open.wait();
      ran = true;
    });
    EXPECT_FALSE(ran);  // never on the spot
  });
  gate.set_value();
}

TEST(ArenaExecutor, the_context_waits_for_all_that_was_posted) {
  std::atomic<int> ran{0};
  const auto token = std::make_shared<int>(1);
  {
    arena_context arena(2);
    for (int i = 0; i < 2000; ++i) {
      asio::post(arena.get_executor(), [&ran, &arena, token, i] {
        ++ran;
        if (i % 2 == 0) asio::post(arena.get_executor(), [&ran, token] { ++ran; });
      });
    }
  }
  EXPECT_EQ(ran, 3000);
  EXPECT_EQ(token.use_count(), 1);  // and what it held is gone
}

TEST(ArenaExecutor, carries_what_can_only_be_moved) {
  arena_context arena(1);
  std::promise<int> answer;
  asio::post(arena.get_executor(), [&answer, only = std::make_unique<int>(5)] { answer.set_value(*only); });
  EXPECT_EQ(answer.get_future().get(), 5);
}

TEST(ArenaExecutor, is_equal_to_those_of_its_context) {
  arena_context a(1), b(1);
  EXPECT_EQ(a.get_executor(), a.get_executor());
  EXPECT_NE(a.get_executor(), b.get_executor());
  EXPECT_EQ(&asio::query(a.get_executor(), asio::execution::context), &a);
}

TEST(ArenaExecutorDeathTest, an_exception_that_leaves_what_was_posted_ends_the_program) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a fork would have none of the threads
  EXPECT_DEATH(
      {
        arena_context arena(2);
        asio::post(arena.get_executor(), [] { throw std::runtime_error("planned"); });
      },
      "planned");
}

// oneTBB lets a context end while a thread is still inside its arena, and does not say when that thread leaves.
class thread_inside {
 public:
  explicit thread_inside(arena_context& arena) {
    // past the executor, so that the context does not wait for it
    arena.arena().enqueue([this] {
      entered_.set_value();
      while (const arena_executor* asked = result_of(ask_.get_future())) {
        ask_ = {};
        answer_.set_value(asked->running_in_this_thread());
      }
      left_.set_value();
    });
    result_of(entered_.get_future());
  }
  thread_inside(const thread_inside&) = delete;
  thread_inside& operator=(const thread_inside&) = delete;
  ~thread_inside() {
    ask_.set_value(nullptr);
    result_of(left_.get_future());
  }
  bool is_in(const arena_executor& asked) {
    answer_ = {};
    auto answer = answer_.get_future();
    ask_.set_value(&asked);
    return result_of(std::move(answer));
  }

 private:
  std::promise<void> entered_, left_;
  std::promise<const arena_executor*> ask_;
  std::promise<bool> answer_;
};

TEST(ArenaExecutor, a_thread_that_was_inside_when_its_context_ended_is_not_inside_the_next_one) {
  std::optional<arena_context> arena(std::in_place, 2);
  const arena_context* const address = &*arena;
  thread_inside other(*arena);
  EXPECT_TRUE(other.is_in(arena->get_executor()));
  arena.reset();
  arena.emplace(2);
  EXPECT_EQ(&*arena, address);  // what it might be mistaken for
  EXPECT_FALSE(other.is_in(arena->get_executor()));
}

TEST(ArenaExecutor, a_thread_that_was_inside_many_that_ended_knows_the_next_one) {
  const oneapi::tbb::global_control one_worker(oneapi::tbb::global_control::max_allowed_parallelism, 2);  // all fall to it
  for (int i = 0; i < 40; ++i) {
    std::optional<arena_context> arena(std::in_place, 2);
    thread_inside other(*arena);
    EXPECT_TRUE(other.is_in(arena->get_executor()));
    arena.reset();
  }
  arena_context last(2);
  EXPECT_TRUE(inside(last.get_executor(), last.get_executor()));
}

TEST(ArenaExecutor, contexts_that_end_while_others_run_are_not_taken_for_them) {
  std::optional<arena_context> arena;
  std::atomic<int> wrong{0};
  for (int round = 0; round < 100; ++round) {
    arena.emplace(4);
    for (int i = 0; i < 8; ++i) asio::post(arena->get_executor(), [] {});
    arena.emplace(4);  // usually some threads are inside the former one still
    arena_context other(4);
    for (int i = 0; i < 8; ++i)
      asio::post(other.get_executor(), [&] { wrong += arena->get_executor().running_in_this_thread() ? 1 : 0; });
  }
  EXPECT_EQ(wrong, 0);
}

// When it is destroyed, posts itself: `left` times with a handler of its kind that waits for a timer again.
struct waits_for_a_timer {
  waits_for_a_timer(arena_context& a, std::atomic<int>& r, int l) : arena(&a), ran(&r), left(l) {}
  waits_for_a_timer(waits_for_a_timer&& other) noexcept : arena(std::exchange(other.arena, nullptr)), ran(other.ran), left(other.left) {}
  waits_for_a_timer& operator=(waits_for_a_timer&&) = delete;
  ~waits_for_a_timer() {
    if (arena == nullptr) return;
    asio::post(arena->get_executor(), [a = arena, r = ran, l = left] {
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();  // whoever does not wait is far away
      ++*r;
      if (l != 0) start(*a, *r, l - 1);
    });
  }
  static void start(arena_context& a, std::atomic<int>& r, int left) {
    auto timer = std::make_shared<asio::steady_timer>(a.get_executor(), std::chrono::hours(1));
    timer->async_wait([timer, me = waits_for_a_timer(a, r, left)](boost::system::error_code) {});
  }

  arena_context* arena;
  std::atomic<int>* ran;
  int left;
};

TEST(ArenaExecutor, the_context_runs_what_its_services_post_when_they_end) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> ran{0};
    {
      arena_context arena(2);
      waits_for_a_timer::start(arena, ran, 3);
    }
    EXPECT_EQ(ran, 4);
  }
}

async_generator<int> waits(asio::any_io_executor ex) {
  asio::steady_timer timer(ex, std::chrono::hours(1));
  co_await timer.async_wait(asio::deferred);
  co_yield 1;
}

TEST(ArenaExecutor, a_pull_that_waits_for_a_timer_of_the_context_fails_before_the_context_is_gone) {
  for (int round = 0; round < 20; ++round) {
    bool failed = false;
    {
      arena_context arena(2);
      auto g = std::make_shared<async_generator<int>>(waits(arena.get_executor()));
      auto& pulled = *g;
      pulled.async_next(asio::bind_executor(arena.get_executor(), [&failed, g = std::move(g)](std::exception_ptr e, std::optional<int>) mutable {
        for (int i = 0; i < 1000; ++i) std::this_thread::yield();
        g.reset();  // with its timer, which still finds the service
        failed = e != nullptr;
      }));
    }
    EXPECT_TRUE(failed);
  }
}

TEST(ArenaExecutorDeathTest, a_context_is_not_destroyed_inside_its_arena) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a fork would have none of the threads
  const auto destroy_inside = [] {
    auto* const arena = new arena_context(2);
    std::promise<void> never;
    asio::post(arena->get_executor(), [arena] { delete arena; });
    never.get_future().wait();
  };
  EXPECT_DEATH(destroy_inside(), "cannot be destroyed inside its arena");
}

}  // namespace
