// SPDX-License-Identifier: Apache-2.0
// expect: these can neither be referred to nor copied
#include "pariter/adaptors/pairwise.hpp"

#include <memory>

void use() {
  (void)pariter::pairwise(pariter::iter([] { return std::make_unique<int>(1); }, nullptr)).next();
}
