// SPDX-License-Identifier: Apache-2.0
#pragma once
// The ways to wait for the next item of an async_generator: a thread, a completion handler, another async_generator.
// (The fourth, an asio::awaitable, stands in awaitable_pull.hpp.)
//
// All of them do the same: claim the consumer side; begin(); if there is no outcome yet, register a waiter and come back
// when it is woken, on the executor where the consumer belongs; take the outcome; release the claim. The outcome is taken as late as
// that, so a pull that is cancelled before has taken nothing. The claim is released with the outcome, not with what awaited it: the rest
// of the expression may pull again, yield, or destroy the source.

#include "pariter/async/async_body.hpp"
#include "pariter/async/handler_operation.hpp"
#include "pariter/async/operation_section.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/thread_signal.hpp"
#include "pariter/detail/worker_mark.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <chrono>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

template <class T>
class async_generator;

namespace detail {

template <class T>
class async_promise;

// ---- a thread -------------------------------------------------------------------------------------------------------

// Notes whether the body needs an executor that this very thread may have to serve.
class blocking_consumer : public consumer {
 public:
  blocking_consumer() noexcept : consumer(kind) {}
  // Require a claim and a body that did not answer. Throw would_deadlock on a thread that must not block; the body goes on then.
  void wait_for_rest(async_body& body) const;
  // False: the deadline passed first.
  bool wait_for_rest(async_body& body, std::chrono::steady_clock::time_point deadline) const;

 private:
  struct sleeper : async_body::waiter {
    sleeper() noexcept {
      wake = [](async_body::waiter& w, resume_by) -> async_body::waiter* {
        static_cast<sleeper&>(w).signal.raise();
        return nullptr;
      };
    }
    thread_signal signal;
  };

  static void needs(consumer& c, const executor_ref& ex) noexcept {
    if (ex.served_here()) static_cast<blocking_consumer&>(c).is_needed_ = true;
  }
  static constexpr consumer::kind kind{.note_need = &needs};

  void may_block() const {
    if (is_needed_ || on_io_worker()) throw would_deadlock();
  }

  bool is_needed_ = false;
};

inline void blocking_consumer::wait_for_rest(async_body& body) const {
  may_block();
  sleeper s;
  if (body.register_waiter(s)) s.signal.wait();
}
inline bool blocking_consumer::wait_for_rest(async_body& body, std::chrono::steady_clock::time_point deadline) const {
  may_block();
  sleeper s;
  if (!body.register_waiter(s) || s.signal.wait_until(deadline)) return true;
  if (body.cancel_waiter()) return false;
  s.signal.wait();  // it is being woken
  return true;
}

// ---- a completion handler -------------------------------------------------------------------------------------------

template <class Handler>
boost::asio::any_io_executor executor_of_handler(const Handler& h) {
  using ex = boost::asio::associated_executor_t<Handler>;
  if constexpr (std::is_same_v<ex, section_executor>) return boost::asio::get_associated_executor(h).beneath();  // the body of another generator
  else if constexpr (std::is_convertible_v<ex, boost::asio::any_io_executor>) return boost::asio::get_associated_executor(h);
  else return {};
}
// What a pull and a close have in common.
template <class Derived, class Handler>
class body_operation : public consumer, public async_body::waiter, public handler_operation<Derived, Handler> {
 protected:
  explicit body_operation(Handler&& handler) : consumer(kind), handler_operation<Derived, Handler>(std::move(handler)) {
    wake = [](async_body::waiter& w, resume_by how) -> async_body::waiter* {
      auto& self = static_cast<body_operation&>(w);
      if (how == resume_by::dispatch) self.dispatch_step();
      else self.settle_then_step();
      return nullptr;
    };
  }

 private:
  static boost::asio::any_io_executor belongs(const consumer& c) { return executor_of_handler(static_cast<const body_operation&>(c).handler_); }
  static constexpr consumer::kind kind{.executor = &belongs};
};

template <class T, class Handler>
class pull_operation : public body_operation<pull_operation<T, Handler>, Handler> {
  using base = body_operation<pull_operation, Handler>;
  friend handler_operation<pull_operation, Handler>;

 public:
  pull_operation(Handler&& handler, async_promise<T>* body) : base(std::move(handler)), body_(body) {}

