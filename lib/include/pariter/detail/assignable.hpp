// SPDX-License-Identifier: Apache-2.0
#pragma once
// assignable<F>: holds a function so that its holder can be move-assigned.
//
// A closure with captures can be moved but not assigned, which would make every iterator that holds one unassignable, and no
// `std::movable`. Assignment here destroys the old function and moves the new one into its place.
//
// A function whose move may throw, a closure with a copy of a const string say, has a place of its own on the heap and is never
// moved again: its holder moves without a throw, as all others do. Copying it throws what copying the function throws, or std::bad_alloc.

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <class F>
class assignable {
  static_assert(std::is_object_v<F>);

 public:
  explicit assignable(F f) noexcept : f_(std::move(f)) {}
  assignable(assignable&&) = default;
  assignable& operator=(assignable&& other) noexcept {
    if constexpr (std::is_nothrow_move_assignable_v<F>) {
      f_ = std::move(other.f_);
    } else if (this != std::addressof(other)) {
      std::destroy_at(std::addressof(f_));
      std::construct_at(std::addressof(f_), std::move(other.f_));
    }
    return *this;
  }
  assignable(const assignable&) = default;
  assignable& operator=(const assignable& other)
    requires std::copy_constructible<F>
  {
    return *this = assignable(other);
  }
  ~assignable() = default;

  F& operator*() noexcept { return f_; }
  const F& operator*() const noexcept { return f_; }

 private:
  [[no_unique_address]] F f_;
};

template <class F>
  requires(!std::is_nothrow_move_constructible_v<F>)
class assignable<F> {
 public:
  explicit assignable(F f) : f_(std::make_unique<F>(std::move(f))) {}
  assignable(assignable&&) = default;
  assignable& operator=(assignable&&) = default;
  assignable(const assignable& other)
    requires std::copy_constructible<F>
      : f_(std::make_unique<F>(*other)) {}
  assignable& operator=(const assignable& other)
    requires std::copy_constructible<F>
  {
    return *this = assignable(other);
  }
  ~assignable() = default;

  F& operator*() noexcept { return *f_; }
  const F& operator*() const noexcept { return *f_; }

 private:
  std::unique_ptr<F> f_;
};

}  // namespace pariter::detail
