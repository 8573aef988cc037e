// SPDX-License-Identifier: Apache-2.0
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/share.hpp"

#include <ranges>
#include <utility>

pariter::generator<int> count() {
  for (int i = 0; i < 10; ++i) co_yield i;
}

int main() {
  auto numbers = count();
  auto odd = pariter::share(std::move(numbers) | std::views::filter([](int i) { return i % 2 == 1; }) | std::views::transform([](int i) { return i; }));
  for (int i : odd) static_cast<void>(i);
}
