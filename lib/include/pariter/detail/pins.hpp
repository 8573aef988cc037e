// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pins: how a reader keeps an object alive that a writer may replace and free at any moment, without counting.
//
// A pin is a slot that holds the object's address while a reader uses it. Whoever wants to free an object that it has
// replaced looks whether a slot holds its address, and if so leaves it to the reader that lets go of it last.
//
//   reader   slot = address                   | writer   where = another
//            light fence                      |          heavy fence
//            where == address? it is pinned   |          put the address on the list of the replaced
//            (else once more)                 |          for each of the list: does a slot hold it? keep it : free it
//   ...      slot = null                      |
//            light fence                      |
//            where != address? go through     |
//            the list as the writer does      |
//
// Slots lie in lines. Each thread takes its slots from a line of its own, so that taking one is looking for a null and no
// read-modify-write. The pin may move to another thread, which gives the slot back by storing null. A thread that is ending gives its
// lines back; what is pinned after that, by destructors of its thread_local objects, is pinned in lines that belong to no thread.
//
// Threads: pin_line::take by the line's thread; a slot's null by who holds the pin; is_pinned by any thread.
// Invariants:
//   1. Only the thread that a line belongs to makes a null slot non-null; where it belongs to none, whoever holds the registry's lock.
//   2. Lines are never freed: the list may be walked without a lock. There are as many as were in use at the same time.
// Cost: two loads, two stores and two compares per pin (while a thread ends: a lock besides); is_pinned looks at every slot there is.

#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/mutant.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>

namespace pariter::detail {

template <template <class> class Atom>
using pin_slot = Atom<const void*>;

template <template <class> class Atom>
struct alignas(cache_line) pin_line {
  static constexpr std::size_t size = (cache_line - 3 * sizeof(void*)) / sizeof(void*);

  // A free slot, or null if all are taken. The first is nearly always free: the others are looked at out of line, so that a pin is
  // small enough to become part of its caller.
  pin_slot<Atom>* take() noexcept {
    if (is_free(slots.front())) [[likely]] return &slots.front();
    return take_another();
  }

  std::array<pin_slot<Atom>, size> slots{};
  pin_line* next = nullptr;       // constant once in the list
  pin_line* next_free = nullptr;  // of those that belong to no thread; under the registry's lock
  pin_line* next_mine = nullptr;  // the owning thread's

 private:
  static bool is_free(const pin_slot<Atom>& s) noexcept {
    // (1) acquire: pairs with log_core.hpp(6), log_core.hpp(8): the slot's last use is over, also for who sees its next address
    return s.load(std::memory_order_acquire) == nullptr;
  }
  PARITER_COLD pin_slot<Atom>* take_another() noexcept {
    for (pin_slot<Atom>& s : slots)
      if (is_free(s)) return &s;
    return nullptr;
  }
};

// All lines of the program.
template <template <class> class Atom, class Mutex>
class pin_registry {
 public:
  using line = pin_line<Atom>;

  pin_registry() = default;
  pin_registry(const pin_registry&) = delete;
  pin_registry& operator=(const pin_registry&) = delete;

  // A line with a free slot, for the calling thread. Throws std::bad_alloc.
  line& adopt() {
    const std::lock_guard hold(mutex_);
    for (line** at = &free_; *at != nullptr; at = &(*at)->next_free) {
      line* const l = *at;
      if (l->take() == nullptr) continue;
      *at = l->next_free;
      return *l;
    }
    return make_line();
  }
  // Slots of it may still be taken: their pins have moved to other threads.
  void release(line& l) noexcept {
    const std::lock_guard hold(mutex_);
    l.next_free = free_;
    free_ = &l;
  }

