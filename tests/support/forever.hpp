// SPDX-License-Identifier: Apache-2.0
#pragma once
// forever(ended): an awaitable that waits until it is cancelled, and counts in `ended` that its frame is gone.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>

namespace pariter::test {

inline boost::asio::awaitable<void> forever(std::atomic<int>& ended) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::hours(24));
  struct at_exit {
    std::atomic<int>& count;
    ~at_exit() { ++count; }
  } const note{ended};
  co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace pariter::test
