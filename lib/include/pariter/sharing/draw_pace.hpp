// SPDX-License-Identifier: Apache-2.0
#pragma once
// draw_pace: how many items one drawer takes at a time.
//
// Starts at 1, doubles while a chunk was worked off in less than `quick`, halves when one took longer than `slow`. So a drawer
// of cheap items rarely touches what the others touch, and a drawer of expensive items holds little that others could do.
// The time spent waiting for the source or for the others does not count: it would shrink the chunks just when they are
// too small already.
//
// Owned by one drawer. Cost: two readings of the clock per chunk; none when the cap is 1.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace pariter::detail {

class draw_pace {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr clock::duration quick = std::chrono::microseconds(20);
  static constexpr clock::duration slow = std::chrono::microseconds(50);

  explicit draw_pace(std::size_t cap) noexcept : cap_(cap) {}

  // Before a draw: the number of items to ask for. Whoever has to ask again, since there was nothing, has waited meanwhile, and gets the same
  // answer.
  std::size_t ask() noexcept {
    if (cap_ == 1) return 1;
    if (std::exchange(drawn_, false)) {
      const auto spent = clock::now() - handed_;
      if (spent < quick) size_ = std::min(size_ * 2, cap_);
      else if (spent > slow) size_ = std::max<std::size_t>(size_ / 2, 1);
    }
    return size_;
  }

  // After a draw that gave `count` items: their time starts now.
  void handed(std::size_t count) noexcept {
    if (cap_ == 1) return;
    drawn_ = count >= size_;  // a short chunk says nothing about how long a full one takes
    handed_ = clock::now();
  }

 private:
  std::size_t cap_;
  std::size_t size_ = 1;
  bool drawn_ = false;
  clock::time_point handed_{};
};

}  // namespace pariter::detail
