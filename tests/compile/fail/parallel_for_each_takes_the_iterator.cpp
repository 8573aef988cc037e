// SPDX-License-Identifier: Apache-2.0
// expect: parallel_for_each() takes an iterator over for good: pass it by std::move
#include "pariter/coro/generator.hpp"
#include "pariter/parallel/parallel_for_each.hpp"

#include <utility>

void use(pariter::generator<int> it) {
  pariter::parallel_for_each(it, [](int) {});
}
