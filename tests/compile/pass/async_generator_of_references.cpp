// SPDX-License-Identifier: Apache-2.0
// What refers to something is yielded as a pointer.
#include "pariter/async/async_generator.hpp"

pariter::async_generator<int*> each(int& i) { co_yield &i; }

int main() {
  int i = 1;
  auto g = each(i);
}
