// SPDX-License-Identifier: Apache-2.0
#pragma once
// parking_lot: where threads and asynchronous operations wait until something of a container is ready.
//
// One mechanism for everything that waits in this library. Whoever makes something ready stores it (release) and then calls
// notify_all(), which is next to free while nobody waits. Whoever waits gives a predicate `ready` that only loads.
//
//   notifier   store what is ready            | waiter   count itself, join the list
//              light fence                    |          heavy fence
//              load the count: 0? done        |          ready()? leave again : sleep
//
// Either the notifier sees the count or the waiter sees what is ready: no wake-up is lost (platform.hpp explains the
// fences). A wake-up hands nothing over: the woken looks again, so a cancelled wait cannot lose anything.
//
// Threads: every function may be called by any thread at any time. `ready` runs on the waiting thread, without a lock.
// Invariants:
//   1. waiters_ is the number of waiters in the list; the list and its links change under mutex_ only.
//   2. A waiter is in the list from park() until exactly one of: a notification takes it out (and then calls wake), or
//      cancel() takes it out (and wake is never called).
//   3. wake is called without a lock, and the notifier touches neither waiter nor lot after it.
// Lifetime: a waiter stays where it is, and alive, until park() has returned and, if that was true, its wake was called or
// cancel() returned true. Mind the first: wake may be called while park() still runs, on another thread, and park() looks at
// its waiter after that. A wake that hands the waiter's owner to another thread must see to it that the owner does not end
// the waiter before park() returned. (wait() and wait_until() do.) The lot outlives every call of its functions, but a
// notification touches nothing of it once it has called the last wake.
// Cost: notify_all() with nobody waiting: one load of a line that is rarely written (without the asymmetric fence: one
// read-modify-write). park(): a lock and a system call of about half a microsecond.

#include "pariter/detail/cold.hpp"
#include "pariter/detail/deadline.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/platform.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace pariter::detail {

// How notifier and waiter see each other. `automatic` is right for every program; the other is for tests.
enum class fences { automatic, symmetric };

template <template <class> class Atom = std::atomic>
class basic_parking_lot {
  using here = platform<Atom>;

 public:
  struct waiter {
    void (*wake)(waiter&) noexcept = nullptr;

   private:
    friend basic_parking_lot;
    waiter* before_ = nullptr;  // under mutex_, as the next two
    waiter* after_ = nullptr;
    bool parked_ = false;
  };

  explicit basic_parking_lot(fences f = fences::automatic) noexcept
      : asymmetric_(f == fences::automatic && here::has_asymmetric_fence()) {}
  basic_parking_lot(const basic_parking_lot&) = delete;
  basic_parking_lot& operator=(const basic_parking_lot&) = delete;

  // Wakes all that wait. Call it after the store (release or stronger) that made something ready.
  void notify_all() noexcept {
    if (has_waiters()) [[unlikely]] wake_all();
  }

  // Wakes all that wait if `ready()` holds; asks only if somebody waits. Several notifiers that each store a part of what
  // `ready` looks at may call it at once: the last of them sees all parts.
  template <class Ready>
  void notify_all_if(Ready ready) noexcept {
    if (!has_waiters()) [[likely]] return;
    // (1) acq_rel: pairs with itself in other notifiers; whoever comes second sees what the first has stored. Its value is asked
    // for, since a compiler (clang, for x86) leaves out a read-modify-write that changes nothing and whose value nobody wants.
    if (waiters_.fetch_add(0, std::memory_order_acq_rel) != 0 && ready()) wake_all();
  }

  // Wakes the one that waits longest.
  void notify_one() noexcept {
    if (has_waiters()) [[unlikely]] wake_some(1);
  }

  // Blocks this thread until `ready()`; a short spin first.
  template <class Ready>
  PARITER_COLD void wait(Ready ready) noexcept {
    if (spin(ready)) return;
    do {
      sleeper s;
      if (!park(s, ready)) return;
      s.signal.wait();
    } while (!ready());
  }

  // The same up to a deadline, by any clock and in any unit; false if it passed and `ready()` still does not hold. A clock that may be
  // set is looked at once a second.
  template <class Ready, class Clock, class D>
  bool wait_until(Ready ready, std::chrono::time_point<Clock, D> deadline) {
    constexpr std::chrono::seconds longest = Clock::is_steady ? std::chrono::hours(1) : std::chrono::seconds(1);
    const auto last = on_its_clock(deadline);
    if (last > Clock::now() && spin(ready)) return true;
    while (!ready()) {
      const auto now = Clock::now();
      if (last <= now) return false;
      const std::chrono::nanoseconds slice = time_left(last, now, longest);
      sleeper s;
      if (!park(s, ready)) return true;
      if (!s.signal.wait_until(std::chrono::steady_clock::now() + slice) && !cancel(s)) s.signal.wait();  // wake is on its way
    }
    return true;
  }

