// SPDX-License-Identifier: Apache-2.0
#pragma once
// draw_lock: the lock in front of a source that only one thread may pull at a time. Spins briefly, then parks.
//
// The holder runs the source's own `next()`, which is user code. If that code draws from the share it feeds, an ordinary lock
// would wait for itself for ever; this one knows its holder and throws would_deadlock.
//
// Nor does a worker, a thread that must not block (worker_mark.hpp), wait for a holder whose pull may wait for others: they may be
// waiting for that worker. It waits for one that only computes: the source never waits (`may_wait`), or the holder is a worker itself.
//
//   nobody ──> brief      taken by who does not wait for others while it holds the lock
//      └─────> patient    taken by who may. Workers throw would_deadlock; those that slept wake up and do so, too
//
// Cost: a compare-exchange to enter; a release store and two looks at waiters to leave. A waiter spins for about
// three microseconds, which is what a pull of 1,024 cheap items takes, and then sleeps.

#include "pariter/core/errors.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/platform.hpp"
#include "pariter/detail/worker_mark.hpp"

#include <atomic>
#include <cstdint>

namespace pariter::detail {

PARITER_COLD inline std::uintptr_t new_thread_mark() noexcept {
  static std::atomic<std::uintptr_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;  // relaxed: a number of its own, publishes nothing
}

// What no other thread has or ever had, and is not null; to be compared only. (The address of a thread's own variable would be a later
// thread's, too.)
template <template <class> class Atom = std::atomic>
const void* this_thread_mark() noexcept {
  if constexpr (requires { platform<Atom>::thread_mark(); }) {
    return platform<Atom>::thread_mark();
  } else {
    static thread_local std::uintptr_t mark = 0;
    if (mark == 0) [[unlikely]] mark = new_thread_mark();
    return reinterpret_cast<const void*>(mark);
  }
}

[[noreturn]] PARITER_COLD inline void refuse_own_items() {
  throw would_deadlock("would_deadlock: a source asked for an item of the share() or tee() that is pulling it; a source may not consume its own items");
}

// Whether next() of I may wait for what others do.
template <class I>
concept may_wait = requires(I& it) { it.try_next(); };

template <template <class> class Atom = std::atomic>
class basic_draw_lock {
 public:
  basic_draw_lock() = default;
  basic_draw_lock(const basic_draw_lock&) = delete;
  basic_draw_lock& operator=(const basic_draw_lock&) = delete;
  ~basic_draw_lock() = default;

  // For a pull that does not wait for others. Throws would_deadlock if this thread holds it; on a worker, also if the holder may wait.
  void lock() { take(brief); }

  // For one that may, except on a worker. Throws the same.
  void lock_to_wait() {
    const taken how = on_io_worker() ? brief : patient;
    take(how);
    if (how == patient) workers_.notify_all();  // so that they throw
  }

  // As lock(). False also if this thread holds it.
  bool try_lock() noexcept {
    if (held_by_this_thread() || !try_take(brief)) return false;
    holder_.store(this_thread_mark<Atom>(), std::memory_order_relaxed);  // relaxed: see take()
    return true;
  }

  void unlock() noexcept {
    reentered_ = false;
    holder_.store(nullptr, std::memory_order_relaxed);  // relaxed: ordered by (2)
    // (2) release: pairs with acquire (1), publishes what the holder wrote
    taken_.store(nobody, order(212, std::memory_order_release));
    waiters_.notify_one();
    workers_.notify_one();
  }

  // For the holder: whether lock() was called, and refused, since it took the lock.
  bool was_reentered() const noexcept { return reentered_; }

  // True only for the holder itself.
  bool held_by_this_thread() const noexcept {
    return holder_.load(std::memory_order_relaxed) == this_thread_mark<Atom>();  // relaxed: a thread sees its own store; others never match
  }

 private:
  using here = platform<Atom>;

  enum taken : std::uint32_t { nobody, brief, patient };

  void take(taken how) {
    if (held_by_this_thread()) [[unlikely]] refuse();
    if (!try_take(how)) [[unlikely]] {
      if (on_io_worker()) take_as_worker(how);
      else take_slowly(how);
    }
    holder_.store(this_thread_mark<Atom>(), std::memory_order_relaxed);  // relaxed: only this thread compares equal to it
  }

  bool try_take(taken how) noexcept {
    std::uint32_t seen = nobody;
    // (1) acquire: pairs with release (2), sees what the last holder wrote; relaxed on failure: nothing is read then
    return taken_.compare_exchange_strong(seen, how, order(211, std::memory_order_acquire), std::memory_order_relaxed);
  }

  bool spin(taken how) noexcept {
    for (int i = 0; i < most_pauses; ++i) {
      here::pause();
      if (taken_.load(std::memory_order_relaxed) == nobody && try_take(how)) return true;  // relaxed: a hint, decided by (1)
    }
    return false;
  }

  PARITER_COLD void take_slowly(taken how) noexcept {
    if (spin(how)) return;
    do waiters_.wait([this] { return taken_.load(std::memory_order_relaxed) == nobody; });  // relaxed: a hint, decided by (1)
    while (!try_take(how));
  }

  // Does not wait for a patient holder, found here or come in meanwhile.
  PARITER_COLD void take_as_worker(taken how) {
    if (spin(how)) return;
    do {
      workers_.wait([this] { return taken_.load(std::memory_order_relaxed) != brief; });  // relaxed: a hint, decided by (1) or stays so
      if (taken_.load(std::memory_order_relaxed) == patient) throw would_deadlock();      // relaxed: publishes nothing
    } while (!try_take(how));
  }

  [[noreturn]] PARITER_COLD void refuse() {
    reentered_ = true;
    refuse_own_items();
  }

  static constexpr int most_pauses = 120;  // about three microseconds; five where a pause takes 140 cycles

  Atom<std::uint32_t> taken_{nobody};
  bool reentered_ = false;  // the holder's
  Atom<const void*> holder_{nullptr};
  basic_parking_lot<Atom> waiters_;  // but for workers
  basic_parking_lot<Atom> workers_;
};

using draw_lock = basic_draw_lock<>;

}  // namespace pariter::detail
