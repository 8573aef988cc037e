// SPDX-License-Identifier: Apache-2.0
#pragma once
// next(it): one item further, or empty at the end. next(it, fallback): the item, or the fallback at the end.
//
// Only the end is mapped to the fallback; exceptions pass through. The fallback is converted to the item's value type, and
// the item is copied (or moved, if it was handed over) out.

#include "pariter/core/iterator.hpp"

#include <concepts>
#include <utility>

namespace pariter {

namespace detail {

struct next_function {
  template <iterator I>
  constexpr auto operator()(I& it) const {
    return it.next();
  }

  template <iterator I, std::convertible_to<value_t<I>> D>
  constexpr value_t<I> operator()(I& it, D&& fallback) const {
    if (auto step = it.next()) return *std::move(step);
    return std::forward<D>(fallback);
  }
};

}  // namespace detail

inline constexpr detail::next_function next{};

}  // namespace pariter
