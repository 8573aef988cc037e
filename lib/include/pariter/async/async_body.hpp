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
// The wait word: what the body itself awaits, and whether it was stopped (wait_word.hpp).
//
// Invariants:
//   1. Plain members are written by B while the body runs, and by C while it rests; rest_ and claim_ hand them over.
//   2. The coroutine is resumed by drive() only, and what must happen after a suspension happens in drive() after resume()
//      has returned: no frame is touched, or freed, inside an await_suspend.
//   3. Nothing here nests: an operation that completes at once is a turn of drive()'s loop, not a call, and a body whose rest lets the
//      body of its consumer go on is a turn of wake_all()'s.
//   4. A consumer is woken last, when nothing is held and no function that must not throw is on the stack: what it throws goes on to
//      whoever runs the executor, as if the consumer had been posted.
// Lifetime: a body that waited in a container goes on when whoever woke it has left the body's executor (departure.hpp).
// Cost: a pull that the body answers without waiting takes one read-modify-write (the claim).

#include "pariter/async/departure.hpp"
#include "pariter/async/executor_ref.hpp"
#include "pariter/async/wait_word.hpp"
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
#include <utility>

namespace pariter::detail {

inline std::exception_ptr operation_aborted() {
  return std::make_exception_ptr(boost::system::system_error(boost::asio::error::operation_aborted));
}

// Who pulls. Asked, and told, only what the body comes to need, and only while the pull runs on the thread that began it: one that
// is answered without waiting pays for nothing. May be gone when that has returned.
class consumer {
 public:
  struct kind {
    boost::asio::any_io_executor (*executor)(const consumer&) = nullptr;      // null: it has none
    void (*note_need)(consumer&, const executor_ref& ex) noexcept = nullptr;  // null: it does not care
  };
  explicit consumer(const kind& k) noexcept : kind_(k) {}

  boost::asio::any_io_executor executor() const { return kind_.executor != nullptr ? kind_.executor(*this) : boost::asio::any_io_executor(); }
  // What is pulled comes by way of `ex`.
  void note_need(const executor_ref& ex) noexcept {
    if (kind_.note_need != nullptr) kind_.note_need(*this, ex);
  }

 private:
  const kind& kind_;
};

class async_body {
 public:
  // A pull, or a close, that waits until the body rests. wake is called once; the body touches nothing afterwards. It returns whom to wake
  // next, if this lets another body go on, and may throw if it may dispatch.
  struct waiter {
    waiter* (*wake)(waiter&, resume_by how) = nullptr;
  };
  static void wake_all(waiter* w, resume_by how) {
    while (w != nullptr) w = w->wake(*w, how);
  }

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
  bool begin(consumer& by) noexcept {
    // (5) acquire: pairs with release (6), publishes the body's outcome
    if (rest_.load(std::memory_order_acquire) != resting) return false;
    if (undelivered_ || over_) return true;
    return run(by);
  }

  // The body rests, and has been abandoned: that is its outcome, taken by this.
  bool take_abandonment() noexcept {
    if (abandoned_) {
      undelivered_ = false;
      error_ = nullptr;
    }
    return abandoned_;
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
    if (!wait_word_.request_stop()) return;
    wait_->cancel(*wait_);
    // If it completed inside the cancellation, on this thread: the body does not belong here.
    if (wait_word_.emitted()) post_resumption(some_executor());
  }

  bool stop_requested() const noexcept { return wait_word_.stop_requested(); }

  // ---- body side ----------------------------------------------------------------------------------------------------

  boost::asio::cancellation_signal& cancel_signal() noexcept { return cancel_; }

  // Inside the body: some_executor(), and its present consumer is asked if need be.
  executor_ref executor_now() {
    if (!executor_) adopt_consumer();
    return some_executor();
  }
  // Inside the body: it goes on by way of `ex`.
  void note_need(const executor_ref& ex) noexcept {
    if (by_ != nullptr) by_->note_need(ex);
  }

  // In an await_suspend: the body is about to wait for `w`.
  void suspend_for(wait& w) noexcept { suspended_for_ = &w; }

  // In wait::start: before the initiation. The completion may come before it returns, on any thread.
  void initiate(wait& w) noexcept {
    wait_ = &w;
    if (executor_) note_need(executor_);
  }
  // After it, unless there was nothing to initiate. True: complete already, the body goes on. False: it will be resumed by
  // complete(), and may be running already.
  bool initiated() noexcept {
    for (;;) {
      switch (wait_word_.initiated()) {
        case wait_word::initiation::pending: return false;
        case wait_word::initiation::complete: return true;
        case wait_word::initiation::stopped: wait_->cancel(*wait_);
      }
    }
  }

  // The operation that the body awaits has completed; its result is stored. Resumes the body, here or where it belongs. Whom it returns
  // is to be woken, by wake_all().
  [[nodiscard]] waiter* complete() noexcept {
    if (!wait_word_.completed()) return nullptr;
    if (!executor_ || executor_.here()) return drive_alone();
    post_resumption(executor_);
    return nullptr;
  }
  // The same inside wait::cancel: whoever cancels resumes the body.
  void complete_cancelled() noexcept { static_cast<void>(wait_word_.completed()); }

