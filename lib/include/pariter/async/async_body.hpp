// SPDX-License-Identifier: Apache-2.0
#pragma once
// async_body: the part of an async generator's promise that does not depend on the type of its items.
//
// Three parties meet here. The *consumer side* (C) is whoever holds the claim: at most one pull, or the close, at a time. The
// *body* (B) is the coroutine. Both run on whatever thread they like; request_stop() (S) may come from any other.
//
// The rest word: where the body stands.
//
//      C: pull starts              C: parks, nothing was ready
//   resting ---------> running ---------------------------> awaited
//      ^                 |  ^                                 |  |
//      |  B: yields/ends |  '---------------------------------'  |
//      |<----------------'      C: the wait was cancelled        |
//      |<--------------------------------------------------------'
//      |                  B: yields or ends, then wakes C
//      |  (dropped) <- running: the handle went away; B destroys the frame when it comes to rest
//
// The claim word: who is the consumer side.
//
//   free -> stepping -> free                C: a step that ends on the thread that began it
//   free -> waiting -> free                 C: a step that may end elsewhere
//           waiting -> orphaned -> (frame given up)   the handle went away meanwhile; C gives the frame up when it is done
//
// The wait word: what the body itself awaits.
//
//   none -> initiating -> pending -> none                  B starts an operation; its completion resumes B
//           initiating -> done -> none                     it completed before the initiation returned: B goes on at once
//           pending -> emitting -> pending | none          S cancels it
//   + stop bit: S came when nothing was pending; the next operation is cancelled as soon as it is pending
//
// Invariants:
//   1. Plain members are written by B while the body runs, and by C while it rests; rest_ and claim_ hand them over.
//   2. The coroutine is resumed by drive() only, and what must happen after a suspension happens in drive() after resume()
//      has returned: no frame is touched, or freed, inside an await_suspend.
//   3. Nothing here nests: an operation that completes at once is a turn of drive()'s loop, not a call.
// Cost: a pull that the body answers without waiting takes one read-modify-write (the claim).

#include "pariter/async/executor_ref.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/detail/assert.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <thread>
#include <utility>

namespace pariter::detail {

// The calling thread, also in a coroutine that has moved since it last asked.
[[gnu::noinline]] inline std::thread::id this_thread_now() noexcept {
  std::thread::id id = std::this_thread::get_id();
  asm volatile("" : "+m"(id));
  return id;
}

inline std::exception_ptr operation_aborted() {
  return std::make_exception_ptr(boost::system::system_error(boost::asio::error::operation_aborted));
}

// Where a consumer runs, asked for only if the body needs to know. May be gone when the pull has returned.
struct consumer_executor {
  boost::asio::any_io_executor (*get)(const void* from) = nullptr;
  const void* from = nullptr;
};

class async_body {
 public:
  // A pull, or a close, that waits until the body rests. wake is called once; the body touches nothing afterwards.
  struct waiter {
    void (*wake)(waiter&) noexcept = nullptr;
  };

  // What the body awaits; lives in the frame.
  struct wait {
    bool (*start)(wait&) noexcept = nullptr;  // true: complete already
    void (*cancel)(wait&) noexcept = nullptr;
  };

  async_body(const async_body&) = delete;
  async_body& operator=(const async_body&) = delete;

  // ---- consumer side ------------------------------------------------------------------------------------------------

  // For a step that ends before the caller returns. False: somebody else holds the claim.
  bool claim_step() noexcept { return claim(stepping); }
  // For a step that ends by waking a waiter; its end is release_wait().
  bool claim_wait() noexcept { return claim(waiting); }

  // A step turns out to need a waiter.
  void expect_to_wait() noexcept { claim_.store(waiting, std::memory_order_relaxed); }  // relaxed: published by (7)

  void release_step() noexcept {
    claim_.store(free, std::memory_order_release);  // (1) release: pairs with acquire (2), hands the resting body over
  }
  void release_wait() noexcept {
    // (3) acq_rel: release pairs with acquire (2) and (4); acquire pairs with release (4)
    if (claim_.exchange(free, std::memory_order_acq_rel) == orphaned) give_up();
  }

