// SPDX-License-Identifier: Apache-2.0
// Items that the source will overwrite are copied by share().
#include "pariter/sharing/share.hpp"

#include <string>

struct reused : pariter::iterator_interface<reused> {
  reused() {}
  pariter::optional_ref<std::string> next() { return text; }
  std::string text;
};

int main() { (void)pariter::share(reused()).iter(); }
