// SPDX-License-Identifier: Apache-2.0

// Uses something of every component that is linked; of each, what is in a header and what is compiled. 0 if all of it is as it should be.

#include <pariter/core/iter.hpp>
#include <pariter/core/iterator.hpp>
#include <pariter/coro/generator.hpp>

#ifdef USES_parallel
#include <pariter/parallel/parallel_for_each.hpp>
#endif
#ifdef USES_async
#include <pariter/async/async_generator.hpp>
#endif
#ifdef USES_runtime
#include <pariter/runtime/runtime.hpp>

#include <boost/asio/post.hpp>

#include <future>
#endif
#ifdef USES_io
#include <pariter/io/lines.hpp>
#include <pariter/io/walk.hpp>

#include <fstream>
#endif

#include <atomic>
#include <cstdio>
#include <string>

namespace {

pariter::generator<int> numbers(int count) {
  for (int i = 0; i < count; ++i) co_yield i;
}

#ifdef USES_async
pariter::async_generator<int> async_numbers(int count) {
  for (int i = 0; i < count; ++i) co_yield i;
}
#endif

}  // namespace

int main() {
  const std::string name = "sergey";
  std::string walked;
  auto letters = pariter::iter(name);
  while (auto letter = letters.next()) walked += *letter;
  if (walked != name || letters.next()) return 1;
  int sum = 0;
  for (int i : numbers(10)) sum += i;
  if (sum != 45) return 1;

#ifdef USES_parallel
  std::atomic<int> parallel_sum{0};
  pariter::parallel_for_each(numbers(10), [&](int i) { parallel_sum += i; });
  if (parallel_sum != 45) return 2;
#endif
#ifdef USES_async
  auto some = async_numbers(2);
  if (some.next() != 0 || some.next() != 1 || some.next()) return 3;
#endif
#ifdef USES_runtime
  pariter::runtime rt({.io_threads = 1});
  std::promise<bool> here;
  boost::asio::post(rt.io_executor(), [&] { here.set_value(rt.on_io_worker()); });
  if (!here.get_future().get()) return 4;
#endif
#ifdef USES_io
  std::ofstream("consumed.txt") << "one\ntwo\n";
  auto entries = pariter::walk("consumed.txt");
  const auto entry = entries.next();
  if (!entry || entry->name() != "consumed.txt" || entry->kind() != pariter::entry_kind::file || entries.next()) return 5;
  std::string both;
  for (const std::string& line : pariter::lines(entry->path())) both += line;
  if (both != "onetwo") return 6;
#endif
  std::puts("walked to the end, and it stays there");
}