  // Begins a pull. True: there is an outcome. False: register_waiter() next, or leave it: the outcome will be kept.
  bool begin(const consumer_executor& consumer = consumer_executor()) noexcept {
    // (5) acquire: pairs with release (6), publishes the body's outcome
    if (rest_.load(std::memory_order_acquire) != resting) return false;
    if (undelivered_ || over_) return true;
    return run(consumer);
  }

  bool at_rest() const noexcept { return rest_.load(std::memory_order_acquire) == resting; }  // (5)

  // False: the body has come to rest meanwhile, there is an outcome.
  bool register_waiter(waiter& w) noexcept {
    waiter_ = &w;
    state expected = running;
    // (7) acq_rel: release pairs with acquire (6), publishes the waiter; acquire pairs with release (6)
    return rest_.compare_exchange_strong(expected, awaited, std::memory_order_acq_rel, std::memory_order_acquire);
  }

  // True: the waiter is taken out and will not be woken. False: it was woken, or is being.
  bool cancel_waiter() noexcept {
    state expected = awaited;
    return rest_.compare_exchange_strong(expected, running, std::memory_order_relaxed);  // relaxed: publishes nothing; (6) still finds (7) in the sequence
  }

  // The handle goes away.
  void drop() noexcept {
    claim_state expected = free;
    if (claim_.compare_exchange_strong(expected, stepping, std::memory_order_acquire)) return give_up();  // (2)
    PARITER_ASSERT(expected == waiting, "an async_generator was destroyed from inside its own step");
    request_stop();
    // (4) acq_rel: release pairs with acquire (3), publishes what the owner did before it dropped the handle; if that came
    // first, acquire pairs with release (3)
    if (!claim_.compare_exchange_strong(expected, orphaned, std::memory_order_acq_rel)) give_up();
  }

  // The body rests, and the calling thread runs in its executor. (Of a body that runs nothing can be said: it may be moving.)
  bool bound_here() const noexcept { return at_rest() && executor_ && executor_.here(); }
  const executor_ref& executor() const noexcept { return executor_; }
  void bind(executor_ref ex) noexcept { executor_ = std::move(ex); }
  bool started() const noexcept { return started_; }
  bool over() const noexcept { return over_; }

  // The executor for what needs one: the body's own, else its consumer's, else the system's.
  executor_ref some_executor() const {
    if (executor_) return executor_;
    if (consumer_) return consumer_;
    return executor_ref(boost::asio::system_executor());
  }

  // ---- any thread ---------------------------------------------------------------------------------------------------

  void request_stop() noexcept {
    // (13) release: pairs with acquire (14), publishes what was done before the request
    if (stop_.exchange(true, std::memory_order_release)) return;
    std::uint8_t seen = wait_word_.load(std::memory_order_relaxed);  // relaxed: a guess, checked by the exchanges below
    for (;;) {
      if (seen == pending) {
        emitter_ = this_thread_now();
        // (8) acq_rel: acquire pairs with release (9), the operation is there; release pairs with acquire (10), publishes emitter_
        if (wait_word_.compare_exchange_weak(seen, emitting, std::memory_order_acq_rel, std::memory_order_relaxed)) return emit();
      } else {
        // relaxed: the bit carries no data
        if (wait_word_.compare_exchange_weak(seen, static_cast<std::uint8_t>(seen | stop_bit), std::memory_order_relaxed)) return;
      }
    }
  }

  bool stop_requested() const noexcept {
    return stop_.load(std::memory_order_acquire);  // (14) acquire: pairs with release (13)
  }

  // ---- body side ----------------------------------------------------------------------------------------------------

  boost::asio::cancellation_signal& cancel_signal() noexcept { return cancel_; }

  // In an await_suspend: the body is about to wait for `w`.
  void suspend_for(wait& w) noexcept { turn_->waits_for = &w; }

