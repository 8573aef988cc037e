// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an iterator may claim, as constants of its type.
//
//   if constexpr (iteration_traits<I>.sized) result.reserve(...);
//   template <class I> requires(iteration_traits<I>.sees == sight::snapshot) void report(I it);
//
// An iterator states its own: `static constexpr iteration_properties properties{.sees = sight::snapshot, .sized = true};`.
// Who states nothing is taken to claim the least.

#include <concepts>
#include <type_traits>

namespace pariter {

// What an iterator sees of changes that others make to its iterable after it was created.
enum class sight {
  snapshot,  // nothing: the state at one moment
  weak,      // some: each item at most once, later changes perhaps
  live,      // everything up to the end that it meets
};

struct iteration_properties {
  sight sees = sight::live;
  bool sized = false;     // `size_hint()` is always there and exact
  bool ordered = true;    // items come in the order in which the iterable holds them
  bool lossless = true;   // no item between start and end is left out without a word
  bool forkable = false;  // `fork()` makes an independent iterator at the same position
  bool seekable = false;  // `position()` and `seek(position)`
  bool stable = false;    // an item handed out as a reference outlives the next step; it lives as long as iterator and iterable do
  bool outliving = false; // ... and outlives the iterator, too: it lies in something that this only refers to
  bool borrows = false;   // steps an iterator that its owner keeps: must not outlive it, nor go to another thread alone

  friend constexpr bool operator==(const iteration_properties&, const iteration_properties&) = default;
};

namespace detail {
template <class I>
concept states_properties = requires {
  { I::properties } -> std::convertible_to<iteration_properties>;
};

template <class I>
constexpr iteration_properties properties_of() {
  if constexpr (states_properties<I>) return I::properties;
  return iteration_properties{};
}
}  // namespace detail

template <class I>
inline constexpr iteration_properties iteration_traits = detail::properties_of<std::remove_cvref_t<I>>();

namespace detail {

// What an iterator that steps over others may claim: no more than the weakest of them, no seek, and no fork unless it adds one. It frees what it
// owns of them when they end, which is before it is gone itself; so items stay only that outlive their iterator.
template <class... I>
inline constexpr iteration_properties passed_on{
    .sees = ((iteration_traits<I>.sees == sight::live) || ...)   ? sight::live
            : ((iteration_traits<I>.sees == sight::weak) || ...) ? sight::weak
                                                                 : sight::snapshot,
    .sized = (iteration_traits<I>.sized && ...),
    .ordered = (iteration_traits<I>.ordered && ...),
    .lossless = (iteration_traits<I>.lossless && ...),
    .stable = ((iteration_traits<I>.stable && iteration_traits<I>.outliving) && ...),
    .outliving = ((iteration_traits<I>.stable && iteration_traits<I>.outliving) && ...),
    .borrows = (iteration_traits<I>.borrows || ...),
};

constexpr iteration_properties without_size(iteration_properties p) {
  p.sized = false;
  return p;
}
constexpr iteration_properties without_references(iteration_properties p) {
  p.stable = false;
  p.outliving = false;
  return p;
}
// Of an iterator that has the items itself.
constexpr iteration_properties with_own_items(iteration_properties p) {
  p.outliving = false;
  return p;
}

// Whether all of them can be forked (and all else that is copied then, as told).
template <class... I>
inline constexpr bool all_fork = (iteration_traits<I>.forkable && ...);
constexpr iteration_properties with_fork(iteration_properties p, bool forks) {
  p.forkable = forks;
  return p;
}

}  // namespace detail

}  // namespace pariter
