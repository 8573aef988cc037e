// SPDX-License-Identifier: Apache-2.0
#pragma once
// takewhile(x, predicate): the items up to the first that fails the predicate.
//
// Gives         the items as they are
// Pulls         one per item, and the one that fails, which is lost. None when made
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
#include <optional>
#include <utility>

namespace pariter {

template <iterator I, class Predicate>
class takewhile_iterator : public iterator_interface<takewhile_iterator<I, Predicate>> {
 public:
  static constexpr iteration_properties properties =
      detail::with_fork(detail::without_size(detail::passed_on<I>), detail::all_fork<I> && std::copy_constructible<Predicate>);

  takewhile_iterator(I source, Predicate predicate) : source_(std::move(source)), predicate_(std::move(predicate)) {}
  takewhile_iterator(takewhile_iterator&&) = default;
  takewhile_iterator& operator=(takewhile_iterator&&) = default;
  ~takewhile_iterator() = default;

  detail::step_t<I> next() {
    detail::canary_guard inside(canary_);
    auto s = source_.next();
    if (s && std::invoke(*predicate_, *s)) [[likely]] return s;
    source_.release();
    return std::nullopt;
  }

  // An independent one at the same position. Throws what forking and copying throw.
  takewhile_iterator fork() const
    requires(properties.forkable)
  {
    return takewhile_iterator(*this);
  }

 private:
  takewhile_iterator(const takewhile_iterator&) = default;

  detail::latched<I> source_;
  [[no_unique_address]] detail::assignable<Predicate> predicate_;
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct takewhile_function {
  template <iterable X, class Predicate>
    requires std::predicate<Predicate&, std::add_lvalue_reference_t<item_t<source_t<X>>>>
  auto operator()(X&& x, Predicate predicate) const {
    return takewhile_iterator<source_t<X>, Predicate>(make_source(std::forward<X>(x)), std::move(predicate));
  }
};
}  // namespace detail

inline constexpr detail::takewhile_function takewhile{};

}  // namespace pariter
