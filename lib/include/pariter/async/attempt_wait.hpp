// SPDX-License-Identifier: Apache-2.0
#pragma once
// `co_await async_next(it)` and its like of containers, in the body of an async_generator.
//
// await_ready() makes the attempt; only one that has to wait suspends the body. Who makes it possible wakes the wait, and that
// posts to the body's executor (of a body without: its consumer's, else the system's), where it is tried again.

#include "pariter/async/async_body.hpp"
#include "pariter/async/attempt_operation.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <coroutine>

namespace pariter::detail {

template <class Attempt>
class attempt_wait : public async_body::wait, public waiter_of<Attempt> {
  using waiter = waiter_of<Attempt>;

 public:
  attempt_wait(async_body& body, const attempt_operation<Attempt>& op) noexcept : body_(body), attempt_(op.attempt()) {
    start = [](async_body::wait& w) noexcept { return static_cast<attempt_wait&>(w).done_or_parked(); };
    cancel = [](async_body::wait& w) noexcept {
      auto& self = static_cast<attempt_wait&>(w);
      self.cancelled_ = true;  // seen by the retry, if a wake-up came first
      if (self.attempt_.parking().cancel(self)) self.body_.complete_cancelled();
    };
    this->wake = [](waiter& w) noexcept { static_cast<attempt_wait&>(w).body_.retry(); };
  }
  attempt_wait(const attempt_wait&) = delete;
  attempt_wait& operator=(const attempt_wait&) = delete;

  bool await_ready() noexcept { return attempt_.now(); }
  void await_suspend(std::coroutine_handle<>) noexcept { body_.suspend_for(*this); }
  auto await_resume() {
    work_ = {};  // now: the rest of the expression may yield
    if (cancelled_) attempt_.cancel();
    return outcome_of(attempt_);
  }

 private:
  // True: over, the body goes on. False: it waits, and may be running already.
  bool done_or_parked() noexcept {
    if (body_.executor()) work_ = boost::asio::prefer(body_.executor().get(), boost::asio::execution::outstanding_work.tracked);
    for (;;) {
      if (cancelled_ || attempt_.now()) return true;
      body_.initiate(*this);
      if (attempt_.parking().park(*this, [this] { return attempt_.ready(); }) && !body_.initiated()) return false;
    }
  }

  async_body& body_;
  Attempt attempt_;
  bool cancelled_ = false;
  boost::asio::any_io_executor work_;  // keeps the body's executor going while it waits
};

}  // namespace pariter::detail
