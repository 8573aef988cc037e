// SPDX-License-Identifier: Apache-2.0
#pragma once
// batch_iterator: what the iterators of log and broadcast have in common: steps through a piece of items that lie side by side,
// looks for the next piece, and waits for it.
//
// Derived has, for its base only or for all:
//   state look()                      looks for items behind batch_end_; on `item` there is at least one in [at_, batch_end_),
//                                     on `gap` missed_ says how many were missed
//   std::exception_ptr failure()      why look() answered `failed`
//   bool ready() const noexcept       look() would not answer `empty`                       }
//   lot& parking() const noexcept     where to wait until ready()                           } if it waits
//   size_t enough() const noexcept    how many items at a time are worth a look (lead.hpp)  }
//
// One thread at a time. Cost: a step within a piece is a comparison and an increment.
// One that was moved from holds no piece: its next step comes to look(), which reports it.
//
// A loop over one continues where it stands, as iterator_interface.hpp says, with a cursor of its own: whether it is at its end is a
// word that only the slow part of a step sets, so that the loop has one comparison per item, not a second one for a null item.

#include "pariter/core/errors.hpp"
#include "pariter/core/optional_ref.hpp"
#include "pariter/core/outcome.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/deadline.hpp"
#include "pariter/detail/lead.hpp"
#include "pariter/detail/worker_mark.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace pariter::detail {

enum class waiting { never, for_items };

template <class Derived, class T, waiting Waiting>
class batch_iterator {
 public:
  class cursor;

  // What iterator_interface has.
  cursor begin() { return cursor(*this); }
  static constexpr std::default_sentinel_t end() noexcept { return std::default_sentinel; }

  // The next item; empty at the end. Waits for it on this thread, if this kind waits. Throws the failure, and missed_items.
  optional_ref<const T> next() {
    const canary_guard alone(canary_);
    if (at_ == batch_end_ && !await()) return std::nullopt;
    return *at_++;
  }

  // All items that lie ready in one piece, at least one; empty at the end. Waits and throws as next().
  std::span<const T> next_batch() {
    const canary_guard alone(canary_);
    if (at_ == batch_end_ && !await()) return {};
    return take_batch();
  }

  // Without waiting.
  outcome<const T&> try_next()
    requires(Waiting == waiting::for_items)
  {
    const canary_guard alone(canary_);
    return answer<const T&>([this]() -> const T& { return *at_++; });
  }
  outcome<std::span<const T>> try_next_batch()
    requires(Waiting == waiting::for_items)
  {
    const canary_guard alone(canary_);
    return answer<std::span<const T>>([this] { return take_batch(); });
  }

  // Waits at most until the deadline, which may be by any clock and in any unit; empty if it passed. That a clock was set forward is
  // noticed within a second.
  template <class Clock, class D>
  outcome<const T&> next_until(std::chrono::time_point<Clock, D> deadline)
    requires(Waiting == waiting::for_items)
  {
    const canary_guard alone(canary_);
    while (self().look() == state::empty) {
      require_may_wait();
      if (!self().parking().wait_until([this] { return self().ready(); }, deadline)) break;
    }
    return answer<const T&>([this]() -> const T& { return *at_++; });
  }
  template <class Rep, class Period>
  outcome<const T&> next_for(std::chrono::duration<Rep, Period> time)
    requires(Waiting == waiting::for_items)
  {
    return next_until(deadline_in(time));
  }

 protected:
  enum class state { item, empty, closed, failed, gap };

  batch_iterator() = default;
  batch_iterator(const batch_iterator&) = default;
  batch_iterator(batch_iterator&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)),
        batch_end_(std::exchange(other.batch_end_, nullptr)),
        missed_(std::exchange(other.missed_, 0)),
        canary_(other.canary_),
        lead_(other.lead_) {}
  batch_iterator& operator=(const batch_iterator&) = default;
  batch_iterator& operator=(batch_iterator&& other) noexcept {
    canary_ = other.canary_;
    at_ = std::exchange(other.at_, nullptr);
    batch_end_ = std::exchange(other.batch_end_, nullptr);
    missed_ = std::exchange(other.missed_, 0);
    lead_ = other.lead_;
    return *this;
  }
  ~batch_iterator() = default;

  std::uint64_t left_in_batch() const noexcept { return static_cast<std::uint64_t>(batch_end_ - at_); }

  const T* at_ = nullptr;
  const T* batch_end_ = nullptr;
  std::uint64_t missed_ = 0;  // items of a gap that was not reported yet
  [[no_unique_address]] canary canary_;

 private:
  struct none {};
  [[no_unique_address]] std::conditional_t<Waiting == waiting::for_items, lead, none> lead_;

  Derived& self() noexcept { return static_cast<Derived&>(*this); }

  std::span<const T> take_batch() noexcept {
    const std::span<const T> batch(at_, batch_end_);
    at_ = batch_end_;
    return batch;
  }

  // The slow part of next(): true if there is an item.
  bool await() {
    if constexpr (Waiting == waiting::for_items) lead_.give();
    for (bool waited = false;; waited = true) {
      switch (self().look()) {
        case state::item:
          if constexpr (Waiting == waiting::for_items) lead_.learn(static_cast<std::size_t>(left_in_batch()), self().enough(), waited);
          return true;
        case state::closed: return false;
        case state::failed: std::rethrow_exception(self().failure());
        case state::gap:
          if constexpr (Waiting == waiting::for_items) throw_gap();  // the others miss nothing
          break;
        case state::empty: break;
      }
      if constexpr (Waiting == waiting::for_items) {
        require_may_wait();
        self().parking().wait([this] { return self().ready(); });
      }
    }
  }

  [[noreturn]] PARITER_COLD void throw_gap()
    requires(Waiting == waiting::for_items)
  {
    missed_items gap(missed_);  // its message is allocated; until that is done the gap is not told
    missed_ = 0;
    throw gap;
  }

  template <class Item, class Take>
  outcome<Item> answer(Take take) {
    switch (self().look()) {
      case state::item: return outcome<Item>::item(take());
      case state::empty: return outcome<Item>::empty();
      case state::gap: return outcome<Item>::gap(std::exchange(missed_, 0));
      case state::failed: return outcome<Item>::failed(self().failure());
      case state::closed: break;
    }
    return outcome<Item>::closed();
  }
};

template <class Derived, class T, waiting Waiting>
class batch_iterator<Derived, T, Waiting>::cursor {
 public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = T;

  explicit cursor(batch_iterator& source) : source_(std::addressof(source)) { ++*this; }
  cursor(cursor&&) = default;
  cursor& operator=(cursor&&) = default;
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;
  ~cursor() = default;

  const T& operator*() const noexcept { return *item_; }

  [[gnu::always_inline]] cursor& operator++() {
    const canary_guard alone(source_->canary_);
    if (source_->at_ == source_->batch_end_ && !source_->await()) {
      at_end_ = true;
      return *this;
    }
    item_ = source_->at_++;
    return *this;
  }
  void operator++(int) { ++*this; }

  friend bool operator==(const cursor& c, std::default_sentinel_t) noexcept { return c.at_end_; }

 private:
  batch_iterator* source_;
  const T* item_ = nullptr;
  bool at_end_ = false;
};

}  // namespace pariter::detail
