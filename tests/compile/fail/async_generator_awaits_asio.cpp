// SPDX-License-Identifier: Apache-2.0
// expect: the body of an async_generator can co_await an Asio operation (pass asio::deferred), an asio::awaitable, async_next() and resume_on(executor)
#include "pariter/async/async_generator.hpp"

#include <future>

pariter::async_generator<int> results(std::future<int> f) { co_yield co_await f; }

int main() { auto g = results({}); }
