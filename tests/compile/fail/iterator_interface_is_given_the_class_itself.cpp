// SPDX-License-Identifier: Apache-2.0
// expect: private
#include "pariter/core/iterator_interface.hpp"

#include <optional>

class ones : public pariter::iterator_interface<ones> {
 public:
  ones() {}
  std::optional<int> next() { return 1; }
};
class twos : public pariter::iterator_interface<ones> {  // copied, and not changed
 public:
  twos() {}
  std::optional<int> next() { return 2; }
};

int main() { return *twos().begin(); }
