// SPDX-License-Identifier: Apache-2.0
#pragma once
// broadcast_core: a bounded window over a stream; what broadcast and its iterators are made of: writing, gating, waiting, ending.
// The memory and the list of subscriptions are broadcast_window's.
//
// Positions count items from 0.
//
//   published_    bits 63..1  number of items written; bit 0  sealed: no more will come, and error_ says why
//
// Threads: append as the writer policy says; everything else from any thread, one thread per subscription.
// Invariants:
//   1. count_ <= least gate + capacity, and all but one of the window's segments hold at least `capacity` items. Hence the block
//      in which the item before the gate lies is not reused before the gate moves on: an iterator may still read the batch that it
//      took last.
//   2. The items of positions [published - capacity, published) are in the window, constructed.
// Order: construct, store the directory entry, publish (release) -> an iterator that loads published_ (acquire) sees them.
//        Read a batch, take the next (release) -> a writer that loads the gate (acquire) overwrites the first.
// Cost: per item one release store; the gates are looked at once per `capacity` items or when the window is full.

#include "pariter/containers/policy.hpp"
#include "pariter/containers/start.hpp"
#include "pariter/containers/writers.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/detail/appender_count.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/broadcast_window.hpp"
#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/platform.hpp"
#include "pariter/detail/worker_mark.hpp"
#include "pariter/detail/writer_lock.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <class T, writers Writers, class Allocator, template <class> class Atom>
class broadcast_core {
  using traits = std::allocator_traits<Allocator>;
  using window = broadcast_window<T, Allocator, Atom>;
  template <class V>
  using plain = typename platform<Atom>::template plain<V>;
  static_assert(std::is_same_v<typename traits::value_type, T>, "the allocator must be one for T");
  static_assert(std::is_same_v<typename traits::pointer, T*>, "allocators with pointer classes of their own are not supported");
  static_assert(std::is_nothrow_destructible_v<T>, "items are destroyed where nothing could handle an exception");

 public:
  using lot = basic_parking_lot<Atom>;
  using subscription = typename window::subscription;

  class view {
   public:
    constexpr explicit view(std::uint64_t word) noexcept : word_(word) {}
    constexpr std::uint64_t count() const noexcept { return word_ >> 1; }
    constexpr bool sealed() const noexcept { return (word_ & 1) != 0; }

   private:
    std::uint64_t word_;
  };

  broadcast_core(std::size_t capacity, const Allocator& allocator, fences f)
      : capacity_(capacity),
        window_(capacity, allocator),
        lock_(lock_apart_, f),
        readers_(f),
        writers_(f),
        lock_apart_(f) {}
  broadcast_core(const broadcast_core&) = delete;
  broadcast_core& operator=(const broadcast_core&) = delete;

  ~broadcast_core() { window_.free_all(count_); }

  std::size_t capacity() const noexcept { return capacity_; }
  std::uint64_t segment_size() const noexcept { return window_.segment_size(); }

  // ---- iterators ----

  lot& parking() const noexcept { return readers_; }

  // (1) acquire: pairs with release (2), (3): the items below the count, their segments, and the ending
  view published() const noexcept { return view(published_.load(order(50, std::memory_order_acquire))); }

  // Of a sealed stream; null if it was closed.
  const std::exception_ptr& error() const noexcept { return error_; }

  // See broadcast_window.hpp.
  const T* gated_block(std::uint64_t position) const noexcept { return window_.gated_block(position); }
  const T* pinned_block(subscription& own, std::uint64_t position) const noexcept { return window_.pinned_block(own, position); }

  // The iterator has taken everything below `position`, and needs what it took before no more.
  void take(subscription& own, std::uint64_t position, bool gating) noexcept {
    own.seen.store(position, std::memory_order_relaxed);  // relaxed: statistics
    if (!gating) return;
    window_.move_gate(own, position);
    writers_.notify_all_if([this] {
      return room_behind(blocked_at_.load(std::memory_order_relaxed));  // relaxed: written before the writer parked
    });
  }

  // Registers an iterator; the position where it starts goes to `position`. Throws out_of_reach, std::bad_alloc.
  subscription& subscribe(start from, policy how, std::uint64_t& position) {
    const visitor_guard hold(lock_);
    const std::uint64_t oldest = count_ > capacity_ ? count_ - capacity_ : 0;
    if (from.is_next()) position = count_;
    else if (from.is_oldest()) position = oldest;
    else if (from.position() < oldest || from.position() > count_)
      throw out_of_reach("the broadcast does not hold this position: it was overwritten, or lies behind the next item");
    else position = from.position();
    return register_at(position, how);
  }

