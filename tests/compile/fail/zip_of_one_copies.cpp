// SPDX-License-Identifier: Apache-2.0
// expect: std::move an iterator that is not used afterwards
#include "pariter/adaptors/zip.hpp"
#include "pariter/coro/generator.hpp"

#include <memory>
#include <utility>

void use(pariter::generator<std::unique_ptr<int>&> a, pariter::generator<std::unique_ptr<int>&> b) {
  (void)pariter::zip(a, b).next();
}
