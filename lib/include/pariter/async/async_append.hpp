// SPDX-License-Identifier: Apache-2.0
#pragma once
// async_append(container, item, token): appends to a bounded container, waiting for room through an Asio completion token.
//
//   while (auto b = co_await blocks.async_next()) co_await async_append(stream, *b);     // in an asio::awaitable or an async_generator
//   async_append(stream, item, [](std::exception_ptr error) { ... });
//
// For containers whose append() may wait: `broadcast`. The item is named by the caller, who keeps it: it is moved from if, and only if, it
// is appended; after every error it is what it was. Signature void(std::exception_ptr), thrown by co_await:
//
//   closed                            the container was closed, or failed, before there was room
//   system_error, operation_aborted   the wait was cancelled
//   what T's move constructor or an allocation throws
//
// Threads: the container is appended to on the initiating thread and then where the appender belongs (its coroutine's executor,
// the handler's associated executor), one item at a time; with `writers::single` no other append may overlap with the operation. A
// coroutine goes on at once if there is room; a handler is always posted. Neither ever runs inside the step of an iterator that
// makes room. Cancel it where the handler's executor runs nothing of it, as Asio asks.
// Order: operations that wait are woken together and append as they come, not in the order in which they began.
// Lifetime: container and item must stay, and the item must not be touched, until the operation is over.
// Cost: with room: none beyond try_append() in a coroutine, a post for other tokens. A wait: a post and an allocation.

#include "pariter/async/async_generator.hpp"
#include "pariter/async/attempt_operation.hpp"
#include "pariter/async/attempt_wait.hpp"
#include "pariter/async/awaitable_attempt.hpp"

#include <boost/asio/deferred.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter {

template <class C>
concept waiting_container = requires(C& c, typename C::value_type& item) {
  { c.try_append(std::move(item)) } -> std::same_as<bool>;
  { c.append_ready() } -> std::same_as<bool>;
  c.append_parking();
};

namespace detail {

template <class C>
class append_attempt {
 public:
  using answer = std::exception_ptr;

  append_attempt(C& to, typename C::value_type& item) noexcept : to_(std::addressof(to)), item_(std::addressof(item)) {}

  bool now() noexcept {
    try {
      return to_->try_append(std::move(*item_));
    } catch (...) {
      error_ = std::current_exception();
      return true;
    }
  }
  auto& parking() const noexcept { return to_->append_parking(); }
  bool ready() const noexcept { return to_->append_ready(); }
  void cancel() noexcept { error_ = operation_aborted(); }
  answer result() noexcept { return std::move(error_); }

 private:
  C* to_;
  typename C::value_type* item_;
  std::exception_ptr error_;
};

}  // namespace detail

// The item is an lvalue: a temporary would be gone before it is appended.
template <waiting_container C, class Token = boost::asio::deferred_t>
auto async_append(C& to, typename C::value_type& item, Token&& token = Token()) {
  const attempt_operation op(detail::append_attempt<C>(to, item));
  if constexpr (std::same_as<std::remove_cvref_t<Token>, boost::asio::deferred_t>) return op;
  else return op(std::forward<Token>(token));
}

}  // namespace pariter
