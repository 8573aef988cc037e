// SPDX-License-Identifier: Apache-2.0
// An adaptor over somebody else's iterator is not handed over for good; over one that it was given, it is.
#include "pariter/adaptors/enumerate.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/sharing/tee.hpp"

#include <utility>
#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  auto it = pariter::iter(v);
  auto branches = pariter::tee(pariter::slice(pariter::enumerate(std::move(it)), 2), 2);
  for (auto& branch : branches) while (branch.next()) {}
}
