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
#include "pariter/core/size_hint.hpp"
#include "pariter/detail/canary.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

namespace pariter {

template <iterator I>
class slice_iterator : public iterator_interface<slice_iterator<I>> {
 public:
  static constexpr iteration_properties properties = detail::passed_on<I>;

  slice_iterator(I source, std::size_t start, std::size_t stop, std::size_t step)
      : source_(std::move(source)), next_(start), stop_(stop), step_(step) {
    if (step == 0) throw invalid_size("slice: a step of 0 never moves on; use at least 1");
  }

  detail::step_t<I> next() {
    detail::canary_guard inside(canary_);
    if (!source_) return std::nullopt;
    for (; pulled_ < next_; ++pulled_)
      if (!source_->next()) return finish();
    if (pulled_ >= stop_) return finish();
    auto s = source_->next();
    if (!s) return finish();
    ++pulled_;
    next_ = step_ < stop_ - next_ ? next_ + step_ : stop_;
    return s;
  }

  std::optional<std::size_t> size_hint() const {
    if (!source_ || next_ >= stop_) return 0;
    const auto left = pariter::size_hint(*source_);
    if (!left) return std::nullopt;
    const std::size_t end = *left < stop_ - pulled_ ? pulled_ + *left : stop_;
    return next_ < end ? (end - next_ - 1) / step_ + 1 : 0;
  }

 private:
  detail::step_t<I> finish() {
    source_.reset();
    return std::nullopt;
  }

  std::optional<I> source_;  // empty at the end
  std::size_t pulled_ = 0;   // of the source
  std::size_t next_;         // index of the item to hand out next
  std::size_t stop_;
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
