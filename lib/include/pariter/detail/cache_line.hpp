// SPDX-License-Identifier: Apache-2.0
#pragma once
// The distance that keeps two words written by different threads from disturbing each other.
//
// 128 bytes, not 64: x86 prefetches lines in pairs, and several ARM cores have 128-byte lines. A constant of ours because
// `std::hardware_destructive_interference_size` may differ between two translation units of one program (its value follows
// the tuning flags), which would give one class two layouts.

#include <cstddef>

namespace pariter::detail {

inline constexpr std::size_t cache_line = 128;

}  // namespace pariter::detail
