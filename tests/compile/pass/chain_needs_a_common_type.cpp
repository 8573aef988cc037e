// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/chain.hpp"

#include <ranges>
#include <string>
#include <vector>

void use(std::vector<std::string>& names, std::vector<std::size_t>& lengths) {
  auto sizes = names | std::views::transform([](const std::string& s) { return s.size(); });
  (void)pariter::chain(lengths, sizes).next();
}
