// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/fields.hpp"
#include "pariter/core/iter.hpp"

#include <tuple>

struct line {
  int number;
  const int& length;
};

int main() {
  const int length = 7;
  line x{1, length};
  return *pariter::iter(std::tie(x.number, x.length)).next();
}
