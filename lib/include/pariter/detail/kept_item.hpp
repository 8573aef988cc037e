// SPDX-License-Identifier: Apache-2.0
#pragma once
// kept_item<Item>: the item of a step, or none, kept by a cursor or by an iterator that looks back.
//
// An item is never assigned: assigning one that is made of references would write through them, and one with const members
// cannot be assigned at all. It is made anew in its place, also when who keeps it is move-assigned.

#include "pariter/core/iterator.hpp"
#include "pariter/detail/renew.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <class Item>
class kept_item {
 public:
  using step = step_of_t<Item>;

  constexpr kept_item() noexcept = default;
  // What make() returns.
  template <class Make>
    requires std::is_invocable_v<Make&>
  constexpr explicit kept_item(Make&& make) : step_(make()) {}
  kept_item(const kept_item&) = default;
  kept_item(kept_item&&) = default;
  kept_item& operator=(const kept_item&) = delete;
  constexpr kept_item& operator=(kept_item&& other) noexcept(std::is_nothrow_move_constructible_v<step>) {
    if (this != std::addressof(other)) renew([&other] { return std::move(other.step_); });
    return *this;
  }
  ~kept_item() = default;

  // The old one is gone before make() runs; if that throws, there is none.
  template <class Make>
  [[gnu::always_inline]] constexpr void renew(Make&& make) {
    detail::renew(step_, std::forward<Make>(make));
  }
  template <class Made>
  constexpr void emplace(Made&& item) {
    if constexpr (std::is_reference_v<Item>) step_ = step(item);
    else step_.emplace(std::forward<Made>(item));
  }
  constexpr void reset() noexcept {
    detail::renew(step_, [] { return step(); });
  }

  constexpr explicit operator bool() const noexcept { return step_.has_value(); }
  constexpr std::remove_reference_t<Item>& operator*() noexcept { return *step_; }
  constexpr const step& get() const noexcept { return step_; }

 private:
  step step_;
};

}  // namespace pariter::detail
