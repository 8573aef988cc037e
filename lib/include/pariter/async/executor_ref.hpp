// SPDX-License-Identifier: Apache-2.0
#pragma once
// executor_ref: an Asio executor of any type, or none, that can say whether the calling thread runs in it.
//
// `boost::asio::any_io_executor` forgets `running_in_this_thread()`. It is remembered here when the executor comes with its
// own type, and guessed for the executors of io_context, thread_pool and their strands when it comes type-erased. Of every
// other executor here() says no: the price is a hop more than needed, never one too few.
//
// Copies share one any_io_executor, because its own copies share a count that is ordered by a fence, which race detectors
// do not see.
//
// here() reads thread identity. It stands in a function of its own that no optimiser looks through: a coroutine that has
// moved to another thread would otherwise be answered for the old one.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter::detail {

class executor_ref {
 public:
  using any = boost::asio::any_io_executor;

  executor_ref() = default;

  template <class Executor>
    requires(!std::same_as<std::remove_cvref_t<Executor>, executor_ref>) && std::convertible_to<Executor, any>
  explicit executor_ref(Executor&& ex)
      : here_(probe_for<std::remove_cvref_t<Executor>>(ex)), ex_(std::make_shared<const any>(std::forward<Executor>(ex))) {}

  explicit operator bool() const noexcept { return ex_ != nullptr; }
  // Requires an executor.
  const any& get() const noexcept { return *ex_; }

  // The calling thread runs in this executor, so that going on without a hop is what the executor promises.
  [[gnu::noinline]] bool here() const noexcept {
    bool answer = here_ != nullptr && here_(*ex_);
    asm volatile("" : "+r"(answer));
    return answer;
  }

  template <class F>
  void post(F&& f) const {
    boost::asio::post(*ex_, std::forward<F>(f));
  }

 private:
  using probe = bool (*)(const any&) noexcept;

  template <class E>
  static bool runs(const any& ex) noexcept {
    return ex.target<E>()->running_in_this_thread();
  }

  template <class E>
  static constexpr bool tells = requires(const E& e) {
    { e.running_in_this_thread() } -> std::convertible_to<bool>;
  };

  template <class... Known>
  static probe guess(const any& ex) noexcept {
    probe found = nullptr;
    ((found == nullptr && ex.target<Known>() != nullptr ? void(found = &runs<Known>) : void()), ...);
    return found;
  }

  template <class E>
  static probe probe_for(const E& ex) noexcept {
    namespace asio = boost::asio;
    if constexpr (std::same_as<E, any>) {
      using io = asio::io_context::executor_type;
      using pool = asio::thread_pool::executor_type;
      return guess<pool, io, asio::strand<any>, asio::strand<pool>, asio::strand<io>>(ex);
    } else if constexpr (tells<E>) {
      return &runs<E>;
    } else {
      return nullptr;
    }
  }

  probe here_ = nullptr;
  std::shared_ptr<const any> ex_;
};

}  // namespace pariter::detail
