// SPDX-License-Identifier: Apache-2.0
#pragma once
// platform<Atom>: what a lock-free core needs besides its atomics.
//
// The cores take their atomics as a template parameter so that the tests can run them, as shipped, under a scheduler that
// explores interleavings and memory orders. A family of atomics brings its own plain lock, its own sleeping thread and its
// own fences; this trait names them. `platform<std::atomic>` is the one that programs use.
//
// The asymmetric fence. Two threads that each store one word and then load the other's need a full fence on both sides, or
// both may miss each other. Where one side is frequent and the other rare, the rare side can pay for both:
//
//   frequent side   store; light_fence(); load      nothing but a compiler barrier
//   rare side       store; heavy_fence(); load      a system call that runs a full fence on every running thread
//
// has_asymmetric_fence() says whether the system offers it (Linux: membarrier). Where it does not, and under race
// detectors, which do not know what the system call does, both sides use a read-modify-write of one common word instead.

#include "pariter/detail/assert.hpp"
#include "pariter/detail/pins.hpp"
#include "pariter/detail/thread_signal.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if !defined(PARITER_ASYMMETRIC_FENCE)
#if defined(__SANITIZE_THREAD__)
#define PARITER_ASYMMETRIC_FENCE 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PARITER_ASYMMETRIC_FENCE 0
#endif
#endif
#endif
#if !defined(PARITER_ASYMMETRIC_FENCE)
#if defined(__linux__) && defined(SYS_membarrier)
#define PARITER_ASYMMETRIC_FENCE 1
#else
#define PARITER_ASYMMETRIC_FENCE 0
#endif
#endif

namespace pariter::detail {

template <template <class> class Atom>
struct platform;

template <>
struct platform<std::atomic> {
  using mutex = std::mutex;
  using signal = thread_signal;

  // A word that is not atomic. Models watch it for data races.
  template <class T>
  using plain = T;

  static bool has_asymmetric_fence() noexcept {
#if PARITER_ASYMMETRIC_FENCE
    static const bool registered = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    return registered;
#else
    return false;
#endif
  }

  static void light_fence() noexcept {
#if PARITER_ASYMMETRIC_FENCE
    std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
  }

  // Requires has_asymmetric_fence().
  static void heavy_fence() noexcept {
#if PARITER_ASYMMETRIC_FENCE
    const bool fenced = ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
    PARITER_ASSERT(fenced, "the system refuses membarrier, which it allowed before: put filters of system calls (seccomp) in place before the "
                           "first container is made, or let them allow it");
#endif
  }

  // A free slot of this thread, and whether any slot of the program holds the address; see pins.hpp.
  static pin_slot<std::atomic>& take_pin() { return thread_pins::take(); }
  static bool is_pinned(const void* address) noexcept { return thread_pins::all().is_pinned(address); }

  // Inside a short wait: tells the core that this is one.
  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");
#endif
  }

  // Lets another thread have this core, if one wants it.
  static void yield() noexcept { std::this_thread::yield(); }

  // For what another thread is done with after a few instructions, unless it was stopped between them: for how long to look again before
  // it is called a mistake. Waits a little at each call.
  class patience {
   public:
    bool left() noexcept {
      if (looks_ < 1'000) ++looks_, yield();
      else std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return std::chrono::steady_clock::now() < end_;
    }

   private:
    const std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    int looks_ = 0;
  };

  // How long a wait is worth spinning for: a sleep and a wake-up cost tens of microseconds per hop. Hardly any pauses: whoever
  // looks again at once takes the line from its writer and finds one item, whoever has offered its core first finds many
  // (measured on two cores, batches to one reader: 1.05 ns per item against 1.75 with 63 pauses before the first offer).
  static constexpr int most_pauses = 2;
  static constexpr int yields = 40;

  // No longer than about a sleep and a wake-up take, by this clock (measured on two cores, two writers and five readers that work
  // on each item for 30 to 300 us: a tenth to a quarter of the context switches of no limit, a quarter less time in the system).
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::microseconds longest_spin{50};
};

}  // namespace pariter::detail
