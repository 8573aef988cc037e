// SPDX-License-Identifier: Apache-2.0
//
// share() and tee() of asynchronous generators, which threads step by the blocking next(); and drawing without a thread, by async_next.
//
#include "pariter/async/async_generator.hpp"
#include "pariter/async/async_next.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using pariter::test::expect_exactly_once_and_in_order;
using pariter::test::numbers;
using pariter::test::on_threads;

// Hops to the pool before each item.
pariter::async_generator<int> count_on(asio::thread_pool& pool, int count, int fails_at = -1) {
  for (int i = 0; i < count; ++i) {
    co_await asio::post(pool, asio::deferred);
    if (i == fails_at) throw std::runtime_error("planned");
    co_yield i;
  }
}

TEST(SharingAsync, an_asynchronous_generator_is_shared) {
  asio::thread_pool pool(2);
  for (const int threads : {1, 2, 4}) {
    const auto s = pariter::share(count_on(pool, 500));
    expect_exactly_once_and_in_order(pariter::test::drain_on(threads, s), 500);
  }
  pool.join();
}

TEST(SharingAsync, every_branch_sees_all_of_an_asynchronous_generator) {
  asio::thread_pool pool(2);
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{64}, pariter::unbounded}) {
    auto branches = pariter::tee(count_on(pool, 500), 3, {.capacity = capacity});
    on_threads(3, [&](int t) {
      auto own = std::move(branches[static_cast<std::size_t>(t)]);
      int expected = 0;
      while (const auto x = own.next()) ASSERT_EQ(*x, expected++);
      EXPECT_EQ(expected, 500);
    });
  }
  pool.join();
}

TEST(SharingAsync, its_error_reaches_all) {
  asio::thread_pool pool(2);
  const auto s = pariter::share(count_on(pool, 100, 50));
  auto branches = pariter::tee(count_on(pool, 100, 50), 2);
  on_threads(2, [&](int t) {
    auto drawer = s.iter();
    EXPECT_THROW(while (drawer.next()){}, std::runtime_error);
    auto own = std::move(branches[static_cast<std::size_t>(t)]);
    int seen = 0;
    EXPECT_THROW(while (own.next()) ++seen;, std::runtime_error);
    EXPECT_EQ(seen, 50);
  });
  pool.join();
}

asio::awaitable<std::vector<int>> draw_all(pariter::shared_source<pariter::detail::live_draw<decltype(std::declval<pariter::concurrent_log<int>&>().follow())>> s) {
  auto own = s.iter();
  std::vector<int> drawn;
  for (;;) {
    const auto o = co_await pariter::async_next(own, asio::use_awaitable);
    if (o.is_closed()) break;
    drawn.push_back(*o);
  }
  co_return drawn;
}

TEST(SharingAsync, coroutines_draw_from_a_log_that_a_thread_writes) {
  pariter::concurrent_log<int> log;
  const auto s = pariter::share(log.follow());
  asio::io_context io;
  std::vector<std::future<std::vector<int>>> drawn;
  for (int i = 0; i < 3; ++i) drawn.push_back(asio::co_spawn(io, draw_all(s), asio::use_future));
  std::thread writer([&] {
    for (int i = 0; i < 5'000; ++i) log.append(i);
    log.close();
  });
  io.run();
  writer.join();
  std::vector<std::vector<int>> all;
  for (auto& one : drawn) all.push_back(one.get());
  expect_exactly_once_and_in_order(all, 5'000);
}

}  // namespace
