// SPDX-License-Identifier: Apache-2.0
#pragma once

// The experiments. Each runs many rounds of the same: some threads start together and walk one box.
//
// Threads give way to each other at moments drawn from the seed, as a busy machine makes them do. So they meet often, even where
// there is one core.

#include "tally.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace why {

struct settings {
  std::size_t threads = 4;
  std::size_t items = 24;
  std::size_t rounds = 100;
  std::uint64_t seed = 1;
};

struct result {
  trouble total;                    // of all rounds
  std::size_t bad_rounds = 0;       // rounds with any trouble
  std::vector<sightings> one_round; // per thread; of the round with most trouble
};

/// Every thread wants to see every item.
result walk_fused(const settings& s);
result walk_own_iterators(const settings& s);

/// The threads want to divide the items among them.
result divide_fused(const settings& s);
result divide_shared(const settings& s);

}  // namespace why
