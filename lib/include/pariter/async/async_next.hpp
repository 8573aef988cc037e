// SPDX-License-Identifier: Apache-2.0
#pragma once
// async_next(it, token): the next item of an iterator that may have to wait, through an Asio completion token.
//
//   auto it = log.follow();
//   while (auto item = co_await async_next(it)) use(*item);          // in an asio::awaitable or an async_generator
//   async_next(it, [](outcome<const event&> o) { ... });
//
// For the iterators of rooms that know no Asio: `concurrent_log`, `broadcast`, what `share` makes of them. Signature
// void(outcome<item>), as try_next() answers: item, gap, closed, failed. *Empty* says that the wait was cancelled: nothing
// was drawn, so nothing is lost, and the iterator stands where it stood. async_next_batch() is the same with
// try_next_batch(), and is what to use where speed matters. For an async_generator, async_next(it, token) is its member.
//
// Threads: the iterator is used on the initiating thread, and then where the consumer belongs only (its coroutine's executor, the
// handler's associated executor); nobody else may use it, and it must not move, until the operation is over. A coroutine goes
// on at once if an item is there; a handler is always posted. Neither ever runs inside the call of whoever appends to the
// container. Cancel it where the handler's executor runs nothing of it, as Asio asks; a cancellation that finds the coroutine not suspended
// finds nothing to cancel.
// Lifetime: the container, and with it the iterator, must stay until the operation is over.
// Cost: an item that is there: none beyond try_next() in a coroutine, a post for other tokens. A wait: a post and an allocation.

#include "pariter/async/async_generator.hpp"
#include "pariter/async/attempt_operation.hpp"
#include "pariter/async/attempt_wait.hpp"
#include "pariter/async/awaitable_attempt.hpp"
#include "pariter/core/outcome.hpp"

#include <boost/asio/deferred.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter {

template <class I>
concept waiting_iterator = requires(I& it) {
  { it.ready() } -> std::same_as<bool>;
  it.parking();
  it.try_next();
};

namespace detail {

struct draw_item {
  template <class I>
  auto operator()(I& it) const {
    return it.try_next();
  }
};
struct draw_batch {
  template <class I>
  auto operator()(I& it) const {
    return it.try_next_batch();
  }
};

template <class I, class Draw>
class draw_attempt {
 public:
  using answer = std::invoke_result_t<Draw, I&>;

  explicit draw_attempt(I& it) noexcept : it_(std::addressof(it)) {}
  draw_attempt(const draw_attempt& other) noexcept : it_(other.it_) {}  // copied before it is made: there is no answer yet
  draw_attempt& operator=(const draw_attempt&) = delete;

  bool now() noexcept {
    try {
      drawn_ = Draw()(*it_);
    } catch (...) {
      drawn_ = answer::failed(std::current_exception());
    }
    return !drawn_.is_empty();
  }
  auto& parking() const noexcept { return it_->parking(); }
  bool ready() const noexcept { return it_->ready(); }
  static constexpr void cancel() noexcept {}  // drawn_ is empty
  answer result() noexcept {
    try {
      return std::move(drawn_);
    } catch (...) {
      return answer::failed(std::current_exception());
    }
  }

 private:
  I* it_;
  answer drawn_ = answer::empty();
};

template <class I, class Draw, class Token>
auto draw_async(I& it, Token&& token) {
  using attempt = draw_attempt<I, Draw>;
  if constexpr (std::same_as<std::remove_cvref_t<Token>, boost::asio::deferred_t>) return attempt_operation<attempt>(attempt(it));
  else return attempt_operation<attempt>(attempt(it))(std::forward<Token>(token));
}

}  // namespace detail

template <waiting_iterator I, class Token = boost::asio::deferred_t>
auto async_next(I& it, Token&& token = Token()) {
  return detail::draw_async<I, detail::draw_item>(it, std::forward<Token>(token));
}

template <waiting_iterator I, class Token = boost::asio::deferred_t>
  requires requires(I& it) { it.try_next_batch(); }
auto async_next_batch(I& it, Token&& token = Token()) {
  return detail::draw_async<I, detail::draw_batch>(it, std::forward<Token>(token));
}

template <class T, class Token = boost::asio::deferred_t>
auto async_next(async_generator<T>& it, Token&& token = Token()) {
  return it.async_next(std::forward<Token>(token));
}

}  // namespace pariter
