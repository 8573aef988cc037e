// SPDX-License-Identifier: Apache-2.0
#pragma once
// broadcast_iterator: one subscriber's own position in a broadcast; waits for items until the broadcast is closed or fails.
//
// Used by one thread at a time, move-only; `fork()` makes another at the same position. It must not outlive its broadcast;
// destroying it gives up its position, and a gating one no longer holds the writers up.
//
// Lifetime of what it hands out: an item, or a batch, stays valid until the next step of this iterator (next, next_batch and
// their sisters) or its end, whatever its policy, whatever T.
// A gating iterator takes what is ready in one piece (at most capacity / 8 items, at least 1, at most 1024) when it steps over
// the end of the last one. What it took does not count against the capacity any more, and stays valid all the same.
//
// A lossy iterator that was overtaken reports the gap once, and goes on with the oldest item still held: try_next() answers
// gap(n), next() and range-for throw missed_items, and the step after that goes on. A kicked one fails for ever with `kicked`.
// After the last item, close() is the end, and fail(e) rethrows e at every further step.
//
// Cost: a step within a batch is a comparison and an increment; a batch costs one acquire load, and one store (gating).

#include "pariter/containers/policy.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/optional_ref.hpp"
#include "pariter/core/outcome.hpp"
#include "pariter/detail/canary.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <utility>

namespace pariter {

// Core: detail::broadcast_core.
template <class T, class Core>
class [[nodiscard]] broadcast_iterator : public iterator_interface<broadcast_iterator<T, Core>> {
 public:
  static constexpr iteration_properties properties{.sees = sight::live, .forkable = true};

