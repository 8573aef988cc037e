// SPDX-License-Identifier: Apache-2.0
// expect: the items of these sources have no type in common
#include "pariter/adaptors/chain.hpp"

#include <string>
#include <vector>

void use(std::vector<std::string>& names, std::vector<std::size_t>& lengths) {
  (void)pariter::chain(lengths, names).next();
}
