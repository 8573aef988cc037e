// SPDX-License-Identifier: Apache-2.0
// The body awaits operations of Asio, which know how to come back.
#include "pariter/async/async_generator.hpp"

#include <boost/asio/steady_timer.hpp>

pariter::async_generator<int> results(boost::asio::steady_timer timer) {
  co_await timer.async_wait(boost::asio::deferred);
  co_yield 1;
}

int main() { auto g = results(boost::asio::steady_timer(boost::asio::system_executor())); }
