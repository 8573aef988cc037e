// SPDX-License-Identifier: Apache-2.0
#pragma once
// Iterators over what C++ already calls a range; made by `iter(range)`.
//
//   range_iterator<R>          forward ranges: containers, strings, spans, arrays, views
//   single_pass_iterator<R>    input ranges: streams, std::generator
//
// Lifetime: over an lvalue the range must outlive the iterator and must not be changed meanwhile (the rules of its C++
// iterators hold; iterate pariter's containers where others write). A temporary range is moved into the iterator; a
// temporary that is only a view of something (`std::span`, `std::string_view`: a borrowed range) is not kept.
//
// Items: `R`'s references as `optional_ref`, which live as long as the range's elements do; values that the range makes on
// the fly (`views::transform`, `std::vector<bool>`) as `std::optional`.
//
// Cost: range_iterator is the two C++ iterators of the range and nothing else; `next()` is one comparison and one increment.

#include "pariter/core/iterable_interface.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/keeper.hpp"
#include "pariter/detail/range_step.hpp"

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

// What range-for walks where items stay in the range: as step_cursor, but without a stored item, so that the loop over a
// range_iterator compiles to the loop over the range. (With it, clang keeps a null check and a select in each turn: twice the time.)
// The owner stands one item further than the cursor: a loop left by `break` continues after the delivered item.
// Held: Owner*, the cursor of an iterator's own loop; Owner, that of a loop over an iterable, which lives as long as its cursor.
template <class Owner, class It, class Held = Owner*>
class range_cursor {
 public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::iter_difference_t<It>;
  using value_type = std::iter_value_t<It>;

  constexpr explicit range_cursor(Held&& held) : held_(std::move(held)), at_(owner(held_).next_) { owner(held_).step_past(at_); }
  range_cursor(range_cursor&&) = default;
  range_cursor& operator=(range_cursor&&) = default;
  range_cursor(const range_cursor&) = delete;
  range_cursor& operator=(const range_cursor&) = delete;
  ~range_cursor() = default;

  constexpr decltype(auto) operator*() const { return *at_; }
  constexpr range_cursor& operator++() {
    at_ = owner(held_).next_;
    owner(held_).step_past(at_);
    return *this;
  }
  constexpr void operator++(int) { ++*this; }
  friend constexpr bool operator==(const range_cursor& cursor, std::default_sentinel_t) { return cursor.at_end(); }

 private:
  template <class H>
  static constexpr auto& owner(H& held) noexcept {
    if constexpr (std::is_pointer_v<Held>) return *held;
    else return held;
  }
  constexpr bool at_end() const { return at_ == owner(held_).last_; }

  Held held_;
  It at_;
};

// Whether R, a view or several on top of each other, steps an iterator of ours that its owner keeps: `it | std::views::filter(p)`.
template <class R>
inline constexpr bool lent_to = false;
template <iterator I>
inline constexpr bool lent_to<I> = iteration_traits<I>.borrows;
template <iterator I>
inline constexpr bool lent_to<std::ranges::ref_view<I>> = true;
template <class R>
  requires(!iterator<R>) && requires(R&& view) { std::move(view).base(); }
inline constexpr bool lent_to<R> = lent_to<std::remove_cvref_t<decltype(std::declval<R>().base())>>;

}  // namespace detail

// It, S: the range's iterator and sentinel. Keeper: what keeps the range alive; empty over an lvalue or a borrowed range.
template <std::forward_iterator It, std::sentinel_for<It> S, class Keeper = detail::no_keeper>
class range_iterator {
  // One that keeps what it walks is at its end when it was moved from; if its end is no position to go to, it must not be asked any more.
  static constexpr bool goes_to_its_end = !std::is_same_v<Keeper, detail::no_keeper> && std::is_same_v<It, S>;

 public:
  static constexpr bool is_sized = std::sized_sentinel_for<S, It>;
  static constexpr bool is_copyable = std::copyable<Keeper>;
  static constexpr iteration_properties properties = [] {
    constexpr bool refers = std::is_lvalue_reference_v<std::iter_reference_t<It>>, keeps = !std::same_as<Keeper, detail::no_keeper>;
    // What is walked link by link may grow meanwhile by its own rules, and what comes in behind the position is seen, unless nobody else has it.
    constexpr bool grows = !std::random_access_iterator<It> && !keeps;
    return iteration_properties{.sees = grows ? sight::weak : sight::snapshot,
                                .sized = is_sized,
                                .forkable = is_copyable,
                                .stable = refers,
                                .outliving = refers && !keeps};
  }();

