// SPDX-License-Identifier: Apache-2.0
#pragma once
// `co_await async_next(it)` and its like of containers, in an asio::awaitable.
//
// Asio would always suspend, initiate, and post the completion. Its awaiter is specialised for our operations: await_ready()
// makes the attempt, and only one that has to wait goes Asio's way.
//
// The specialised template is not documented by Asio. Versions other than the tested ones (Boost 1.81 to 1.83), and builds
// with handler tracking, always take Asio's way, which is correct and slower.

#include "pariter/async/attempt_operation.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/version.hpp>

#include <coroutine>
#include <utility>

#if BOOST_ASIO_VERSION >= 102600 && BOOST_ASIO_VERSION < 102900 && !defined(BOOST_ASIO_ENABLE_HANDLER_TRACKING)

namespace boost::asio::detail {

template <class Signature, class Attempt, class Executor>
class awaitable_async_op<Signature, pariter::attempt_operation<Attempt>, Executor> {
  using frame = awaitable_frame_base<Executor>;
  using continuation = awaitable_async_op_handler<Signature, Executor>;

 public:
  awaitable_async_op(pariter::attempt_operation<Attempt>&& op, frame* consumer) noexcept : consumer_(consumer), attempt_(op.attempt()) {}
  awaitable_async_op(const awaitable_async_op&) = delete;
  awaitable_async_op& operator=(const awaitable_async_op&) = delete;

  bool await_ready() noexcept { return done_ = attempt_.now(); }

  void await_suspend(coroutine_handle<void>) noexcept {
    consumer_->after_suspend([](void* self) { static_cast<awaitable_async_op*>(self)->wait(); }, this);
  }

  auto await_resume() { return done_ ? pariter::detail::outcome_of(attempt_) : continuation::resume(result_); }

 private:
  // The coroutine is suspended.
  void wait() {
    const pariter::detail::initiate_attempt<Attempt> initiate(attempt_);
    initiate(continuation(consumer_->detach_thread(), result_));
  }

  frame* consumer_;
  Attempt attempt_;
  bool done_ = false;
  typename continuation::result_type result_{};
};

}  // namespace boost::asio::detail

#endif
