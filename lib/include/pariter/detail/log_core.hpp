// SPDX-License-Identifier: Apache-2.0
#pragma once
// log_core: a concurrent log without its iterators: writing, ending, clearing, and the pins that keep generations alive.
//
// Threads: append and clear as the writer policy says; everything else from any thread.
// Invariants:
//   1. current_ is never null; its generation is unsealed unless the log is closed or failed.
//   2. A generation is destroyed when it is not current and has no pin.
// Exceptions: what allocation and T's constructors throw leaves the log as it was before that item.

#include "pariter/containers/writers.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/detail/log_generation.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/platform.hpp"
#include "pariter/detail/writer_lock.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <class T, writers Writers, class Allocator, template <class> class Atom>
class log_core {
 public:
  using generation = log_generation<T, Allocator, Atom>;
  using lot = basic_parking_lot<Atom>;

  // Keeps one generation alive.
  class pin {
   public:
    pin() noexcept = default;
    pin(pin&& other) noexcept : core_(other.core_), generation_(std::exchange(other.generation_, nullptr)) {}
    pin(const pin& other) noexcept : core_(other.core_), generation_(other.generation_) {
      if (generation_ != nullptr) core_->repin(*generation_);
    }
    pin& operator=(pin other) noexcept {
      std::swap(core_, other.core_);
      std::swap(generation_, other.generation_);
      return *this;
    }
    ~pin() {
      if (generation_ != nullptr) core_->unpin(*generation_);
    }
    const generation& operator*() const noexcept { return *generation_; }
    const generation* operator->() const noexcept { return generation_; }
    const generation* get() const noexcept { return generation_; }

   private:
    friend log_core;
    pin(const log_core& core, generation& g) noexcept : core_(&core), generation_(&g) {}

    const log_core* core_ = nullptr;
    generation* generation_ = nullptr;
  };

  explicit log_core(const Allocator& allocator, fences f = fences::automatic) : lock_(f), lot_(f) {
    writing_ = make_generation(0, allocator);
    current_.store(writing_, std::memory_order_release);
  }
  log_core(const log_core&) = delete;
  log_core& operator=(const log_core&) = delete;
  ~log_core() { destroy(writing_); }

  // ---- any thread, as a reader ----

  pin pin_current() const noexcept {
    const std::lock_guard hold(pins_);
    generation* const g = current_.load(std::memory_order_acquire);
    ++g->pins;
    return pin(*this, *g);
  }

  lot& parking() const noexcept { return lot_; }

  // ---- the writer ----

  // Constructs one item from args. Nobody sees it before it is complete; if it throws, nothing has happened.
  template <class... Args>
  const T& emplace(Args&&... args) {
    const T* item = nullptr;
    if constexpr (constructed_outside<Args...>) {
      T made(std::forward<Args>(args)...);  // user code runs here, before the lock
      item = emplace_locked(std::move(made));
    } else {
      item = emplace_locked(std::forward<Args>(args)...);
    }
    lot_.notify_all();
    return *item;
  }

  // Appends [first, first + n), moving from it if Source is T*. If a constructor or an allocation throws, the items before
  // that one are in. Adds to `taken` how many are.
  template <class Source>
  void append_n(Source first, std::size_t n, std::size_t& taken) {
    struct wake_on_exit {
      lot& parked;
      ~wake_on_exit() { parked.notify_all(); }
    } wake{lot_};
    const writer_guard hold(lock_);
    throw_if_ended();
    while (n != 0) {
      if (room_ == room_end_) make_room();
      const std::size_t part = std::min(n, static_cast<std::size_t>(room_end_ - room_));
      struct publish_on_exit {  // also if a constructor throws
        log_core& log;
        std::size_t& taken;
        std::size_t made = 0;
        ~publish_on_exit() {
          taken += made;
          log.room_ += made;
          log.count_ += made;
          log.writing_->publish(log.count_);
        }
      } progress{*this, taken};
      if constexpr (std::is_trivially_copyable_v<T> && std::is_same_v<Allocator, std::allocator<T>> && std::is_pointer_v<Source>) {
        std::uninitialized_copy_n(first, part, room_);
        first += part;
        progress.made = part;
      } else {
        for (; progress.made < part; ++progress.made, ++first) {
          if constexpr (std::is_same_v<Source, T*>) construct(room_ + progress.made, std::move(*first));
          else construct(room_ + progress.made, *first);
        }
      }
      n -= part;
    }
  }

