// SPDX-License-Identifier: Apache-2.0
#pragma once
// resume_on(executor): inside the body of an async_generator, go on in `executor`.
//
//   async_generator<row> rows(file f, asio::thread_pool& pool) {
//     co_await resume_on(pool.get_executor());     // from here on the body runs in the pool
//     ...
//
// The body stays there: after whatever it awaits, and after each `co_yield`, it goes on in this executor, until the next
// resume_on. No hop is made by a thread that runs in the executor already. It cannot be cancelled: a stop is seen by
// what the body awaits next. Take the executor, not the execution context.

#include "pariter/async/async_body.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {
class move_wait;
}

template <class Executor>
class [[nodiscard]] resume_on {
  static_assert(std::convertible_to<Executor, boost::asio::any_io_executor>,
                "resume_on(ex): ex is an executor, as given by get_executor() of an execution context");

 public:
  explicit resume_on(Executor ex) : executor_(std::move(ex)) {}

 private:
  friend class detail::move_wait;
  Executor executor_;
};

namespace detail {

class move_wait : public async_body::wait {
 public:
  template <class Executor>
  move_wait(async_body& body, resume_on<Executor>&& to) : body_(body), to_(std::move(to.executor_)) {
    start = [](wait& w) noexcept {
      auto& self = static_cast<move_wait&>(w);
      return self.body_.move_to(std::move(self.to_));
    };
    cancel = [](wait&) noexcept {};
  }

  static constexpr bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept { body_.suspend_for(*this); }
  static constexpr void await_resume() noexcept {}

 private:
  async_body& body_;
  executor_ref to_;
};

}  // namespace detail
}  // namespace pariter
