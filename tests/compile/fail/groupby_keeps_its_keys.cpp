// SPDX-License-Identifier: Apache-2.0
// expect: give a key function whose result can
#include "pariter/adaptors/groupby.hpp"

#include <memory>
#include <vector>

void use(std::vector<std::unique_ptr<int>>& items) {
  (void)pariter::groupby(items).next();
}
