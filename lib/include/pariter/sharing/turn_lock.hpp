// SPDX-License-Identifier: Apache-2.0
#pragma once
// turn_lock: the lock in front of a source that mostly one and the same thread pulls, again and again, as the foremost of a tee.
//
// try_lock() takes it or says that another thread is inside; it never waits. Whoever wants to wait does so in parking(), which is told
// whenever the lock may be free; so one place can serve for that and for what else the caller waits for.
//
// The bias. A caller that took the lock `habit` times in a row becomes its owner, if the system has an asymmetric fence (see
// platform.hpp). From then on it goes in and out with plain stores, and anybody else has to take the ownership away first:
//
//   owner   inside of its desk = true        | another   take taken_
//           light fence                      |           owner_ = null
//           owner_ still its desk? in        |           heavy fence
//           else: out again                  |           inside of the last owner's desk? give up : in
//
// Either the owner sees that it is none any more or the other one sees that it is inside.
//
// Invariants
//   1. Inside is who took taken_ and then found the last owner's desk empty, or who sat down at its desk and then found that in owner_.
//      Never two.
//   2. owner_ and last_owner_ are written by who holds taken_: owner_ its own desk as it leaves, or null. A caller that holds taken_ has
//      seen the last owner's desk empty since owner_ was null, so one desk at most can be in use by right.
//   3. A desk is one caller's until that leaves: `inside` has one writer, and the late step back of a former owner, whose desk
//      nobody looks at any more, hides nobody.
//   4. Whoever shows itself in a word and does not get in tells parking(): somebody may have taken it for the holder.
//
// Cost: for the owner two plain stores; for another a compare-exchange, and the heavy fence (microseconds) if there is an owner. With
// more than `desks` callers the last ones never become owners.

#include "pariter/core/errors.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/platform.hpp"
#include "pariter/sharing/draw_lock.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>

namespace pariter::detail {

template <template <class> class Atom = std::atomic>
class basic_turn_lock {
 public:
  basic_turn_lock() = default;
  basic_turn_lock(const basic_turn_lock&) = delete;
  basic_turn_lock& operator=(const basic_turn_lock&) = delete;
  ~basic_turn_lock() = default;

  struct desk {
    Atom<bool> inside{false};
    Atom<const void*> thread{nullptr};  // that of its caller
    bool used = false;                  // under desks_mutex_
  };

  // What the lock knows of one who comes again and again. One thread at a time; leave() before its end.
  class caller {
    friend basic_turn_lock;
    desk* desk_ = nullptr;
  };

  // One turn of a caller, if it got in; by_right: the quick way.
  class [[nodiscard]] turn {
   public:
    turn(basic_turn_lock& lock, caller& c) : lock_(lock), caller_(c), inside_(lock.try_lock(c)) {}
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      if (inside_) lock_.unlock(caller_);
    }
    explicit operator bool() const noexcept { return inside_; }

   private:
    basic_turn_lock& lock_;
    caller& caller_;
    const bool inside_;
  };
  class [[nodiscard]] turn_by_right {
   public:
    turn_by_right(basic_turn_lock& lock, caller& c) : lock_(lock), caller_(c), inside_(lock.try_lock_by_right(c)) {}
    turn_by_right(const turn_by_right&) = delete;
    turn_by_right& operator=(const turn_by_right&) = delete;
    ~turn_by_right() {
      if (inside_) lock_.unlock_by_right(caller_);
    }
    explicit operator bool() const noexcept { return inside_; }

   private:
    basic_turn_lock& lock_;
    caller& caller_;
    const bool inside_;
  };

  // False: another thread is inside, or was a moment ago. Throws would_deadlock if this one is.
  bool try_lock(caller& c) {
    if (try_lock_by_right(c)) return true;
    if (is_free()) return take(c);
    if (is_mine()) [[unlikely]] refuse();
    return false;
  }

  // The quick way in, for the owner only.
  bool try_lock_by_right(caller& c) {
    desk* const own = c.desk_;
    if (own == nullptr || owner_.load(std::memory_order_relaxed) != own) return false;  // relaxed: decided below
    if (own->inside.load(std::memory_order_relaxed)) [[unlikely]] refuse();             // relaxed: this caller's own store
    mark(own->thread);
    own->inside.store(true, std::memory_order_relaxed);  // relaxed: ordered by the fences
    here::light_fence();
    if (mutant(216) || owner_.load(std::memory_order_relaxed) == own) [[likely]] return true;  // relaxed: ordered by the fences
    // (5) release: pairs with acquire (2): who reads this store must see, as by (1), what this owner did in its turns before
    own->inside.store(false, std::memory_order_release);
    return give_up();
  }

  // The way out again.
  void unlock_by_right(caller& c) noexcept {
    if (reentered_) [[unlikely]] reentered_ = false;
    // (1) release: pairs with acquire (2), publishes what the owner wrote
    c.desk_->inside.store(false, order(213, std::memory_order_release));
    waiters_.notify_all();
  }

  void unlock(caller& c) noexcept {
    if (c.desk_ != nullptr && c.desk_->inside.load(std::memory_order_relaxed)) return unlock_by_right(c);  // relaxed: this caller's own store
    reentered_ = false;
    if (turns_ == habit) favour(c);
    holder_.store(nullptr, std::memory_order_relaxed);  // relaxed: ordered by (3)
    // (3) release: pairs with acquire (4), publishes what the holder wrote
    taken_.store(false, order(223, std::memory_order_release));
    waiters_.notify_all();
  }

