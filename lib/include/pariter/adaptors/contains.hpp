// SPDX-License-Identifier: Apache-2.0
#pragma once
// contains(x, value): is an item equal to value? Stops at the first that is, and leaves the rest; otherwise drains x.
// index_of(x, value): how many items stood before the first that is equal, or nothing. Stops there too, so that calling it
//                     again on the same iterator finds the next one, counted from there.
// count_of(x, value): how many are equal. Drains x.
//
// Exceptions of the source and of == pass through; an iterator stands after the item last pulled.

#include "pariter/core/iterator_ref.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace pariter {

namespace detail {

template <class X, class V>
concept comparable_items = requires(const value_t<source_t<X>>& item, const V& value) { static_cast<bool>(item == value); };

struct index_of_function {
  template <iterable X, class V>
    requires comparable_items<X, V>
  constexpr std::optional<std::size_t> operator()(X&& x, const V& value) const {
    auto it = make_source(std::forward<X>(x));
    for (std::size_t index = 0; auto s = it.next(); ++index)
      if (*s == value) return index;
    return std::nullopt;
  }
};

struct contains_function {
  template <iterable X, class V>
    requires comparable_items<X, V>
  constexpr bool operator()(X&& x, const V& value) const {
    return index_of_function()(std::forward<X>(x), value).has_value();
  }
};

struct count_of_function {
  template <iterable X, class V>
    requires comparable_items<X, V>
  constexpr std::size_t operator()(X&& x, const V& value) const {
    auto it = make_source(std::forward<X>(x));
    std::size_t count = 0;
    while (auto s = it.next()) count += *s == value ? 1u : 0u;
    return count;
  }
};

}  // namespace detail

inline constexpr detail::contains_function contains{};
inline constexpr detail::index_of_function index_of{};
inline constexpr detail::count_of_function count_of{};

}  // namespace pariter
