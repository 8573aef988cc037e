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
#include "pariter/core/outcome.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/sharing/draw_indexed.hpp"

#include <memory>
#include <utility>

namespace pariter {

template <class Draw>
class [[nodiscard]] drawer : public iterator_interface<drawer<Draw>> {
  using cursor = typename Draw::cursor;
  using seat = typename Draw::seat;
  static constexpr bool waits = requires { typename Draw::item; };

 public:
  static constexpr iteration_properties properties = Draw::properties;

  drawer(drawer&& other) noexcept
      : at_(std::exchange(other.at_, {})), last_(std::exchange(other.last_, {})), seat_(std::move(other.seat_)), canary_(std::move(other.canary_)) {}
  drawer& operator=(drawer&& other) noexcept {
    if (this != &other) {
      leave();
      at_ = std::exchange(other.at_, {});
      last_ = std::exchange(other.last_, {});
      seat_ = std::move(other.seat_);
      canary_ = std::move(other.canary_);
    }
    return *this;
  }
  ~drawer() { leave(); }

  // The next item that is this drawer's, or empty at the end. Throws what the source threw, after everything that was drawn
  // before, at every further step.
  typename Draw::step next() {
    const detail::canary_guard guard(canary_);
    if (at_ == last_) [[unlikely]] {
      PARITER_ASSERT(seat_ != nullptr, "this drawer was moved from; use the one it was moved to");
      detail::run<cursor> drawn = Draw::draw(*seat_);  // by value: {at_, last_} stay in registers
      at_ = std::move(drawn.first);
      last_ = std::move(drawn.last);
      if (at_ == last_) return std::nullopt;
    }
    return Draw::take(at_);
  }

  // The same without waiting: item, empty, gap, closed or failed. For sources that may have to wait.
  auto try_next()
    requires waits
  {
    using answer = outcome<typename Draw::item>;
    const detail::canary_guard guard(canary_);
    if (at_ == last_) {
      PARITER_ASSERT(seat_ != nullptr, "this drawer was moved from; use the one it was moved to");
      detail::run<cursor> drawn;
      answer nothing = Draw::try_draw(*seat_, drawn);
      if (drawn.first == drawn.last) return nothing;
      at_ = drawn.first;
      last_ = drawn.last;
    }
    return answer::item(*Draw::take(at_));
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

  void leave() noexcept {
    if (seat_ != nullptr) Draw::leave(std::move(seat_), std::move(at_), std::move(last_));
  }

  cursor at_{};
  cursor last_{};
  std::unique_ptr<seat> seat_;
  [[no_unique_address]] detail::canary canary_;
};

}  // namespace pariter