  void start() noexcept {
    if (body_ != nullptr && !body_->claim_wait()) {
      body_ = nullptr;
      error_ = std::make_exception_ptr(busy());
    }
    if (body_ == nullptr) return this->post_step();
    if (auto slot = this->cancellation_slot(); slot.is_connected()) {
      slot.assign([this](boost::asio::cancellation_type type) {
        if (type != boost::asio::cancellation_type::none) cancel();
      });
    }
    if (body_->begin(*this) || cancelled_ || !body_->register_waiter(*this)) this->post_step();
  }

  void step() {
    if (auto slot = this->cancellation_slot(); slot.is_connected()) slot.clear();
    std::optional<T> item;
    if (body_ != nullptr && cancelled_) {
      error_ = operation_aborted();
    } else if (body_ != nullptr) {
      try {
        body_->take_into(item);
      } catch (...) {
        error_ = std::current_exception();
      }
    }
    release();
    this->finish(std::exception_ptr(error_), std::move(item));
  }
  void settle() noexcept {
    if (!body_->take_abandonment()) return;
    error_ = operation_aborted();
    release();
  }

 private:
  void release() noexcept {
    if (body_ != nullptr) std::exchange(body_, nullptr)->release_wait();
  }

  // Asio's rule: not while the handler's executor runs something of this operation.
  void cancel() noexcept {
    cancelled_ = true;
    if (body_ != nullptr && body_->cancel_waiter()) this->post_step();
  }

  async_promise<T>* body_;  // null: nothing to pull from, or nothing more
  std::exception_ptr error_;
  bool cancelled_ = false;
};

template <class T, class Handler>
class close_operation : public body_operation<close_operation<T, Handler>, Handler> {
  using base = body_operation<close_operation, Handler>;
  friend handler_operation<close_operation, Handler>;

 public:
  close_operation(Handler&& handler, async_promise<T>* body) : base(std::move(handler)), body_(body) {}

  void start() noexcept {
    if (body_ != nullptr && !body_->claim_wait()) {
      body_ = nullptr;
      error_ = std::make_exception_ptr(busy());
    }
    if (body_ == nullptr || closed()) this->post_step();
  }

  void step() {
    if (body_ != nullptr && !closed()) return;
    if (body_ != nullptr) error_ = body_->take_close();
    release();
    this->finish(std::exception_ptr(error_));
  }
  void settle() noexcept {
    if (!body_->over()) return;
    error_ = body_->take_close();
    release();
  }

 private:
  // False: this operation waits, and may be gone.
  bool closed() noexcept {
    for (;;) {
      if (body_->begin_close(*this)) return true;
      if (body_->register_waiter(*this)) return false;
    }
  }

  void release() noexcept {
    if (body_ != nullptr) std::exchange(body_, nullptr)->release_wait();
  }

  async_promise<T>* body_;
  std::exception_ptr error_;
};

template <class T>
class initiate_pull {
 public:
  explicit initiate_pull(async_promise<T>* body) noexcept : body_(body) {}
  template <class Handler>
  void operator()(Handler&& handler) const {
    using h = std::decay_t<Handler>;
    pull_operation<T, h>::launch(h(std::forward<Handler>(handler)), body_);
  }

 private:
  async_promise<T>* body_;
};

template <class T>
class initiate_close {
 public:
  explicit initiate_close(async_promise<T>* body) noexcept : body_(body) {}
  template <class Handler>
  void operator()(Handler&& handler) const {
    using h = std::decay_t<Handler>;
    close_operation<T, h>::launch(h(std::forward<Handler>(handler)), body_);
  }

 private:
  async_promise<T>* body_;
};

template <class T>
class pull_wait;
}  // namespace detail

// What async_next() without a token gives: a deferred Asio operation. Await it, or call it with a token, once.
// The generator must be there, and must not have been stepped otherwise in between.
template <class T>
class [[nodiscard]] next_operation {
 public:
  template <class Token>
  auto operator()(Token&& token) const
      -> decltype(boost::asio::async_initiate<Token, void(std::exception_ptr, std::optional<T>)>(std::declval<detail::initiate_pull<T>>(), token)) {
    return boost::asio::async_initiate<Token, void(std::exception_ptr, std::optional<T>)>(detail::initiate_pull<T>(body_), token);
  }

