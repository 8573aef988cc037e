// SPDX-License-Identifier: Apache-2.0
// expect: it reuses what it refers to; make them copyable
#include "pariter/sharing/share.hpp"

#include <memory>

struct reused : pariter::iterator_interface<reused> {
  reused() {}
  pariter::optional_ref<std::unique_ptr<int>> next() { return text; }
  std::unique_ptr<int> text;
};

int main() { (void)pariter::share(reused()).iter(); }
