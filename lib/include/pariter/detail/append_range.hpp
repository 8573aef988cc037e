// SPDX-License-Identifier: Apache-2.0
#pragma once
// append_range(core, range): appends any range to a container's core, by its append_n(first, count, taken).
//
// The core's lock is held while the items go in, so what they are made of is made before: the range's own code runs, and items whose moves
// cannot throw are copied. Items that lie side by side are copied from where they are if that runs nobody's code, or if a move would be no
// better. If the range or an item throws, the items before it are in.

#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace pariter::detail {

template <class T>
inline constexpr bool copied_in_place = std::is_trivially_constructible_v<T, const T&> || !std::is_nothrow_move_constructible_v<T>;

template <class T, class Core, std::ranges::input_range R>
void append_range(Core& core, R&& range) {
  std::size_t taken = 0;
  if constexpr (std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
                std::is_same_v<std::remove_cvref_t<std::ranges::range_reference_t<R>>, T> && copied_in_place<T>) {
    core.append_n(static_cast<const T*>(std::ranges::data(range)), static_cast<std::size_t>(std::ranges::size(range)), taken);
  } else {
    std::vector<T> items;
    const auto hand_over = [&] {
      if constexpr (std::is_same_v<T, bool>) core.append_n(items.begin(), items.size(), taken);  // a vector of these is none
      else core.append_n(items.data(), items.size(), taken);
    };
    try {
      if constexpr (std::ranges::sized_range<R>) items.reserve(static_cast<std::size_t>(std::ranges::size(range)));
      for (auto&& item : range) items.emplace_back(std::forward<decltype(item)>(item));
    } catch (...) {
      hand_over();
      throw;
    }
    hand_over();
  }
}

}  // namespace pariter::detail