  // What the wait asked for may have come about: starts the wait once more, never inside this call.
  void retry() noexcept {
    wait* const again = wait_;
    if (!wait_word_.completed()) return;
    again_ = again;
    departure_.leave([this] { post_resumption(some_executor()); });
  }

  // The operation was destroyed without completing: its context is gone. No body code can run any more. The variables of the body may refer to
  // that context: what the consumer does not need of it to go on later, it lets go of where the thread is in its executor.
  void abandon() noexcept {
    if (wait_word_.completed()) wake_all(end_abandoned(), resume_by::post);
  }

  // The body polls for a stop, or is told to close: a stop that it has seen does not also cancel its next operation. (Also C, while it rests.)
  bool take_stop() noexcept { return wait_word_.take_stop(); }

  // The body moves to `ex`. True: it is there already.
  bool move_to(executor_ref ex) noexcept {
    executor_ = std::move(ex);
    if (executor_.here()) return true;
    note_need(executor_);
    post_resumption(executor_);
    return false;
  }

 protected:
  explicit async_body(std::coroutine_handle<> self) noexcept : self_(self) {}
  ~async_body() = default;

  // Consumer side, the body rests: run it to its next rest. True: it came there before this call returned.
  bool run(consumer& by) noexcept {
    started_ = true;
    rest_.store(running, std::memory_order_relaxed);  // relaxed: read next by this thread, or after the wait word or the executor's queue
    if (executor_ && !executor_.here()) {
      by.note_need(executor_);
      post_resumption(executor_);
      return false;
    }
    if (!drive(&by)) return false;
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
  bool abandoned_ = false;
  std::atomic<state> rest_{resting};

 private:
  enum claim_state : std::uint8_t { free, stepping, waiting, orphaned };

  // Resumes the body when an executor gets to it; gives it up when the executor is destroyed instead.
  class resumption {
   public:
    explicit resumption(async_body& body) noexcept : body_(&body) {}
    resumption(resumption&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    resumption& operator=(resumption&&) = delete;
    ~resumption() {
      if (body_ == nullptr) return;
      body_->departure_.arrive();
      wake_all(body_->end_abandoned(), resume_by::post);
    }
    void operator()() {
      async_body& body = *std::exchange(body_, nullptr);
      body.departure_.arrive();
      wake_all(body.drive_alone(), resume_by::dispatch);
    }

   private:
    async_body* body_;
  };

  bool claim(claim_state how) noexcept {
    claim_state expected = free;
    // (2) acquire: pairs with release (1) and (3)
    return claim_.compare_exchange_strong(expected, how, std::memory_order_acquire, std::memory_order_relaxed);
  }

  // True: the body rests. False: it waits, and this thread has nothing to do with it any more.
  bool drive(consumer* by) noexcept {
    by_ = by;
    for (;;) {
      self_.resume();
      if (suspended_for_ == nullptr) return true;
      wait& w = *std::exchange(suspended_for_, nullptr);
      if (!executor_) adopt_consumer();
      if (!w.start(w)) return false;
    }
  }

  void adopt_consumer() {
    if (by_ == nullptr) return;
    boost::asio::any_io_executor ex = by_->executor();
    if (!ex) consumer_ = executor_ref();
    else if (!consumer_ || consumer_.get() != ex) consumer_ = executor_ref(std::move(ex));
  }

  // These three return whom to wake.
  [[nodiscard]] waiter* drive_alone() noexcept {
    by_ = nullptr;
    if (wait* const again = std::exchange(again_, nullptr); again != nullptr && !again->start(*again)) return nullptr;
    return drive(nullptr) ? come_to_rest() : nullptr;
  }

  [[nodiscard]] waiter* come_to_rest() noexcept {
    // (6) acq_rel: release pairs with acquire (5), (7) and (11), publishes the outcome; acquire pairs with release (7) and (11)
    switch (rest_.exchange(resting, std::memory_order_acq_rel)) {
      case awaited: return waiter_;  // it holds the claim, and this frame with it, until it is woken
      case dropped: self_.destroy(); return nullptr;
      default: return nullptr;
    }
  }

  [[nodiscard]] waiter* end_abandoned() noexcept {
    error_ = operation_aborted();
    undelivered_ = true;
    over_ = true;
    abandoned_ = true;
    return come_to_rest();
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

  // The frame may be gone when this returns.
  void post_resumption(const executor_ref to) noexcept { to.post(resumption(*this)); }

  // Written by all three parties, each only in passing; one line is right, since they take turns.
  std::atomic<claim_state> claim_{free};
  wait_word wait_word_;
  consumer* by_ = nullptr;           // while the body runs on the thread of whoever pulls
  wait* suspended_for_ = nullptr;    // and it has not been started
  waiter* waiter_ = nullptr;
  wait* wait_ = nullptr;
  wait* again_ = nullptr;  // to be started before the body goes on
  departure departure_;
  executor_ref executor_;
  executor_ref consumer_;  // that of whoever pulled when the body last waited, or asked
};

}  // namespace pariter::detail
