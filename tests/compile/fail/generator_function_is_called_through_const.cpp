// SPDX-License-Identifier: Apache-2.0
// expect: f must be callable through const with copies of the arguments
#include "pariter/coro/generator_function.hpp"

int main() {
  const auto f = pariter::generator_function([n = 0]() mutable -> pariter::generator<int> { co_yield n++; });
}
