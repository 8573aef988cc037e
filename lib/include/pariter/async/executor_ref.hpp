// SPDX-License-Identifier: Apache-2.0
#pragma once
// executor_ref: an Asio executor of any type, or none, that can say whether the calling thread runs in it.
//
// `boost::asio::any_io_executor` forgets `running_in_this_thread()`. It is remembered here when the executor comes with its
// own type, and guessed for the executors of io_context, thread_pool and their strands, with any properties, when it comes
// type-erased. Of every other executor here() says no: the price is a hop more than needed, never one too few.
//
// Copies share one any_io_executor, because its own copies share a count that is ordered by a fence, which race detectors
// do not see.
//
// here() and served_here() read thread identity. They stand in functions of their own that no optimiser looks through: a coroutine
// that has moved to another thread would otherwise be answered for the old one.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution/relationship.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter::detail {

// How somebody who belongs in an executor goes on there. Dispatch: at once if the thread is in it, and then what he throws comes out of
// the call. Post: later; in destructors, and wherever else nothing may be thrown.
enum class resume_by : unsigned char { dispatch, post };

class executor_ref {
 public:
  using any = boost::asio::any_io_executor;

  executor_ref() = default;

  template <class Executor>
    requires(!std::same_as<std::remove_cvref_t<Executor>, executor_ref>) && std::convertible_to<Executor, any>
  explicit executor_ref(Executor&& ex) {
    using E = std::remove_cvref_t<Executor>;
    any plain = without_properties<E>(ex);
    if constexpr (std::same_as<E, any>) tell_ = guess(plain);
    else tell_ = of_type<E>();
    kept_ = std::make_shared<const executors>(executors{std::forward<Executor>(ex), std::move(plain)});
  }

  explicit operator bool() const noexcept { return kept_ != nullptr; }
  // Requires an executor.
  const any& get() const noexcept { return kept_->given; }

  // The calling thread runs in this executor, so that going on without a hop is what the executor promises.
  [[gnu::noinline]] bool here() const noexcept {
    bool answer = tell_.runs != nullptr && tell_.runs(kept_->plain);
    asm volatile("" : "+r"(answer));
    return answer;
  }

  // The calling thread runs in this executor, or in the one that its strand hands its work to: the executor may have to wait for
  // this thread.
  [[gnu::noinline]] bool served_here() const noexcept {
    bool answer = tell_.serves != nullptr && tell_.serves(kept_->plain);
    asm volatile("" : "+r"(answer));
    return answer;
  }

  template <class F>
  void post(F&& f) const {
    boost::asio::post(get(), std::forward<F>(f));
  }

 private:
  struct executors {
    any given;
    any plain;  // the one that is asked
  };
  struct probes {
    bool (*runs)(const any& plain) noexcept = nullptr;
    bool (*serves)(const any& plain) noexcept = nullptr;
  };

  template <class E>
  static constexpr bool tells = requires(const E& e) {
    { e.running_in_this_thread() } -> std::convertible_to<bool>;
  };
  template <class E>
  static constexpr bool stands_over_another = requires(const E& e) { e.get_inner_executor(); };

  template <class E>
  static bool runs_here(const E& ex) noexcept {
    if constexpr (tells<E>) return ex.running_in_this_thread();
    else return false;
  }
  template <class E>
  static bool serves_here(const E& ex) noexcept {
    if (runs_here(ex)) return true;
    if constexpr (stands_over_another<E>) return serves_here(ex.get_inner_executor());
    return false;
  }
  static bool serves_here(const any& ex) noexcept {
    const any plain = without_properties<any>(ex);
    const probes known = guess(plain);
    return known.serves != nullptr && known.serves(plain);
  }

  template <class E>
  static probes of_type() noexcept {
    return {[](const any& ex) noexcept { return runs_here(*ex.target<E>()); }, [](const any& ex) noexcept { return serves_here(*ex.target<E>()); }};
  }
  template <class... Known>
  static probes guess_among(const any& plain) noexcept {
    probes found;
    (void)((plain.target<Known>() != nullptr && (found = of_type<Known>(), true)) || ...);
    return found;
  }
  static probes guess(const any& plain) noexcept {
    namespace asio = boost::asio;
    using io = asio::io_context::executor_type;
    using pool = asio::thread_pool::executor_type;
    return guess_among<pool, io, asio::strand<any>, asio::strand<pool>, asio::strand<io>>(plain);
  }

  // Properties are a part of an executor's type, and of the type of a strand over it. They are in the way only of who guesses it.
  template <class E>
  static any without_properties(const E& ex) {
    namespace execution = boost::asio::execution;
    if constexpr (!std::same_as<E, any>) return any(ex);
    else if (!ex) return ex;
    else return boost::asio::prefer(ex, execution::blocking.possibly, execution::outstanding_work.untracked, execution::relationship.fork);
  }

  probes tell_;
  std::shared_ptr<const executors> kept_;
};

}  // namespace pariter::detail
