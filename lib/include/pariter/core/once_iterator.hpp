// SPDX-License-Identifier: Apache-2.0
#pragma once
// once_iterator<Item>: one item or none; made by `iter(o)` of a `std::optional` or an `optional_ref`.
//
// Over an lvalue the item stays where it is, and whether there is one is looked up by `iter`; the optional must outlive the
// iterator. Out of a temporary it is handed over.

#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/renew.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

// Item: `T&` where it stays, `T` where it is handed over.
template <class Item>
class once_iterator : public iterator_interface<once_iterator<Item>> {
  using step = detail::step_of_t<Item>;

 public:
  static constexpr bool stays = std::is_lvalue_reference_v<Item>;
  static constexpr iteration_properties properties{.sees = sight::snapshot, .sized = true, .forkable = stays, .stable = stays, .outliving = stays};

  constexpr explicit once_iterator(step s) : step_(std::move(s)) {}
  once_iterator(once_iterator&& other) noexcept(std::is_nothrow_move_constructible_v<step>) : step_(other.next()) {}
  once_iterator& operator=(once_iterator&& other) {
    if (this != std::addressof(other)) detail::renew(step_, [&] { return other.next(); });
    return *this;
  }
  ~once_iterator() = default;

  constexpr step next() {
    const detail::canary_guard inside(canary_);
    step s = std::move(step_);
    detail::renew(step_, [] { return step(); });
    return s;
  }

  // An independent one, where the item stays.
  constexpr once_iterator fork() const
    requires std::is_lvalue_reference_v<Item>
  {
    return once_iterator(step_);
  }

  constexpr std::optional<std::size_t> size_hint() const noexcept { return step_.has_value() ? 1u : 0u; }

 private:
  step step_;
  [[no_unique_address]] detail::canary canary_;
};

}  // namespace pariter