  broadcast_iterator(broadcast_iterator&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)),
        batch_end_(std::exchange(other.batch_end_, nullptr)),
        reached_(other.reached_),
        block_(other.block_),
        missed_(other.missed_),
        policy_(other.policy_),
        kicked_(other.kicked_),
        core_(other.core_),
        own_(std::exchange(other.own_, nullptr)),
        canary_(std::move(other.canary_)) {}
  broadcast_iterator& operator=(broadcast_iterator&& other) noexcept {
    broadcast_iterator taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~broadcast_iterator() {
    if (own_ != nullptr) core_->unsubscribe(*own_);
  }

  // The next item; waits for it on this thread; empty when the broadcast was closed and all items were seen.
  // Throws the broadcast's failure, missed_items (lossy) and kicked.
  optional_ref<const T> next() {
    const detail::canary_guard alone(canary_);
    if (at_ == batch_end_ && !await()) return std::nullopt;
    return *at_++;
  }

  // All items that lie ready in one piece, at least one; empty at the end. Waits and throws as next().
  std::span<const T> next_batch() {
    const detail::canary_guard alone(canary_);
    if (at_ == batch_end_ && !await()) return {};
    return take_batch();
  }

  // Without waiting.
  outcome<const T&> try_next() {
    const detail::canary_guard alone(canary_);
    return answer<const T&>([this]() -> const T& { return *at_++; });
  }
  outcome<std::span<const T>> try_next_batch() {
    const detail::canary_guard alone(canary_);
    return answer<std::span<const T>>([this] { return take_batch(); });
  }

  // Waits at most until the deadline; empty if it passed.
  template <class Clock, class D>
  outcome<const T&> next_until(std::chrono::time_point<Clock, D> deadline) {
    const detail::canary_guard alone(canary_);
    if (look() == state::empty) (void)core_->parking().wait_until([this] { return ready(); }, deadline);
    return answer<const T&>([this]() -> const T& { return *at_++; });
  }
  template <class Rep, class Period>
  outcome<const T&> next_for(std::chrono::duration<Rep, Period> time) {
    return next_until(std::chrono::steady_clock::now() + time);
  }

  // try_next() would not answer empty. The thread or operation that owns the iterator may ask while it is parked.
  bool ready() const noexcept {
    if (at_ != batch_end_ || missed_ != 0 || kicked_) return true;
    const auto seen = core_->published();
    return seen.count() > reached_ || seen.sealed();
  }

  // Where to wait until ready().
  typename Core::lot& parking() const noexcept { return core_->parking(); }

  // The position of the next item; `iter({.from = position})` resumes there if the broadcast still holds it.
  std::uint64_t position() const noexcept { return reached_ - static_cast<std::uint64_t>(batch_end_ - at_); }

  enum policy policy() const noexcept { return policy_; }

  // An independent iterator of the same policy at the same position.
  broadcast_iterator fork() const {
    broadcast_iterator twin(*core_, core_->subscribe_beside(*own_, reached_, policy_), reached_, policy_);
    twin.at_ = at_;
    twin.batch_end_ = batch_end_;
    twin.block_ = block_;
    twin.missed_ = missed_;
    twin.kicked_ = kicked_;
    return twin;
  }

  // Made by broadcast.
  broadcast_iterator(Core& core, typename Core::subscription& own, std::uint64_t position, enum policy how) noexcept
      : reached_(position), policy_(how), core_(&core), own_(&own) {}

 private:
  enum class state { item, empty, closed, failed, gap };

  void swap(broadcast_iterator& other) noexcept {
    std::swap(at_, other.at_);
    std::swap(batch_end_, other.batch_end_);
    std::swap(reached_, other.reached_);
    std::swap(block_, other.block_);
    std::swap(missed_, other.missed_);
    std::swap(policy_, other.policy_);
    std::swap(kicked_, other.kicked_);
    std::swap(core_, other.core_);
    std::swap(own_, other.own_);
  }

  std::span<const T> take_batch() noexcept {
    const std::span<const T> batch(at_, batch_end_);
    at_ = batch_end_;
    return batch;
  }

  // Looks for items behind batch_end_; on `item` there is at least one in [at_, batch_end_).
  state look() noexcept {
    if (at_ != batch_end_) return state::item;
    for (;;) {
      if (missed_ != 0) return state::gap;
      if (kicked_) return state::failed;
      const auto seen = core_->published();
      if (seen.count() == reached_) {
        if (!seen.sealed()) return state::empty;
        return core_->error() ? state::failed : state::closed;
      }
      const std::uint64_t in_block = reached_ & (core_->segment_size() - 1);
      if (in_block == 0 || block_ == nullptr) {
        block_ = policy_ == policy::gating ? core_->gated_block(reached_) : core_->pinned_block(*own_, reached_);
        if (block_ == nullptr) {
          overtaken();
          continue;
        }
      }
      at_ = block_ + in_block;
      const std::uint64_t ready = std::min(seen.count() - reached_, core_->segment_size() - in_block);
      batch_end_ = at_ + ready;
      reached_ += ready;
      core_->take(*own_, reached_, policy_ == policy::gating);
      return state::item;
    }
  }

  // The block at reached_ is gone: on to the oldest item that is certainly held.
  void overtaken() noexcept {
    if (policy_ == policy::kicked) {
      kicked_ = true;
      return;
    }
    const std::uint64_t oldest = core_->published().count() - core_->capacity();  // no underflow: more than that was written
    missed_ = oldest - reached_;
    reached_ = oldest;
  }

  std::exception_ptr failure() const { return kicked_ ? std::make_exception_ptr(kicked()) : core_->error(); }

  // The slow part of next(): true if there is an item.
  bool await() {
    for (;;) {
      switch (look()) {
        case state::item: return true;
        case state::closed: return false;
        case state::failed: std::rethrow_exception(failure());
        case state::gap: throw missed_items(std::exchange(missed_, 0));
        case state::empty: break;
      }
      core_->parking().wait([this] { return ready(); });
    }
  }

  template <class Item, class Take>
  outcome<Item> answer(Take take) {
    switch (look()) {
      case state::item: return outcome<Item>::item(take());
      case state::empty: return outcome<Item>::empty();
      case state::gap: return outcome<Item>::gap(std::exchange(missed_, 0));
      case state::failed: return outcome<Item>::failed(failure());
      case state::closed: break;
    }
    return outcome<Item>::closed();
  }

  const T* at_ = nullptr;
  const T* batch_end_ = nullptr;
  std::uint64_t reached_;           // position of *batch_end_; the gate's value
  const T* block_ = nullptr;        // items of the block that batch_end_ lies in, if it was looked at
  std::uint64_t missed_ = 0;        // of a gap that was not reported yet
  enum policy policy_;
  bool kicked_ = false;
  Core* core_;
  typename Core::subscription* own_;
  [[no_unique_address]] detail::canary canary_;
};

}  // namespace pariter