  // A free slot for a thread that has no line of its own any more. It holds its line's address until it is used: it is not free, and
  // pins nothing. Throws std::bad_alloc.
  pin_slot<Atom>& borrow() {
    const std::lock_guard hold(mutex_);
    line* l = nobodys_;
    while (l != nullptr && l->take() == nullptr) l = l->next_free;
    if (l == nullptr) {
      l = &make_line();
      l->next_free = std::exchange(nobodys_, l);
    }
    pin_slot<Atom>& slot = *l->take();
    if (!mutant(79)) slot.store(l, order(80, std::memory_order_release));  // (2) release: pairs with (5): the slot's last use is over
    return slot;
  }

  // How many lines there are, in use or not.
  std::size_t lines() const noexcept {
    std::size_t n = 0;
    for (const line* l = first_.load(std::memory_order_seq_cst); l != nullptr; l = l->next) ++n;  // (4)
    return n;
  }

  bool is_pinned(const void* address) const noexcept {
    // (4) seq_cst: pairs with seq_cst (3)
    for (const line* l = first_.load(order(78, std::memory_order_seq_cst)); l != nullptr; l = l->next) {
      for (const pin_slot<Atom>& s : l->slots) {
        if (s.load(order(70, std::memory_order_seq_cst)) == address) return true;  // (5) seq_cst: pairs with (2), log_core.hpp(3), log_core.hpp(6), log_core.hpp(7), log_core.hpp(8)
      }
    }
    return false;
  }

  // For tests that build a registry of their own.
  void free_all_lines() noexcept {
    line* l = first_.load(std::memory_order_relaxed);  // relaxed: nobody else
    while (l != nullptr) {
      line* const next = l->next;
      delete l;
      l = next;
    }
    first_.store(nullptr, std::memory_order_relaxed);  // relaxed: nobody else
    free_ = nobodys_ = nullptr;
  }

 private:
  // Under mutex_.
  line& make_line() {
    line* const l = new line;
    l->next = first_.load(std::memory_order_relaxed);  // relaxed: under mutex_
    // (3) seq_cst: pairs with seq_cst (4), publishes the line; in one order with the pins that follow in its slots
    first_.exchange(l, std::memory_order_seq_cst);
    return *l;
  }

  Atom<line*> first_{nullptr};  // grows only
  Mutex mutex_;
  line* free_ = nullptr;     // of threads that ended, to be adopted; under mutex_, as the next
  line* nobodys_ = nullptr;  // to be borrowed from
};

// The lines of the program's threads. One set for the whole program, also where its shared libraries hide their symbols: a pin that
// another library cannot see would be no pin.
class
#if defined(__GNUC__)
    [[gnu::visibility("default")]]
#endif
    thread_pins {
 public:
  using registry = pin_registry<std::atomic, std::mutex>;
  using line = pin_line<std::atomic>;

  // Never destroyed: pins may outlive every static object.
  static registry& all() {
    static registry* const r = new registry;
    return *r;
  }

  // A free slot of this thread. Throws std::bad_alloc if a line is needed and there is no memory.
  static pin_slot<std::atomic>& take() {
    if (mine_ != nullptr) [[likely]] {
      if (auto* const slot = mine_->take()) [[likely]] return *slot;
    }
    return take_elsewhere();
  }

 private:
  struct belongings {
    ~belongings() {
      mine_ = nullptr;
      gone_ = true;
      while (first != nullptr) all().release(*std::exchange(first, first->next_mine));
    }
    line* first = nullptr;
  };

  [[gnu::noinline]] static pin_slot<std::atomic>& take_elsewhere() {
    if (gone_) return all().borrow();
    static thread_local belongings own;
    for (line* l = own.first; l != nullptr; l = l->next_mine) {
      if (auto* const slot = l->take()) {
        mine_ = l;
        return *slot;
      }
    }
    mine_ = &all().adopt();
    mine_->next_mine = own.first;
    own.first = mine_;
    return *mine_->take();
  }

  static inline constinit thread_local line* mine_ = nullptr;
  static inline constinit thread_local bool gone_ = false;
};

}  // namespace pariter::detail