  // In wait::start: brackets the initiation. The completion may come in between, on any thread.
  void initiate(wait& w) noexcept {
    wait_ = &w;
    wait_word_.fetch_or(initiating, std::memory_order_relaxed);  // relaxed: nobody looks at the wait before (9)
  }
  // True: complete already, the body goes on. False: it will be resumed by complete(), and may be running already.
  bool initiated() noexcept {
    std::uint8_t seen = initiating;
    for (;;) {
      if (seen == initiating) {
        // (9) acq_rel: release pairs with acquire (8) and (10), publishes the wait; if the completion came first, acquire pairs with release (10)
        if (wait_word_.compare_exchange_weak(seen, pending, std::memory_order_acq_rel, std::memory_order_acquire)) return false;
      } else if (seen == (initiating | stop_bit)) {
        // (9)
        if (wait_word_.compare_exchange_weak(seen, initiating, std::memory_order_acq_rel, std::memory_order_acquire)) {
          wait_->cancel(*wait_);
          seen = initiating;
        }
      } else {
        wait_word_.fetch_and(stop_bit, std::memory_order_relaxed);  // relaxed: only this side looks next
        return true;
      }
    }
  }
  // There was nothing to initiate after all.
  void not_initiated() noexcept { wait_word_.fetch_and(stop_bit, std::memory_order_relaxed); }

  // The operation that the body awaits has completed; its result is stored. Resumes the body, here or where it belongs.
  void complete() noexcept {
    if (completed()) resume_body();
  }

  // What the wait asked for may have come about: starts the wait once more, never inside this call.
  void retry() noexcept {
    wait* const again = wait_;
    if (!completed()) return;
    again_ = again;
    const executor_ref ex = some_executor();
    ex.post(resumption(*this));
  }

  // The operation was destroyed without completing: its context is gone. No body code can run any more.
  void abandon() noexcept {
    if (completed()) end_abandoned();
  }

  // The body polls for a stop; one that it has seen does not also cancel its next operation.
  bool take_stop() noexcept {
    if (!stop_requested()) return false;
    wait_word_.fetch_and(static_cast<std::uint8_t>(~stop_bit), std::memory_order_relaxed);  // relaxed: the bit carries no data
    return true;
  }

  // The body moves to `ex`. True: it is there already.
  bool move_to(executor_ref ex) noexcept {
    executor_ = std::move(ex);
    if (executor_.here()) return true;
    post_resumption();
    return false;
  }

 protected:
  explicit async_body(std::coroutine_handle<> self) noexcept : self_(self) {}
  ~async_body() = default;

  // Consumer side, the body rests: run it to its next rest. True: it came there before this call returned.
  bool run(const consumer_executor& consumer) noexcept {
    started_ = true;
    rest_.store(running, std::memory_order_relaxed);  // relaxed: read next by this thread, or after (9) or the executor's queue
    if (executor_ && !executor_.here()) {
      post_resumption();
      return false;
    }
    if (!drive(&consumer)) return false;
    rest_.store(resting, std::memory_order_relaxed);  // relaxed: no wait was in between, this thread reads it next, or (1) hands it over
    return true;
  }

  enum state : std::uint8_t { resting, running, awaited, dropped };

  std::coroutine_handle<> self_;
  std::exception_ptr error_;
  boost::asio::cancellation_signal cancel_;
  bool undelivered_ = false;  // an outcome that nobody has taken
  bool started_ = false;
  bool over_ = false;         // the body will not run again
  bool closing_ = false;
  std::atomic<state> rest_{resting};

 private:
  enum claim_state : std::uint8_t { free, stepping, waiting, orphaned };
  static constexpr std::uint8_t none = 0, initiating = 1, pending = 2, emitting = 3, done = 4, stop_bit = 0x80;

  struct turn {
    wait* waits_for = nullptr;
  };

  // Resumes the body when an executor gets to it; gives it up when the executor is destroyed instead.
  class resumption {
   public:
    explicit resumption(async_body& body) noexcept : body_(&body) {}
    resumption(resumption&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    resumption& operator=(resumption&&) = delete;
    ~resumption() {
      if (body_ != nullptr) body_->end_abandoned();
    }
    void operator()() noexcept { std::exchange(body_, nullptr)->drive_alone(); }

   private:
    async_body* body_;
  };

  bool claim(claim_state how) noexcept {
    claim_state expected = free;
    // (2) acquire: pairs with release (1) and (3)
    return claim_.compare_exchange_strong(expected, how, std::memory_order_acquire, std::memory_order_relaxed);
  }

