// SPDX-License-Identifier: Apache-2.0
#pragma once
// size_hint(it): how many items are left, or nothing.
//
// One rule for every iterator: a hint that is there is exact. It counts what `next()` would still hand out if nobody changed
// the source meanwhile; it falls by one per item and is 0 at the end and ever after. Who cannot know says nothing, and
// nobody guesses. `iteration_traits<I>.sized` promises that it is always there, as long as the number fits a std::size_t.
//
// A consumer may use it to reserve memory, never to decide when to stop. A hint that throws is an error of the source and
// passes through every consumer.

#include "pariter/core/iterator.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>

namespace pariter {

namespace detail {

template <class I>
concept hints_size = requires(const I& it) {
  { it.size_hint() } -> std::convertible_to<std::optional<std::size_t>>;
};

struct size_hint_function {
  template <iterator I>
  constexpr std::optional<std::size_t> operator()(const I& it) const {
    if constexpr (hints_size<I>) return it.size_hint();
    else return std::nullopt;
  }
};

}  // namespace detail

inline constexpr detail::size_hint_function size_hint{};

namespace detail {

// a + b: nothing if one cannot tell, or no std::size_t holds it.
constexpr std::optional<std::size_t> sum_of_hints(std::optional<std::size_t> a, std::optional<std::size_t> b) {
  if (!a || !b || *b > std::numeric_limits<std::size_t>::max() - *a) return std::nullopt;
  return *a + *b;
}

// Over several iterators: nothing as soon as one cannot tell.
template <iterator First, iterator... I>
constexpr std::optional<std::size_t> least_hint(const First& first, const I&... rest) {
  std::optional<std::size_t> least = size_hint(first);
  ([&](std::optional<std::size_t> hint) { least = least && hint ? std::optional(std::min(*least, *hint)) : std::nullopt; }(size_hint(rest)), ...);
  return least;
}

}  // namespace detail

}  // namespace pariter
