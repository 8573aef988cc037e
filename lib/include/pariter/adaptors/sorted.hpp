// SPDX-License-Identifier: Apache-2.0
#pragma once
// sorted(x), sorted(x, less, projection): all items in a new std::vector, in order; equals keep their order.
//
// Drains x. What less does to x meanwhile does not matter: the vector is sorted after the last pull. Exceptions pass through.
// Cost: n log n comparisons and moves, memory for twice the items.

#include "pariter/adaptors/to.hpp"
#include "pariter/core/iterator_ref.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace pariter {

namespace detail {

// A merge sort: runs of 16 by insertion, then runs of twice the length into a spare vector. (std::stable_sort would do, but
// in libstdc++ it draws in a function that clang reports as deprecated, in the user's build.)
template <class T, class Before>
void stable_sort(std::vector<T>& items, Before before) {
  const std::size_t n = items.size();
  constexpr std::size_t first_run = 16;
  for (std::size_t start = 0; start < n; start += first_run) {
    for (std::size_t i = start + 1; i < std::min(n, start + first_run); ++i) {
      if (!before(items[i], items[i - 1])) continue;
      T item = std::move(items[i]);
      std::size_t hole = i;
      for (; hole > start && before(item, items[hole - 1]); --hole) items[hole] = std::move(items[hole - 1]);
      items[hole] = std::move(item);
    }
  }
  std::vector<T> merged;
  for (std::size_t run = first_run; run < n; run *= 2) {
    merged.reserve(n);
    for (std::size_t start = 0; start < n; start += 2 * run) {
      std::size_t a = start;
      std::size_t b = std::min(n, start + run);
      const std::size_t a_end = b;
      const std::size_t b_end = std::min(n, start + 2 * run);
      while (a < a_end && b < b_end) merged.push_back(std::move(before(items[b], items[a]) ? items[b++] : items[a++]));
      while (a < a_end) merged.push_back(std::move(items[a++]));
      while (b < b_end) merged.push_back(std::move(items[b++]));
    }
    std::swap(items, merged);
    merged.clear();
  }
}

struct sorted_function {
  template <iterable X, class Less = std::ranges::less, class Projection = std::identity>
  auto operator()(X&& x, Less less = {}, Projection projection = {}) const {
    auto items = to<std::vector>(std::forward<X>(x));
    detail::stable_sort(items, [&](const auto& a, const auto& b) {
      return static_cast<bool>(std::invoke(less, std::invoke(projection, a), std::invoke(projection, b)));
    });
    return items;
  }
};
}  // namespace detail

inline constexpr detail::sorted_function sorted{};

}  // namespace pariter
