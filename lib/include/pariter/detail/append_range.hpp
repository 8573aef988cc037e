// SPDX-License-Identifier: Apache-2.0
#pragma once
// append_range(core, range): appends any range to a container's core, by its append_n(first, count, taken).
//
// Items of T that lie side by side are copied from where they are. Of any other range the items are made first, so that the
// range's own code runs before the core takes its lock.

#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace pariter::detail {

template <class T, class Core, std::ranges::input_range R>
void append_range(Core& core, R&& range) {
  std::size_t taken = 0;
  if constexpr (std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
                std::is_same_v<std::remove_cvref_t<std::ranges::range_reference_t<R>>, T>) {
    core.append_n(static_cast<const T*>(std::ranges::data(range)), static_cast<std::size_t>(std::ranges::size(range)), taken);
  } else {
    std::vector<T> items;
    for (auto&& item : range) items.emplace_back(std::forward<decltype(item)>(item));
    core.append_n(items.data(), items.size(), taken);
  }
}

}  // namespace pariter::detail
