// SPDX-License-Identifier: Apache-2.0
#pragma once
// to<C>(x): all items in a standard container. to<std::vector>(x) finds the item type itself.
//
//   auto lines = to<std::vector>(slice(file, 10));
//   auto ages = to<std::map<std::string, int>>(zip(names, years));     // rows of two become key and value
//   auto text = to<std::string>(characters);
//
// Drains x. The size hint is used to reserve and for nothing else, batches are inserted whole. Items that are handed over
// are moved in; the references in a row are copied. Exceptions pass through and leave an iterator after the item last
// pulled; what was collected is freed.

#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/row.hpp"
#include "pariter/core/size_hint.hpp"

#include <concepts>
#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

// Whether `I` has its items in memory side by side, so that they can be inserted as one range.
template <class I, class C>
concept inserts_batches = std::is_lvalue_reference_v<item_t<I>> && requires(I& it, C& c) {
  requires std::same_as<std::remove_const_t<typename decltype(it.next_batch())::element_type>, typename C::value_type>;
  c.insert(c.end(), it.next_batch().begin(), it.next_batch().end());
};

template <class C, class Item>
constexpr void insert(C& container, Item&& item) {
  if constexpr (requires { container.emplace_back(std::forward<Item>(item)); }) container.emplace_back(std::forward<Item>(item));
  else if constexpr (requires { container.push_back(std::forward<Item>(item)); }) container.push_back(std::forward<Item>(item));
  else if constexpr (requires { container.insert(container.end(), std::forward<Item>(item)); }) container.insert(container.end(), std::forward<Item>(item));
  else container.emplace_hint(container.end(), std::get<0>(std::forward<Item>(item)), std::get<1>(std::forward<Item>(item)));
}

template <class C>
struct to_function {
  template <iterable X>
  constexpr C operator()(X&& x) const {
    auto it = make_source(std::forward<X>(x));
    C container{};
    if constexpr (inserts_batches<decltype(it), C>) {
      for (auto batch = it.next_batch(); !batch.empty(); batch = it.next_batch()) container.insert(container.end(), batch.begin(), batch.end());
    } else {
      if constexpr (requires(std::size_t n) { container.reserve(n); }) {
        if (const auto left = size_hint(it)) container.reserve(*left);
      }
      while (auto s = it.next()) detail::insert(container, *std::move(s));
    }
    return container;
  }
};

}  // namespace detail

template <class C, iterable X>
constexpr C to(X&& x) {
  return detail::to_function<C>()(std::forward<X>(x));
}

// C<value type>.
template <template <class...> class C, iterable X>
constexpr auto to(X&& x) {
  return detail::to_function<C<value_t<detail::source_t<X>>>>()(std::forward<X>(x));
}

}  // namespace pariter
