// SPDX-License-Identifier: Apache-2.0
#pragma once
// range_step_t<It>: how an item of a C++ iterator leaves `next()`.
//
//   reference of It      step
//   T&                   optional_ref<T>: the item stays in the range
//   T&&                  std::optional<value type>: moved out
//   a value or proxy     std::optional<value type> if one can be made of it, else std::optional of the proxy itself

#include "pariter/core/optional_ref.hpp"

#include <concepts>
#include <iterator>
#include <optional>
#include <type_traits>

namespace pariter::detail {

template <class Ref, class V>
struct range_step {
  using type = std::optional<std::conditional_t<std::constructible_from<V, Ref>, V, Ref>>;
};
template <class Ref, class V>
struct range_step<Ref&, V> {
  using type = optional_ref<Ref>;
};
template <class Ref, class V>
struct range_step<Ref&&, V> {
  using type = std::optional<V>;
};
template <class It>
using range_step_t = typename range_step<std::iter_reference_t<It>, std::iter_value_t<It>>::type;

}  // namespace pariter::detail
