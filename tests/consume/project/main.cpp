// SPDX-License-Identifier: Apache-2.0

// Walks a string letter by letter; the letters must be the string, whatever components are linked.

#include <pariter/core/iter.hpp>
#include <pariter/core/iterator.hpp>

#ifdef USES_parallel
#include <oneapi/tbb/parallel_for.h>
#endif
#ifdef USES_async
#include <boost/asio/version.hpp>
#endif

#include <atomic>
#include <cstdio>
#include <string>

int main() {
  const std::string name = "sergey";
  std::string walked;
  auto letters = pariter::iter(name);
  while (auto letter = letters.next()) walked += *letter;
  if (walked != name || letters.next()) return 1;

#ifdef USES_parallel
  std::atomic<int> sum{0};
  oneapi::tbb::parallel_for(0, 10, [&](int i) { sum += i; });
  if (sum != 45) return 2;
#endif
#ifdef USES_async
  static_assert(BOOST_ASIO_VERSION >= 102400);
#endif
  std::puts("walked to the end, and it stays there");
}