  // True: `w` waits, and w.wake(w) will be called once, from any thread, unless cancel(w) comes first.
  // False: `ready()` holds already, and `w` does not wait.
  template <class Ready>
  bool park(waiter& w, Ready ready) noexcept {
    enlist(w);
    if (asymmetric_ && !mutant(2)) here::heavy_fence();
    if (!ready()) return true;
    return !cancel(w);  // taken out by a notification meanwhile: its wake counts
  }

  // True: `w` waits no more and wake will not be called. False: wake was called or is being called.
  bool cancel(waiter& w) noexcept {
    const std::lock_guard lock(mutex_);
    if (!w.parked_) return false;
    if (!mutant(5)) unlink(w);
    return true;
  }

  // Spins for a while as wait() does before it sleeps; true if `ready()` came to hold. Where other threads take the cores that
  // it offers, it gives up early: who offers again and again takes turns with those that have something to do.
  template <class Ready>
  static bool spin(Ready ready) noexcept {
    for (int pauses = 1; pauses <= here::most_pauses; pauses *= 2) {  // ever rarer looks: each takes the line from its writer
      if (ready()) return true;
      for (int i = 0; i < pauses; ++i) here::pause();
    }
    if constexpr (here::yields != 0) {
      const auto begin = here::clock::now();
      for (int i = 0; i < here::yields; ++i) {
        if (ready()) return true;
        here::yield();
        if (here::clock::now() - begin > here::longest_spin) return ready();  // others want this core
      }
    }
    return false;
  }

 private:
  struct sleeper : waiter {
    sleeper() noexcept { this->wake = [](waiter& w) noexcept { static_cast<sleeper&>(w).signal.raise(); }; }
    typename here::signal signal;
  };

  bool has_waiters() noexcept {
    if (asymmetric_) [[likely]] {
      here::light_fence();
      // (2) acquire: pairs with release (4), for what a waiter wrote before it parked; that the count itself is not
      // missed is the work of the two fences
      return waiters_.load(std::memory_order_acquire) != 0;
    }
    // (3) acq_rel: pairs with acq_rel (4): of the two read-modify-writes one comes second and sees what came before the first
    return waiters_.fetch_add(0, order(3, std::memory_order_acq_rel)) != 0;
  }

  void enlist(waiter& w) noexcept {
    const std::lock_guard lock(mutex_);
    w.parked_ = true;
    w.after_ = nullptr;
    w.before_ = last_;
    (last_ != nullptr ? last_->after_ : first_) = &w;
    last_ = &w;
    // (4) acq_rel: pairs with (3) and acquire (2)
    waiters_.fetch_add(1, order(4, std::memory_order_acq_rel));
  }

  void unlink(waiter& w) noexcept {
    (w.before_ != nullptr ? w.before_->after_ : first_) = w.after_;
    (w.after_ != nullptr ? w.after_->before_ : last_) = w.before_;
    w.parked_ = false;
    waiters_.fetch_sub(1, std::memory_order_relaxed);  // relaxed: a count that is too high only costs a look under mutex_
  }

  void wake_all() noexcept { wake_some(UINT32_MAX); }

  PARITER_COLD void wake_some(std::uint32_t most) noexcept {
    waiter* taken = nullptr;
    {
      const std::lock_guard lock(mutex_);
      waiter** end = &taken;
      for (; most != 0 && first_ != nullptr; --most) {
        waiter* w = first_;
        unlink(*w);
        w->after_ = nullptr;
        *end = w;
        end = &w->after_;
      }
    }
    while (taken != nullptr) {
      waiter* w = taken;
      taken = w->after_;
      w->wake(*w);  // from here on *w may be gone, and with the last one the lot too
    }
  }

  // Read by notifiers, written by waiters only: keep it away from what is written often.
  Atom<std::uint32_t> waiters_{0};
  const bool asymmetric_;
  typename here::mutex mutex_;
  waiter* first_ = nullptr;  // under mutex_
  waiter* last_ = nullptr;   // under mutex_
};

using parking_lot = basic_parking_lot<>;

}  // namespace pariter::detail
