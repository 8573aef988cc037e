// SPDX-License-Identifier: Apache-2.0
#pragma once
// any(x), any(x, predicate): is the predicate true of an item? Stops at the first, and leaves the rest; empty: false.
// all(x), all(x, predicate): is it true of all? Stops at the first for which it is not; empty: true.
//
// Without a predicate an item counts as what it converts to as bool. Exceptions of the source and the predicate pass
// through; an iterator stands after the item last pulled.

#include "pariter/core/iterator_ref.hpp"

#include <concepts>
#include <functional>
#include <utility>

namespace pariter {

namespace detail {

struct truth {
  constexpr bool operator()(const auto& item) const { return static_cast<bool>(item); }
};

struct any_function {
  template <iterable X, class Predicate = truth>
    requires std::predicate<Predicate&, std::add_lvalue_reference_t<item_t<source_t<X>>>>
  constexpr bool operator()(X&& x, Predicate predicate = {}) const {
    auto it = make_source(std::forward<X>(x));
    while (auto s = it.next())
      if (std::invoke(predicate, *s)) return true;
    return false;
  }
};

struct all_function {
  template <iterable X, class Predicate = truth>
    requires std::predicate<Predicate&, std::add_lvalue_reference_t<item_t<source_t<X>>>>
  constexpr bool operator()(X&& x, Predicate predicate = {}) const {
    auto it = make_source(std::forward<X>(x));
    while (auto s = it.next())
      if (!std::invoke(predicate, *s)) return false;
    return true;
  }
};

}  // namespace detail

inline constexpr detail::any_function any{};
inline constexpr detail::all_function all{};

}  // namespace pariter
