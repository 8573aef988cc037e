// SPDX-License-Identifier: Apache-2.0
#pragma once
// log_core: a concurrent log without its iterators: writing, ending, clearing, and the pins that keep generations alive.
//
// Threads: append and clear as the writer policy says; everything else from any thread.
// Invariants:
//   1. current_ is never null; its generation is unsealed unless the log is closed or failed.
//   2. A generation is destroyed when it is not current and has no pin (pins.hpp), by whoever notices first.
// Exceptions: what allocation and T's constructors throw leaves the log as it was before that item.

#include "pariter/containers/writers.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/detail/appender_count.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/log_generation.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/pins.hpp"
#include "pariter/detail/platform.hpp"
#include "pariter/detail/writer_lock.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <class T, writers Writers, class Allocator, template <class> class Atom>
class log_core {
 public:
  using generation = log_generation<T, Allocator, Atom>;
  using lot = basic_parking_lot<Atom>;

  // Keeps one generation alive; none, and names none, once it was moved from.
  class pin {
   public:
    pin() noexcept = default;
    pin(pin&& other) noexcept
        : core_(other.core_), generation_(std::exchange(other.generation_, nullptr)), slot_(std::exchange(other.slot_, nullptr)) {}
    pin(const pin& other) : core_(other.core_), generation_(other.generation_), slot_(other.slot_ != nullptr ? core_->pin_beside(*generation_) : nullptr) {}
    pin& operator=(pin other) noexcept {
      std::swap(core_, other.core_);
      std::swap(generation_, other.generation_);
      std::swap(slot_, other.slot_);
      return *this;
    }
    ~pin() {
      if (slot_ != nullptr) core_->unpin(*slot_, generation_);
    }
    explicit operator bool() const noexcept { return generation_ != nullptr; }
    const generation& operator*() const noexcept { return *generation_; }
    const generation* operator->() const noexcept { return generation_; }

   private:
    friend log_core;
    pin(const log_core& core, const generation* g, pin_slot<Atom>& slot) noexcept : core_(&core), generation_(g), slot_(&slot) {}

    const log_core* core_ = nullptr;
    const generation* generation_ = nullptr;
    pin_slot<Atom>* slot_ = nullptr;
  };

  explicit log_core(const Allocator& allocator, fences f = fences::automatic)
      : lock_(lock_apart_, f), asymmetric_(f == fences::automatic && here::has_asymmetric_fence()), lot_(f), lock_apart_(f) {
    writing_ = make_generation(0, allocator);
    current_.store(writing_, std::memory_order_relaxed);  // relaxed: not shared yet
  }
  log_core(const log_core&) = delete;
  log_core& operator=(const log_core&) = delete;
  ~log_core() {
    require_unpinned(writing_);
    while (retired_ != nullptr) {
      require_unpinned(retired_);
      destroy(std::exchange(retired_, retired_->next_retired));
    }
    destroy(writing_);
  }

  // ---- any thread, as a reader ----

  // Throws std::bad_alloc, only where this thread holds more pins at once than ever before.
  pin pin_current() const {
    pin_slot<Atom>& slot = here::take_pin();
    // (2) acquire: pairs with seq_cst (1), sees the generation
    const generation* g = current_.load(std::memory_order_acquire);
    if (!stays_pinned(slot, g)) [[unlikely]] g = pin_newest(slot);
    return pin(*this, g, slot);
  }

  // Closed or failed. A generation that is sealed as it is looked at may as well have been cleared meanwhile.
  bool is_ended() const {
    const pin now = pin_current();
    return now->published().sealed() && (now->why() != ending::cleared || mutant(77));
  }

