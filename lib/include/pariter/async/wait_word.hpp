// SPDX-License-Identifier: Apache-2.0
#pragma once
// wait_word: what the body of an async generator awaits, in one word on which three parties agree.
//
// The *body* (B) starts an operation. Its *completion* (D) comes on any thread, also on B's or S's own. A *stop* (S) comes from any thread,
// once; what is pending then, or else the next operation, is cancelled.
//
//   idle -> pending             B: the initiation has returned
//   pending -> idle             D: and resumes the body
//   idle -> done -> idle        D came before the initiation returned; B goes on
//   pending -> emitting         S: cancels the operation; a completion on another thread waits for the end of that
//   emitting -> pending         S: the cancellation is over
//   emitting -> done -> idle    D came inside the cancellation, on S's thread; S sees to it that the body is resumed
//
//   bits   0-1 the state | 6 stopped, for ever | 7 to be cancelled: S came when nothing was pending
//
// While an operation is initiated the word is still idle: S and D treat the two alike, so nobody needs to know.
// Cost: one read-modify-write of B and one of D for each operation.

#include "pariter/detail/calling_thread.hpp"
#include "pariter/detail/mutant.hpp"

#include <atomic>
#include <cstdint>

namespace pariter::detail {

template <template <class> class Atom = std::atomic, class Threads = calling_thread>
class basic_wait_word {
 public:
  // ---- B ------------------------------------------------------------------------------------------------------------

  enum class initiation { pending, complete, stopped };

  // The initiation has returned. Pending: the body is resumed by D, and may be running already. Complete: it goes on here.
  // Stopped: cancel the operation and ask again.
  initiation initiated() noexcept {
    std::uint8_t seen = idle;
    for (;;) {
      if ((seen & state) == done) {
        word_.fetch_and(flags, std::memory_order_relaxed);  // relaxed: only this side looks next
        return initiation::complete;
      }
      const bool cancel = (seen & to_cancel) != 0 && !mutant(305);
      const std::uint8_t next = cancel ? bits(seen & ~to_cancel) : bits(seen | pending);
      // (1) acq_rel: release pairs with acquire (2) and (3), publishes the operation; if the completion came first, acquire pairs with release (3)
      if (word_.compare_exchange_weak(seen, next, order(301, std::memory_order_acq_rel), std::memory_order_acquire))
        return cancel ? initiation::stopped : initiation::pending;
    }
  }

  // The body polls for a stop, or is told to close; one that it has seen does not also cancel its next operation.
  bool take_stop() noexcept {
    if (!stop_requested()) return false;
    if (!mutant(306)) word_.fetch_and(bits(~to_cancel), std::memory_order_relaxed);  // relaxed: the bit carries no data
    return true;
  }

  // ---- D ------------------------------------------------------------------------------------------------------------

  // The result is stored. True: the caller resumes the body. False: whoever initiates or cancels the operation does.
  bool completed() noexcept {
    std::uint8_t seen = pending;
    for (;;) {
      switch (seen & state) {
        case pending:
          // (3) acq_rel: acquire pairs with release (1), (2) and (4); release pairs with acquire (1), publishes the result
          if (word_.compare_exchange_weak(seen, bits(seen & flags), order(303, std::memory_order_acq_rel), std::memory_order_acquire)) return true;
          break;
        case idle:
          // (3)
          if (word_.compare_exchange_weak(seen, bits(seen | done), order(303, std::memory_order_acq_rel), std::memory_order_acquire)) return false;
          break;
        default:  // emitting
          if (emitter_.load(std::memory_order_relaxed) == Threads::now()) {  // relaxed: of all threads only the emitter finds itself there
            word_.store(done | stopped, std::memory_order_relaxed);  // relaxed: read by this thread, in emitted()
            return false;
          }
          Threads::yield();  // for as long as one cancellation takes
          seen = word_.load(std::memory_order_acquire);  // (3)
      }
    }
  }

  // ---- S ------------------------------------------------------------------------------------------------------------

  // True: cancel the operation, then call emitted().
  bool request_stop() noexcept {
    std::uint8_t seen = word_.load(std::memory_order_relaxed);  // relaxed: a guess, checked by the exchange
    while ((seen & stopped) == 0) {
      const bool emit = (seen & state) == pending;
      const std::uint8_t next = emit ? bits(emitting | stopped) : bits(seen | stopped | to_cancel);
      // (2) acq_rel: acquire pairs with release (1), the operation is there; release pairs with acquire (3) and (5), publishes what was done before the stop
      if (word_.compare_exchange_weak(seen, next, order(302, std::memory_order_acq_rel), std::memory_order_relaxed)) {
        if (emit) emitter_.store(Threads::now(), std::memory_order_relaxed);  // relaxed: compared by this thread only, see completed()
        return emit;
      }
    }
    return false;
  }

  // The cancellation is over. True: the operation completed inside it, and the caller sees to it that the body is resumed.
  bool emitted() noexcept {
    std::uint8_t expected = emitting | stopped;
    // (4) release: pairs with acquire (3), the cancellation is over
    if (word_.compare_exchange_strong(expected, pending | stopped, order(304, std::memory_order_release), std::memory_order_relaxed)) return false;
    word_.store(stopped, std::memory_order_relaxed);  // relaxed: the body is resumed through a queue
    return true;
  }

  // ---- any ----------------------------------------------------------------------------------------------------------

  bool stop_requested() const noexcept {
    return (word_.load(std::memory_order_acquire) & stopped) != 0;  // (5) acquire: pairs with release (2)
  }

 private:
  static constexpr std::uint8_t idle = 0, pending = 1, emitting = 2, done = 3, state = 0x03, stopped = 0x40, to_cancel = 0x80, flags = stopped | to_cancel;
  static constexpr std::uint8_t bits(int word) noexcept { return static_cast<std::uint8_t>(word); }

  Atom<std::uint8_t> word_{idle};
  Atom<typename Threads::id> emitter_{typename Threads::id()};
};

using wait_word = basic_wait_word<>;

}  // namespace pariter::detail
