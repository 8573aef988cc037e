// SPDX-License-Identifier: Apache-2.0
// expect: fields() cannot tell the members of this aggregate, since one of them is a reference
#include "pariter/core/fields.hpp"
#include "pariter/core/iter.hpp"

struct line {
  int number;
  const int& length;
};

int main() {
  const int length = 7;
  line x{1, length};
  return *pariter::iter(pariter::fields(x)).next();
}
