// SPDX-License-Identifier: Apache-2.0
#pragma once
// min(x), min(x, less, projection): a copy of the least item, the first of equals. max: of the greatest, the first of equals.
// min_or(x, fallback, less, projection), max_or(...): the fallback if there is none; without fallback no_items is thrown.
//
// Drain x. Items that are handed over are moved, not copied. Exceptions of the source and of the functions pass through.

#include "pariter/core/errors.hpp"
#include "pariter/core/iterator_ref.hpp"

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

enum class extreme { least, greatest };

// The item as it is held while the others are compared: a reference only where it survives the next step.
template <class X>
using held_step_t = step_of_t<std::conditional_t<iteration_traits<source_t<X>>.stable, item_t<source_t<X>>, value_t<source_t<X>>>>;

template <extreme Which, class X, class Less, class Projection>
constexpr held_step_t<X> find_extreme(X&& x, Less& less, Projection& projection) {
  auto it = make_source(std::forward<X>(x));
  held_step_t<X> best;
  while (auto s = it.next()) {
    if (best) {
      const bool better = Which == extreme::least ? static_cast<bool>(std::invoke(less, std::invoke(projection, *s), std::invoke(projection, *best)))
                                                  : static_cast<bool>(std::invoke(less, std::invoke(projection, *best), std::invoke(projection, *s)));
      if (!better) continue;
    }
    if constexpr (is_optional_ref<held_step_t<X>>) best = *s;
    else best.emplace(*std::move(s));
  }
  return best;
}

template <extreme Which>
struct extreme_function {
  template <iterable X, class Less = std::ranges::less, class Projection = std::identity>
  constexpr value_t<source_t<X>> operator()(X&& x, Less less = {}, Projection projection = {}) const {
    // The temporary must live until the item was copied out of it, so the source is walked here.
    if constexpr (std::is_lvalue_reference_v<X>) {
      auto best = find_extreme<Which>(x, less, projection);
      if (!best) throw no_items(Which == extreme::least ? "min: no items; use min_or" : "max: no items; use max_or");
      return *std::move(best);
    } else {
      auto it = make_source(std::move(x));
      return (*this)(it, std::move(less), std::move(projection));
    }
  }
};

template <extreme Which>
struct extreme_or_function {
  template <iterable X, std::convertible_to<value_t<source_t<X>>> D, class Less = std::ranges::less, class Projection = std::identity>
  constexpr value_t<source_t<X>> operator()(X&& x, D&& fallback, Less less = {}, Projection projection = {}) const {
    if constexpr (std::is_lvalue_reference_v<X>) {
      if (auto best = find_extreme<Which>(x, less, projection)) return *std::move(best);
      return std::forward<D>(fallback);
    } else {
      auto it = make_source(std::move(x));
      return (*this)(it, std::forward<D>(fallback), std::move(less), std::move(projection));
    }
  }
};

}  // namespace detail

inline constexpr detail::extreme_function<detail::extreme::least> min{};
inline constexpr detail::extreme_function<detail::extreme::greatest> max{};
inline constexpr detail::extreme_or_function<detail::extreme::least> min_or{};
inline constexpr detail::extreme_or_function<detail::extreme::greatest> max_or{};

}  // namespace pariter
