// SPDX-License-Identifier: Apache-2.0
#pragma once
// thread_signal: one thread sleeps until one other raises it, once.
//
// wait() and wait_until() are called by the sleeper, raise() by anyone else, at most once. The sleeper may destroy the
// signal as soon as a wait has returned true, even if raise() has not returned yet.
//
// On Linux it is a futex: raise() costs a system call only if the thread does sleep, and after the word is set touches no
// memory of the signal any more (the wake-up names its address only). Elsewhere it is a mutex and a condition variable.
// PARITER_FUTEX=0 chooses the latter by hand.

#include <chrono>

#if !defined(PARITER_FUTEX)
#if defined(__linux__)
#define PARITER_FUTEX 1
#else
#define PARITER_FUTEX 0
#endif
#endif

#if PARITER_FUTEX
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <limits>

#include <linux/futex.h>
#include <linux/posix_types.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <condition_variable>
#include <mutex>
#endif

namespace pariter::detail {

#if PARITER_FUTEX

class thread_signal {
 public:
  thread_signal() = default;
  thread_signal(const thread_signal&) = delete;
  thread_signal& operator=(const thread_signal&) = delete;

  void raise() noexcept {
    // (1) release: pairs with acquire (2) and (3), publishes what was done before the wake-up
    if (word_.exchange(raised, std::memory_order_release) == asleep) futex(FUTEX_WAKE_PRIVATE, 1, nullptr);
  }

  void wait() noexcept { (void)sleep(nullptr); }

  // True: raised. False: the deadline passed first; the signal may still be raised later.
  bool wait_until(std::chrono::steady_clock::time_point deadline) noexcept {
    const auto since = deadline.time_since_epoch();
    if (since < since.zero()) return word_.load(std::memory_order_acquire) == raised;  // (3) acquire: pairs with release (1)
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    const moment at{seconds.count(), std::chrono::nanoseconds(since - seconds).count()};
    return sleep(&at);
  }

 private:
  static constexpr std::uint32_t quiet = 0;
  static constexpr std::uint32_t asleep = 1;
  static constexpr std::uint32_t raised = 2;

  // As the system takes it, which is not always as the C library does: a 32-bit system has two calls, and two kinds of `timespec`.
  struct moment {
    std::int64_t seconds;
    std::int64_t nanoseconds;
  };

  bool sleep(const moment* deadline) noexcept {
    std::uint32_t seen = quiet;
    // (2) acquire: pairs with release (1)
    if (!word_.compare_exchange_strong(seen, asleep, std::memory_order_acquire) && seen == raised) return true;
    while (word_.load(std::memory_order_acquire) != raised) {  // (2)
      if (futex(FUTEX_WAIT_BITSET_PRIVATE, asleep, deadline) != 0 && errno == ETIMEDOUT)
        return word_.load(std::memory_order_acquire) == raised;  // (2)
    }
    return true;
  }

  long futex(int operation, std::uint32_t value, const moment* deadline) noexcept {
#if defined(SYS_futex_time64)
    const long result = call(SYS_futex_time64, operation, value, deadline);
#if defined(SYS_futex)
    if (result == -1 && errno == ENOSYS) return futex_of_old(operation, value, deadline);
#endif
    return result;
#else
    return futex_of_old(operation, value, deadline);
#endif
  }
#if defined(SYS_futex)
  // On 64-bit systems the only one.
  long futex_of_old(int operation, std::uint32_t value, const moment* deadline) noexcept {
    struct {
      __kernel_long_t seconds;
      __kernel_long_t nanoseconds;
    } at{};
    if (deadline == nullptr) return call(SYS_futex, operation, value, nullptr);
    constexpr std::int64_t last = std::numeric_limits<__kernel_long_t>::max();
    at.seconds = static_cast<__kernel_long_t>(deadline->seconds < last ? deadline->seconds : last);
    at.nanoseconds = static_cast<__kernel_long_t>(deadline->nanoseconds);
    return call(SYS_futex, operation, value, &at);
  }
#endif
  long call(long number, int operation, std::uint32_t value, const void* deadline) noexcept {
    return ::syscall(number, &word_, operation, value, deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
  }

  static_assert(sizeof(std::atomic<std::uint32_t>) == 4);
  std::atomic<std::uint32_t> word_{quiet};
};

#else

class thread_signal {
 public:
  void raise() noexcept {
    const std::lock_guard lock(mutex_);
    raised_ = true;
    changed_.notify_one();  // under the lock: the sleeper may destroy the signal as soon as it can take it
  }
  void wait() noexcept {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return raised_; });
  }
  bool wait_until(std::chrono::steady_clock::time_point deadline) noexcept {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return raised_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

#endif

}  // namespace pariter::detail
