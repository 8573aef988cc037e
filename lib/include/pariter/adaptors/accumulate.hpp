// SPDX-License-Identifier: Apache-2.0
#pragma once
// accumulate(x), accumulate(x, op), accumulate(x, op, initial): running totals.
//
//   for (int total : accumulate(amounts)) ...                    // a, a + b, a + b + c
//   accumulate(values, std::ranges::max)                         // the largest so far
//   accumulate(events, fold_in, state{})                         // every state, the initial one first
//
// Gives         copies of the total. Its type is the items' value type, or the type of `initial`
// Pulls         one per total, none for the initial one. None when made
// Sized         as the source
// Exceptions    of the source pass through and leave the total; so do those of op, and the item it was called with is lost
// At the end    the source is released, and the total

#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/size_hint.hpp"
#include "pariter/detail/assignable.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/kept_item.hpp"
#include "pariter/detail/latched.hpp"

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

template <iterator I, class Op, std::movable Total>
class accumulate_iterator : public iterator_interface<accumulate_iterator<I, Op, Total>> {
 public:
  static constexpr iteration_properties properties =
      detail::with_fork(detail::without_references(detail::passed_on<I>), detail::all_fork<I> && std::copy_constructible<Op> && std::copy_constructible<Total>);

  accumulate_iterator(I source, Op op) : source_(std::move(source)), op_(std::move(op)) {}
  accumulate_iterator(I source, Op op, Total initial)
      : source_(std::move(source)), op_(std::move(op)), total_([&initial] { return std::optional<Total>(std::move(initial)); }), initial_is_due_(true) {}
  accumulate_iterator(accumulate_iterator&&) = default;
  accumulate_iterator& operator=(accumulate_iterator&&) = default;
  ~accumulate_iterator() = default;

  std::optional<Total> next() {
    detail::canary_guard inside(canary_);
    if (initial_is_due_) [[unlikely]] {
      std::optional<Total> initial = total_.get();
      initial_is_due_ = false;
      return initial;
    }
    auto s = source_.next();
    if (!s) [[unlikely]] {
      total_.reset();
      return std::nullopt;
    }
    if (total_) [[likely]] {
      Total after = static_cast<Total>(std::invoke(*op_, std::as_const(*total_), *std::move(s)));
      if constexpr (std::is_nothrow_move_constructible_v<Total>) total_.emplace(std::move(after));
      else *total_ = std::move(after);  // never without a total
    } else {
      total_.emplace(*std::move(s));
    }
    return total_.get();
  }

  std::optional<std::size_t> size_hint() const {
    return detail::sum_of_hints(source_.size_hint(), initial_is_due_ ? 1 : 0);
  }

  // An independent one at the same position. Throws what forking and copying throw.
  accumulate_iterator fork() const
    requires(properties.forkable)
  {
    return accumulate_iterator(*this);
  }

 private:
  accumulate_iterator(const accumulate_iterator&) = default;

  detail::latched<I> source_;
  [[no_unique_address]] detail::assignable<Op> op_;
  detail::kept_item<Total> total_;  // empty before the first item
  bool initial_is_due_ = false;
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct accumulate_function {
  template <iterable X, class Op = std::plus<>>
  auto operator()(X&& x, Op op = {}) const {
    return accumulate_iterator<source_t<X>, Op, value_t<source_t<X>>>(make_source(std::forward<X>(x)), std::move(op));
  }
  template <iterable X, class Op, class Total>
  auto operator()(X&& x, Op op, Total initial) const {
    return accumulate_iterator<source_t<X>, Op, Total>(make_source(std::forward<X>(x)), std::move(op), std::move(initial));
  }
};
}  // namespace detail

inline constexpr detail::accumulate_function accumulate{};

}  // namespace pariter
