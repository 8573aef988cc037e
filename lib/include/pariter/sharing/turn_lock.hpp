// SPDX-License-Identifier: Apache-2.0
#pragma once
// turn_lock: the lock in front of a source that mostly one and the same thread pulls, again and again, as the foremost of a tee.
//
// try_lock() takes it or says that another thread is inside; it never waits. Whoever wants to wait does so in parking(), which is told
// whenever the lock may be free; so one place can serve for that and for what else the caller waits for.
//
// The bias. The first thread that took the lock `habit` times in a row becomes its owner, if the system has an asymmetric fence (see
// platform.hpp). From then on it goes in and out with plain stores, and anybody else has to take the ownership away first:
//
//   owner   inside_ = true                   | another   take taken_
//           light fence                      |           owner_ = null
//           owner_ still me? in : out again  |           heavy fence
//                                            |           inside_? give up : in
//
// Either the owner sees that it is none any more or the other one sees that it is inside.
//
// Invariants
//   1. Inside is who took taken_ and then found inside_ false, or who set inside_ and then found itself in owner_. Never two.
//   2. owner_ is written by who holds taken_: its own mark as it leaves, or null. Only one thread ever becomes the owner, perhaps again
//      and again: so inside_ has one writer, and a late step back of a former owner cannot hide that another one is inside.
//   3. Whoever shows itself in a word and does not get in tells parking(): somebody may have taken it for the holder.
//
// Cost: for the owner two plain stores; for another a compare-exchange, and the heavy fence (about a microsecond) if there is an owner.

#include "pariter/core/errors.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/platform.hpp"
#include "pariter/sharing/draw_lock.hpp"

#include <atomic>

namespace pariter::detail {

template <template <class> class Atom = std::atomic>
class basic_turn_lock {
 public:
  basic_turn_lock() = default;
  basic_turn_lock(const basic_turn_lock&) = delete;
  basic_turn_lock& operator=(const basic_turn_lock&) = delete;
  ~basic_turn_lock() = default;

  // False: another thread is inside, or was a moment ago. Throws would_deadlock if this one is.
  bool try_lock() {
    const void* const me = this_thread_mark<Atom>();
    if (holder_.load(std::memory_order_relaxed) == me) [[unlikely]] refuse();  // relaxed: a thread sees its own store; others never match
    if (owner_.load(std::memory_order_relaxed) == me) {                       // relaxed: decided below
      inside_.store(true, std::memory_order_relaxed);                         // relaxed: ordered by the fences
      here::light_fence();
      if (owner_.load(std::memory_order_relaxed) == me) [[likely]] {  // relaxed: ordered by the fences
        by_right_ = true;
        holder_.store(me, std::memory_order_relaxed);  // relaxed: only this thread compares equal to it
        return true;
      }
      // (1) release: pairs with acquire (3), hands on what this thread wrote when it was inside before
      inside_.store(false, std::memory_order_release);
      return take(me) || give_up();
    }
    return is_free() && take(me);
  }

  void unlock() noexcept {
    reentered_ = false;
    if (by_right_) {
      by_right_ = false;
      holder_.store(nullptr, std::memory_order_relaxed);  // relaxed: ordered by (2)
      // (2) release: pairs with acquire (3), publishes what the owner wrote
      inside_.store(false, order(213, std::memory_order_release));
    } else {
      if (turns_ == habit) favour();
      holder_.store(nullptr, std::memory_order_relaxed);  // relaxed: ordered by (4)
      // (4) release: pairs with acquire (5), publishes what the holder wrote
      taken_.store(false, order(212, std::memory_order_release));
    }
    waiters_.notify_all();
  }

  // A hint.
  bool is_free() const noexcept {
    return !taken_.load(std::memory_order_relaxed) && !inside_.load(std::memory_order_relaxed);  // relaxed: decided by try_lock()
  }

  // For the holder: whether it tried to lock again, and was refused, since it took the lock.
  bool was_reentered() const noexcept { return reentered_; }

  // Told when the lock may be free.
  basic_parking_lot<Atom>& parking() noexcept { return waiters_; }

 private:
  using here = platform<Atom>;

  bool take(const void* me) noexcept {
    bool seen = false;
    // (5) acquire: pairs with release (4) and (6), sees what the last holder wrote; relaxed on failure: nothing is read then
    if (!taken_.compare_exchange_strong(seen, true, order(211, std::memory_order_acquire), std::memory_order_relaxed)) return false;
    if (owner_.load(std::memory_order_relaxed) != nullptr) dispossess();  // relaxed: written by who held taken_
    // (3) acquire: pairs with release (1) and (2), sees what the owner wrote
    if (inside_.load(std::memory_order_acquire)) [[unlikely]] {
      // (6) release: pairs with acquire (5), hands on what this thread saw
      taken_.store(false, std::memory_order_release);
      return give_up();
    }
    if (last_ != me) turns_ = 0;
    last_ = me;
    if (turns_ < habit && here::has_asymmetric_fence()) ++turns_;
    holder_.store(me, std::memory_order_relaxed);  // relaxed: only this thread compares equal to it
    return true;
  }

  void favour() noexcept {
    if (favourite_ == nullptr) favourite_ = last_;
    if (favourite_ == last_) owner_.store(last_, std::memory_order_relaxed);  // relaxed: ordered by (4) for those who take taken_
  }

  PARITER_COLD void dispossess() noexcept {
    owner_.store(nullptr, std::memory_order_relaxed);  // relaxed: ordered by the fences
    if (!mutant(214)) here::heavy_fence();
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
    else return 16;
  }();

  Atom<bool> inside_{false};
  Atom<bool> taken_{false};
  bool by_right_ = false;   // the holder's, as all up to favourite_
  bool reentered_ = false;
  int turns_ = 0;           // of last_, in a row
  const void* last_ = nullptr;
  const void* favourite_ = nullptr;
  Atom<const void*> owner_{nullptr};
  Atom<const void*> holder_{nullptr};
  basic_parking_lot<Atom> waiters_;
};

using turn_lock = basic_turn_lock<>;

}  // namespace pariter::detail