  // The same beside another iterator, whose gate stands at `position`.
  subscription& subscribe_beside(const subscription& other, std::uint64_t position, policy how) {
    const visitor_guard hold(lock_);
    subscription& own = register_at(position, how);
    window::pin_beside(own, other);
    return own;
  }

  void unsubscribe(subscription& own) noexcept {
    window_.let_go(own);
    {
      const visitor_guard hold(lock_);
      window_.leave(own);
    }
    if (!mutant(61)) writers_.notify_all();
  }

  // ---- writers; all throw `closed` after the end ----

  // Waits while the window is full. If T's constructor throws, nothing has happened.
  template <class... Args>
  void emplace(Args&&... args) {
    if constexpr (constructed_outside<Args...>) {
      T made(std::forward<Args>(args)...);  // user code runs here, before the lock
      while (!try_emplace_locked(std::move(made))) wait_for_room();
    } else {
      while (!try_emplace_locked(std::forward<Args>(args)...)) wait_for_room();
    }
    readers_.notify_all();
  }

  // False if the window is full; the arguments are untouched then.
  template <class... Args>
  bool try_emplace(Args&&... args) {
    if (!try_emplace_locked(std::forward<Args>(args)...)) return false;
    readers_.notify_all();
    return true;
  }

  // After a try_emplace() that answered false: where to wait, and whether it is worth another try.
  lot& append_parking() const noexcept { return writers_; }
  bool append_ready() const noexcept {
    // relaxed: own word, or one of a writer that came later, which blocks at least as far ahead
    return room_behind(blocked_at_.load(std::memory_order_relaxed)) || published().sealed();
  }

  // Appends [first, first + n), moving from it if Source is T*; waits whenever the window is full. If a constructor or an
  // allocation throws, or the broadcast ends, the items before that one are in. Adds to `taken` how many are.
  template <class Source>
  void append_n(Source first, std::size_t n, std::size_t& taken) {
    struct wake_on_exit {
      lot& parked;
      ~wake_on_exit() { parked.notify_all(); }
    };
    while (n != 0) {
      {
        wake_on_exit wake{readers_};  // after the lock is free
        const writer_guard hold(lock_);
        while (n != 0 && (room_ != room_end_ || make_room())) {
          const std::size_t part = std::min(n, static_cast<std::size_t>(room_end_ - room_));
          append_part(first, part, taken);
          first += static_cast<std::iter_difference_t<Source>>(part);
          n -= part;
        }
      }
      if (n != 0) wait_for_room();
    }
  }

  appender_count<Atom>& appenders() noexcept { return appenders_; }

  // Ends the stream; later calls do nothing. `error` null: closed.
  void end(std::exception_ptr error) noexcept {
    {
      const visitor_guard hold(lock_);
      if (ended_) return;
      ended_ = true;
      room_end_ = room_;
      if (mutant(57)) published_.store((count_ << 1) | 1, std::memory_order_release);
      error_ = std::move(error);
      published_.store((count_ << 1) | 1, order(52, std::memory_order_release));  // (3) release: pairs with acquire (1), publishes error_
    }
    readers_.notify_all();
    writers_.notify_all();
  }

  // ---- statistics ----

  template <class F>
  void each_subscription(F f) const {
    const visitor_guard hold(lock_);
    window_.each_subscription(f);
  }

  // Segments that exist, in items.
  std::size_t allocated() const noexcept {
    const visitor_guard hold(lock_);
    return window_.allocated();
  }

 private:
  using lock_type = std::conditional_t<Writers == writers::single, sole_writer_lock<Atom>, shared_writer_lock<Atom>>;

  // Moved in under the lock: the rest of the user's code (a constructor that throws, waits or writes here) has run.
  template <class... Args>
  static constexpr bool constructed_outside = std::is_nothrow_move_constructible_v<T> && !std::is_trivially_constructible_v<T, Args...> &&
                                              !(sizeof...(Args) == 1 && (std::is_same_v<Args, T> && ...));

