// SPDX-License-Identifier: Apache-2.0
#pragma once
// The canary: reports two threads inside one owned iterator.
//
// An iterator has one owner. Types prevent most sharing (move-only, deleted lvalue overloads); what types cannot see, the
// canary sees: every step of an owned iterator stands inside a `canary_guard`, and a second thread that enters while the
// first is inside gets a report on stderr and an abort.
//
// On in debug builds (no NDEBUG) and under ThreadSanitizer, where a write of a plain word makes the detector report the
// race even if the two steps only nearly met. In release both types are empty and every function is a no-op: declare the
// member `[[no_unique_address]] detail::canary canary_;` and it costs neither space nor time.
//
// A step that calls itself, through the user code that it runs, is reported too, unless the guard is told that it may
// (`canary_reentry::allowed`). While the compiler evaluates constants nothing is checked: there are no threads.
//
// PARITER_CANARY=0/1 decides by hand. It must have one value in the whole program.

#if !defined(PARITER_CANARY)
#if defined(__SANITIZE_THREAD__)
#define PARITER_CANARY 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PARITER_CANARY 1
#endif
#endif
#if !defined(PARITER_CANARY)
#if defined(NDEBUG)
#define PARITER_CANARY 0
#else
#define PARITER_CANARY 1
#endif
#endif
#endif

#if PARITER_CANARY
#include "pariter/detail/assert.hpp"

#include <atomic>
#include <type_traits>
#endif

namespace pariter::detail {

enum class canary_reentry { reported, allowed };

#if PARITER_CANARY

// A place of the calling thread's own. Not inlined, so that no coroutine keeps it across a suspension.
[[gnu::noinline]] inline const void* mark_of_this_thread() noexcept {
  static thread_local const char mark = 0;
  const void* place = &mark;
  asm volatile("" : "+r"(place));
  return place;
}

class canary {
 public:
  constexpr canary() = default;
  // A moved or copied iterator is a new place with nobody inside; being inside the source while it moves is the bug.
  constexpr canary(const canary& other) noexcept { other.require_nobody(); }
  constexpr canary(canary&& other) noexcept { other.require_nobody(); }
  constexpr canary& operator=(const canary& other) noexcept {
    require_nobody();
    other.require_nobody();
    return *this;
  }
  constexpr canary& operator=(canary&& other) noexcept { return *this = static_cast<const canary&>(other); }
  ~canary() = default;

 private:
  friend class canary_guard;

  // Who was inside before: nobody, or this thread.
  const void* enter(canary_reentry reentry) noexcept {
    const void* const self = mark_of_this_thread();
    // relaxed: the word orders nothing; an order would hide the very race from the detector
    const void* const before = inside_.exchange(self, std::memory_order_relaxed);
    PARITER_ASSERT(before == nullptr || (reentry == canary_reentry::allowed && before == self),
                   "two threads are inside one iterator (or a step re-entered itself): give each thread its own iter(x), or say share, tee or split");
    ++steps_;
    return before;
  }
  void leave(const void* before) noexcept {
    inside_.store(before, std::memory_order_relaxed);  // relaxed: see enter()
  }

  constexpr void require_nobody() const noexcept {
    if (std::is_constant_evaluated()) return;
    PARITER_ASSERT(inside_.load(std::memory_order_relaxed) == nullptr,  // relaxed: see enter()
                   "an iterator was moved or copied while a thread was inside it");
  }

  std::atomic<const void*> inside_{nullptr};  // the mark of the thread that is
  unsigned steps_ = 0;  // plain on purpose: written at each step so that a race detector sees steps that only nearly met
};

class [[nodiscard]] canary_guard {
 public:
  explicit constexpr canary_guard(canary& c, canary_reentry reentry = canary_reentry::reported) noexcept : canary_(c) {
    if (!std::is_constant_evaluated()) before_ = canary_.enter(reentry);
  }
  canary_guard(const canary_guard&) = delete;
  canary_guard& operator=(const canary_guard&) = delete;
  constexpr ~canary_guard() {
    if (!std::is_constant_evaluated()) canary_.leave(before_);
  }

 private:
  canary& canary_;
  const void* before_ = nullptr;
};

#else

struct canary {};

struct [[nodiscard]] canary_guard {
  explicit constexpr canary_guard(canary&, canary_reentry = canary_reentry::reported) noexcept {}
  constexpr ~canary_guard() {}  // user-provided: an unused guard must not warn in one build and be needed in the other
};

#endif

}  // namespace pariter::detail
