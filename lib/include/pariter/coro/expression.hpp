// SPDX-License-Identifier: Apache-2.0
#pragma once
// expression(x, map, filter): the generator of `map(item)` for each item of x with `filter(item)`; Python's (m(i) for i in x if f(i)).
//
//   auto squares = expression(numbers, [](int i) { return i * i; }, [](int i) { return i % 2 == 1; });
//
// `iter(x)` is called at once: what is not iterable, or throws there, fails here and not at the first step. All else
// happens in the steps, item by item. It is sugar for a generator function that loops over its argument, called once.
//
// Lifetime: it owns map, filter and the iterator of x, and x too if x is a temporary (or std::move'd in), so that it may leave the scope
// it was written in. An lvalue x is referred to and must outlive it, as must what the functions capture by
// reference: capture by reference means late binding, by value early. An lvalue iterator is continued in place.
//
// Items are values: what map returns, without reference. Threads, exceptions and cost are those of a generator.

#include "pariter/core/iter.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/coro/generator.hpp"

#include <functional>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

struct every_item {
  template <class T>
  constexpr bool operator()(const T&) const noexcept {
    return true;
  }
};

template <class T, class It, class Map, class Filter>
generator<T> evaluate(It it, Map map, Filter filter) {
  while (auto item = it.next()) {
    if (std::invoke(filter, std::as_const(*item))) co_yield std::invoke(map, *std::move(item));
  }
}

}  // namespace detail

template <iterable X, class Map = std::identity, class Filter = detail::every_item>
auto expression(X&& x, Map map = {}, Filter filter = {}) {
  using opened = decltype(iter(std::forward<X>(x)));
  using item = item_t<std::remove_cvref_t<opened>>;
  using value = std::remove_cvref_t<std::invoke_result_t<Map&, item>>;
  if constexpr (std::is_lvalue_reference_v<opened>) {
    auto made = detail::evaluate<value>(detail::borrowing<std::remove_reference_t<opened>>(iter(x)), std::move(map), std::move(filter));
    made.set_name("<expression>");
    return made;
  } else {
    auto made = detail::evaluate<value>(iter(std::forward<X>(x)), std::move(map), std::move(filter));
    made.set_name("<expression>");
    return made;
  }
}

}  // namespace pariter
