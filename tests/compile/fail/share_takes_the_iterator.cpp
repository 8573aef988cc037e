// SPDX-License-Identifier: Apache-2.0
// expect: share() takes an iterator over for good: pass it by std::move
// expect: tee(std::move(it), n)
#include "pariter/sharing/share.hpp"

#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  auto it = pariter::iter(v);
  auto s = pariter::share(it);
  for (int& x : s.iter()) ++x;
}
