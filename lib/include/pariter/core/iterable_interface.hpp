// SPDX-License-Identifier: Apache-2.0
#pragma once
// iterable_interface<D>: write `iter() const`, get range-for and std::ranges.
//
//   class squares : public iterable_interface<squares> {
//    public:
//     explicit squares(int n) : n_(n) {}
//     auto iter() const { return expression(std::views::iota(0, n_), [](int i) { return i * i; }); }
//    private:
//     int n_;
//   };
//   for (int i : squares(4)) ...               // 0 1 4 9
//   squares(9) | std::views::filter(odd)       // a std::ranges::input_range
//
// A loop over an iterable calls iter() and walks what that gives: `for (x : stream)` is `for (x : stream.iter())`. So begin() is a new walk
// each time. The C++ iterator that it returns owns it: it pulls the first item, and `++` each further one. If any number of threads
// may call iter() at once, so they may begin().
//
// A begin() whose result is thrown away has pulled an item. That is nothing to most iterables; from what share() returns, whose iterators
// compete, it has taken one away. Items live as those of D's iterator do; one that lies inside of the iterator itself does not
// survive a move of the C++ iterator.
//
// D needs a constructor of its own, for the reason that iterator_interface.hpp gives.

#include "pariter/core/iterator.hpp"
#include "pariter/detail/renew.hpp"

#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

// What begin() returns, unless D's iterator has a better one: `using owning_cursor = ...`, made of an iterator. Moving it moves the
// iterator and the item; as in step_cursor, no item is ever assigned.
template <class I>
class owning_step_cursor {
 public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = value_t<I>;

  explicit owning_step_cursor(I&& source) : source_(std::move(source)), step_(source_.next()) {}
  owning_step_cursor(owning_step_cursor&&) = default;
  owning_step_cursor& operator=(owning_step_cursor&& other) noexcept(std::is_nothrow_move_assignable_v<I> && std::is_nothrow_move_constructible_v<step_t<I>>) {
    if (this != std::addressof(other)) {
      source_ = std::move(other.source_);
      renew(step_, [&other] { return std::move(other.step_); });
    }
    return *this;
  }
  ~owning_step_cursor() = default;

  std::remove_reference_t<item_t<I>>& operator*() const noexcept { return *step_; }
  [[gnu::always_inline]] owning_step_cursor& operator++() {
    renew(step_, [this] { return source_.next(); });
    return *this;
  }
  void operator++(int) { ++*this; }

  friend bool operator==(const owning_step_cursor& cursor, std::default_sentinel_t) noexcept { return !cursor.step_; }

 private:
  I source_;
  mutable step_t<I> step_;  // mutable: a C++ iterator's `*` is const, yet hands out an item that the body may move from
};

template <iterator I>
struct loop_over {
  using cursor = owning_step_cursor<I>;
};
template <iterator I>
  requires requires { typename I::owning_cursor; }
struct loop_over<I> {
  using cursor = typename I::owning_cursor;
};

}  // namespace detail

template <class D>
class iterable_interface {
 public:
  // Throws what iter() and the first step throw.
  auto begin() const {
    using walk = std::remove_cvref_t<decltype(static_cast<const D&>(*this).iter())>;
    return typename detail::loop_over<walk>::cursor(static_cast<const D&>(*this).iter());
  }
  static constexpr std::default_sentinel_t end() noexcept { return std::default_sentinel; }

 private:
  friend D;
  iterable_interface() = default;
};

}  // namespace pariter
