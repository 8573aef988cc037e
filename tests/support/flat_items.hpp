// SPDX-License-Identifier: Apache-2.0
#pragma once
// flat_item: an item of any kind as a list of numbers, by which the laws compare.
//
// A row is its parts, a vector its items, an empty step -1, a file the number that is its name, an iterator all that is left of it (which
// drains it).

#include "pariter/core/iterator.hpp"
#include "support/archetypes.hpp"

#include <concepts>
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace pariter::test {

using flat_item = std::vector<int>;
using items = std::vector<flat_item>;

[[gnu::noinline]] inline void put(flat_item& out, int number) { out.push_back(number); }  // not compiled once for each item type

// Of a file that has a number for its name.
inline int number_in(const std::string& path) { return std::stoi(path.substr(path.rfind('/') + 1)); }

// Failures of a source that came while an item that is an iterator was drained, and that it survived.
inline thread_local int failures_inside = 0;

template <class X>
void flatten(X&& x, flat_item& out);

template <iterator I>
void flatten_all(I& it, flat_item& out) {
  for (int failures = 0; failures < 3;) {
    try {
      auto s = it.next();
      if (!s) return;
      flatten(*s, out);
    } catch (const planned_failure&) {
      ++failures, ++failures_inside;
    }
  }
}

template <class X>
void flatten(X&& x, flat_item& out) {
  using value = std::remove_cvref_t<X>;
  if constexpr (std::convertible_to<value, int>) put(out, static_cast<int>(x));
  else if constexpr (requires { x.value; }) put(out, x.value);
  else if constexpr (iterator<value>) flatten_all(x, out);
  else if constexpr (detail::step_result<value>::value) x ? flatten(*x, out) : put(out, -1);
  else if constexpr (requires { std::tuple_size<value>::value; }) std::apply([&](auto&... part) { (flatten(part, out), ...); }, x);
  else if constexpr (requires { std::visit([](auto&) {}, x); }) std::visit([&](auto& part) { flatten(part, out); }, x);
  else if constexpr (requires { x.pieces(); }) for (const auto& piece : x.pieces()) flatten(piece.bytes, out);
  else if constexpr (requires { x.path(); }) put(out, number_in(x.path()));
  else for (auto&& part : x) flatten(part, out);
}

template <class X>
flat_item flat(X&& x) {
  flat_item out;
  flatten(x, out);
  return out;
}

// Items up to a limit.
class collector {
 public:
  explicit collector(std::size_t limit) : limit_(limit) {}
  [[gnu::noinline]] flat_item& room() { return seen_.emplace_back(); }
  bool is_full() const noexcept { return seen_.size() >= limit_; }
  items seen() && { return std::move(seen_); }

 private:
  items seen_;
  std::size_t limit_;
};

// The number in an item of one; of a row its first.
template <class T>
int number(const T& item) {
  if constexpr (std::convertible_to<T, int>) return static_cast<int>(item);
  else if constexpr (requires { item.value; }) return item.value;
  else return number(std::get<0>(item));
}

inline items first(const items& all, std::size_t n) { return items(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)); }
inline items after(const items& all, std::size_t n) { return items(all.begin() + static_cast<std::ptrdiff_t>(n), all.end()); }
inline items without(items all, std::size_t at) {
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
  return all;
}

}  // namespace pariter::test
