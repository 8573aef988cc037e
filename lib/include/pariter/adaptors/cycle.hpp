// SPDX-License-Identifier: Apache-2.0
#pragma once
// cycle(x): all of x, then all of it again, for ever.
//
//   for (auto [task, worker] : zip(tasks, cycle(workers))) ...
//
// x             an iterable: iter(x) is called again for each round, and nothing is kept (cycle_iterable)
//               an iterator, or a range that can be begun once only (std::views::istream): the first round streams and keeps the items,
//               the others hand them out (cycle_iterator)
// Gives         the items of an iterable as they are; of an iterator `const T&` to the kept ones, which live as long as the cycle
// Pulls         one per item in the first round, and one more at its end. None when made
// Sized         no; a round without any item ends it, for ever
// Exceptions    of the source pass through, the next step goes on. (A generator that threw is at its end: the next round has
//               the items before the exception.)

#include "pariter/core/iterator_ref.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/forking.hpp"
#include "pariter/detail/keeper.hpp"
#include "pariter/detail/latched.hpp"

#include <concepts>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace pariter {

template <iterator I>
class cycle_iterator : public iterator_interface<cycle_iterator<I>> {
  using value = value_t<I>;

 public:
  static constexpr iteration_properties properties = [] {
    iteration_properties p = detail::with_fork(detail::without_size(detail::passed_on<I>), detail::all_fork<I> && std::copy_constructible<value>);
    p.stable = true;
    return detail::with_own_items(p);
  }();

  explicit cycle_iterator(I source) : source_(std::move(source)) {}
  cycle_iterator(cycle_iterator&&) = default;
  cycle_iterator& operator=(cycle_iterator&&) = default;
  ~cycle_iterator() = default;

  optional_ref<const value> next() {
    detail::canary_guard inside(canary_);
    if (auto s = source_.next()) return kept_.emplace_back(*std::move(s));
    if (kept_.empty()) return std::nullopt;
    if (at_ == kept_.size()) at_ = 0;
    return kept_[at_++];
  }

  // An independent one at the same position, with a copy of what is kept. Throws what forking and copying throw.
  cycle_iterator fork() const
    requires(properties.forkable)
  {
    return cycle_iterator(*this);
  }

 private:
  cycle_iterator(const cycle_iterator&) = default;

  detail::latched<I> source_;
  std::deque<value> kept_;
  std::size_t at_ = 0;  // in kept_, from the second round on
  [[no_unique_address]] detail::canary canary_;
};

// Keeper: detail::borrowed<X> or detail::owned<X>.
template <class Keeper>
class cycle_iterable : public iterator_interface<cycle_iterable<Keeper>> {
  using walked = decltype(*std::declval<Keeper&>());
  using round = iterator_of_t<walked>;

 public:
  static constexpr iteration_properties properties = [] {
    const iteration_properties p = detail::with_fork(detail::without_size(detail::passed_on<round>), detail::all_fork<round> && std::copy_constructible<Keeper>);
    return std::same_as<Keeper, detail::borrowed<std::remove_reference_t<walked>>> ? p : detail::with_own_items(p);
  }();

  explicit cycle_iterable(Keeper keeper) : keeper_(std::move(keeper)) {}
  cycle_iterable(cycle_iterable&&) = default;
  cycle_iterable& operator=(cycle_iterable&& other) {
    if (this != std::addressof(other)) {
      round_.reset();  // it may refer to what is kept
      keeper_ = std::move(other.keeper_);
      round_ = std::move(other.round_);
    }
    return *this;
  }
  ~cycle_iterable() = default;

  detail::step_t<round> next() {
    detail::canary_guard inside(canary_);
    if (round_) [[likely]] {
      if (auto s = (*round_)->next()) [[likely]] return s;
      round_.reset();
    }
    if (!keeper_) return std::nullopt;
    round_.emplace(iter(**keeper_));
    auto s = (*round_)->next();
    if (!s) {
      round_.reset();
      keeper_.reset();
    }
    return s;
  }

  // An independent one at the same position. Throws what forking and copying throw.
  cycle_iterable fork() const
    requires(properties.forkable)
  {
    return cycle_iterable(*this);
  }

 private:
  cycle_iterable(const cycle_iterable&) = default;

  std::optional<Keeper> keeper_;  // empty at the end
  std::optional<detail::forking<round>> round_;
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {

// A C++ range of which a second begin() gives nothing new, or is forbidden.
template <class X>
concept begun_once = !has_iter_member<X> && std::ranges::input_range<X> && !std::ranges::forward_range<X>;

struct cycle_function {
  template <iterable X>
  auto operator()(X&& x) const {
    using object = std::remove_reference_t<X>;
    if constexpr (iterator<object> || begun_once<X>) return cycle_iterator<source_t<X>>(make_source(std::forward<X>(x)));
    else if constexpr (std::is_lvalue_reference_v<X>) return cycle_iterable(borrowed<object>(x));
    else return cycle_iterable(owned<object>(std::move(x)));
  }
};

}  // namespace detail

inline constexpr detail::cycle_function cycle{};

}  // namespace pariter