  std::uint64_t least_gate_plus_capacity() const noexcept {
    const std::uint64_t least = window_.least_gate();
    return least > window::no_gate - capacity_ ? window::no_gate : least + capacity_;
  }
  bool room_behind(std::uint64_t count) const noexcept { return least_gate_plus_capacity() > count; }

  // ---- under lock_ ----

  // Room for at least one more item, or false: the window is full. Throws closed, std::bad_alloc.
  PARITER_COLD bool make_room() {
    if (ended_) throw closed();
    if (count_ == free_until_) {
      free_until_ = least_gate_plus_capacity();
      if (count_ == free_until_) {
        note_blocked();
        return false;
      }
    }
    if (room_ == block_end_) {
      room_ = window_.enter_block(count_).items;
      block_end_ = room_ + segment_size();
    }
    limit_room();
    return true;
  }
  void limit_room() noexcept {
    room_end_ = room_ + std::min<std::uint64_t>(static_cast<std::uint64_t>(block_end_ - room_), free_until_ - count_);
  }

  void note_blocked() noexcept {
    blocked_at_.store(count_, std::memory_order_relaxed);  // relaxed: published by parking, for take()
  }

  template <class... Args>
  bool try_emplace_locked(Args&&... args) {
    const writer_guard hold(lock_);
    if (room_ == room_end_) [[unlikely]] {
      if (!make_room()) return false;
    }
    if (mutant(58)) publish(count_ + 1);
    construct(room_, std::forward<Args>(args)...);
    ++room_;
    ++count_;
    publish(count_);
    return true;
  }

  template <class Source>
  void append_part(Source first, std::size_t part, std::size_t& taken) {
    struct publish_on_exit {  // also if a constructor throws
      broadcast_core& core;
      std::size_t& taken;
      std::size_t made = 0;
      ~publish_on_exit() {
        taken += made;
        core.room_ += made;
        core.count_ += made;
        core.publish(core.count_);
      }
    } progress{*this, taken};
    if constexpr (std::is_trivially_copyable_v<T> && std::is_same_v<Allocator, std::allocator<T>> && std::is_pointer_v<Source>) {
      std::uninitialized_copy_n(first, part, room_);
      progress.made = part;
    } else {
      for (; progress.made < part; ++progress.made, ++first) {
        if constexpr (std::is_same_v<Source, T*>) construct(room_ + progress.made, std::move(*first));
        else construct(room_ + progress.made, *first);
      }
    }
  }

  template <class... Args>
  void construct(T* place, Args&&... args) {
    traits::construct(window_.allocator(), place, std::forward<Args>(args)...);
  }

  // (2) release: pairs with acquire (1), publishes the items constructed since the last time
  void publish(std::uint64_t count) noexcept { published_.store(count << 1, order(51, std::memory_order_release)); }

  subscription& register_at(std::uint64_t position, policy how) {
    subscription& own = window_.enter(position, how);
    if (how == policy::gating) {
      free_until_ = std::min(free_until_, position + capacity_);
      if (!ended_) limit_room();
    }
    return own;
  }

  // ---- without lock_ ----

  // Throws would_deadlock.
  PARITER_COLD void wait_for_room() {
    const std::uint64_t count = blocked_at_.load(std::memory_order_relaxed);  // relaxed: own word, or one of a writer that came later
    const auto ready = [this, count] { return room_behind(count) || published().sealed(); };
    if (ready()) return;
    require_may_wait();
    writers_.wait(ready);
  }

  // Constant.
  const std::size_t capacity_;
  window window_;

  // Line of the writer, read by all.
  alignas(cache_line) Atom<std::uint64_t> published_{0};

  // Line of the writer, under lock_. room_end_ is the end of the block, of what may be written before a gate has to move on
  // (free_until_), or, after the end, of nothing: room is all that a writer has to look for.
  alignas(cache_line) T* room_ = nullptr;
  T* room_end_ = nullptr;
  plain<std::uint64_t> count_{0};
  mutable lock_type lock_;
  T* block_end_ = nullptr;
  std::uint64_t free_until_ = window::no_gate;  // <= least gate + capacity
  plain<bool> ended_{false};
  plain<std::exception_ptr> error_;  // constant once sealed
  Atom<std::uint64_t> blocked_at_{0};

  // Seldom written.
  alignas(cache_line) mutable lot readers_;
  mutable lot writers_;
  typename lock_type::apart lock_apart_;
  appender_count<Atom> appenders_;
};

}  // namespace pariter::detail
