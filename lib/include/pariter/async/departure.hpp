// SPDX-License-Identifier: Apache-2.0
#pragma once
// departure: what a thread gives to an executor goes on only when that thread has left the executor.
//
// Asio's post() and dispatch() use the executor for a moment after they have queued something, and hold copies of it. A context must
// not be destroyed meanwhile; but who waits for an operation, sees it end and destroys the context does not know of a
// thread that appends to a container and so woke it.
//
//   departure_.leave([&] { asio::post(ex, step); });    on the thread that wakes
//   departure_.arrive();                                the first thing that the step does, or its destructor
//
// Threads: leave() on any, arrive() on the one that the executor chose; they alternate. Copies of the executor that the function
// makes are gone when it returns.
// Lifetime: a departure stays until arrive() returned. leave() touches nothing of it after that.
// Progress: arrive() waits for as long as the other thread takes to return from one post, which needs nothing of this thread.
// Cost: no read-modify-write; but where both threads share a core, up to a change of threads (4 us per item, measured between two
// pools). Hence only for threads that nobody knows of: between contexts Asio's own rule holds, one outlasts the threads of the other.

#include "pariter/detail/calling_thread.hpp"
#include "pariter/detail/mutant.hpp"

#include <atomic>

namespace pariter::detail {

template <template <class> class Atom = std::atomic, class Threads = calling_thread>
class basic_departure {
 public:
  basic_departure() = default;
  basic_departure(const basic_departure&) = delete;
  basic_departure& operator=(const basic_departure&) = delete;

  template <class Give>
  void leave(Give give) noexcept {
    bool arrived = false;
    arrived_ = &arrived;
    thread_ = Threads::now();
    inside_.store(true, std::memory_order_relaxed);  // relaxed: published by the executor's queue
    give();
    // (1) release: pairs with acquire (2), this thread is done with the executor
    if (!arrived) inside_.store(false, order(307, std::memory_order_release));
  }

  void arrive() noexcept {
    // (2) acquire: pairs with release (1)
    while (inside_.load(order(308, std::memory_order_acquire))) {
      if (thread_ == Threads::now()) {  // inside leave(): dispatched on the spot, or dropped
        *arrived_ = true;
        inside_.store(false, std::memory_order_relaxed);  // relaxed: this thread reads it next, or hands it over
        return;
      }
      Threads::yield();
    }
  }

 private:
  Atom<bool> inside_{false};
  typename Threads::id thread_{};  // as the next: while inside_
  bool* arrived_ = nullptr;
};

using departure = basic_departure<>;

}  // namespace pariter::detail
