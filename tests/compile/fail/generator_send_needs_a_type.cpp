// SPDX-License-Identifier: Apache-2.0
// expect: no matching
#include "pariter/coro/generator.hpp"

pariter::generator<int> one() { co_yield 1; }

int main() { static_cast<void>(one().send(1)); }
