// SPDX-License-Identifier: Apache-2.0
#pragma once

// word_totals: how many different words several tables hold together, and which are the most frequent.
//
// The tables stay as they are. To put one into another costs more than to fill it: it is hit at random, and grows. But each holds its
// words in the order of their hashes, so the parts of all tables that begin with the same bits hold all there is of their words;
// they are summed up part by part in an index that stays in the nearest cache, and several threads take the parts in turn.

#include "word_table.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ptree {

struct counted_word {
  std::string_view word;  // as long as its table lives and does not change
  std::uint64_t count;
};

struct word_totals {
  std::size_t distinct = 0;
  std::vector<counted_word> top;  // most frequent first, equally frequent ones by their bytes
};

/// Of all words in `tables`, at most `longest` bytes long; the `k` most frequent.
[[nodiscard]] word_totals totals_of(std::span<const word_table> tables, std::size_t k);

}  // namespace ptree
