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
// The frame is aligned as operator new aligns, or as T if that wants more: no place for other over-aligned variables. Nor is the
// frame of an asio::awaitable, into which `co_await it.async_next()` delivers: there, yield pointers to over-aligned items.
//
// Exceptions: what leaves the body is given to one pull, once; after that there is only the end.
//
// Stop and end. request_stop(): the operation that the body awaits, or else its next one, is cancelled, once; the body sees
// operation_aborted there, or asks this_generator::stop_requested. close() and async_close() are the real end: the body is
// stopped if it is waiting, close_requested is thrown at the `co_yield` where it stands, it may catch that, clean up and await (an earlier stop
// that it has not seen cancels nothing of that), and must not yield again (ignored_close). The destructor closes nothing: a body that rests is destroyed, with its variables; one that is waiting is stopped, kept
// until it rests, and destroyed then, on the thread that brought it there. A pull that is under way when the object is destroyed still completes.
//
// If the execution context that the body waits in is destroyed, the body never runs again: the pull gets
// operation_aborted, after it there is the end. Like every holder of I/O objects, a generator whose variables are such must
// be destroyed before their context.
//
// Cost, of an item that the body yields without waiting: one read-modify-write, no allocation, no hop; the stack does not grow,
// with or without optimisation.

#include "pariter/async/async_promise.hpp"
#include "pariter/async/awaitable_pull.hpp"
#include "pariter/async/pull.hpp"
#include "pariter/async/resume_on.hpp"
#include "pariter/async/this_generator.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/outcome.hpp"
#include "pariter/coro/close_requested.hpp"
#include "pariter/coro/frame_allocation.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/deadline.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <chrono>
#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

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

  // The next item, or empty at the end. Blocks this thread while the body waits. Throws what leaves the body; busy; would_deadlock
  // where it would have to block in a thread that runs in the body's executor (or in the one under its strand), or in an I/O
  // thread of a runtime: the pull is abandoned then. Not seen where an earlier, abandoned pull has left the body running, nor what a
  // body without an executor waits for (docs/explanation/async.md).
  std::optional<T> next();

  // The same without waiting, and with waiting no longer than that. Empty: the body is still waiting; the pull is abandoned, and
  // what the body yields is kept for the next one. What leaves the body is the answer `failed`, once. Throw busy, and where they would
  // block would_deadlock, as next() does.
  outcome<T> try_next();
  outcome<T> next_until(std::chrono::steady_clock::time_point deadline);
  template <class Rep, class Period>
  outcome<T> next_for(std::chrono::duration<Rep, Period> time) {
    return next_until(detail::deadline_in(time));
  }

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
  detail::blocking_consumer me;
  if (!body_->begin(me)) me.wait_for_rest(*body_);
  return body_->take();
}

// `wait` is called if the body waits; it says whether the body has come to rest.
template <class T>
template <class Wait>
outcome<T> async_generator<T>::step(Wait wait) {
  if (body_ == nullptr) return outcome<T>::closed();
  const detail::step_claim<T> claimed(*body_);
  detail::blocking_consumer me;
  if (!body_->begin(me) && !wait(me, *body_)) return outcome<T>::empty();
  try {
    std::optional<T> item = body_->take();
    return item ? outcome<T>::item(*std::move(item)) : outcome<T>::closed();
  } catch (...) {
    return outcome<T>::failed(std::current_exception());
  }
}

template <class T>
outcome<T> async_generator<T>::try_next() {
  return step([](const detail::blocking_consumer&, const detail::async_body&) { return false; });
}

template <class T>
outcome<T> async_generator<T>::next_until(std::chrono::steady_clock::time_point deadline) {
  return step([deadline](const detail::blocking_consumer& me, detail::async_body& body) { return me.wait_for_rest(body, deadline); });
}

template <class T>
void async_generator<T>::close() {
  if (body_ == nullptr) return;
  std::exception_ptr thrown;
  {
    const detail::step_claim<T> claimed(*body_);
    detail::blocking_consumer me;
    while (!body_->begin_close(me)) me.wait_for_rest(*body_);
    thrown = body_->take_close();
  }
  if (thrown) std::rethrow_exception(thrown);
}

template <class T>
template <class Token>
auto async_generator<T>::async_close(Token&& token) {
  return boost::asio::async_initiate<Token, void(std::exception_ptr)>(detail::initiate_close<T>(body_), token);
}

}  // namespace pariter

template <class T, class... Parameters>
struct std::coroutine_traits<pariter::async_generator<T>, Parameters...> {
  static_assert((!std::is_rvalue_reference_v<Parameters> && ...),
                "an async_generator outlives the call that makes it, and what an rvalue reference refers to does not: take the parameter by value");
  using promise_type = typename pariter::detail::choose_promise<pariter::detail::async_promise<T>, Parameters...>::type;
};
