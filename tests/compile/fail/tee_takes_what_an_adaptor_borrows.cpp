// SPDX-License-Identifier: Apache-2.0
// expect: tee() takes an iterator over for good: pass it by std::move
// expect: tee(enumerate(std::move(it))
#include "pariter/adaptors/enumerate.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/sharing/tee.hpp"

#include <utility>
#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  auto it = pariter::iter(v);
  auto branches = pariter::tee(pariter::slice(pariter::enumerate(it), 2), 2);
  for (auto& branch : branches) while (branch.next()) {}
}
