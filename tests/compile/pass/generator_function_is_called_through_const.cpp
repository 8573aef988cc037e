// SPDX-License-Identifier: Apache-2.0
#include "pariter/coro/generator_function.hpp"

int main() {
  const auto f = pariter::generator_function([n = 0]() -> pariter::generator<int> { co_yield n; });
}
