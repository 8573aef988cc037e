// SPDX-License-Identifier: Apache-2.0
#pragma once
// slice(x, stop), slice(x, start, stop), slice(x, start, stop, step): the items start, start + step, ... before stop.
//
//   for (auto& line : slice(it, 3)) ...              // three lines; `it` stands on the fourth
//   slice(x, 10, std::nullopt)                       // all but the first ten
//
// Gives         the items as they are
// Pulls         exactly max(start, stop) when walked to its end, and never more: those left out too, each when the next item
//               after them (or the end) is asked for. None when made
// Sized         as the source
// Exceptions    of the source pass through; the pull that threw does not count, the next step goes on. invalid_size, when
//               made, for a step of 0
// At the end    the source is released

#include "pariter/core/errors.hpp"
#include "pariter/core/iterator_ref.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/latched.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

namespace pariter {

template <iterator I>
class slice_iterator : public iterator_interface<slice_iterator<I>> {
 public:
  static constexpr iteration_properties properties = detail::with_fork(detail::passed_on<I>, detail::all_fork<I>);

  slice_iterator(I source, std::size_t start, std::size_t stop, std::size_t step)
      : source_(std::move(source)), skip_(start), left_(start < stop ? stop - start : 0), step_(step) {
    if (step == 0) throw invalid_size("slice: a step of 0 never moves on; use at least 1");
  }
  slice_iterator(slice_iterator&&) = default;
  slice_iterator& operator=(slice_iterator&&) = default;
  ~slice_iterator() = default;

  detail::step_t<I> next() {
    const detail::canary_guard inside(canary_);
    if (skip_ > 0 || left_ == 0) [[unlikely]]
      if (!leave_out()) return std::nullopt;
    auto s = source_.next();
    if (!s) [[unlikely]] {
      finish();
      return s;
    }
    --left_;
    if (step_ > 1) {
      skip_ = std::min(step_ - 1, left_);
      left_ -= skip_;
    }
    return s;
  }

  std::optional<std::size_t> size_hint() const {
    if (left_ == 0) return 0;
    const auto there = source_.size_hint();
    if (!there) return std::nullopt;
    const std::size_t reached = *there > skip_ ? std::min(*there - skip_, left_) : 0;
    return reached == 0 ? 0 : (reached - 1) / step_ + 1;
  }

  // An independent one at the same position. Throws what forking and copying throw.
  slice_iterator fork() const
    requires(properties.forkable)
  {
    return slice_iterator(*this);
  }

 private:
  slice_iterator(const slice_iterator&) = default;

  // Pulls what is left out before the next item; false at the end.
  bool leave_out() {
    if (!source_) return false;
    for (; skip_ > 0; --skip_) {
      if (source_.next()) continue;
      finish();
      return false;
    }
    if (left_ == 0) finish();
    return left_ > 0;
  }

  void finish() noexcept {
    source_.release();
    skip_ = left_ = 0;
  }

  detail::latched<I> source_;
  std::size_t skip_;                          // to be pulled and left out before the next item, or before the end
  std::size_t left_;                          // pulls from there to stop
  std::size_t step_;
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct slice_function {
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  template <iterable X>
  auto operator()(X&& x, std::optional<std::size_t> stop) const {
    return slice_iterator<source_t<X>>(make_source(std::forward<X>(x)), 0, stop.value_or(unlimited), 1);
  }
  template <iterable X>
  auto operator()(X&& x, std::size_t start, std::optional<std::size_t> stop, std::size_t step = 1) const {
    return slice_iterator<source_t<X>>(make_source(std::forward<X>(x)), start, stop.value_or(unlimited), step);
  }
};
}  // namespace detail

inline constexpr detail::slice_function slice{};

}  // namespace pariter
