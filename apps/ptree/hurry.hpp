// SPDX-License-Identifier: Apache-2.0
#pragma once

// hurry: whether the result is wanted at once, of as much as has been seen. Then nothing is done any more that pays off later only.
//
// Threads: begin() from one, the others look.

#include <atomic>

namespace ptree {

class hurry {
 public:
  void begin() noexcept { begun_.store(true, std::memory_order_relaxed); }                             // relaxed: hint
  [[nodiscard]] bool begun() const noexcept { return begun_.load(std::memory_order_relaxed); }  // relaxed: hint

 private:
  std::atomic<bool> begun_{false};
};

}  // namespace ptree
