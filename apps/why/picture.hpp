// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pictures of one round, one row per thread, one column per item.

#include "tally.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace why {

/// A, B, …, Z, then by number.
std::string thread_name(std::size_t thread);

/// `#` seen once, `.` never, `2` to `9` so many times.
void draw_walks(std::ostream& out, const std::vector<sightings>& threads);

/// The names of the threads in the columns of the items that they got.
void draw_division(std::ostream& out, const std::vector<sightings>& threads);

}  // namespace why
