// SPDX-License-Identifier: Apache-2.0
#pragma once
// outcome<T>: the five answers of an iterator that may have to wait.
//
//   item        here it is
//   empty       nothing yet; ask again or wait
//   gap(n)      n items were missed (lossy iterators); the next answer goes on after them
//   closed      the end, for ever
//   failed(e)   the source ended with an exception, for ever
//
// `try_next()` and `async_next()` return it; `next()` and range-for wait instead of answering empty, end on closed and
// throw on gap and failed. T may be a reference: the item then stays where it is and `operator*` is that reference.

#include "pariter/detail/assert.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

namespace pariter {

template <class T>
class [[nodiscard]] outcome {
  struct nothing_yet {};
  struct missed_count {
    std::uint64_t count;
  };
  struct end_reached {};
  using stored = std::conditional_t<std::is_reference_v<T>, std::add_pointer_t<T>, T>;
  static constexpr std::size_t item_index = 1;

 public:
  using value_type = T;

  template <class U = T>
    requires(!std::is_reference_v<T>) && std::constructible_from<T, U>
  static constexpr outcome item(U&& value) {
    return outcome(std::in_place_index<item_index>, std::forward<U>(value));
  }
  static constexpr outcome item(T value)
    requires std::is_lvalue_reference_v<T>
  {
    return outcome(std::in_place_index<item_index>, std::addressof(value));
  }
  static constexpr outcome empty() noexcept { return outcome(std::in_place_index<0>); }
  static constexpr outcome gap(std::uint64_t count) noexcept { return outcome(std::in_place_index<2>, missed_count{count}); }
  static constexpr outcome closed() noexcept { return outcome(std::in_place_index<3>); }
  // Requires error != nullptr.
  static outcome failed(std::exception_ptr error) {
    PARITER_ASSERT(error != nullptr, "a failure needs an exception; use closed() for a clean end");
    return outcome(std::in_place_index<4>, std::move(error));
  }

  constexpr bool has_item() const noexcept { return state_.index() == item_index; }
  constexpr explicit operator bool() const noexcept { return has_item(); }
  constexpr bool is_empty() const noexcept { return state_.index() == 0; }
  constexpr bool is_gap() const noexcept { return state_.index() == 2; }
  constexpr bool is_closed() const noexcept { return state_.index() == 3; }
  constexpr bool is_failed() const noexcept { return state_.index() == 4; }

  // Require has_item().
  constexpr std::add_lvalue_reference_t<T> operator*() & { return get_item(*this); }
  constexpr std::add_lvalue_reference_t<std::conditional_t<std::is_reference_v<T>, T, const T>> operator*() const& { return get_item(*this); }
  constexpr T&& operator*() && {
    if constexpr (std::is_reference_v<T>) return static_cast<T&&>(get_item(*this));
    else return std::move(get_item(*this));
  }
  constexpr auto operator->() const noexcept { return std::addressof(**this); }
  constexpr auto operator->() noexcept { return std::addressof(**this); }

  // Require is_gap(), is_failed().
  constexpr std::uint64_t missed() const {
    PARITER_ASSERT(is_gap(), "ask is_gap() first");
    return std::get_if<2>(&state_)->count;
  }
  const std::exception_ptr& error() const {
    PARITER_ASSERT(is_failed(), "ask is_failed() first");
    return *std::get_if<4>(&state_);
  }

 private:
  template <std::size_t I, class... A>
  constexpr explicit outcome(std::in_place_index_t<I> which, A&&... a) : state_(which, std::forward<A>(a)...) {}

  template <class Self>
  static constexpr auto& get_item(Self& self) {
    PARITER_ASSERT(self.has_item(), "ask has_item() first");
    if constexpr (std::is_reference_v<T>) return **std::get_if<item_index>(&self.state_);
    else return *std::get_if<item_index>(&self.state_);
  }

  std::variant<nothing_yet, stored, missed_count, end_reached, std::exception_ptr> state_;
};

}  // namespace pariter
