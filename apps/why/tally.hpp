// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the threads of one round saw, and what of it was wrong.

#include <algorithm>
#include <cstddef>
#include <vector>

namespace why {

/// How often one thread saw each item.
using sightings = std::vector<std::size_t>;

struct trouble {
  std::size_t lost = 0;        // items that should have come and did not
  std::size_t doubled = 0;     // items that came again
  std::size_t ended_early = 0; // loops that were told "the end" without having seen the last item

  trouble& operator+=(const trouble& other) {
    lost += other.lost;
    doubled += other.doubled;
    ended_early += other.ended_early;
    return *this;
  }
  bool any() const { return lost + doubled + ended_early != 0; }
};

/// For a thread that was to see every item once.
inline trouble of_full_walk(const sightings& seen) {
  trouble t;
  for (const std::size_t times : seen) {
    t.lost += times == 0;
    t.doubled += times > 1 ? times - 1 : 0;
  }
  t.ended_early = seen.back() == 0;
  return t;
}

/// For threads that were to see every item once together. Nobody's loop is early here: the end comes for all at once.
inline trouble of_division(const std::vector<sightings>& threads) {
  trouble t;
  for (std::size_t item = 0; item < threads.front().size(); ++item) {
    std::size_t times = 0;
    for (const sightings& seen : threads) times += seen[item];
    t.lost += times == 0;
    t.doubled += times > 1 ? times - 1 : 0;
  }
  return t;
}

}  // namespace why
