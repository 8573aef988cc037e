// SPDX-License-Identifier: Apache-2.0
#pragma once
// iter(x): an iterator of x's items. iter(f, sentinel): an iterator of what f returns.
//
// What `iter(x)` gives, first match:
//   1. x is an iterator             the same one: a reference for an lvalue, moved for an rvalue
//   2. x has a member `iter()`      what it returns (must be an iterator)
//   3. x is a string literal        an iterator of its characters without the final 0
//   4. x is a C++ range             range_iterator, or single_pass_iterator for an input range
//   5. x has only x.at(i) or x[i]   index_iterator; not a pointer, a C++ iterator, a set of bits
//   6. x is a tuple, a pair         tuple_iterator, by index
//   7. x is an optional             once_iterator: its item or none
// Nothing else is iterable. A type takes itself out with `template <> inline constexpr bool pariter::enable_iteration<X> = false;`.
//
// Each call over an iterable gives an independent iterator at the beginning. (A C++ range that is walked once is an iterable in name only: each
// iterator of it calls its begin() anew. A stream then goes on; for a std::generator that is undefined. Make one iterator of it, and pass
// that on.) What the iterator refers to must outlive it if x is an lvalue; an rvalue x is moved in. Exceptions of x's own
// begin()/iter() pass through.
//
// iter and next are function objects: a call without namespace never finds `std::next` by its arguments.

#include "pariter/core/index_iterator.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/core/once_iterator.hpp"
#include "pariter/core/range_iterator.hpp"
#include "pariter/core/sentinel_iterator.hpp"
#include "pariter/core/tuple_iterator.hpp"

#include <concepts>
#include <cstddef>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pariter {

// Specialise to false to make `iter(x)` refuse a type that would otherwise qualify.
template <class X>
inline constexpr bool enable_iteration = true;

namespace detail {

template <class T>
concept character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

template <class X>
concept has_iter_member = requires(X&& x) {
  { std::forward<X>(x).iter() } -> iterator;
};

template <class X>
inline constexpr bool is_optional = step_result<std::remove_cv_t<X>>::value;  // std::optional or optional_ref

// What 6 and 7 walk: no other way in matches.
template <class X>
concept only_elements = (!iterator<std::remove_cvref_t<X>>) && (!has_iter_member<X>) && (!std::ranges::input_range<X>) &&
                        (!indexable<std::remove_reference_t<X>>) && enable_iteration<std::remove_cvref_t<X>>;

struct iter_function {
  // 1. An iterator is its own iterator.
  template <class X>
    requires iterator<std::remove_cvref_t<X>> && (!std::is_const_v<std::remove_reference_t<X>>) && enable_iteration<std::remove_cvref_t<X>>
  constexpr X operator()(X&& x) const noexcept(std::is_lvalue_reference_v<X> || std::is_nothrow_move_constructible_v<X>) {
    return std::forward<X>(x);
  }

  // 2. An iterable of ours, or of the user's.
  template <class X>
    requires(!iterator<std::remove_cvref_t<X>>) && has_iter_member<X> && enable_iteration<std::remove_cvref_t<X>>
  constexpr auto operator()(X&& x) const {
    return std::forward<X>(x).iter();
  }

  // 3. "literal"
  template <character C, std::size_t N>
  constexpr auto operator()(const C (&text)[N]) const noexcept {
    const std::size_t length = text[N - 1] == C() ? N - 1 : N;
    return range_iterator(static_cast<const C*>(text), static_cast<const C*>(text + length));
  }

  // 4. A C++ range.
  template <class R>
    requires(!iterator<std::remove_cvref_t<R>>) && (!has_iter_member<R>) && std::ranges::input_range<R> && enable_iteration<std::remove_cvref_t<R>>
  constexpr auto operator()(R&& r) const {
    using range = std::remove_reference_t<R>;
    if constexpr (!std::ranges::forward_range<R>) {
      if constexpr (std::is_lvalue_reference_v<R>) return single_pass_iterator(borrowed<range>(r));
      else return single_pass_iterator(owned<range>(std::move(r)));
    } else if constexpr (std::ranges::borrowed_range<R>) {
      return range_iterator(std::ranges::begin(r), std::ranges::end(r));
    } else {
      static_assert(!std::is_const_v<range>, "iter() of a const temporary range cannot take it over; name it, or drop the const");
      owned<range> keeper(std::move(r));
      auto first = std::ranges::begin(*keeper);
      auto last = std::ranges::end(*keeper);
      return range_iterator(std::move(first), std::move(last), std::move(keeper));
    }
  }

  // 5. Only an index.
  template <class X>
    requires(!iterator<std::remove_cvref_t<X>>) && (!has_iter_member<X>) && (!std::ranges::input_range<X>) &&
            indexable<std::remove_reference_t<X>> && enable_iteration<std::remove_cvref_t<X>>
  constexpr auto operator()(X&& x) const {
    using indexed = std::remove_reference_t<X>;
    if constexpr (std::is_lvalue_reference_v<X>) return index_iterator(borrowed<indexed>(x));
    else return index_iterator(owned<indexed>(std::move(x)));
  }

  // 6. A tuple.
  template <class X>
    requires only_elements<X> && tuple_like<std::remove_reference_t<X>>
  constexpr auto operator()(X&& x) const {
    using walked = std::remove_reference_t<X>;
    if constexpr (std::is_lvalue_reference_v<X>) return tuple_iterator(borrowed<walked>(x));
    else return tuple_iterator(owned<walked>(std::move(x)));
  }

  // 7. One item or none.
  template <class X>
    requires only_elements<X> && is_optional<std::remove_reference_t<X>>
  constexpr auto operator()(X&& x) const {
    using held = std::remove_reference_t<decltype(*x)>;
    if constexpr (std::is_lvalue_reference_v<X> || is_optional_ref<std::remove_cvref_t<X>>) {
      return once_iterator<held&>(x ? optional_ref<held>(*x) : optional_ref<held>());
    } else {
      return once_iterator<held>(std::move(x));
    }
  }

  // iter(f, sentinel)
  template <class F, class S>
    requires std::invocable<F&>
  constexpr auto operator()(F f, S sentinel) const {
    return sentinel_iterator<F, S>(std::move(f), std::move(sentinel));
  }
};

}  // namespace detail

inline constexpr detail::iter_function iter{};

}  // namespace pariter
