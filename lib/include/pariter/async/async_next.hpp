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
// Threads: the iterator is used on the initiating thread, and then on the handler's associated executor only; nobody else may
// use it, and it must not move, until the handler is called. The completion is always posted: neither the initiation nor
// whoever appends to the container runs the handler. Cancel it where the handler's executor runs nothing of it, as Asio asks.
// Cost: a post per item, and one allocation from the handler's allocator. Asking try_next() first costs nothing.

#include "pariter/async/async_generator.hpp"
#include "pariter/async/handler_operation.hpp"
#include "pariter/core/outcome.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>

#include <atomic>
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

template <class I>
using waiter_of = typename std::remove_cvref_t<decltype(std::declval<I&>().parking())>::waiter;

template <class I, class Draw, class Handler>
class parked_operation : public handler_operation<parked_operation<I, Draw, Handler>, waiter_of<I>, Handler> {
  using base = handler_operation<parked_operation, waiter_of<I>, Handler>;
  friend base;
  using answer = std::invoke_result_t<Draw, I&>;

 public:
  parked_operation(Handler&& handler, I* it) : base(std::move(handler)), it_(*it) {}

  void start() noexcept {
    if (auto slot = this->cancellation_slot(); slot.is_connected()) {
      slot.assign([this](boost::asio::cancellation_type type) {
        if (type != boost::asio::cancellation_type::none) cancel();
      });
    }
    if (!parked()) this->post_step();
  }

  void woken() noexcept {
    // (1) acq_rel: release pairs with acquire (2), acquire pairs with release (2): whoever comes second goes on
    if (progress_.exchange(progress::woken, std::memory_order_acq_rel) == progress::parked) this->post_step();
  }

  void step() {
    for (;;) {
      if (cancelled_) return finish_with(answer::empty());
      answer drawn = draw();
      if (!drawn.is_empty()) return finish_with(std::move(drawn));
      if (parked()) return;  // another iterator took what was there; this operation may be gone
    }
  }

 private:
  // False: something is there. True: this operation waits, and may be gone. The lot looks at the iterator and at this
  // operation after it has published it, so a wake-up that comes meanwhile must not lead to a step yet.
  bool parked() noexcept {
    progress_.store(progress::parking, std::memory_order_relaxed);  // relaxed: published by the lot's mutex
    if (!it_.parking().park(*this, [this] { return it_.ready(); })) return false;
    // (2) acq_rel: release pairs with acquire (1), acquire pairs with release (1)
    return progress_.exchange(progress::parked, std::memory_order_acq_rel) != progress::woken;
  }

  answer draw() noexcept {
    try {
      return Draw()(it_);
    } catch (...) {
      return answer::failed(std::current_exception());
    }
  }

  void finish_with(answer a) {
    if (auto slot = this->cancellation_slot(); slot.is_connected()) slot.clear();
    this->finish(std::move(a));
  }

  void cancel() noexcept {
    cancelled_ = true;
    if (it_.parking().cancel(*this)) this->post_step();
  }

  void release() noexcept {}

  enum class progress : unsigned char { parking, parked, woken };

  I& it_;
  bool cancelled_ = false;
  std::atomic<progress> progress_{progress::parking};
};

template <class I, class Draw>
class initiate_parked {
 public:
  explicit initiate_parked(I& it) noexcept : it_(std::addressof(it)) {}
  template <class Handler>
  void operator()(Handler&& handler) const {
    using h = std::decay_t<Handler>;
    parked_operation<I, Draw, h>::launch(h(std::forward<Handler>(handler)), it_);
  }

 private:
  I* it_;
};

}  // namespace detail

template <waiting_iterator I, class Token = boost::asio::deferred_t>
auto async_next(I& it, Token&& token = Token()) {
  using answer = std::invoke_result_t<detail::draw_item, I&>;
  return boost::asio::async_initiate<Token, void(answer)>(detail::initiate_parked<I, detail::draw_item>(it), token);
}

template <waiting_iterator I, class Token = boost::asio::deferred_t>
  requires requires(I& it) { it.try_next_batch(); }
auto async_next_batch(I& it, Token&& token = Token()) {
  using answer = std::invoke_result_t<detail::draw_batch, I&>;
  return boost::asio::async_initiate<Token, void(answer)>(detail::initiate_parked<I, detail::draw_batch>(it), token);
}

template <class T, class Token = boost::asio::deferred_t>
auto async_next(async_generator<T>& it, Token&& token = Token()) {
  return it.async_next(std::forward<Token>(token));
}

}  // namespace pariter
