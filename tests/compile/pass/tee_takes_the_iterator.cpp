// SPDX-License-Identifier: Apache-2.0
#include "pariter/sharing/tee.hpp"

#include <utility>
#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  auto it = pariter::iter(v);
  auto branches = pariter::tee(std::move(it), 2);
  for (auto& branch : branches) while (branch.next()) {}
}
