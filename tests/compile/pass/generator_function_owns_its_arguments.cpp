// SPDX-License-Identifier: Apache-2.0
#include "pariter/coro/generator_function.hpp"

#include <array>

pariter::generator<int> each(std::array<int, 2> numbers) {
  for (const int n : numbers) co_yield n;
}

int main() {
  std::array<int, 2> numbers{1, 2};
  const auto f = pariter::generator_function(each, numbers);
}
