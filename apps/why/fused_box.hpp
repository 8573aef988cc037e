// SPDX-License-Identifier: Apache-2.0
#pragma once

// fused_box: a container that is its own iterator, as many are. It holds the items, and how far one has come.
//
// One thread with one loop can use it. It is here to show what happens to all others.
//
// Its position is atomic, so that threads which share it break no rule of the language: what goes wrong is only what the
// design makes go wrong. (With a plain position it could be anything.) It is read and written in two steps, as an increment of
// a plain variable is. All orders are relaxed: the items never change, and nothing here could be ordered into being right.

#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

namespace why {

class fused_box {
 public:
  explicit fused_box(std::vector<std::size_t> items) : items_(std::move(items)) {}

  void start_over() { position_.store(0, std::memory_order_relaxed); }  // relaxed: see above

  /// False at the end. `pause` is called between the two steps.
  template <class Pause>
  bool next(std::size_t& item, Pause pause) {
    const std::size_t at = position_.load(std::memory_order_relaxed);  // relaxed: see above
    pause();
    if (at >= items_.size()) return false;
    position_.store(at + 1, std::memory_order_relaxed);  // relaxed: see above
    item = items_[at];
    return true;
  }

 private:
  const std::vector<std::size_t> items_;
  std::atomic<std::size_t> position_{0};
};

}  // namespace why