  // Whether a follower that stands at `position`, the end of a cleared generation, has anything to be told.
  PARITER_COLD bool has_news_after(std::uint64_t position) const noexcept try {
    const pin now = pin_current();
    const auto seen = now->published();
    if (now->base() != position || seen.count() != 0) return true;
    return seen.sealed() && now->why() != ending::cleared;
  } catch (const std::bad_alloc&) {
    return true;  // whoever then looks meets the same exception where it can be thrown
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
        first += static_cast<std::iter_difference_t<Source>>(part);
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

  appender_count<Atom>& appenders() noexcept { return appenders_; }

  // Ends the log; later calls do nothing. `error` null: closed.
  void end(std::exception_ptr error) noexcept {
    {
      const visitor_guard hold(lock_);
      if (ended_) return;
      ended_ = true;
      room_end_ = room_;
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
      old = std::exchange(writing_, fresh);
      if (mutant(71)) retire(old);
      // (1) seq_cst: pairs with (2), (3), (4); publishes the generation; with (3), (4) in one total order, or ordered by fences
      current_.exchange(fresh, order(72, std::memory_order_seq_cst));
      old->seal(ending::cleared, nullptr);
      count_ = 0;
      room_ = room_end_ = nullptr;
    }
    lot_.notify_all();
    if (asymmetric_ && !mutant(72)) here::heavy_fence();
    // Not before the fence: until then a reader that gives up a pin, and looks for others, may not see them.
    if (!mutant(71)) retire(old);
    free_unpinned();
  }

 private:
  using traits = std::allocator_traits<Allocator>;
  using here = platform<Atom>;
  using generation_traits = typename traits::template rebind_traits<generation>;
  using lock_type = std::conditional_t<Writers == writers::single, sole_writer_lock<Atom>, shared_writer_lock<Atom>>;

  // Moved in under the lock: the rest of the user's code (a constructor that throws, waits or writes to this log) has run.
  template <class... Args>
  static constexpr bool constructed_outside = std::is_nothrow_move_constructible_v<T> && !std::is_trivially_constructible_v<T, Args...> &&
                                              !(sizeof...(Args) == 1 && (std::is_same_v<Args, T> && ...));

  template <class... Args>
  const T* emplace_locked(Args&&... args) {
    const writer_guard hold(lock_);
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
    if (ended_) throw closed();
  }

  PARITER_COLD void make_room() {
    throw_if_ended();
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

  // Pins g in `slot` if it is the current generation still; see pins.hpp.
  bool stays_pinned(pin_slot<Atom>& slot, const generation* g) const noexcept {
    if (asymmetric_) {
      // (7) release: pairs with pins.hpp(5): whoever sees this address sees the slot's last use as over
      slot.store(g, std::memory_order_release);
      here::light_fence();
    } else {
      slot.exchange(g, std::memory_order_seq_cst);  // (3) seq_cst: pairs with (1) and pins.hpp(5): the two sides see each other
    }
    return current_.load(std::memory_order_seq_cst) == g || mutant(75);  // (4) seq_cst: pairs with (1)
  }
  PARITER_COLD const generation* pin_newest(pin_slot<Atom>& slot) const noexcept {
    const generation* g;
    do g = current_.load(std::memory_order_acquire);  // (2)
    while (!stays_pinned(slot, g));
    free_unpinned();  // whoever looked meanwhile may have taken the passing pin of an old generation for one that stays
    return g;
  }
  // Beside another pin of g. Under the lock, so that nobody who looks for pins sees neither of the two.
  pin_slot<Atom>* pin_beside(const generation& g) const {
    pin_slot<Atom>& slot = here::take_pin();
    const std::lock_guard hold(retired_lock_);
    slot.store(&g, std::memory_order_release);  // (7): other logs, which look under locks of their own, see the slot's last use as over
    return &slot;
  }
  void unpin(pin_slot<Atom>& slot, const generation* g) const noexcept {
    if (asymmetric_) {
      slot.store(nullptr, order(76, std::memory_order_release));  // (6) release: pairs with pins.hpp(1), pins.hpp(5): the items were read
      here::light_fence();
    } else {
      slot.exchange(nullptr, std::memory_order_seq_cst);  // (8) seq_cst: pairs with pins.hpp(1), pins.hpp(5)
    }
    if (current_.load(std::memory_order_seq_cst) != g) [[unlikely]] free_unpinned();  // (4)
  }

  // A thread that was stopped between reading the address of an old generation and seeing that it is not current any more may
  // hold the address of a new one at the same place, until it runs again; hence the patience.
  static void require_unpinned(const generation* g) noexcept {
    for (typename here::patience patience; here::is_pinned(g);)
      PARITER_ASSERT(patience.left(), "an iterator or a snapshot outlived its log: end the threads that iterate before the log goes");
  }

  void retire(generation* g) const noexcept {
    const std::lock_guard hold(retired_lock_);
    g->next_retired = std::exchange(retired_, g);
  }
  // Destroys the cleared generations that nobody reads any more.
  PARITER_COLD void free_unpinned() const noexcept {
    generation* unused = nullptr;
    {
      const std::lock_guard hold(retired_lock_);
      for (generation** at = &retired_; *at != nullptr;) {
        generation* const g = *at;
        if (here::is_pinned(g)) {
          at = &g->next_retired;
        } else {
          *at = g->next_retired;
          g->next_retired = unused;
          unused = g;
        }
      }
    }
    while (unused != nullptr) destroy(std::exchange(unused, unused->next_retired));
  }

  // Line of the writer, under lock_. After the end there is no room, so that room is all that a writer has to look for.
  alignas(cache_line) T* room_ = nullptr;
  T* room_end_ = nullptr;
  typename here::template plain<std::uint64_t> count_{0};  // in writing_
  generation* writing_ = nullptr;
  lock_type lock_;
  typename here::template plain<bool> ended_{false};
  // Seldom written.
  alignas(cache_line) Atom<generation*> current_{nullptr};
  const bool asymmetric_;
  mutable lot lot_;
  mutable typename here::mutex retired_lock_;
  mutable generation* retired_ = nullptr;  // under retired_lock_
  typename lock_type::apart lock_apart_;
  appender_count<Atom> appenders_;
};

}  // namespace pariter::detail