  // True: the body rests. False: it waits, and this thread has nothing to do with it any more.
  bool drive(const consumer_executor* consumer) noexcept {
    for (;;) {
      turn t;
      turn_ = &t;
      self_.resume();
      if (t.waits_for == nullptr) return true;
      if (consumer != nullptr && consumer->get != nullptr && !executor_) adopt(consumer->get(consumer->from));
      if (!t.waits_for->start(*t.waits_for)) return false;
    }
  }

  void adopt(boost::asio::any_io_executor ex) {
    if (ex && (!consumer_ || consumer_.get() != ex)) consumer_ = executor_ref(std::move(ex));
  }

  void drive_alone() noexcept {
    if (wait* const again = std::exchange(again_, nullptr); again != nullptr && !again->start(*again)) return;
    if (drive(nullptr)) come_to_rest();
  }

  void come_to_rest() noexcept {
    // (6) acq_rel: release pairs with acquire (5), (7) and (11), publishes the outcome; acquire pairs with release (7) and (11)
    switch (rest_.exchange(resting, std::memory_order_acq_rel)) {
      case awaited: {
        waiter& w = *waiter_;
        return w.wake(w);
      }
      case dropped: return self_.destroy();
      default: return;
    }
  }

  void give_up() noexcept {
    if (rest_.load(std::memory_order_acquire) != resting) {  // (5)
      request_stop();
      state expected = running;
      // (11) acq_rel: release pairs with acquire (6), the body destroys the frame after all that was done to it here; if the
      // body rests by now, acquire pairs with release (6)
      if (rest_.compare_exchange_strong(expected, dropped, std::memory_order_acq_rel, std::memory_order_acquire)) return;
    }
    self_.destroy();
  }

  void end_abandoned() noexcept {
    error_ = operation_aborted();
    undelivered_ = true;
    over_ = true;
    come_to_rest();
  }

  void resume_body() noexcept {
    if (!executor_ || executor_.here()) drive_alone();
    else post_resumption();
  }

  void post_resumption() noexcept {
    const executor_ref ex = executor_;  // a copy: the frame may be gone before post() returns
    ex.post(resumption(*this));
  }

  // True: the caller resumes the body. False: whoever initiates or cancels the operation does.
  bool completed() noexcept {
    std::uint8_t seen = pending;
    for (;;) {
      switch (seen & ~stop_bit) {
        case pending:
          // (10) acq_rel: acquire pairs with release (8), (9) and (12); release pairs with acquire (9), publishes the result
          if (wait_word_.compare_exchange_weak(seen, none, std::memory_order_acq_rel, std::memory_order_acquire)) return true;
          break;
        case initiating:
          // (10)
          if (wait_word_.compare_exchange_weak(seen, static_cast<std::uint8_t>((seen & stop_bit) | done), std::memory_order_acq_rel, std::memory_order_acquire)) return false;
          break;
        default:  // emitting: its thread is inside the operation's cancellation
          if (emitter_ == this_thread_now()) {
            wait_word_.store(done, std::memory_order_relaxed);  // relaxed: read by this thread, in emit()
            return false;
          }
          std::this_thread::yield();  // for as long as one emit() takes
          seen = wait_word_.load(std::memory_order_acquire);  // (10)
      }
    }
  }

  void emit() noexcept {
    wait_->cancel(*wait_);
    std::uint8_t expected = emitting;
    // (12) release: pairs with acquire (10), the cancellation is over
    if (wait_word_.compare_exchange_strong(expected, pending, std::memory_order_release, std::memory_order_relaxed)) return;
    wait_word_.store(none, std::memory_order_relaxed);  // relaxed: the body is resumed through a queue
    // It completed inside the cancellation, on this thread. The body does not belong here.
    some_executor().post(resumption(*this));
  }

  // Written by all three parties, each only in passing; one line is right, since they take turns.
  std::atomic<claim_state> claim_{free};
  std::atomic<std::uint8_t> wait_word_{none};
  std::atomic<bool> stop_{false};
  turn* turn_ = nullptr;
  waiter* waiter_ = nullptr;
  wait* wait_ = nullptr;
  wait* again_ = nullptr;  // to be started before the body goes on
  std::thread::id emitter_;
  executor_ref executor_;
  executor_ref consumer_;
};

}  // namespace pariter::detail
