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
#endif

namespace pariter::detail {

#if PARITER_CANARY

class canary {
 public:
  canary() = default;
  // A moved or copied iterator is a new place with nobody inside; being inside the source while it moves is the bug.
  canary(const canary& other) noexcept { other.require_nobody(); }
  canary(canary&& other) noexcept { other.require_nobody(); }
  canary& operator=(const canary& other) noexcept {
    require_nobody();
    other.require_nobody();
    return *this;
  }
  canary& operator=(canary&& other) noexcept { return *this = static_cast<const canary&>(other); }
  ~canary() = default;

  void enter() noexcept {
    // relaxed: the word orders nothing; an order would hide the very race from the detector
    const bool was_inside = inside_.exchange(true, std::memory_order_relaxed);
    PARITER_ASSERT(!was_inside,
                   "two threads are inside one iterator (or a step re-entered itself): give each thread its own iter(x), or say share, tee or split");
    ++steps_;
  }
  void leave() noexcept {
    inside_.store(false, std::memory_order_relaxed);  // relaxed: see enter()
  }

 private:
  void require_nobody() const noexcept {
    PARITER_ASSERT(!inside_.load(std::memory_order_relaxed),  // relaxed: see enter()
                   "an iterator was moved or copied while a thread was inside it");
  }

  std::atomic<bool> inside_{false};
  unsigned steps_ = 0;  // plain on purpose: written at each step so that a race detector sees steps that only nearly met
};

class [[nodiscard]] canary_guard {
 public:
  explicit canary_guard(canary& c) noexcept : canary_(c) { canary_.enter(); }
  canary_guard(const canary_guard&) = delete;
  canary_guard& operator=(const canary_guard&) = delete;
  ~canary_guard() { canary_.leave(); }

 private:
  canary& canary_;
};

#else

struct canary {
  static constexpr void enter() noexcept {}
  static constexpr void leave() noexcept {}
};

struct [[nodiscard]] canary_guard {
  explicit constexpr canary_guard(canary&) noexcept {}
  constexpr ~canary_guard() {}  // user-provided: an unused guard must not warn in one build and be needed in the other
};

#endif

}  // namespace pariter::detail
