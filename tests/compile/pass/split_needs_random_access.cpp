// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/to.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/split.hpp"

#include <vector>

void use(pariter::generator<int> it) {
  (void)pariter::split(pariter::to<std::vector>(it), 2);
}
