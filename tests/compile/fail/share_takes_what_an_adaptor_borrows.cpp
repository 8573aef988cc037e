// SPDX-License-Identifier: Apache-2.0
// expect: share() takes an iterator over for good: pass it by std::move
// expect: share(enumerate(std::move(it))
#include "pariter/adaptors/enumerate.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/sharing/share.hpp"

#include <utility>
#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  auto it = pariter::iter(v);
  auto s = pariter::share(pariter::slice(pariter::enumerate(it), 2));
  for (auto [i, x] : s.iter()) x += static_cast<int>(i);
}
