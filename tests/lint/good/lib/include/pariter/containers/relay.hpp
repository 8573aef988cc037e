// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pariter/core/flag.hpp"

namespace sample {

class relay {
 public:
  // (1) acquire: pairs with flag.hpp(1)
  bool seen(const flag& f) const noexcept { return f.up_.load(std::memory_order_acquire); }

  bool seen_again(const flag& f) const noexcept { return f.up_.load(std::memory_order_acquire); }  // flag.hpp(3)

  // (2) barrier: pairs with (3); the system call orders both
  void heavy() const noexcept;

  bool again(const flag& f) const noexcept {
    return f.up_.load(
        std::memory_order_seq_cst);  // (3) seq_cst: pairs with barrier (2)
  }
};

}  // namespace sample
