// SPDX-License-Identifier: Apache-2.0
#pragma once
// forking<I>: an iterator inside another one; a copy of it is a fork.
//
// An iterator is copied by name only, so what holds one cannot be copied either. An adaptor that holds its sources like this has a
// defaulted copy constructor, private, out of which it makes its own `fork()`; and it has one exactly where its sources do.

#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <iterator I>
class forking {
 public:
  constexpr forking(I&& it) noexcept(std::is_nothrow_move_constructible_v<I>) : it_(std::move(it)) {}
  forking(forking&&) = default;
  forking& operator=(forking&&) = default;
  // Throws what fork() throws.
  constexpr forking(const forking& other)
    requires(iteration_traits<I>.forkable)
      : it_(other.it_.fork()) {}
  ~forking() = default;

  constexpr I& operator*() noexcept { return it_; }
  constexpr const I& operator*() const noexcept { return it_; }
  constexpr I* operator->() noexcept { return std::addressof(it_); }
  constexpr const I* operator->() const noexcept { return std::addressof(it_); }

 private:
  I it_;
};

}  // namespace pariter::detail
