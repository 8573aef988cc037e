// SPDX-License-Identifier: Apache-2.0
#pragma once
// draw_lock: the lock in front of a source that only one thread may pull at a time. Spins briefly, then parks.
//
// The holder runs the source's own `next()`, which is user code. If that code draws from the share it feeds, an ordinary lock
// would wait for itself for ever; this one knows its holder and throws would_deadlock.
//
// Cost: uncontended that of the mutex. A waiter spins for about a microsecond, which covers one pull of a fast source, and
// then sleeps in the mutex.

#include "pariter/core/errors.hpp"
#include "pariter/detail/platform.hpp"

#include <atomic>

namespace pariter::detail {

// An address that no other living thread has.
inline const void* this_thread_mark() noexcept {
  static thread_local char mark = 0;
  return &mark;
}

template <template <class> class Atom = std::atomic>
class basic_draw_lock {
  using here = platform<Atom>;

 public:
  basic_draw_lock() = default;
  basic_draw_lock(const basic_draw_lock&) = delete;
  basic_draw_lock& operator=(const basic_draw_lock&) = delete;
  ~basic_draw_lock() = default;

  // Throws would_deadlock if this thread holds it.
  void lock() {
    if (held_by_this_thread()) {
      reentered_ = true;
      throw would_deadlock("would_deadlock: a source drew from the share that is pulling it; a source may not consume its own items");
    }
    for (int spins = 0; !mutex_.try_lock(); ++spins) {
      if (spins == most_spins) {
        mutex_.lock();
        break;
      }
      for (int i = 0; i < pauses_per_try; ++i) here::pause();
    }
    holder_.store(this_thread_mark(), std::memory_order_relaxed);  // relaxed: only this thread compares equal to it
  }

  // False also if this thread holds it.
  bool try_lock() noexcept {
    if (held_by_this_thread() || !mutex_.try_lock()) return false;
    holder_.store(this_thread_mark(), std::memory_order_relaxed);  // relaxed: see lock()
    return true;
  }

  void unlock() noexcept {
    reentered_ = false;
    holder_.store(nullptr, std::memory_order_relaxed);  // relaxed: under mutex_
    mutex_.unlock();
  }

  // For the holder: whether lock() was called, and refused, since it took the lock.
  bool was_reentered() const noexcept { return reentered_; }

  // True only for the holder itself.
  bool held_by_this_thread() const noexcept {
    return holder_.load(std::memory_order_relaxed) == this_thread_mark();  // relaxed: a thread sees its own store; others never match
  }

 private:
  static constexpr int most_spins = 24;
  static constexpr int pauses_per_try = 4;

  typename here::mutex mutex_;
  Atom<const void*> holder_{nullptr};
  bool reentered_ = false;  // the holder's
};

using draw_lock = basic_draw_lock<>;

}  // namespace pariter::detail