  constexpr range_iterator(It first, S last, Keeper keeper = {})
      : next_(std::move(first)), last_(std::move(last)), keeper_(std::move(keeper)) {}
  range_iterator(range_iterator&&)
    requires(!goes_to_its_end)
  = default;
  range_iterator& operator=(range_iterator&&)
    requires(!goes_to_its_end)
  = default;
  constexpr range_iterator(range_iterator&& other) noexcept(moves_safely)
      : next_(std::move(other.next_)), last_(other.last_), keeper_(std::move(other.keeper_)), canary_(other.canary_) {
    other.next_ = other.last_;
  }
  constexpr range_iterator& operator=(range_iterator&& other) noexcept(moves_safely) {
    if (this == std::addressof(other)) return *this;
    canary_ = other.canary_;
    next_ = std::move(other.next_);
    last_ = other.last_;
    keeper_ = std::move(other.keeper_);
    other.next_ = other.last_;
    return *this;
  }
  ~range_iterator() = default;

  // Throws what the range's iterator throws; if its `*` throws, the same item is asked for again by the next call.
  constexpr detail::range_step_t<It> next() {
    const detail::canary_guard inside(canary_);
    if (next_ == last_) [[unlikely]] return std::nullopt;
    if constexpr (std::contiguous_iterator<It>) {
      if (std::to_address(next_) == nullptr) __builtin_unreachable();  // so that who asks for an item does not ask again whether it is there
    }
    detail::range_step_t<It> step(*next_);
    ++next_;
    return step;
  }

  using owning_cursor = std::conditional_t<std::is_lvalue_reference_v<std::iter_reference_t<It>>, detail::range_cursor<range_iterator, It, range_iterator>,
                                           detail::owning_step_cursor<range_iterator>>;
  constexpr auto begin() {
    if constexpr (std::is_lvalue_reference_v<std::iter_reference_t<It>>) return detail::range_cursor<range_iterator, It>(this);
    else return detail::step_cursor<range_iterator>(*this);
  }
  static constexpr std::default_sentinel_t end() noexcept { return std::default_sentinel; }

  // All that is left, at once; empty at the end. Contiguous ranges only.
  constexpr auto next_batch()
    requires std::contiguous_iterator<It> && std::sized_sentinel_for<S, It>
  {
    const detail::canary_guard inside(canary_);
    const std::span batch(std::to_address(next_), static_cast<std::size_t>(last_ - next_));
    next_ = next_ + (last_ - next_);
    return batch;
  }

  // The number of items left, or nothing if only walking would tell.
  constexpr std::optional<std::size_t> size_hint() const {
    if constexpr (is_sized) return static_cast<std::size_t>(last_ - next_);
    else return std::nullopt;
  }

  // What is left, as the C++ range that it is; the iterator stays where it is.
  constexpr std::ranges::subrange<It, S> rest() const { return {next_, last_}; }

  // An independent iterator at the same position.
  constexpr range_iterator fork() const
    requires is_copyable
  {
    return range_iterator(*this);
  }

 private:
  template <class Owner, class C, class Held>
  friend class detail::range_cursor;

  static constexpr bool moves_safely = std::is_nothrow_copy_assignable_v<It> && std::is_nothrow_move_constructible_v<It> &&
                                       std::is_nothrow_move_assignable_v<It> && std::is_nothrow_move_constructible_v<Keeper> &&
                                       std::is_nothrow_move_assignable_v<Keeper>;

  constexpr range_iterator(const range_iterator&) = default;  // an iterator is copied by name only: fork()

  constexpr void step_past(const It& at) {
    const detail::canary_guard inside(canary_);
    if (at != last_) ++next_;
  }

  It next_;
  [[no_unique_address]] S last_;
  [[no_unique_address]] Keeper keeper_;
  [[no_unique_address]] detail::canary canary_;
};

// Over an input range. `begin()` of the range, which may already read from a stream or start a coroutine, is called by the
// first `next()`, and each further increment by the step that needs it: nothing is read ahead. After an exception out of the
// range it is at its end. Two of these over one range call its begin() twice, which not every range allows (std::generator does not).
template <class Keeper>
class single_pass_iterator : public iterator_interface<single_pass_iterator<Keeper>> {
  using range = std::remove_reference_t<decltype(*std::declval<Keeper&>())>;
  using cursor = std::ranges::iterator_t<range>;

 public:
  static constexpr iteration_properties properties{.sees = sight::live, .borrows = detail::lent_to<std::remove_cv_t<range>>};

  explicit single_pass_iterator(Keeper keeper) : keeper_(std::move(keeper)) {}

  detail::range_step_t<cursor> next() {
    const detail::canary_guard inside(canary_);
    if (ended_) return std::nullopt;
    ended_ = true;  // stays so if the range throws
    if (at_) ++*at_;
    else at_.emplace(std::ranges::begin(*keeper_));
    if (*at_ == std::ranges::end(*keeper_)) return std::nullopt;
    detail::range_step_t<cursor> step(**at_);
    ended_ = false;
    return step;
  }

 private:
  Keeper keeper_;
  std::optional<cursor> at_;
  bool ended_ = false;
  [[no_unique_address]] detail::canary canary_;
};

}  // namespace pariter
