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
// `to<std::vector>(zip(a, b))` makes a vector, is the row without references: `T` for `T&`, `std::optional<T>` for `optional_ref<T>`.

#include "pariter/core/iterator.hpp"
#include "pariter/core/optional_ref.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

// A part of a row when the row is copied out.
template <class T>
struct part_value : item_value<T> {};
template <class T>
  requires(!std::is_array_v<T> && !std::is_abstract_v<T>)
struct part_value<optional_ref<T>> {
  using type = std::optional<std::remove_cv_t<T>>;
};
template <class T>
struct part_value<std::optional<T>> {
  using type = std::optional<std::conditional_t<std::is_same_v<typename part_value<T>::type, std::remove_cv_t<T>>, T, typename part_value<T>::type>>;
};

// An optional part that is copied out of another kind of optional: what is inside, since its constructors might take the other optional itself
// for an item (of bool, or std::any).
template <class To, class From>
inline constexpr bool optional_out_of_another = !std::is_same_v<To, std::remove_cvref_t<From>> && step_result<To>::value && !is_optional_ref<To> &&
                                                step_result<std::remove_cvref_t<From>>::value;
template <class To, class From>
inline constexpr bool copies_out = std::is_constructible_v<To, From>;
template <class To, class From>
  requires optional_out_of_another<To, From>
inline constexpr bool copies_out<To, From> = copies_out<typename To::value_type, decltype(*std::declval<From>())>;

template <class To, class From>
constexpr To copy_out(From&& from) {
  if constexpr (optional_out_of_another<To, From>) {
    if (!from) return std::nullopt;
    return To(std::in_place, copy_out<typename To::value_type>(*std::forward<From>(from)));
  } else {
    return To(std::forward<From>(from));
  }
}

}  // namespace detail

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

  // The value of a row that has optional parts. (Of others the tuple knows how.)
  template <class... U>
    requires(sizeof...(U) == sizeof...(T)) && (detail::optional_out_of_another<T, const U&> || ...) && (detail::copies_out<T, const U&> && ...)
  constexpr row(const row<U...>& other) : row(other, std::index_sequence_for<T...>()) {}
  template <class... U>
    requires(sizeof...(U) == sizeof...(T)) && (detail::optional_out_of_another<T, U> || ...) && (detail::copies_out<T, U> && ...)
  constexpr row(row<U...>&& other) : row(std::move(other), std::index_sequence_for<T...>()) {}

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

 private:
  template <class Row, std::size_t... I>
  constexpr row(Row&& other, std::index_sequence<I...>) : base(detail::copy_out<T>(std::get<I>(std::forward<Row>(other)))...) {}
};

namespace detail {
template <class R>
struct row_value;
template <class... T>
struct row_value<row<T...>> {
  using type = row<typename part_value<T>::type...>;
};

// Also of a row that stays where it is, in the cursor of a view say.
template <class R>
  requires requires { typename row_value<std::remove_cvref_t<R>>::type; }
struct item_value<R> : row_value<std::remove_cvref_t<R>> {};
}  // namespace detail

}  // namespace pariter

template <class... T>
struct std::tuple_size<pariter::row<T...>> : std::integral_constant<std::size_t, sizeof...(T)> {};
template <std::size_t I, class... T>
struct std::tuple_element<I, pariter::row<T...>> : std::tuple_element<I, std::tuple<T...>> {};
