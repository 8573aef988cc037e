// SPDX-License-Identifier: Apache-2.0
#pragma once
// lead: how much of a lead a reader that has caught up gives its writer before it looks for items again.
//
// Each look takes the line of the count, and that of the newest item, from the writer's core. Who looks again at once finds one item,
// and the next item costs both sides the way of two lines; who lets the writer get ahead finds many. How long that is worth is learnt
// from what the looks find: while items come faster than one in two pauses, the wait doubles, up to 64 pauses of the processor (1.5
// microseconds on the machine of decision 16; 3 where a pause takes 140 cycles, as on Intel's since Skylake); it halves where there is enough
// to do anyway, or little comes. Who had to wait for an item starts with two pauses again.
//
// Decision 16 has the measurements. Owned by one thread at a time. Cost of learn(): some comparisons per look.

#include "pariter/detail/platform.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace pariter::detail {

class lead {
 public:
  // Before a look.
  void give() const noexcept {
    if (pauses_ == 1) return;
    for (unsigned i = 0; i < pauses_; ++i) platform<std::atomic>::pause();
  }

  // After a look that found items, at once or after it had waited for them. `enough`: how many at a time are worth a look.
  void learn(std::size_t found, std::size_t enough, bool waited) noexcept {
    if (waited) pauses_ = 2;
    else if (found >= enough || found * 4 < pauses_) pauses_ = std::max(pauses_ / 2, 1U);
    else if (found * 2 >= pauses_) pauses_ = std::min(pauses_ * 2, longest);
  }

  unsigned pauses() const noexcept { return pauses_; }

  static constexpr unsigned longest = 64;

 private:
  unsigned pauses_ = 1;
};

}  // namespace pariter::detail
