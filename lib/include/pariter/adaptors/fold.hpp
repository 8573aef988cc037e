// SPDX-License-Identifier: Apache-2.0
#pragma once
// fold(x, initial, op): op(op(op(initial, a), b), c), left to right. sum(x), sum(x, start): the same with +.
//
// Drain x; of an empty one the result is `initial`, or `start` (the value type's T{}). Exceptions of the source and of op pass
// through; an iterator stands after the item last pulled.

#include "pariter/core/iterator_ref.hpp"

#include <concepts>
#include <functional>
#include <utility>

namespace pariter {

namespace detail {

struct fold_function {
  template <iterable X, std::movable R, class Op>
    requires std::convertible_to<std::invoke_result_t<Op&, R, item_t<source_t<X>>>, R>
  constexpr R operator()(X&& x, R initial, Op op) const {
    auto it = make_source(std::forward<X>(x));
    while (auto s = it.next()) initial = static_cast<R>(std::invoke(op, std::move(initial), *std::move(s)));
    return initial;
  }
};

struct sum_function {
  template <iterable X>
  constexpr value_t<source_t<X>> operator()(X&& x) const {
    return fold_function()(std::forward<X>(x), value_t<source_t<X>>{}, std::plus<>());
  }
  template <iterable X, std::movable R>
  constexpr R operator()(X&& x, R start) const {
    return fold_function()(std::forward<X>(x), std::move(start), std::plus<>());
  }
};

}  // namespace detail

inline constexpr detail::fold_function fold{};
inline constexpr detail::sum_function sum{};

}  // namespace pariter
