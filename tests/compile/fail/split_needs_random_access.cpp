// SPDX-License-Identifier: Apache-2.0
// expect: split() divides what has random access and a fixed length
// expect: share(std::move(it)) gives each item to one of several threads
#include "pariter/adaptors/to.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/split.hpp"

#include <vector>

void use(pariter::generator<int> it) {
  (void)pariter::split(it, 2);
}
