// SPDX-License-Identifier: Apache-2.0
#pragma once
// row<T...>: several items side by side; what `zip`, `enumerate` and their like hand out.
//
//   for (auto [i, name] : enumerate(names)) ...
//
// It is a `std::tuple<T...>` (so `std::get`, `std::apply`, structured bindings and comparison are those of a tuple) with
// one difference: where some T are references, assignment lets them refer to the other row's items. A tuple's assignment
// would overwrite the items themselves, and `step = next(it)` in a loop would copy each element over its predecessor.
//
// The references of a row live as long as the items of the iterators that it was made from. Its value type, of which
// `to<std::vector>(zip(a, b))` makes a vector, is the row without references.

#include "pariter/core/iterator.hpp"

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace pariter {

template <class... T>
class row : public std::tuple<T...> {
  using base = std::tuple<T...>;
  static constexpr bool refers = (std::is_reference_v<T> || ...);
  static constexpr bool assignable = refers ? (std::is_nothrow_move_constructible_v<T> && ...) : std::is_move_assignable_v<base>;

 public:
  using base::base;
  row(const row&) = default;
  row(row&&) = default;
  ~row() = default;

  constexpr row& operator=(const row& other)
    requires(assignable && (std::is_copy_constructible_v<T> && ...))
  {
    if constexpr (refers) return *this = row(other);
    else static_cast<base&>(*this) = other;
    return *this;
  }
  constexpr row& operator=(row&& other)
    requires(assignable)
  {
    if constexpr (!refers) {
      static_cast<base&>(*this) = static_cast<base&&>(other);
    } else if (this != std::addressof(other)) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }
};

namespace detail {
template <class... T>
struct item_value<row<T...>> {
  using type = row<typename item_value<T>::type...>;
};
}  // namespace detail

}  // namespace pariter

template <class... T>
struct std::tuple_size<pariter::row<T...>> : std::integral_constant<std::size_t, sizeof...(T)> {};
template <std::size_t I, class... T>
struct std::tuple_element<I, pariter::row<T...>> : std::tuple_element<I, std::tuple<T...>> {};
