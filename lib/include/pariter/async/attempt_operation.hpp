// SPDX-License-Identifier: Apache-2.0
#pragma once
// attempt_operation: an asynchronous operation that tries something of a container until it succeeds, and waits in a parking
// lot of the container in between.
//
// An Attempt is what is tried: an object that refers to what must live until the operation is over, and is copied before it is made.
//
//   using answer = ...;          what a handler gets; an exception_ptr is thrown by co_await
//   bool now() noexcept;         tries. True: done, answer() is there. False: nothing has happened
//   auto& parking();             where to wait ...
//   bool ready();                ... until this holds: now() may succeed
//   void cancel() noexcept;      the wait was cancelled: answer() says so
//   answer result() noexcept;    once
//
// A handler gets its answer by a post, always: never inside the initiation, and never inside the call of whoever made the attempt
// possible. Coroutines do not suspend if the first attempt succeeds (attempt_wait.hpp, awaitable_attempt.hpp).
//
// Threads: attempts are made on the initiating thread and then where the handler, or the coroutine, belongs.
// Lifetime: once the handler was called, whoever woke the operation has left the handler's executor (departure.hpp).

#include "pariter/async/departure.hpp"
#include "pariter/async/handler_operation.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <atomic>
#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <class Attempt>
using waiter_of = typename std::remove_cvref_t<decltype(std::declval<Attempt&>().parking())>::waiter;

// What co_await of an attempt that is over gives.
template <class Attempt>
auto outcome_of(Attempt& attempt) {
  if constexpr (std::same_as<typename Attempt::answer, std::exception_ptr>) {
    if (const std::exception_ptr error = attempt.result()) std::rethrow_exception(error);
  } else {
    return attempt.result();
  }
}

template <class Attempt, class Handler>
class handled_attempt : public waiter_of<Attempt>, public handler_operation<handled_attempt<Attempt, Handler>, Handler> {
  using base = handler_operation<handled_attempt, Handler>;
  using waiter = waiter_of<Attempt>;
  friend base;

 public:
  handled_attempt(Handler&& handler, const Attempt& attempt) : base(std::move(handler)), attempt_(attempt) {
    this->wake = [](waiter& w) noexcept { static_cast<handled_attempt&>(w).woken(); };
  }

  void start() noexcept {
    if (auto slot = this->cancellation_slot(); slot.is_connected()) {
      slot.assign([this](boost::asio::cancellation_type type) {
        if (type != boost::asio::cancellation_type::none) cancel();
      });
    }
    if (attempt_.ready() || !parked()) this->post_step();
  }

  void step() {
    departure_.arrive();
    if (cancelled_) attempt_.cancel();
    else
      while (!attempt_.now())
        if (parked()) return;  // somebody else took what was there; this operation may be gone
    if (auto slot = this->cancellation_slot(); slot.is_connected()) slot.clear();
    this->finish(attempt_.result());
  }

 private:
  void woken() noexcept {
    // (1) acq_rel: release pairs with acquire (2), acquire pairs with release (2): whoever comes second goes on
    if (progress_.exchange(progress::woken, std::memory_order_acq_rel) == progress::parked) departure_.leave([this] { this->post_step(); });
  }

  // False: it is worth an attempt. True: this operation waits, and may be gone. The lot asks ready(), and looks at this
  // operation, after it has published it, so a wake-up that comes meanwhile must not lead to a step yet.
  bool parked() noexcept {
    progress_.store(progress::parking, std::memory_order_relaxed);  // relaxed: published by the lot's mutex
    if (!attempt_.parking().park(*this, [this] { return attempt_.ready(); })) return false;
    // (2) acq_rel: release pairs with acquire (1), acquire pairs with release (1)
    return progress_.exchange(progress::parked, std::memory_order_acq_rel) != progress::woken;
  }

  // Asio's rule: not while the handler's executor runs something of this operation.
  void cancel() noexcept {
    cancelled_ = true;
    if (attempt_.parking().cancel(*this)) this->post_step();
  }

  void release() noexcept { departure_.arrive(); }

  enum class progress : unsigned char { parking, parked, woken };

  Attempt attempt_;
  bool cancelled_ = false;
  std::atomic<progress> progress_{progress::parking};
  departure departure_;
};

template <class Attempt>
class initiate_attempt {
 public:
  explicit initiate_attempt(const Attempt& attempt) noexcept : attempt_(attempt) {}
  template <class Handler>
  void operator()(Handler&& handler) const {
    using h = std::decay_t<Handler>;
    handled_attempt<Attempt, h>::launch(h(std::forward<Handler>(handler)), attempt_);
  }

 private:
  Attempt attempt_;
};

}  // namespace pariter::detail

namespace pariter {

// A deferred Asio operation. Await it, or call it with a token, once; what it refers to must still be there then.
template <class Attempt>
class [[nodiscard]] attempt_operation {
 public:
  explicit attempt_operation(const Attempt& attempt) noexcept : attempt_(attempt) {}

  template <class Token>
  auto operator()(Token&& token) const
      -> decltype(boost::asio::async_initiate<Token, void(typename Attempt::answer)>(std::declval<detail::initiate_attempt<Attempt>>(), token)) {
    return boost::asio::async_initiate<Token, void(typename Attempt::answer)>(detail::initiate_attempt<Attempt>(attempt_), token);
  }

  const Attempt& attempt() const noexcept { return attempt_; }

 private:
  Attempt attempt_;
};

}  // namespace pariter
