// SPDX-License-Identifier: Apache-2.0
#pragma once
// concept iterator: one position with one owner.
//
//   it.next()   one item further: the item, or empty at the end. After the first empty it is empty for ever.
//
// The result is `std::optional<T>` (the item is handed over) or `optional_ref<T>` (the item stays where it is). The end is a
// value, never an exception; an exception out of `next()` is an error of the source, and each iterator documents what it
// leaves behind.
//
// An iterator is used by one thread at a time. It may be handed to another thread (moved, or with a happens-before of the
// caller's). Whoever wants several threads on one iterator says share, tee or split.
//
// Not to be confused with C++ iterators, which are positions without knowledge of their end; `iterator_interface` makes any
// of ours a `std::ranges::input_range` as well.

#include "pariter/core/optional_ref.hpp"

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

template <class R>
struct step_result : std::false_type {};
template <class T>
struct step_result<std::optional<T>> : std::true_type {
  using item = T;
};
template <class T>
struct step_result<optional_ref<T>> : std::true_type {
  using item = T&;
};

// The step that hands out an Item: `std::optional<T>` for `T`, `optional_ref<T>` for `T&`.
template <class Item>
struct step_of {
  using type = std::optional<Item>;
};
template <class T>
struct step_of<T&> {
  using type = optional_ref<T>;
};
template <class Item>
using step_of_t = typename step_of<Item>::type;

template <class I>
using step_t = decltype(std::declval<I&>().next());

// An iterator, if it can be moved. What must not ask that asks this: whether something can be moved may be a question about a conversion to an
// any_iterable, and so about whether it is an iterator.
template <class I>
concept makes_steps = requires(I& it) { it.next(); } && step_result<step_t<I>>::value;

// What is left of an item's type when it is copied out: nothing that refers to items. Of rows: core/row.hpp.
template <class T>
struct item_value {
  using type = std::remove_cvref_t<T>;
};
template <class T>
  requires std::is_constructible_v<std::remove_cv_t<T>, T&> &&
           (!std::is_constructible_v<std::remove_cv_t<T>, optional_ref<T>>)  // std::optional<bool>(ref) would ask whether there is one
struct item_value<optional_ref<T>> {
  using type = std::optional<std::remove_cv_t<T>>;
};
template <class T>
  requires(!std::is_same_v<typename item_value<T>::type, std::remove_cv_t<T>>)
struct item_value<std::optional<T>> {
  using type = std::optional<typename item_value<T>::type>;
};

}  // namespace detail

template <class I>
concept iterator = detail::makes_steps<I> && std::movable<I>;

// What a step hands out: `T` if the item is handed over, `T&` if it stays in the source.
template <iterator I>
using item_t = typename detail::step_result<detail::step_t<I>>::item;

// The type of an item that was copied out.
template <iterator I>
using value_t = typename detail::item_value<item_t<I>>::type;

}  // namespace pariter
