// SPDX-License-Identifier: Apache-2.0
#pragma once
// dropwhile(x, predicate): from the first item on that fails the predicate; it is not asked after that.
//
// Gives         the items as they are
// Pulls         those left out when the first item is asked for, then one per item. None when made
// Sized         no
// Exceptions    of the source pass through, the next step goes on; so do those of the predicate, and the item it was called
//               with is lost
// At the end    the source is released

#include "pariter/core/iterator_ref.hpp"
#include "pariter/detail/assignable.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/latched.hpp"

#include <concepts>
#include <functional>
#include <utility>

namespace pariter {

template <iterator I, class Predicate>
class dropwhile_iterator : public iterator_interface<dropwhile_iterator<I, Predicate>> {
 public:
  static constexpr iteration_properties properties =
      detail::with_fork(detail::without_size(detail::passed_on<I>), detail::all_fork<I> && std::copy_constructible<Predicate>);

  dropwhile_iterator(I source, Predicate predicate) : source_(std::move(source)), predicate_(std::move(predicate)) {}
  dropwhile_iterator(dropwhile_iterator&&) = default;
  dropwhile_iterator& operator=(dropwhile_iterator&&) = default;
  ~dropwhile_iterator() = default;

  detail::step_t<I> next() {
    detail::canary_guard inside(canary_);
    for (;;) {
      auto s = source_.next();
      if (dropping_ && s) [[unlikely]] dropping_ = std::invoke(*predicate_, *s);
      if (!dropping_ || !s) return s;
    }
  }

  // An independent one at the same position. Throws what forking and copying throw.
  dropwhile_iterator fork() const
    requires(properties.forkable)
  {
    return dropwhile_iterator(*this);
  }

 private:
  dropwhile_iterator(const dropwhile_iterator&) = default;

  detail::latched<I> source_;
  [[no_unique_address]] detail::assignable<Predicate> predicate_;
  bool dropping_ = true;
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct dropwhile_function {
  template <iterable X, class Predicate>
    requires std::predicate<Predicate&, std::add_lvalue_reference_t<item_t<source_t<X>>>>
  auto operator()(X&& x, Predicate predicate) const {
    return dropwhile_iterator<source_t<X>, Predicate>(make_source(std::forward<X>(x)), std::move(predicate));
  }
};
}  // namespace detail

inline constexpr detail::dropwhile_function dropwhile{};

}  // namespace pariter
