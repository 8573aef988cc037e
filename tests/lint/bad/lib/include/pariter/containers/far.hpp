// SPDX-License-Identifier: Apache-2.0
#pragma once

struct far {
  void store() { a_.store(1, std::memory_order_release); }  // (1) release: pairs with orders.hpp(4)
};
