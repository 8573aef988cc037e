// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/groupby.hpp"

#include <memory>
#include <vector>

void use(std::vector<std::unique_ptr<int>>& items) {
  (void)pariter::groupby(items, [](const std::unique_ptr<int>& item) { return *item; }).next();
}
