// SPDX-License-Identifier: Apache-2.0
#include "pariter/runtime/task_scope.hpp"

#include "pariter/core/errors.hpp"
#include "support/forever.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using pariter::test::forever;
using pariter::task_scope;

asio::awaitable<void> counts(std::atomic<int>& count) {
  ++count;
  co_return;
}
asio::awaitable<void> failing(std::string what) {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  throw std::runtime_error(what);
}

TEST(TaskScope, runs_nothing_on_the_calling_thread) {
  asio::io_context io;
  task_scope tasks(io.get_executor());
  std::atomic<int> count{0};
  asio::post(io, [&] {
    tasks.spawn(counts(count));
    EXPECT_EQ(count, 0);
    EXPECT_EQ(tasks.size(), 1u);
  });
  io.run();
  EXPECT_EQ(count, 1);
  EXPECT_EQ(tasks.size(), 0u);
  tasks.join();
}

TEST(TaskScope, joins_all_and_can_go_on_after_that) {
  asio::thread_pool pool(2);
  task_scope tasks(pool.get_executor());
  std::atomic<int> count{0};
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < 100; ++i) tasks.spawn(counts(count));
    tasks.join();
    EXPECT_EQ(count, 100 * round);
  }
}

TEST(TaskScope, throws_one_of_several_errors_and_only_once) {
  asio::io_context io;  // runs when all are there: the first error closes the scope
  task_scope tasks(io.get_executor());
  for (int i = 0; i < 10; ++i) tasks.spawn(failing("planned"));
  io.run();
  EXPECT_THROW(tasks.join(), std::runtime_error);
  EXPECT_NO_THROW(tasks.join());
}

TEST(TaskScope, an_error_stops_the_others) {
  asio::thread_pool pool(2);
  task_scope tasks(pool.get_executor());
  std::atomic<int> ended{0};
  for (int i = 0; i < 10; ++i) tasks.spawn(forever(ended));
  tasks.spawn(failing("planned"));
  EXPECT_THROW(tasks.join(), std::runtime_error);
  EXPECT_EQ(ended, 10);
  EXPECT_TRUE(tasks.stop_requested());
}

TEST(TaskScope, a_task_can_spawn_and_stop) {
  asio::thread_pool pool(2);
  task_scope tasks(pool.get_executor());
  std::atomic<int> ended{0}, refused{0};
  auto parent = [](task_scope& into, std::atomic<int>& e, std::atomic<int>& r) -> asio::awaitable<void> {
    into.spawn(forever(e));
    into.request_stop();
    try {
      into.spawn(forever(e));
    } catch (const pariter::closed&) {
      ++r;
    }
    co_return;
  };
  tasks.spawn(parent(tasks, ended, refused));
  tasks.join();
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(tasks.size(), 0u);
}

TEST(TaskScope, stopped_at_any_moment_from_any_thread_leaves_no_task) {
  for (int round = 0; round < 200; ++round) {
    asio::thread_pool pool(2);
    std::atomic<int> ended{0};
    {
      task_scope tasks(pool.get_executor());
      std::barrier start(3);
      std::vector<std::thread> threads;
      for (int t = 0; t < 2; ++t) {
        threads.emplace_back([&] {
          start.arrive_and_wait();
          try {
            for (int i = 0; i < 20; ++i) tasks.spawn(forever(ended));
          } catch (const pariter::closed&) {
          }
        });
      }
      start.arrive_and_wait();
      tasks.request_stop();
      for (auto& t : threads) t.join();
      EXPECT_NO_THROW(tasks.join());
      EXPECT_EQ(tasks.size(), 0u);
    }
    pool.join();
  }
}

// The pool goes while tasks wait: they have ended then, and nobody waits for them for ever.
TEST(TaskScope, of_an_executor_that_is_destroyed_is_empty) {
  std::atomic<int> ended{0};
  std::optional<asio::io_context> io(std::in_place);
  task_scope tasks(io->get_executor());
  tasks.spawn(forever(ended));
  io->poll();
  tasks.spawn(forever(ended));  // does not even start
  EXPECT_EQ(tasks.size(), 2u);
  io.reset();
  EXPECT_EQ(tasks.size(), 0u);
  EXPECT_EQ(ended, 1);
}

TEST(TaskScope, cannot_be_joined_by_one_of_its_tasks) {
  asio::thread_pool pool(2);
  task_scope tasks(pool.get_executor());
  std::atomic<int> ended{0};
  auto joins = [](task_scope& scope) -> asio::awaitable<void> {
    EXPECT_THROW(scope.join(), pariter::would_deadlock);
    co_return;
  };
  tasks.spawn(forever(ended));
  tasks.spawn(joins(tasks));
  while (tasks.size() != 1) std::this_thread::yield();
  tasks.request_stop();
  EXPECT_NO_THROW(tasks.join());
}

TEST(TaskScopeDeathTest, cannot_be_destroyed_by_one_of_its_tasks) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a fork would have none of the threads
  const auto destroy_inside = [] {
    asio::thread_pool pool(2);
    auto* const tasks = new task_scope(pool.get_executor());
    auto destroys = [](task_scope* scope) -> asio::awaitable<void> {
      delete scope;
      co_return;
    };
    tasks->spawn(destroys(tasks));
    pool.join();
  };
  EXPECT_DEATH(destroy_inside(), "cannot be ended by one of its own tasks");
}

TEST(TaskScope, reports_an_error_that_nobody_joined) {
  asio::thread_pool pool(1);
  testing::internal::CaptureStderr();
  {
    task_scope tasks(pool.get_executor());
    tasks.spawn(failing("planned"));
    while (tasks.size() != 0) std::this_thread::yield();
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("nobody joined it: planned"), std::string::npos);
}

}  // namespace