  // For a caller that is not inside and will not come again, also if it is the owner.
  void leave(caller& c) noexcept {
    if (c.desk_ == nullptr) return;
    const std::lock_guard hold(desks_mutex_);
    std::exchange(c.desk_, nullptr)->used = false;
  }

  // A hint.
  bool is_free() const noexcept {
    if (taken_.load(std::memory_order_relaxed)) return false;                 // relaxed: decided by try_lock()
    const desk* const owner = last_owner_.load(std::memory_order_relaxed);    // relaxed: decided by try_lock()
    return owner == nullptr || !owner->inside.load(std::memory_order_relaxed);  // relaxed: decided by try_lock()
  }

  // For the holder: whether it tried to lock again, and was refused, since it took the lock.
  bool was_reentered() const noexcept { return reentered_; }

  // Told when the lock may be free.
  basic_parking_lot<Atom>& parking() noexcept { return waiters_; }

 private:
  using here = platform<Atom>;

  bool take(caller& c) noexcept {
    bool seen = false;
    // (4) acquire: pairs with release (3) and (6), sees what the last holder wrote; relaxed on failure: nothing is read then
    if (!taken_.compare_exchange_strong(seen, true, order(222, std::memory_order_acquire), std::memory_order_relaxed)) return false;
    if (owner_.load(std::memory_order_relaxed) != nullptr) dispossess();  // relaxed: written by who held taken_
    if (desk* const owner = last_owner_.load(std::memory_order_relaxed)) {  // relaxed: as owner_
      // (2) acquire: pairs with release (1) and (5), sees what the owner wrote
      if (!mutant(218) && owner->inside.load(order(219, std::memory_order_acquire))) [[unlikely]] {
        // (6) release: pairs with acquire (4): who takes it next must see what the holder before this one wrote, which this one has seen by (4)
        taken_.store(false, std::memory_order_release);
        return give_up();
      }
      last_owner_.store(nullptr, std::memory_order_relaxed);  // relaxed: ordered by (3) for those who take taken_
    }
    if (last_ != &c) turns_ = 0;
    last_ = &c;
    if (turns_ < habit && here::has_asymmetric_fence()) ++turns_;
    holder_.store(this_thread_mark<Atom>(), std::memory_order_relaxed);  // relaxed: only this thread compares equal to it
    return true;
  }

  PARITER_COLD void favour(caller& c) noexcept {
    turns_ = 0;
    if (c.desk_ == nullptr) c.desk_ = free_desk();
    if (c.desk_ == nullptr) return;
    mark(c.desk_->thread);
    if (!mutant(225)) last_owner_.store(c.desk_, std::memory_order_relaxed);  // relaxed: ordered by (3) for those who take taken_
    owner_.store(c.desk_, std::memory_order_relaxed);       // relaxed: the same
  }

  // Writes only what changes.
  static void mark(Atom<const void*>& thread) noexcept {
    const void* const me = this_thread_mark<Atom>();
    if (thread.load(std::memory_order_relaxed) != me) thread.store(me, std::memory_order_relaxed);  // relaxed: only this thread compares equal to it
  }

  // Whether this very thread is inside, if anybody is.
  bool is_mine() const noexcept {
    const void* const me = this_thread_mark<Atom>();
    if (holder_.load(std::memory_order_relaxed) == me) return true;         // relaxed: a thread sees its own store; others never match
    const desk* const owner = last_owner_.load(std::memory_order_relaxed);  // relaxed: the same
    return owner != nullptr && owner->inside.load(std::memory_order_relaxed) && owner->thread.load(std::memory_order_relaxed) == me;  // relaxed: the same
  }

  desk* free_desk() noexcept {
    const std::lock_guard hold(desks_mutex_);
    for (desk& d : desks_) {
      if (!std::exchange(d.used, true)) return &d;
    }
    return nullptr;
  }

  PARITER_COLD void dispossess() noexcept {
    if (mutant(224)) here::heavy_fence();
    if (!mutant(221)) owner_.store(nullptr, std::memory_order_relaxed);  // relaxed: ordered by the fences
    if (!mutant(214) && !mutant(224)) here::heavy_fence();
  }

  PARITER_COLD bool give_up() noexcept {
    if (!mutant(215)) waiters_.notify_all();
    return false;
  }

  [[noreturn]] PARITER_COLD void refuse() {
    reentered_ = true;
    refuse_own_items();
  }

  static constexpr int habit = [] {
    if constexpr (requires { here::habit; }) return here::habit;
    else return 64;
  }();

  static constexpr std::size_t desks = 8;

  Atom<bool> taken_{false};
  bool reentered_ = false;  // the holder's, as the next two
  int turns_ = 0;           // of last_, in a row
  const caller* last_ = nullptr;  // compared only: it may be gone
  Atom<desk*> owner_{nullptr};
  Atom<desk*> last_owner_{nullptr};  // until its desk is seen empty, when it is no owner any more
  Atom<const void*> holder_{nullptr};
  typename here::mutex desks_mutex_;
  desk desks_[desks];
  basic_parking_lot<Atom> waiters_;
};

using turn_lock = basic_turn_lock<>;

}  // namespace pariter::detail
