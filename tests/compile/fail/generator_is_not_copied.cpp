// SPDX-License-Identifier: Apache-2.0
// expect: deleted
#include "pariter/coro/generator.hpp"

#include <utility>

pariter::generator<int> one() { co_yield 1; }

int main() {
  auto g = one();
  auto other = g;
}
