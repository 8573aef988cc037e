// SPDX-License-Identifier: Apache-2.0
#pragma once
// drawer<Draw>: one thread's hand in a shared source; made by `iter()` of what share() returns.
//
// An iterator like any other: owned, move-only, one thread at a time. What it hands out, no other drawer of the same share
// hands out. Between two draws it works on items of its own, {at_, last_}, and touches nothing that others touch.
//
// Dropped before its end, it gives back what it had drawn and not handed out; the next draw of any drawer takes that first.
//
// Draw is what the drawers share: indexed_draw, pulled_draw or live_draw. It stays alive as long as one of its drawers does.

#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/optional_ref.hpp"
#include "pariter/core/outcome.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/deadline.hpp"
#include "pariter/sharing/draw_indexed.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace pariter {

template <class Draw>
class [[nodiscard]] drawer : public iterator_interface<drawer<Draw>> {
  using cursor = typename Draw::cursor;
  using seat = typename Draw::seat;
  static constexpr bool waits = requires { typename Draw::item; };
  static constexpr bool side_by_side = std::is_pointer_v<cursor> && std::same_as<typename Draw::step, optional_ref<std::remove_pointer_t<cursor>>>;
  using batch = std::span<std::conditional_t<side_by_side, std::remove_pointer_t<cursor>, std::byte>>;

 public:
  static constexpr iteration_properties properties = Draw::properties;

  drawer(drawer&& other) noexcept
      : at_(std::exchange(other.at_, {})), last_(std::exchange(other.last_, {})), seat_(std::move(other.seat_)), canary_(other.canary_) {}
  drawer& operator=(drawer&& other) noexcept {
    if (this != &other) {
      leave();
      at_ = std::exchange(other.at_, {});
      last_ = std::exchange(other.last_, {});
      seat_ = std::move(other.seat_);
      canary_ = other.canary_;
    }
    return *this;
  }
  ~drawer() { leave(); }

  // The next item that is this drawer's, or empty at the end. Throws what the source threw, after everything that was drawn
  // before, at every further step.
  typename Draw::step next() {
    const detail::canary_guard guard(canary_);
    if (at_ == last_ && !draw()) [[unlikely]] return std::nullopt;
    return Draw::take(at_);
  }

  // All items of this drawer that are at hand, in one piece, at least one; empty at the end. Throws as next(). For sources whose items
  // stay side by side where they are.
  auto next_batch()
    requires side_by_side
  {
    const detail::canary_guard guard(canary_);
    if (at_ == last_ && !draw()) return batch();
    return take_batch();
  }

  // The same without waiting: item, empty, gap, closed or failed. For sources that may have to wait.
  auto try_next()
    requires waits
  {
    using item = typename Draw::item;
    return answer<item>([this](auto& drawn) { return Draw::template try_draw<item>(*seat_, drawn); }, [this]() -> item { return *Draw::take(at_); });
  }
  auto try_next_batch()
    requires waits && side_by_side
  {
    return answer<batch>([this](auto& drawn) { return Draw::template try_draw<batch>(*seat_, drawn); }, [this] { return take_batch(); });
  }

  // Waits at most until the deadline; empty if it passed.
  template <class Clock, class D>
  auto next_until(std::chrono::time_point<Clock, D> deadline)
    requires waits
  {
    using item = typename Draw::item;
    return answer<item>([&](auto& drawn) { return Draw::template draw_until<item>(*seat_, drawn, deadline); }, [this]() -> item { return *Draw::take(at_); });
  }
  template <class Rep, class Period>
  auto next_for(std::chrono::duration<Rep, Period> time)
    requires waits
  {
    return next_until(detail::deadline_in(time));
  }

  // try_next() would not answer empty; and where to wait until then.
  bool ready() const noexcept
    requires waits
  {
    return at_ != last_ || seat_->draw->ready(*seat_);
  }
  auto& parking() const noexcept
    requires waits
  {
    return seat_->draw->parking();
  }

 private:
  template <class>
  friend class shared_source;

  explicit drawer(std::unique_ptr<seat> s) noexcept : seat_(std::move(s)) {}

  void require_drawer() const noexcept { PARITER_ASSERT(seat_ != nullptr, "this drawer was moved from; use the one it was moved to"); }

  // With nothing at hand: false at the end.
  bool draw() {
    require_drawer();
    detail::run<cursor> drawn = Draw::draw(*seat_);  // by value: {at_, last_} stay in registers
    at_ = std::move(drawn.first);
    last_ = std::move(drawn.last);
    return at_ != last_;
  }

  // What take() hands out of what is at hand; if that is nothing, what try_() draws into a run, or its answer.
  template <class Item, class Try, class Take>
  outcome<Item> answer(Try try_, Take take) {
    const detail::canary_guard guard(canary_);
    if (at_ == last_) {
      require_drawer();
      detail::run<cursor> drawn;
      outcome<Item> nothing = try_(drawn);
      if (drawn.first == drawn.last) return nothing;
      at_ = drawn.first;
      last_ = drawn.last;
    }
    return outcome<Item>::item(take());
  }

  batch take_batch() noexcept {
    const batch all(at_, last_);
    at_ = last_;
    return all;
  }

  void leave() noexcept {
    if (seat_ != nullptr) Draw::leave(std::move(seat_), std::move(at_), std::move(last_));
  }

  cursor at_{};
  cursor last_{};
  std::unique_ptr<seat> seat_;
  [[no_unique_address]] detail::canary canary_;
};

}  // namespace pariter
