// SPDX-License-Identifier: Apache-2.0
#pragma once
// The numbers from … to, without the last.

#include <cstddef>
#include <numeric>
#include <vector>

namespace pariter::test {

inline std::vector<int> numbers(int from, int to) {
  std::vector<int> v(static_cast<std::size_t>(to - from));
  std::iota(v.begin(), v.end(), from);
  return v;
}
inline std::vector<int> numbers(int count) { return numbers(0, count); }

}  // namespace pariter::test
