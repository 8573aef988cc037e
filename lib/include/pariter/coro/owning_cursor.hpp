// SPDX-License-Identifier: Apache-2.0
#pragma once
// owning_cursor<I>: what begin() of an iterable returns: a C++ input iterator that owns the iterator it steps.
//
// One thread, as its iterator. Move-only. Compared with std::default_sentinel it says whether the end is reached.

#include "pariter/core/iterator.hpp"

#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <iterator I>
class owning_cursor {
 public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = value_t<I>;

  explicit owning_cursor(I&& source) : source_(std::move(source)), step_(source_.next()) {}
  owning_cursor(owning_cursor&&) = default;
  owning_cursor& operator=(owning_cursor&&) = default;

  std::remove_reference_t<item_t<I>>& operator*() const noexcept { return *step_; }
  owning_cursor& operator++() {
    step_ = source_.next();
    return *this;
  }
  void operator++(int) { ++*this; }

  friend bool operator==(const owning_cursor& cursor, std::default_sentinel_t) noexcept { return !cursor.step_; }

 private:
  I source_;
  mutable step_t<I> step_;  // mutable: a C++ iterator's `*` is const, yet hands out an item that the body may move from
};

}  // namespace pariter::detail
