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
#include "pariter/detail/assert.hpp"
#include "pariter/detail/batch_iterator.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>

namespace pariter {

// Core: detail::broadcast_core.
template <class T, class Core>
class [[nodiscard]] broadcast_iterator : public detail::batch_iterator<broadcast_iterator<T, Core>, T, detail::waiting::for_items> {
  using base = detail::batch_iterator<broadcast_iterator, T, detail::waiting::for_items>;

 public:
  static constexpr iteration_properties properties{.sees = sight::live, .forkable = true};

  broadcast_iterator(broadcast_iterator&&) noexcept = default;
  broadcast_iterator& operator=(broadcast_iterator&&) noexcept = default;
  ~broadcast_iterator() = default;

  // Steps: next(), next_batch(), try_next(), try_next_batch(), next_until(), next_for(); see batch_iterator.hpp. They throw, or
  // answer with, the broadcast's failure, missed_items (lossy) and kicked.

  // try_next() would not answer empty. The thread or operation that owns the iterator may ask while it is parked.
  bool ready() const noexcept {
    if (at_ != batch_end_ || missed_ != 0 || kicked_) return true;
    const auto seen = core().published();
    return seen.count() > reached_ || seen.sealed();
  }

  // Where to wait until ready().
  typename Core::lot& parking() const noexcept { return core().parking(); }

  // The position of the next item; `iter({.from = position})` resumes there if the broadcast still holds it.
  std::uint64_t position() const noexcept { return reached_ - this->left_in_batch(); }

  enum policy policy() const noexcept { return policy_; }

  // An independent iterator of the same policy at the same position.
  broadcast_iterator fork() const {
    require_own();
    broadcast_iterator twin(core(), core().subscribe_beside(*own_, reached_, policy_), reached_, policy_);
    twin.at_ = at_;
    twin.batch_end_ = batch_end_;
    twin.block_ = block_;
    twin.missed_ = missed_;
    twin.kicked_ = kicked_;
    return twin;
  }

  // Made by broadcast.
  broadcast_iterator(Core& core, typename Core::subscription& own, std::uint64_t position, enum policy how) noexcept
      : reached_(position), policy_(how), own_(&own, leave{&core}) {}

 private:
  friend base;
  using typename base::state;
  using base::at_;
  using base::batch_end_;
  using base::missed_;

  struct leave {
    Core* core;
    void operator()(typename Core::subscription* own) const noexcept { core->unsubscribe(*own); }
  };

  Core& core() const noexcept { return *own_.get_deleter().core; }
  void require_own() const noexcept { PARITER_ASSERT(own_ != nullptr, "this iterator was moved from; use the one it was moved to"); }

  // Looks for items behind batch_end_; on `item` there is at least one in [at_, batch_end_).
  state look() noexcept {
    if (at_ != batch_end_) return state::item;
    require_own();
    for (;;) {
      if (missed_ != 0) return state::gap;
      if (kicked_) return state::failed;
      const auto seen = core().published();
      if (seen.count() == reached_) {
        if (!seen.sealed()) return state::empty;
        return core().error() ? state::failed : state::closed;
      }
      const std::uint64_t in_block = reached_ & (core().segment_size() - 1);
      if (in_block == 0 || block_ == nullptr) {
        block_ = policy_ == policy::gating ? core().gated_block(reached_) : core().pinned_block(*own_, reached_);
        if (block_ == nullptr) {
          overtaken();
          continue;
        }
      }
      at_ = block_ + in_block;
      const std::uint64_t ready = std::min(seen.count() - reached_, core().segment_size() - in_block);
      batch_end_ = at_ + ready;
      reached_ += ready;
      core().take(*own_, reached_, policy_ == policy::gating);
      return state::item;
    }
  }

  // The block at reached_ is gone: on to the oldest item that is certainly held.
  void overtaken() noexcept {
    if (policy_ == policy::kicked) {
      kicked_ = true;
      return;
    }
    const std::uint64_t oldest = core().published().count() - core().capacity();  // no underflow: more than that was written
    missed_ = oldest - reached_;
    reached_ = oldest;
  }

  std::size_t enough() const noexcept { return std::clamp<std::size_t>(core().segment_size() / 2, 1, 256); }

  std::exception_ptr failure() const { return kicked_ ? std::make_exception_ptr(kicked()) : core().error(); }

  std::uint64_t reached_;           // position of *batch_end_; the gate's value
  const T* block_ = nullptr;        // items of the block that batch_end_ lies in, if it was looked at
  enum policy policy_;
  bool kicked_ = false;
  std::unique_ptr<typename Core::subscription, leave> own_;  // null: moved from
};

}  // namespace pariter
