// SPDX-License-Identifier: Apache-2.0
// An iterator is handed over for good when it is shared.
#include "pariter/sharing/share.hpp"

#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  auto it = pariter::iter(v);
  auto s = pariter::share(std::move(it));
  for (int& x : s.iter()) ++x;
}
