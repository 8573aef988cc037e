// SPDX-License-Identifier: Apache-2.0
// expect: an array or initializer_list would be kept as a pointer to it; pass a std::array, std::vector or std::span
#include "pariter/coro/generator_function.hpp"

pariter::generator<int> each(const int* numbers) { co_yield *numbers; }

int main() {
  int numbers[]{1, 2};
  const auto f = pariter::generator_function(each, numbers);
}
