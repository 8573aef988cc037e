// SPDX-License-Identifier: Apache-2.0
#include "pariter/async/resume_on.hpp"

#include "pariter/async/async_generator.hpp"
#include "pariter/async/executor_ref.hpp"
#include "support/async.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <memory>

namespace {

namespace asio = boost::asio;
using pariter::async_generator;
using pariter::resume_on;
using pariter::test::here_in;
using pariter::test::result_of;

TEST(ResumeOn, moves_the_body_from_executor_to_executor) {
  asio::thread_pool a(1);
  asio::thread_pool b(1);
  auto body = [](asio::thread_pool::executor_type x, asio::thread_pool::executor_type y) -> async_generator<int> {
    for (int i = 0; i < 100; ++i) {
      co_await resume_on(x);
      EXPECT_TRUE(here_in(x));
      co_yield i;
      EXPECT_TRUE(here_in(x));
      co_await resume_on(y);
      EXPECT_TRUE(here_in(y));
    }
  };
  int count = 0;
  for (int i : body(a.get_executor(), b.get_executor())) EXPECT_EQ(i, count++);
  EXPECT_EQ(count, 100);
  a.join();
  b.join();
}

TEST(ResumeOn, takes_strands_and_type_erased_executors) {
  asio::thread_pool pool(2);
  auto body = [](asio::strand<asio::thread_pool::executor_type> strand) -> async_generator<bool> {
    co_await resume_on(strand);
    co_yield here_in(strand);
    co_await resume_on(asio::any_io_executor(strand));
    co_yield here_in(strand);
    co_await resume_on(asio::any_io_executor(strand.get_inner_executor()));
    co_yield here_in(strand.get_inner_executor());
    co_await resume_on(asio::system_executor());
    co_yield true;
  };
  int count = 0;
  for (const bool there : body(asio::make_strand(pool.get_executor()))) {
    EXPECT_TRUE(there);
    ++count;
  }
  EXPECT_EQ(count, 4);
  pool.join();
}

TEST(ResumeOn, makes_no_hop_when_already_there) {
  asio::io_context io;
  auto body = [](asio::io_context::executor_type ex) -> async_generator<int> {
    co_await resume_on(ex);
    co_await resume_on(ex);
    co_await resume_on(asio::any_io_executor(ex));
    co_yield 1;
  };
  auto g = body(io.get_executor());
  auto pull = g.async_next(asio::use_future);
  EXPECT_EQ(io.run_one(), 1u);  // the first, and nothing else
  EXPECT_EQ(result_of(std::move(pull)), 1);
  EXPECT_EQ(io.poll(), 0u);
}

TEST(ResumeOn, an_executor_that_dies_ends_the_generator) {
  auto io = std::make_unique<asio::io_context>();
  auto body = [](asio::io_context::executor_type ex) -> async_generator<int> {
    co_await resume_on(ex);
    ADD_FAILURE();
    co_yield 1;
  };
  auto g = body(io->get_executor());
  auto pull = g.async_next(asio::use_future);
  io.reset();
  EXPECT_THROW(result_of(std::move(pull)), boost::system::system_error);
}

}  // namespace