  // Ends the log; later calls do nothing. `error` null: closed.
  void end(std::exception_ptr error) noexcept {
    {
      const visitor_guard hold(lock_);
      if (ended_) return;
      ended_ = true;
      const ending why = error ? ending::failed : ending::closed;  // before error is moved from
      writing_->seal(why, std::move(error));
    }
    lot_.notify_all();
  }

  // Starts an empty generation whose first position is the next of the old one. Throws `closed` after the end.
  void clear() {
    generation* old = nullptr;
    {
      const visitor_guard hold(lock_);
      throw_if_ended();
      generation* const fresh = make_generation(writing_->base() + count_, writing_->allocator());
      {
        const std::lock_guard hold_pins(pins_);
        old = writing_;
        current_.store(fresh, std::memory_order_release);
        old->seal(ending::cleared, nullptr);
        old->retired = true;
        if (old->pins != 0) old = nullptr;
      }
      writing_ = fresh;
      count_ = 0;
      room_ = room_end_ = nullptr;
    }
    lot_.notify_all();
    if (old != nullptr) destroy(old);
  }

 private:
  using traits = std::allocator_traits<Allocator>;
  using generation_traits = typename traits::template rebind_traits<generation>;
  using lock_type = std::conditional_t<Writers == writers::single, sole_writer_lock<Atom>, shared_writer_lock<Atom>>;

  // Moved in under the lock: the rest of the user's code (a constructor that throws, waits or writes to this log) has run.
  template <class... Args>
  static constexpr bool constructed_outside = std::is_nothrow_move_constructible_v<T> && !std::is_trivially_copyable_v<T> &&
                                              !(sizeof...(Args) == 1 && (std::is_same_v<Args, T> && ...));

  template <class... Args>
  const T* emplace_locked(Args&&... args) {
    const writer_guard hold(lock_);
    throw_if_ended();
    if (room_ == room_end_) [[unlikely]] make_room();
    T* const item = room_;
    if (mutant(34)) writing_->publish(count_ + 1);
    construct(item, std::forward<Args>(args)...);
    ++room_;
    ++count_;
    writing_->publish(count_);
    return item;
  }

  template <class... Args>
  void construct(T* place, Args&&... args) {
    traits::construct(writing_->allocator(), place, std::forward<Args>(args)...);
  }

  void throw_if_ended() const {
    if (ended_) [[unlikely]] throw closed();
  }

  void make_room() {
    const std::span<T> room = writing_->room(count_);
    room_ = room.data();
    room_end_ = room_ + room.size();
  }

  static generation* make_generation(std::uint64_t base, const Allocator& allocator) {
    typename generation_traits::allocator_type a(allocator);
    generation* const g = generation_traits::allocate(a, 1);
    return ::new (static_cast<void*>(g)) generation(base, allocator);
  }
  static void destroy(generation* g) noexcept {
    typename generation_traits::allocator_type a(g->allocator());
    g->~generation();
    generation_traits::deallocate(a, g, 1);
  }

  void repin(generation& g) const noexcept {
    const std::lock_guard hold(pins_);
    ++g.pins;
  }
  void unpin(generation& g) const noexcept {
    {
      const std::lock_guard hold(pins_);
      if (--g.pins != 0 || !g.retired) return;
    }
    destroy(&g);
  }

  // Line of the writer, under lock_.
  alignas(cache_line) T* room_ = nullptr;
  T* room_end_ = nullptr;
  generation* writing_ = nullptr;
  std::uint64_t count_ = 0;  // in writing_
  bool ended_ = false;
  lock_type lock_;
  // Seldom written.
  alignas(cache_line) Atom<generation*> current_{nullptr};
  mutable typename platform<Atom>::mutex pins_;
  mutable lot lot_;
};

}  // namespace pariter::detail
