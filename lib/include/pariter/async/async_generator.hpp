// SPDX-License-Identifier: Apache-2.0
#pragma once
// async_generator<T>: a coroutine that both awaits and yields.
//
//   async_generator<std::string> greetings(tcp::socket socket) {
//     for (std::string buffer;;) {
//       auto n = co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer), '\n', asio::deferred);
//       co_yield buffer.substr(0, n);
//       buffer.erase(0, n);
//     }
//   }
//
//   while (auto line = co_await it.async_next()) ...     // in an asio::awaitable, or in another async_generator
//   for (auto line : it) ...                             // on a plain thread: blocks between items
//   it.async_next(asio::use_future), it.async_next(callback)
//
// Body. It may co_await: any Asio operation as a deferred operation, any asio::awaitable (body_awaits.hpp), another async
// generator's async_next(), resume_on(executor), and what this_generator.hpp names. Nothing of it runs before the first pull.
//
// Threads. One owner at a time, of any kind; it may be handed from one to another if the owners bring the happens-before.
// Two steps that overlap: the later one gets `busy`, the earlier is unaffected; this is checked with an atomic, not a race.
// request_stop() may be called by any thread, as long as the object is there and is not being moved.
//
// Where things run. A body that never called resume_on, and was not bound, runs on the thread that pulls until it first
// waits, and then wherever what it awaited completes. Else it runs in its executor always; a thread that is in that
// executor already goes on without a hop. The consumer goes on in its own associated executor, likewise. next() runs the
// body on the calling thread, and blocks only when the body waits.
//
// Cancelling a pull (its cancellation slot) abandons the pull: it completes with operation_aborted, the body goes on, and
// what it yields is kept for the next pull. Neither the item nor the stream is lost.
//
// Lifetime: the body's variables go when it ends, its parameters with the object (or with its last pull).
//
// Exceptions: what leaves the body is given to one pull, once; after that there is only the end.
//
// Stop and end. request_stop(): the operation that the body awaits, or else its next one, is cancelled, once; the body sees
// operation_aborted there, or asks this_generator::stop_requested. close() and async_close() are the real end: the body is
// stopped if it is waiting, close_requested is thrown at the `co_yield` where it stands, it may catch that, clean up and await, and must not
// yield again (ignored_close). The destructor closes nothing: a body that rests is destroyed, with its variables; one that is waiting is stopped, kept
// until it rests, and destroyed then, on the thread that brought it there. A pull that is under way when the object is destroyed still completes.
//
// If the execution context that the body waits in is destroyed, the body never runs again: the pull gets
// operation_aborted, after it there is the end. Like every holder of I/O objects, a generator whose variables are such must
// be destroyed before their context.
//
// Cost, of an item that the body yields without waiting: one read-modify-write, no allocation, no hop; the stack does not grow,
// with or without optimisation.

#include "pariter/async/async_body.hpp"
#include "pariter/async/awaitable_pull.hpp"
#include "pariter/async/body_awaits.hpp"
#include "pariter/async/pull.hpp"
#include "pariter/async/resume_on.hpp"
#include "pariter/async/this_generator.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/outcome.hpp"
#include "pariter/coro/close_requested.hpp"
#include "pariter/coro/frame_allocation.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <chrono>
#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

template <class Attempt>
class attempt_operation;

namespace detail {
template <class Attempt>
class attempt_wait;
}

template <class T>
class [[nodiscard]] async_generator : public iterator_interface<async_generator<T>> {
  static_assert(!std::is_reference_v<T>,
                "async_generator<T>: T must not be a reference, because the item may go to another thread than the body; yield a value or a pointer");
  static_assert(std::is_object_v<T> && std::same_as<T, std::remove_cv_t<T>> && std::move_constructible<T>,
                "async_generator<T>: T is a move-constructible object type without const");

 public:
  using promise_type = detail::async_promise<T>;  // std::coroutine_traits may choose one with an allocator

  static constexpr iteration_properties properties{.sees = sight::live};

