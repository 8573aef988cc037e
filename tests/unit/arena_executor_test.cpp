// SPDX-License-Identifier: Apache-2.0
#include "pariter/runtime/arena_executor.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <utility>

// oneTBB keeps what an observer has registered until the threads that saw it leave the arena, which at the end of a program they
// do not; Leak Sanitizer counts that.
extern "C" const char* __lsan_default_suppressions() { return "leak:tbb::detail::r1::observe\n"; }

namespace {

namespace asio = boost::asio;
using pariter::arena_context;
using pariter::arena_executor;

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

}  // namespace
