// SPDX-License-Identifier: Apache-2.0
#pragma once
// async_promise<T>: the part of an async generator's promise that knows its items: what the body may await and yield, and how the
// consumer side takes what it yielded. The rest of it is async_body.
//
// Threads: the body's functions run where the body runs; "consumer side" functions need a claim, and that the body rests.
// An item is handed over by address: it lies in the frame, or in the operand of co_yield, until it is taken.

#include "pariter/async/async_body.hpp"
#include "pariter/async/body_awaits.hpp"
#include "pariter/async/pull.hpp"
#include "pariter/async/resume_on.hpp"
#include "pariter/async/this_generator.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/coro/close_requested.hpp"
#include "pariter/coro/recycled_frame.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

template <class T>
class async_generator;

template <class Attempt>
class attempt_operation;

namespace detail {

template <class Attempt>
class attempt_wait;

struct plain_frame {};

template <class T>
class async_promise : public async_body,
                      public std::conditional_t<(alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__), aligned_frame<alignof(T)>, plain_frame> {
  class yielded {
   public:
    explicit yielded(async_promise& body) noexcept : body_(body) {}
    static constexpr bool await_ready() noexcept { return false; }
    static constexpr void await_suspend(std::coroutine_handle<>) noexcept {}
    void await_resume() const {
      if (body_.closing_) throw close_requested();
    }

   private:
    async_promise& body_;
  };
  class yielded_copy : public yielded {
   public:
    yielded_copy(async_promise& body, const T& value) : yielded(body), owner_(body), copy_(value) {}
    void await_suspend(std::coroutine_handle<>) noexcept { owner_.offer(copy_); }

   private:
    async_promise& owner_;
    T copy_;
  };

 public:
  async_promise() noexcept : async_body(std::coroutine_handle<async_promise>::from_promise(*this)) {}

  async_generator<T> get_return_object() noexcept { return async_generator<T>(*this); }
  static constexpr std::suspend_always initial_suspend() noexcept { return {}; }
  std::suspend_always final_suspend() noexcept {
    over_ = true;
    return {};
  }
  void return_void() noexcept { undelivered_ = true; }
  void unhandled_exception() noexcept {
    error_ = std::current_exception();
    undelivered_ = true;
  }

  yielded yield_value(T&& value) noexcept {
    offer(value);
    return yielded(*this);
  }
  yielded_copy yield_value(const T& value)
    requires std::copy_constructible<T>
  {
    return yielded_copy(*this, value);
  }

  template <class Op>
    requires boost::asio::is_async_operation<Op>::value
  operation_wait<std::remove_cvref_t<Op>> await_transform(Op&& op) {
    return operation_wait<std::remove_cvref_t<Op>>(*this, std::forward<Op>(op));
  }
  template <class U, class Executor>
  awaitable_wait<U, Executor> await_transform(boost::asio::awaitable<U, Executor>&& a) {
    return awaitable_wait<U, Executor>(*this, std::move(a));
  }
  template <class U>
  pull_wait<U> await_transform(next_operation<U>&& op) noexcept {
    return pull_wait<U>(*this, op);
  }
  template <class Attempt>
  attempt_wait<Attempt> await_transform(attempt_operation<Attempt>&& op) noexcept {
    return attempt_wait<Attempt>(*this, op);
  }
  template <class Executor>
  move_wait await_transform(resume_on<Executor>&& to) {
    return move_wait(*this, std::move(to));
  }
  auto await_transform(this_generator::stop_requested_t) noexcept { return answer<bool>(take_stop()); }
  auto await_transform(this_generator::executor_t) { return answer<boost::asio::any_io_executor>(executor_now().get()); }

  template <class Other>
  void await_transform(Other&&) {
    static_assert(sizeof(Other) == 0,
                  "the body of an async_generator can co_await an Asio operation (pass asio::deferred), an asio::awaitable, async_next() and resume_on(executor)");
  }

  // ---- consumer side, the body rests --------------------------------------------------------------------------------

  // The outcome. Throws what left the body.
  std::optional<T> take() {
    if (T* const item = take_item()) return std::optional<T>(std::in_place, std::move(*item));
    return std::nullopt;
  }
  void take_into(std::optional<T>& taken) {
    if (T* const item = take_item()) taken.emplace(std::move(*item));
  }

  // Begins, or goes on with, the close. True: done. False: wait until the body rests and call it again.
  bool begin_close(consumer& by) noexcept {
    if (rest_.load(std::memory_order_acquire) != resting) {  // async_body.hpp(5)
      request_stop();
      return false;
    }
    item_ = nullptr;
    if (over_ || !started_ || closing_) return true;
    undelivered_ = false;
    closing_ = true;
    (void)take_stop();  // close_requested tells the body; what it awaits from here on is its cleanup
    return run(by);
  }

  // What the close has to throw. The body will not run again.
  std::exception_ptr take_close() noexcept {
    const bool yielded_again = closing_ && !over_;
    over_ = true;
    undelivered_ = false;
    item_ = nullptr;
    std::exception_ptr thrown = std::exchange(error_, nullptr);
    if (yielded_again) return std::make_exception_ptr(ignored_close());
    if (!thrown) return nullptr;
    try {
      std::rethrow_exception(thrown);
    } catch (const close_requested&) {
      return nullptr;
    } catch (const boost::system::system_error& e) {
      if (stop_requested() && e.code() == boost::asio::error::operation_aborted) return nullptr;
      return thrown;
    } catch (...) {
      return thrown;
    }
  }

 private:
  template <class Answer>
  class answer {
   public:
    explicit answer(Answer a) noexcept : answer_(std::move(a)) {}
    static constexpr bool await_ready() noexcept { return true; }
    static constexpr void await_suspend(std::coroutine_handle<>) noexcept {}
    Answer await_resume() noexcept { return std::move(answer_); }

   private:
    Answer answer_;
  };

  void offer(T& item) noexcept {
    item_ = std::addressof(item);
    undelivered_ = true;
  }
  T* take_item() {
    undelivered_ = false;
    T* const item = std::exchange(item_, nullptr);
    if (item == nullptr && error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return item;
  }

  T* item_ = nullptr;  // in the frame, or in the operand of co_yield
};

}  // namespace detail
}  // namespace pariter
