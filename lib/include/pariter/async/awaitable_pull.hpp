// SPDX-License-Identifier: Apache-2.0
#pragma once
// `co_await it.async_next()` inside an asio::awaitable.
//
// Asio would await it like any operation: suspend, initiate, post the completion. That costs a queue per item even when
// the item is there at once, and Boost 1.81 does not compile it at all for the signature (exception_ptr, value). Asio's
// awaiter for operations is therefore specialised for ours: await_ready() runs the body, and only a body that waits suspends.
//
// The specialised template is not documented by Asio. Versions other than the tested ones (Boost 1.81 to 1.83), and builds
// with handler tracking, take Asio's own way, which is correct and slower.

#include "pariter/async/pull.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/version.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#if BOOST_ASIO_VERSION >= 102600 && BOOST_ASIO_VERSION < 102900 && !defined(BOOST_ASIO_ENABLE_HANDLER_TRACKING)

namespace boost::asio::detail {

template <class T, class Executor>
class awaitable_async_op<void(std::exception_ptr, std::optional<T>), pariter::next_operation<T>, Executor>
    : public pariter::detail::async_body::waiter, private pariter::detail::consumer {
  using frame = awaitable_frame_base<Executor>;
  using continuation = awaitable_async_op_handler<void(), Executor>;

 public:
  awaitable_async_op(pariter::next_operation<T>&& op, frame* puller) noexcept : consumer(kind), puller_(puller), claim_(op.body()) {
    wake = [](waiter& w, pariter::detail::resume_by how) -> waiter* {
      auto& self = static_cast<awaitable_async_op&>(w);
      if (how == pariter::detail::resume_by::dispatch) self.resume(how);
      else self.settle_then_resume();
      return nullptr;
    };
  }
  awaitable_async_op(const awaitable_async_op&) = delete;
  awaitable_async_op& operator=(const awaitable_async_op&) = delete;

  bool await_ready() noexcept { return claim_.begin(*this); }

  void await_suspend(coroutine_handle<void>) noexcept {
    puller_->after_suspend([](void* self) { static_cast<awaitable_async_op*>(self)->wait(); }, this);
  }

  std::optional<T> await_resume() { return claim_.take(); }

 private:
  // The coroutine is suspended. If there is an outcome by now, it is left on its stack, and resumed when this returns.
  void wait() {
    pariter::detail::async_promise<T>& source = claim_.expect_to_wait();
    if (source.at_rest()) return;
    continuation_.emplace(puller_->detach_thread(), nothing_);
    if (auto slot = continuation_->get_cancellation_slot(); slot.is_connected()) {
      slot.assign([this](cancellation_type type) {
        if (type != cancellation_type::none && claim_.cancel()) resume(pariter::detail::resume_by::post);
      });
    }
    if (!source.register_waiter(*this)) resume(pariter::detail::resume_by::post);
  }

  // Dispatched, the coroutine may throw, and this may be gone then.
  void resume(pariter::detail::resume_by how) {
    continuation c = std::move(*continuation_);
    continuation_.reset();
    const Executor ex = c.get_executor();
    if (how == pariter::detail::resume_by::dispatch) boost::asio::dispatch(ex, std::move(c));
    else boost::asio::post(ex, std::move(c));
  }
  // Later, but lets go of an abandoned source at once if this thread is there.
  void settle_then_resume() noexcept {
    continuation c = std::move(*continuation_);
    continuation_.reset();
    const Executor ex = c.get_executor();
    boost::asio::dispatch(ex, [this, c = std::move(c), ex]() mutable {
      claim_.settle();
      boost::asio::post(ex, std::move(c));
    });
  }

  // The awaitable's executor, kept where only its frames look.
  struct peek : frame {
    static awaitable_thread<Executor>* thread(const frame& f) noexcept { return f.*(&peek::attached_thread_); }
  };
  static any_io_executor belongs(const consumer& c) { return peek::thread(*static_cast<const awaitable_async_op&>(c).puller_)->get_executor(); }
  static constexpr consumer::kind kind{.executor = &belongs};

  frame* puller_;
  pariter::detail::pull_claim<T> claim_;
  typename continuation::result_type nothing_;
  std::optional<continuation> continuation_;
};

}  // namespace boost::asio::detail

#endif
