// SPDX-License-Identifier: Apache-2.0
// Rules 8 and 9: what a generator saves, and when it does not. Measured: this program counts the bytes that each thread asks
// `operator new` for.

#include "tour.hpp"

#include "pariter/coro/generator_function.hpp"

#include <cstdlib>
#include <new>

namespace tour {
namespace {

constinit thread_local std::size_t bytes_asked_for = 0;

// What `f` asked for, as a number that does not depend on the compiler's frames.
template <class F>
std::string memory_of(F f) {
  const std::size_t before = bytes_asked_for;
  f();
  const std::size_t bytes = bytes_asked_for - before;
  if (bytes < 1024) return "under 1 kB";
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / 1e6 << " MB";
  return out.str();
}

constexpr long count = 1'000'000;

std::vector<long> list_of_squares() {
  std::vector<long> list;
  list.reserve(count);
  for (long i = 0; i < count; ++i) list.push_back(i * i);
  return list;
}
pariter::generator<long> squares() {
  for (long i = 0; i < count; ++i) co_yield i * i;
}
pariter::generator<long> items_of(std::vector<long> list) {
  for (long item : list) co_yield item;
}

template <class X>
long sum(X&& x) {
  long total = 0;
  for (long item : x) total += item;
  return total;
}

void saves() {
  explain("A list of a million numbers is in memory as a whole. A generator has one of them at a time.");
  long of_list = 0, of_generator = 0;
  const std::string list = memory_of([&] { of_list = sum(list_of_squares()); });
  const std::string generator = memory_of([&] { of_generator = sum(squares()); });
  show("memory of sum(list_of_squares())", list);
  show("memory of sum(squares())", generator);
  show("the same sum", of_list == of_generator);

  explain("On several threads each with its own the difference counts as often as there are threads.");
  show("lists", joined(on_threads([](int) { return memory_of([] { sum(list_of_squares()); }); })));
  show("generators", joined(on_threads([](int) { return memory_of([] { sum(squares()); }); })));
}

void does_not_save() {
  explain("A generator that is given a collection walks it: the million numbers are in memory all the same.");
  show("memory of sum(list_of_squares())", memory_of([] { sum(list_of_squares()); }));
  show("memory of sum(items_of(list_of_squares()))", memory_of([] { sum(items_of(list_of_squares())); }));
  explain("Only a formula saves memory.");

  explain("On several threads: the same for each.");
  show("generators over lists", joined(on_threads([](int) { return memory_of([] { sum(items_of(list_of_squares())); }); })));
}

}  // namespace

const std::vector<section> about_memory{
    {"8", "Rule 8: a generator saves memory", saves},
    {"9", "Rule 9: not when it is given a collection", does_not_save},
};

}  // namespace tour

void* operator new(std::size_t size) {
  tour::bytes_asked_for += size;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
