// SPDX-License-Identifier: Apache-2.0
#pragma once
// concepts iterable and shared_iterable: what hands out iterators.
//
//   iterable<X>          `iter(x)` gives an iterator of X's items.
//   shared_iterable<X>   `iter(x)` may be called through const by any number of threads at once, and each thread may walk
//                        its iterator while the others walk theirs. This is what several threads may be given.
//
// An iterator is an iterable too (its own), but never a shared one. A range-for loop needs begin() and end(); iterable_interface.hpp
// makes them of iter(), as all iterables of the library have them.
//
// shared_iterable is a claim that types cannot prove. It is taken as made by
//   - a type whose const member `iter()` returns an iterator (the law: an iterable is used through const),
//   - a const forward range, since the standard library's containers and views promise that const operations on one object
//     may run concurrently.
// Take it back, or make it for a type of yours, by specialising `enable_shared_iteration<X>`.

#include "pariter/core/iter.hpp"
#include "pariter/core/iterator.hpp"

#include <concepts>
#include <ranges>
#include <type_traits>
#include <utility>

namespace pariter {

template <class X>
concept iterable = requires(X&& x) {
  iter(std::forward<X>(x));
  requires iterator<std::remove_cvref_t<decltype(iter(std::forward<X>(x)))>>;
};

// The iterator that iter(x) gives for an x of type X (written as for std::declval: `X&` for an lvalue).
template <iterable X>
using iterator_of_t = std::remove_cvref_t<decltype(iter(std::declval<X>()))>;

namespace detail {
template <class X>
concept shareable_by_default =
    !makes_steps<X> && (has_iter_member<const X&> || std::ranges::forward_range<const X&>);
}

template <class X>
inline constexpr bool enable_shared_iteration = detail::shareable_by_default<X>;

template <class X>
concept shared_iterable = enable_shared_iteration<std::remove_cvref_t<X>> && iterable<const std::remove_cvref_t<X>&>;

}  // namespace pariter
