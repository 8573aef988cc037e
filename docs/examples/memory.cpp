// SPDX-License-Identifier: Apache-2.0
// The examples of docs/explanation/memory.md. Bytes are counted as they are asked for.
#include "pariter/coro/expression.hpp"
#include "pariter/coro/generator.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

namespace {
std::size_t asked_for = 0;
}

void* operator new(std::size_t size) {
  asked_for += size;
  if (void* const p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

template <class F>
std::size_t bytes_of(F f) {
  const std::size_t before = asked_for;
  f();
  return asked_for - before;
}

// [three]
std::vector<long> list_of_squares(long n) {  // a collection: all of them at once
  std::vector<long> list;
  list.reserve(static_cast<std::size_t>(n));
  for (long i = 0; i < n; ++i) list.push_back(i * i);
  return list;
}
pariter::generator<long> squares(long n) {  // a formula: one at a time
  for (long i = 0; i < n; ++i) co_yield i * i;
}
pariter::generator<long> items_of(std::vector<long> list) {  // a walk of a collection
  for (long item : list) co_yield item;
}
// [/three]

template <class X>
long sum(X&& x) {
  long total = 0;
  for (long item : x) total += item;
  return total;
}

}  // namespace

int main() {
  long same[4] = {};
  const std::size_t list = bytes_of([&] { same[0] = sum(list_of_squares(1'000'000)); });
  const std::size_t formula = bytes_of([&] { same[1] = sum(squares(1'000'000)); });
  const std::size_t walk = bytes_of([&] { same[2] = sum(items_of(list_of_squares(1'000'000))); });
  const std::size_t expression = bytes_of([&] {
    same[3] = sum(pariter::expression(list_of_squares(1'000'000), [](long i) { return i; }));
  });
  std::printf("list %zu, formula %zu, walk of a list %zu, expression over a list %zu\n", list, formula, walk, expression);
  if (same[0] != same[1] || same[0] != same[2] || same[0] != same[3]) return 1;
  if (list != 8'000'000 || formula >= 1024) return 2;
  return walk >= list && expression >= list ? 0 : 3;
}
