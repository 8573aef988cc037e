// SPDX-License-Identifier: Apache-2.0
// The example of the README.
// [readme]
#include <pariter/containers/concurrent_log.hpp>
#include <pariter/coro/generator.hpp>
#include <pariter/sharing/share.hpp>
#include <iostream>
#include <thread>

pariter::generator<int> squares(int count) { for (int i = 0; i < count; ++i) co_yield i * i; }

int main() {
  pariter::concurrent_log<int> log;              // an iterable is shared
  auto shared = pariter::share(squares(1000));   // for several threads on one iterator, say which you mean
  long a = 0, b = 0, c = 0, d = 0;
  std::thread threads[] = {
      std::thread([&] { for (int i : squares(1000)) log.append(i); log.close(); }),
      std::thread([&] { for (int i : log.follow()) a += i; }),   // an iterator is owned: each thread has its own,
      std::thread([&] { for (int i : log.follow()) b += i; }),   // both see every item while the log grows
      std::thread([&] { for (int i : shared.iter()) c += i; }),  // share: each item goes to exactly one of these two
      std::thread([&] { for (int i : shared.iter()) d += i; })};
  for (auto& thread : threads) thread.join();
  std::cout << a << " = " << b << " = " << c + d << '\n';  // 332833500 = 332833500 = 332833500
  return a == b && b == c + d ? 0 : 1;
}
// [/readme]
