// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>

namespace sample {

class flag {
 public:
  void raise() noexcept {
    up_.store(true, std::memory_order_release);  // (1) release: pairs with acquire (2) and relay.hpp(1),
                                                 //     publishes what the raiser wrote before
  }
  bool is_up() const noexcept {
    // (2) acquire: pairs with release (1), sees what the raiser wrote
    return up_.load(std::memory_order_acquire) ||
           up_.load(std::memory_order_acquire);  // (2)
  }
  bool lately() const noexcept { return up_.load(std::memory_order_relaxed); }  // relaxed: hint, checked again at (2)

  // (3) acq_rel: pairs with itself in other threads
  bool swap() noexcept { return up_.exchange(true, std::memory_order_acq_rel); }

  void plant() {
    if (mutant(7)) up_.store(true, std::memory_order_release);
  }
  static bool mutant(int n) { return n == 0; }

  static constexpr auto usual = std::memory_order_seq_cst;  // passed on; no operation here
  const char* text() const { return "// TODO is text here, and so is \"memory_order_acquire\" "; }

 private:
  friend class relay;
  std::atomic<bool> up_{false};
};

struct promise_of_nothing {
  promise_of_nothing() = default;
  void initial_suspend() noexcept {}
  std::size_t first_ = 1'000;
};

}  // namespace sample
