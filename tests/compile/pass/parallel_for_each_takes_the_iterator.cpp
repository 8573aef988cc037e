// SPDX-License-Identifier: Apache-2.0
#include "pariter/coro/generator.hpp"
#include "pariter/parallel/parallel_for_each.hpp"

#include <utility>

void use(pariter::generator<int> it) {
  pariter::parallel_for_each(std::move(it), [](int) {});
}
