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
// shared_writer_lock is one word: a compare-exchange to enter, a plain release store to leave, and a parking lot for those
// that find it taken (the check for them on leaving is the asymmetric fence, no read-modify-write).
//
// sole_writer_lock costs its writer no read-modify-write at all where the asymmetric fence exists: the writer raises a flag
// and looks whether a visitor is there; the visitor announces itself, runs the heavy fence, and waits for the flag to fall.

#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/platform.hpp"

#include <atomic>
#include <cstdint>

namespace pariter::detail {

template <template <class> class Atom = std::atomic>
class shared_writer_lock {
 public:
  explicit shared_writer_lock(fences f = fences::automatic) noexcept : waiters_(f) {}

  bool try_lock() noexcept {
    std::uint32_t seen = 0;
    // (1) acquire: pairs with release (2), sees what the last holder wrote
    return taken_.load(std::memory_order_relaxed) == 0 &&  // relaxed: a hint, decided by the exchange
           taken_.compare_exchange_strong(seen, 1, order(20, std::memory_order_acquire), std::memory_order_relaxed);
  }
  void lock() noexcept {
    while (!try_lock()) {
      waiters_.wait([this] { return taken_.load(std::memory_order_relaxed) == 0; });  // relaxed: a hint, decided by (1)
    }
  }
  void unlock() noexcept {
    taken_.store(0, order(21, std::memory_order_release));  // (2) release: pairs with acquire (1)
    waiters_.notify_one();
  }

  void lock_as_visitor() noexcept { lock(); }
  void unlock_as_visitor() noexcept { unlock(); }

 private:
  alignas(cache_line) Atom<std::uint32_t> taken_{0};
  basic_parking_lot<Atom> waiters_;
};

template <template <class> class Atom = std::atomic>
class sole_writer_lock {
  using here = platform<Atom>;

 public:
  explicit sole_writer_lock(fences f = fences::automatic) noexcept
      : asymmetric_(f == fences::automatic && here::has_asymmetric_fence()), visitors_(f), waiters_(f) {}

  void lock() noexcept {
    for (;;) {
      if (asymmetric_) {
        inside_.store(1, std::memory_order_relaxed);  // relaxed: ordered before (4) by the fence
        if (!mutant(22)) here::light_fence();
      } else {
        // (3) seq_cst: pairs with seq_cst (6): one of the two comes second and sees the other's word
        inside_.exchange(1, std::memory_order_seq_cst);
      }
      // (4) seq_cst: pairs with release (8), sees what the last visitor wrote; in the total order with (3), (6), (7)
      if (visited_.load(std::memory_order_seq_cst) == 0) return;
      inside_.store(0, std::memory_order_release);  // (5) release: pairs with (7)
      waiters_.notify_all();
      waiters_.wait([this] { return visited_.load(std::memory_order_relaxed) == 0; });  // relaxed: a hint, decided by (4)
    }
  }
  void unlock() noexcept {
    inside_.store(0, order(23, std::memory_order_release));  // (5) release: pairs with (7)
    waiters_.notify_all();
  }

  void lock_as_visitor() noexcept {
    visitors_.lock();
    visited_.exchange(1, std::memory_order_seq_cst);  // (6) seq_cst: pairs with (3), (4)
    if (asymmetric_ && !mutant(24)) here::heavy_fence();
    // (7) seq_cst: pairs with release (5), sees what the writer wrote; in the total order with (3), (4), (6)
    waiters_.wait([this] { return inside_.load(std::memory_order_seq_cst) == 0; });
  }
  void unlock_as_visitor() noexcept {
    visited_.store(0, std::memory_order_release);  // (8) release: pairs with (4)
    waiters_.notify_all();
    visitors_.unlock();
  }

 private:
  // Line of the writer.
  alignas(cache_line) Atom<std::uint32_t> inside_{0};
  // Line of the visitors.
  alignas(cache_line) Atom<std::uint32_t> visited_{0};
  const bool asymmetric_;
  shared_writer_lock<Atom> visitors_;
  basic_parking_lot<Atom> waiters_;
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