  async_generator(async_generator&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  async_generator& operator=(async_generator&& other) noexcept {
    async_generator(std::move(other)).swap(*this);
    return *this;
  }
  ~async_generator() {
    if (body_ != nullptr) body_->drop();
  }

  // The next item, or empty at the end. Blocks this thread while the body waits. Throws what leaves the body; busy;
  // would_deadlock if this thread runs in the body's own executor, or is an I/O thread of a runtime and would have to block.
  std::optional<T> next();

  // The same without waiting, and with waiting no longer than that. Empty: the body is still waiting; the pull is abandoned, and
  // what the body yields is kept for the next one. What leaves the body is the answer `failed`, once. Throw as next() does.
  outcome<T> try_next();
  outcome<T> next_until(std::chrono::steady_clock::time_point deadline);
  outcome<T> next_for(std::chrono::steady_clock::duration time) { return next_until(std::chrono::steady_clock::now() + time); }

  // The next item, or empty at the end, through a completion token. Signature: void(std::exception_ptr, std::optional<T>).
  // Nothing runs before the operation is started. At most one is under way at a time, others complete with busy.
  template <class Token>
  auto async_next(Token&& token) {
    return async_next()(std::forward<Token>(token));
  }
  next_operation<T> async_next(boost::asio::deferred_t = boost::asio::deferred) { return next_operation<T>(body_); }

  // Ends the body, see above, and waits until that is done. Throws what leaves the body other than close_requested;
  // ignored_close; busy; would_deadlock as next() does.
  void close();

  // The same through a completion token. Signature: void(std::exception_ptr). The object must stay until it completes.
  template <class Token = boost::asio::deferred_t>
  auto async_close(Token&& token = Token());

  // Asks the body to come to an end. Any thread, any time; does not wait.
  void request_stop() noexcept {
    if (body_ != nullptr) body_->request_stop();
  }

  // The body will run in `ex`, as if it began with `co_await resume_on(ex)`. Only before the first pull.
  template <class Executor>
  void bind_executor(Executor ex) {
    PARITER_ASSERT(body_ != nullptr && !body_->started(), "bind an async_generator to an executor before its first pull, or co_await resume_on(ex) in its body");
    body_->bind(detail::executor_ref(std::move(ex)));
  }

 private:
  friend promise_type;
  explicit async_generator(promise_type& body) noexcept : body_(&body) {}
  template <class Wait>
  outcome<T> step(Wait wait);
  void swap(async_generator& other) noexcept { std::swap(body_, other.body_); }

  promise_type* body_;
};

// ---------------------------------------------------------------------------------------------------------------------

namespace detail {
// Holds the claim of a step. The frame stays to the end of the object even if the body is over: a step of another thread that
// gets busy, or a request_stop(), may be looking at it.
template <class T>
class step_claim {
 public:
  explicit step_claim(async_promise<T>& body) : body_(body) {
    if (!body_.claim_step()) throw busy();
    if (!body_.bound_here()) return;
    body_.release_step();
    throw would_deadlock();
  }
  step_claim(const step_claim&) = delete;
  step_claim& operator=(const step_claim&) = delete;
  ~step_claim() { body_.release_step(); }

 private:
  async_promise<T>& body_;
};
}  // namespace detail

template <class T>
std::optional<T> async_generator<T>::next() {
  if (body_ == nullptr) return std::nullopt;
  const detail::step_claim<T> claimed(*body_);
  if (!body_->begin()) detail::block_until_rest(*body_);
  return body_->take();
}

// `wait` is called if the body waits; it says whether the body has come to rest.
template <class T>
template <class Wait>
outcome<T> async_generator<T>::step(Wait wait) {
  if (body_ == nullptr) return outcome<T>::closed();
  const detail::step_claim<T> claimed(*body_);
  if (!body_->begin() && !wait(*body_)) return outcome<T>::empty();
  try {
    std::optional<T> item = body_->take();
    return item ? outcome<T>::item(*std::move(item)) : outcome<T>::closed();
  } catch (...) {
    return outcome<T>::failed(std::current_exception());
  }
}

template <class T>
outcome<T> async_generator<T>::try_next() {
  return step([](const detail::async_body&) { return false; });
}

template <class T>
outcome<T> async_generator<T>::next_until(std::chrono::steady_clock::time_point deadline) {
  return step([deadline](detail::async_body& body) { return detail::block_until_rest(body, deadline); });
}

template <class T>
void async_generator<T>::close() {
  if (body_ == nullptr) return;
  std::exception_ptr thrown;
  {
    const detail::step_claim<T> claimed(*body_);
    while (!body_->begin_close()) detail::block_until_rest(*body_);
    thrown = body_->take_close();
  }
  if (thrown) std::rethrow_exception(thrown);
}

template <class T>
template <class Token>
auto async_generator<T>::async_close(Token&& token) {
  return boost::asio::async_initiate<Token, void(std::exception_ptr)>(detail::initiate_close<T>(body_), token);
}

namespace detail {

template <class T>
class async_promise : public async_body {
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
  auto await_transform(this_generator::executor_t) { return answer<boost::asio::any_io_executor>(some_executor().get()); }

  template <class Other>
  void await_transform(Other&&) {
    static_assert(sizeof(Other) == 0,
                  "the body of an async_generator can co_await an Asio operation (pass asio::deferred), an asio::awaitable, async_next() and resume_on(executor)");
  }

  // ---- consumer side, the body rests --------------------------------------------------------------------------------

  // The outcome. Throws what left the body.
  std::optional<T> take() {
    std::optional<T> taken;
    take_into(taken);
    return taken;
  }
  void take_into(std::optional<T>& taken) {
    undelivered_ = false;
    if (T* const item = std::exchange(item_, nullptr)) taken.emplace(std::move(*item));
    else if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

  // Begins, or goes on with, the close. True: done. False: wait until the body rests and call it again.
  bool begin_close(const consumer_executor& consumer = consumer_executor()) noexcept {
    if (rest_.load(std::memory_order_acquire) != resting) {  // async_body.hpp(5)
      request_stop();
      return false;
    }
    item_ = nullptr;
    if (over_ || !started_ || closing_) return true;
    undelivered_ = false;
    closing_ = true;
    return run(consumer);
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

  T* item_ = nullptr;  // in the frame, or in the operand of co_yield
};

}  // namespace detail
}  // namespace pariter

template <class T, class... Parameters>
struct std::coroutine_traits<pariter::async_generator<T>, Parameters...> {
  static_assert((!std::is_rvalue_reference_v<Parameters> && ...),
                "an async_generator outlives the call that makes it, and what an rvalue reference refers to does not: take the parameter by value");
  using promise_type = typename pariter::detail::choose_promise<pariter::detail::async_promise<T>, Parameters...>::type;
};
