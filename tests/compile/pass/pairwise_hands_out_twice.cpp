// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/pairwise.hpp"

#include <memory>
#include <vector>

void use(std::vector<std::unique_ptr<int>>& items) {
  (void)pariter::pairwise(items).next();  // refers to items that stay
}