  detail::async_promise<T>* body() const noexcept { return body_; }

 private:
  friend async_generator<T>;
  explicit next_operation(detail::async_promise<T>* body) noexcept : body_(body) {}

  detail::async_promise<T>* body_;
};

namespace detail {

// ---- a coroutine ----------------------------------------------------------------------------------------------------

// The consumer side of a body while a coroutine pulls; part of what it awaits.
template <class T>
class pull_claim {
 public:
  explicit pull_claim(async_promise<T>* source) noexcept : source_(source) {}  // null: nothing to pull from
  pull_claim(const pull_claim&) = delete;
  pull_claim& operator=(const pull_claim&) = delete;
  ~pull_claim() {
    if (claim_ != claim::none) give_back();
  }

  // True: take() next. False: the body waits.
  bool begin(consumer& by) noexcept {
    if (source_ == nullptr) return true;
    if (!source_->claim_step()) {
      claim_ = claim::refused;
      return true;
    }
    claim_ = claim::step;
    return source_->begin(by);
  }

  // The pull turns out to need a waiter.
  async_promise<T>& expect_to_wait() noexcept {
    claim_ = claim::wait;
    source_->expect_to_wait();
    return *source_;
  }

  // True: the waiter will not be woken.
  bool cancel() noexcept {
    if (claim_ != claim::wait) return false;
    claim_ = claim::cancelled;
    return source_->cancel_waiter();
  }

  // The source rests. Of one that has been abandoned nothing is needed any more.
  void settle() noexcept {
    if (!source_->take_abandonment()) return;
    give_back();
    claim_ = claim::aborted;
  }

  // The outcome; the source is free when this returns or throws.
  std::optional<T> take() {
    if (claim_ != claim::step && claim_ != claim::wait) return nothing();
    const giving_back at_the_end{*this};
    return source_->take();
  }

 private:
  enum class claim : unsigned char { none, refused, aborted, step, wait, cancelled };

  void give_back() noexcept {
    const claim held = std::exchange(claim_, claim::none);
    if (held == claim::step) source_->release_step();
    else if (held >= claim::wait) source_->release_wait();
  }

  struct giving_back {
    ~giving_back() { claimed.give_back(); }
    pull_claim& claimed;
  };

  PARITER_COLD std::optional<T> nothing() {
    if (claim_ == claim::refused) throw busy();
    if (claim_ == claim::none) return std::nullopt;
    give_back();  // of one that was cancelled
    std::rethrow_exception(operation_aborted());
  }

  async_promise<T>* source_;
  claim claim_ = claim::none;
};

// Another async_generator.
template <class T>
class pull_wait : public async_body::wait, public async_body::waiter, private consumer {
 public:
  pull_wait(async_body& puller, const next_operation<T>& op) noexcept : consumer(kind), puller_(puller), claim_(op.body()) {
    start = [](wait& w) noexcept {
      auto& self = static_cast<pull_wait&>(w);
      self.puller_.initiate(self);
      return !self.claim_.expect_to_wait().register_waiter(self) || self.puller_.initiated();
    };
    cancel = [](wait& w) noexcept {
      auto& self = static_cast<pull_wait&>(w);
      if (self.claim_.cancel()) self.puller_.complete_cancelled();
    };
    wake = [](waiter& w, resume_by) { return static_cast<pull_wait&>(w).puller_.complete(); };
  }
  pull_wait(const pull_wait&) = delete;
  pull_wait& operator=(const pull_wait&) = delete;

  bool await_ready() noexcept { return claim_.begin(*this); }
  void await_suspend(std::coroutine_handle<>) noexcept { puller_.suspend_for(*this); }
  std::optional<T> await_resume() { return claim_.take(); }

 private:
  static boost::asio::any_io_executor belongs(const consumer& c) { return static_cast<const pull_wait&>(c).puller_.executor_now().get(); }
  static void needs(consumer& c, const executor_ref& ex) noexcept { static_cast<pull_wait&>(c).puller_.note_need(ex); }
  static constexpr consumer::kind kind{.executor = &belongs, .note_need = &needs};

  async_body& puller_;
  pull_claim<T> claim_;
};

}  // namespace detail
}  // namespace pariter
