// SPDX-License-Identifier: Apache-2.0
#pragma once
// enumerate(x), enumerate(x, start): each item with its number.
//
//   for (auto [i, name] : enumerate(names)) ...      // name refers to the element
//
// Gives         row<count type, item>; numbers count from `start` (default std::size_t 0) in the type of `start`
// Pulls         one per item, none when made
// Sized         as the source, and no more than there are numbers
// Exceptions    of the source pass through: no number is used up, the next step goes on. out_of_numbers, again at every
//               step, if there is an item when only the largest number of the type is left; that item is lost
// At the end    the source is released, as when the numbers have run out

#include "pariter/core/errors.hpp"
#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/row.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/latched.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

namespace pariter {

namespace detail {
[[noreturn]] PARITER_COLD inline void no_number_is_left() { throw out_of_numbers("enumerate: no number is left in the type of start; give it a start of a larger type"); }
}  // namespace detail

template <iterator I, std::integral Count>
class enumerate_iterator : public iterator_interface<enumerate_iterator<I, Count>> {
  using step = std::optional<row<Count, item_t<I>>>;

 public:
  static constexpr iteration_properties properties = detail::with_fork(detail::passed_on<I>, detail::all_fork<I>);

  enumerate_iterator(I source, Count start) : source_(std::move(source)), count_(start) {}
  enumerate_iterator(enumerate_iterator&&) = default;
  enumerate_iterator& operator=(enumerate_iterator&&) = default;
  ~enumerate_iterator() = default;

  step next() {
    detail::canary_guard inside(canary_);
    auto s = source_.next();
    if (s && count_ != last) [[likely]] return step(std::in_place, count_++, *std::move(s));
    if (s) {
      ran_out_ = true;
      source_.release();
    }
    if (ran_out_) detail::no_number_is_left();
    return std::nullopt;
  }

  std::optional<std::size_t> size_hint() const {
    const auto there = source_.size_hint();
    return there ? std::optional(std::min(*there, static_cast<std::size_t>(last) - static_cast<std::size_t>(count_))) : there;
  }

  // An independent one at the same position. Throws what forking and copying throw.
  enumerate_iterator fork() const
    requires(properties.forkable)
  {
    return enumerate_iterator(*this);
  }

 private:
  enumerate_iterator(const enumerate_iterator&) = default;

  static constexpr Count last = std::numeric_limits<Count>::max();  // is not handed out

  detail::latched<I> source_;
  Count count_;
  bool ran_out_ = false;  // at the end, of numbers
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct enumerate_function {
  template <iterable X, std::integral Count = std::size_t>
  auto operator()(X&& x, Count start = 0) const {
    return enumerate_iterator<source_t<X>, Count>(make_source(std::forward<X>(x)), start);
  }
};
}  // namespace detail

inline constexpr detail::enumerate_function enumerate{};

}  // namespace pariter
