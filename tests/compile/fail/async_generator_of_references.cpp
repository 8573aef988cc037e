// SPDX-License-Identifier: Apache-2.0
// expect: T must not be a reference, because the item may go to another thread than the body
#include "pariter/async/async_generator.hpp"

pariter::async_generator<int&> each(int& i) { co_yield i; }

int main() {
  int i = 1;
  auto g = each(i);
}
