// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/zip.hpp"
#include "pariter/coro/generator.hpp"

#include <memory>
#include <utility>

void use(pariter::generator<std::unique_ptr<int>&> a, pariter::generator<std::unique_ptr<int>&> b) {
  (void)pariter::zip(a, std::move(b)).next();
}
