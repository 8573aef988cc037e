// SPDX-License-Identifier: Apache-2.0
#pragma once
// unpack<N>(x): exactly N items. unpack_rest<N>(x): N items and a vector of the rest.
//
//   auto [key, value] = unpack<2>(fields);
//   auto [head, tail] = unpack_rest<1>(words);
//
// Gives         std::array<value, N>; std::tuple<value x N, std::vector<value>>
// Pulls         unpack: N + 1, for only that shows that there are no more. If there are, the one pulled is lost and the rest
//               is left. unpack_rest: all
// Exceptions    wrong_count. Those of the source pass through. Either way what was pulled is freed

#include "pariter/core/errors.hpp"
#include "pariter/core/iterator_ref.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace pariter {

namespace detail {

template <std::size_t N, class I>
auto pull_all_of(I& it, const char* who) {
  std::array<std::optional<value_t<I>>, N> items;
  for (std::size_t have = 0; have < N; ++have) {
    auto s = it.next();
    if (!s) throw wrong_count(std::string(who) + ": " + std::to_string(have) + " items where " + std::to_string(N) + " are asked for; use slice where fewer will do");
    items[have].emplace(*std::move(s));
  }
  return items;
}

template <std::size_t N>
struct unpack_function {
  template <iterable X>
  auto operator()(X&& x) const {
    auto it = make_source(std::forward<X>(x));
    auto items = pull_all_of<N>(it, "unpack");
    if (it.next()) throw wrong_count("unpack: more than the " + std::to_string(N) + " items that are asked for; use unpack_rest or slice");
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return std::array<value_t<decltype(it)>, N>{*std::move(items[K])...};
    }(std::make_index_sequence<N>());
  }
};

template <std::size_t N>
struct unpack_rest_function {
  template <iterable X>
  auto operator()(X&& x) const {
    auto it = make_source(std::forward<X>(x));
    auto items = pull_all_of<N>(it, "unpack_rest");
    std::vector<value_t<decltype(it)>> rest;
    while (auto s = it.next()) rest.push_back(*std::move(s));
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return std::tuple{*std::move(items[K])..., std::move(rest)};
    }(std::make_index_sequence<N>());
  }
};

}  // namespace detail

template <std::size_t N>
inline constexpr detail::unpack_function<N> unpack{};
template <std::size_t N>
inline constexpr detail::unpack_rest_function<N> unpack_rest{};

}  // namespace pariter
