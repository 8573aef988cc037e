// SPDX-License-Identifier: Apache-2.0
#pragma once

// Recorded histories of appends, and whether they are linearizable.
//
// Each append notes the common clock when it begins and when it has returned; each reader notes the order in which it saw the
// items. A stream whose readers all see one order is linearizable if that order agrees with real time: no item stands behind
// one whose append began only after its own append had returned.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace pariter::test {

struct append_span {
  std::uint64_t began;
  std::uint64_t returned;
};

// The index in `seen` of an item that stands before one whose append had returned when its own began; nothing if there is none.
inline std::optional<std::size_t> out_of_order(const std::vector<append_span>& seen) {
  std::uint64_t first_return_behind = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = seen.size(); i-- > 0;) {
    if (seen[i].began > first_return_behind) return i;
    first_return_behind = std::min(first_return_behind, seen[i].returned);
  }
  return std::nullopt;
}

}  // namespace pariter::test
