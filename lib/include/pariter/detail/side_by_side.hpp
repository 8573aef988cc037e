// SPDX-License-Identifier: Apache-2.0
#pragma once
// Side by side: what an adaptor over several sources has to know of them together.
//
// Two sources that are borrowed may be steps of one and the same iterator, as in zip(it, it). Then a step of one is a step of the
// other: neither knows how many items it will have (may_be_one), and what one has handed out is gone at the step of the other if the
// items do not stay (beside_t).

#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/core/row.hpp"

#include <concepts>
#include <tuple>
#include <type_traits>
#include <utility>

namespace pariter::detail {

// Whether two of them may be one.
template <class... I>
inline constexpr bool may_be_one = (0 + ... + (iteration_traits<I>.borrows ? 1 : 0)) > 1;

// What an iterator over all of them may claim.
template <class... I>
inline constexpr iteration_properties side_by_side = may_be_one<I...> ? without_size(passed_on<I...>) : passed_on<I...>;

// The item of I in a row with those of the sources after it: as it is, or a copy where it refers to what may be gone by then. (Of one
// iterator lent to two adaptors, as in zip(slice(it, 1), it), types tell nothing.)
template <class I, class... After>
struct beside {
  using type = item_t<I>;
};
template <class I, class... After>
  requires(iteration_traits<I>.borrows && !iteration_traits<I>.stable && !std::same_as<item_t<I>, value_t<I>> && (std::same_as<I, After> || ...))
struct beside<I, After...> {
  using type = value_t<I>;
  static_assert(std::copy_constructible<type>,
                "a row over two borrowed iterators of one type, which may be one and the same: these items do not stay until the row is complete, and "
                "cannot be copied; std::move an iterator that is not used afterwards");
};

template <class Row, class... I>
struct row_beside {
  using type = Row;
};
template <class... Item, class I, class... After>
struct row_beside<row<Item...>, I, After...> : row_beside<row<Item..., typename beside<I, After...>::type>, After...> {};

// The row of one item of each.
template <class... I>
using row_of_t = typename row_beside<row<>, I...>::type;

// The row of one step of each.
template <class Row>
struct steps_of_row;
template <class... Item>
struct steps_of_row<row<Item...>> {
  using type = row<step_of_t<Item>...>;
};
template <class... I>
using row_of_steps_t = typename steps_of_row<row_of_t<I...>>::type;

// What a step has pulled, as the Item that stands in the row.
template <class Item, class Step>
constexpr decltype(auto) placed(Step& s) {
  if constexpr (std::same_as<Item, typename step_result<Step>::item>) return *std::move(s);
  else return Item(*std::move(s));
}

}  // namespace pariter::detail
