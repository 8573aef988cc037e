// SPDX-License-Identifier: Apache-2.0
#pragma once
// fields(x): the members of an aggregate as a tuple of references, so that `iter(fields(x))` walks them by index.
//
//   struct point { double x, y, z; };
//   for (double& coordinate : iter(fields(p))) coordinate = 0;
//
// Up to 12 members, none of them a reference, a bit-field, a C array or a base class; std::tie(x.a, x.b) walks what has these. Asked for
// by name: if every aggregate were iterable, a function that takes iterables would take every plain struct for one. The
// aggregate must outlive the tuple.

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace pariter {

namespace detail {

struct anything {
  template <class T>
  constexpr operator T() const;
};

template <class A, class... Any>
constexpr std::size_t count_fields() {
  if constexpr (requires { A{Any()..., anything()}; }) return count_fields<A, Any..., anything>();
  else return sizeof...(Any);
}

}  // namespace detail

template <class A>
  requires std::is_aggregate_v<std::remove_const_t<A>> && (!std::is_array_v<A>)
constexpr auto fields(A& x) {
  constexpr std::size_t count = detail::count_fields<std::remove_const_t<A>>();
  static_assert(count <= 12, "fields() knows aggregates of up to 12 members");
  static_assert(count > 0 || std::is_empty_v<A>,
                "fields() cannot tell the members of this aggregate, since one of them is a reference; write std::tie(x.first, x.second)");
  if constexpr (count == 0) {
    return std::tie();
  } else if constexpr (count == 1) {
    auto& [a] = x;
    return std::tie(a);
  } else if constexpr (count == 2) {
    auto& [a, b] = x;
    return std::tie(a, b);
  } else if constexpr (count == 3) {
    auto& [a, b, c] = x;
    return std::tie(a, b, c);
  } else if constexpr (count == 4) {
    auto& [a, b, c, d] = x;
    return std::tie(a, b, c, d);
  } else if constexpr (count == 5) {
    auto& [a, b, c, d, e] = x;
    return std::tie(a, b, c, d, e);
  } else if constexpr (count == 6) {
    auto& [a, b, c, d, e, f] = x;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (count == 7) {
    auto& [a, b, c, d, e, f, g] = x;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (count == 8) {
    auto& [a, b, c, d, e, f, g, h] = x;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (count == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = x;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (count == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (count == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (count == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
  }
}

}  // namespace pariter
