// SPDX-License-Identifier: Apache-2.0
#pragma once
// Locks around the writing side of a container.
//
//   shared_writer_lock   any thread may write
//   sole_writer_lock     one thread at a time writes (who it is may change with a happens-before); others only visit
//
// Both have the same face. Writing enters by `lock()`; what any thread may do to a container besides writing (register an
// iterator, close, clear) enters by `lock_as_visitor()`.
//
// Each is one word, which stands best in the line of what it guards, and a part `apart`, which stands best in a line that is
// seldom written: where those wait who find the lock taken, and the visitors' word.
//
// shared_writer_lock: a compare-exchange to enter; a release store and a look at the waiters (asymmetric fence, no
// read-modify-write) to leave.
//
// sole_writer_lock costs its writer no read-modify-write at all where the asymmetric fence exists: the writer raises a flag
// and looks whether a visitor is there; the visitor announces itself, runs the heavy fence, and waits for the flag to fall.

#include "pariter/detail/cold.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/platform.hpp"

#include <atomic>
#include <cstdint>

namespace pariter::detail {

template <template <class> class Atom = std::atomic>
class shared_writer_lock {
 public:
  struct apart {
    explicit apart(fences f) noexcept : waiters(f) {}
    basic_parking_lot<Atom> waiters;
  };

  shared_writer_lock(apart& a, fences) noexcept : apart_(a) {}

  void lock() noexcept {
    if (!try_lock()) [[unlikely]] lock_slowly();
  }
  void unlock() noexcept {
    taken_.store(0, order(21, std::memory_order_release));  // (2) release: pairs with acquire (1)
    apart_.waiters.notify_one();
  }

  void lock_as_visitor() noexcept { lock(); }
  void unlock_as_visitor() noexcept { unlock(); }

 private:
  bool try_lock() noexcept {
    std::uint32_t seen = 0;
    // (1) acquire: pairs with release (2), sees what the last holder wrote; relaxed on failure: nothing is read then
    return taken_.compare_exchange_strong(seen, 1, order(20, std::memory_order_acquire), std::memory_order_relaxed);
  }
  PARITER_COLD void lock_slowly() noexcept {
    do apart_.waiters.wait([this] { return taken_.load(std::memory_order_relaxed) == 0; });  // relaxed: a hint, decided by (1)
    while (!try_lock());
  }

  Atom<std::uint32_t> taken_{0};
  apart& apart_;
};

template <template <class> class Atom = std::atomic>
class sole_writer_lock {
  using here = platform<Atom>;

 public:
  struct apart {
    explicit apart(fences f) noexcept : waiters(f), visitors_apart(f), visitors(visitors_apart, f) {}
    Atom<std::uint32_t> visited{0};
    basic_parking_lot<Atom> waiters;  // the writer, and the visitor that is next
    typename shared_writer_lock<Atom>::apart visitors_apart;
    shared_writer_lock<Atom> visitors;  // one at a time
  };

  sole_writer_lock(apart& a, fences f) noexcept : asymmetric_(f == fences::automatic && here::has_asymmetric_fence()), apart_(a) {}

  void lock() noexcept {
    enter();
    // (4) seq_cst: pairs with release (8), sees what the last visitor wrote; in the total order with (3), (6), (7)
    if (apart_.visited.load(std::memory_order_seq_cst) != 0) [[unlikely]] lock_slowly();
  }
  void unlock() noexcept {
    leave();
    // (10) seq_cst: pairs with seq_cst (6): if this misses the visitor, the visitor sees (5) or (9)
    if (apart_.visited.load(order(26, std::memory_order_seq_cst)) != 0) [[unlikely]] apart_.waiters.notify_all();
  }

  void lock_as_visitor() noexcept {
    apart_.visitors.lock();
    apart_.visited.exchange(1, order(24, std::memory_order_seq_cst));  // (6) seq_cst: pairs with seq_cst (3) and (10)
    if (asymmetric_ && !mutant(24)) here::heavy_fence();
    apart_.waiters.wait([this] {
      return inside_.load(std::memory_order_seq_cst) == 0;  // (7) seq_cst: pairs with (5) and (9), sees what the writer wrote
    });
  }
  void unlock_as_visitor() noexcept {
    apart_.visited.store(0, order(25, std::memory_order_release));  // (8) release: pairs with acquire (4)
    apart_.waiters.notify_all();
    apart_.visitors.unlock();
  }

 private:
  void enter() noexcept {
    if (asymmetric_) [[likely]] {
      inside_.store(1, std::memory_order_relaxed);  // relaxed: ordered before (4) by the fence
      here::light_fence();
    } else {
      inside_.exchange(1, std::memory_order_seq_cst);  // (3) seq_cst: pairs with seq_cst (6): one of the two comes second
    }
  }
  void leave() noexcept {
    if (asymmetric_) [[likely]] {
      inside_.store(0, order(23, std::memory_order_release));  // (5) release: pairs with acquire (7)
      here::light_fence();
    } else {
      inside_.exchange(0, std::memory_order_seq_cst);  // (9) seq_cst: pairs with seq_cst (7)
    }
  }
  PARITER_COLD void lock_slowly() noexcept {
    do {
      leave();
      apart_.waiters.notify_all();
      apart_.waiters.wait([this] { return apart_.visited.load(std::memory_order_relaxed) == 0; });  // relaxed: a hint, decided by (4)
      enter();
    } while (apart_.visited.load(std::memory_order_seq_cst) != 0);  // (4)
  }

  Atom<std::uint32_t> inside_{0};
  const bool asymmetric_;
  apart& apart_;
};

// Scoped holders.
template <class Lock>
class [[nodiscard]] writer_guard {
 public:
  explicit writer_guard(Lock& lock) noexcept : lock_(lock) { lock_.lock(); }
  writer_guard(const writer_guard&) = delete;
  writer_guard& operator=(const writer_guard&) = delete;
  ~writer_guard() { lock_.unlock(); }

 private:
  Lock& lock_;
};

template <class Lock>
class [[nodiscard]] visitor_guard {
 public:
  explicit visitor_guard(Lock& lock) noexcept : lock_(lock) { lock_.lock_as_visitor(); }
  visitor_guard(const visitor_guard&) = delete;
  visitor_guard& operator=(const visitor_guard&) = delete;
  ~visitor_guard() { lock_.unlock_as_visitor(); }

 private:
  Lock& lock_;
};

}  // namespace pariter::detail
