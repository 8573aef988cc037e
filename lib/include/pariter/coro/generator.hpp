// SPDX-License-Identifier: Apache-2.0
#pragma once
// generator<T, Send, Return>: a coroutine that is an iterator.
//
//   generator<int> count(int from) { for (;;) co_yield from++; }
//
//   auto g = count(7);            // nothing of the body has run
//   g.next();                     // std::optional(7)
//   for (int i : g) ...           // 8, 9, ...: a loop continues, never restarts
//
//   T        int, std::string, std::unique_ptr<X>: next() gives std::optional<T>, made in place by `co_yield` from what is yielded
//            (moved out of an rvalue, copied from an lvalue). `X&`, `const X&`: next() gives optional_ref<X>, good until the next step.
//   Send     what `co_yield` evaluates to: `std::optional<Send>`, empty if the step was next() and not send(v).
//   Return   what the body `co_return`s, taken by take_result() after the end.
//
// Threads: single owner. It may be started on one thread and continued on another if the owner brings the happens-before
// (moves it through a queue, joins, holds a mutex): state is checked with relaxed loads and orders nothing. A step from its
// own body, or from a second thread as far as one load can see, throws busy and leaves the running step alone; debug
// and TSan builds report also what the load cannot see (detail/canary.hpp). state() may be called from any thread.
//
// Lifetime: the body's parameters and variables live in the frame, which is freed when the body ends, at close(), or with the
// generator. A coroutine's reference parameters are not kept alive (rvalue references do not compile); generator_function keeps its arguments.
//
// Exceptions: what leaves the body is thrown once, by the step in which it left; after that there is only the end. If copying an lvalue
// item throws, it throws inside the body, at the `co_yield`.
//
// Close: `close()` throws close_requested at the `co_yield` where the body stands, so that catch and cleanup run there, may
// throw and may return a value. The destructor frees the frames without an exception: destructors run, innermost delegate first, catch
// blocks do not. Neither grows the stack with the depth of delegation.
//
// Cost: one allocation for the frame; a step is one indirect call, and the same at any depth of `elements_of`.

#include "pariter/core/errors.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/coro/coroutine_name.hpp"
#include "pariter/coro/elements_of.hpp"
#include "pariter/coro/generator_chain.hpp"
#include "pariter/coro/generator_promise.hpp"
#include "pariter/detail/canary.hpp"

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <ostream>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pariter {

template <class T, class Send = void, class Return = void>
class generator;

// Thrown into a body by close(). Not a std::exception, so that `catch (const std::exception&)` lets it pass.
struct close_requested {};

namespace detail {
template <class T, class Send, class Return>
class generator_promise;
}

template <class T, class Send, class Return>
class [[nodiscard]] generator : public iterator_interface<generator<T, Send, Return>> {
  static_assert(std::is_lvalue_reference_v<T> || (std::is_object_v<T> && std::same_as<T, std::remove_cv_t<T>>),
                "generator<T>: T is an object type without const, or an lvalue reference");
  static_assert(std::is_void_v<Send> || std::is_object_v<Send>, "generator<T, Send>: Send is void or an object type");
  static_assert(std::is_void_v<Return> || std::is_object_v<Return>, "generator<T, Send, Return>: Return is void or an object type");

  using chain = detail::generator_chain<T, Send>;
  static constexpr bool returns = !std::is_void_v<Return>;

 public:
  using promise_type = detail::generator_promise<T, Send, Return>;
  using step = detail::yield_step_t<T>;
  using result = std::conditional_t<returns, std::optional<std::conditional_t<returns, Return, int>>, void>;

  static constexpr iteration_properties properties{.sees = sight::live};

  generator(generator&&) = default;
  generator& operator=(generator&&) = default;

  // Runs the body to its next `co_yield`. Throws what leaves the body, or busy.
  step next();

  // next(), and the `co_yield` where the body stands evaluates to `value`. Before the first step throws not_started, after the
  // end gives the end.
  template <std::convertible_to<Send> V = Send>
    requires(!std::is_void_v<Send>)
  step send(V&& value);

  // Throws `error` at the `co_yield` where the body stands; goes on as next() if the body catches it. Before the first step, and after
  // the end, throws it to the caller; the generator is at its end then. `error` must not be null.
  step throw_in(std::exception_ptr error);

  // Ends the body, see above. Gives what it returned if it caught close_requested and returned; throws what else leaves it, or ignored_close
  // if it yields again (close() may be called again then). Does nothing at the end and runs nothing before the first step.
  result close();

  // What the body returned: once, after the end. Empty before, and after close(), an exception, or the first call.
  result take_result()
    requires returns
  {
    result taken(std::move(result_));
    result_.reset();
    return taken;
  }

  generator_state state() const noexcept { return chain_.state(); }

  // The coroutine's name as the compiler knows it, unless set. What is set must have static storage.
  [[nodiscard]] std::string_view name() const noexcept { return detail::coroutine_name(chain_.name_); }
  void set_name(const char* name) noexcept { chain_.name_ = name; }
  [[nodiscard]] const char* function_name() const noexcept { return chain_.name_; }  // uncut

  // <generator object NAME at ADDRESS>
  friend std::ostream& operator<<(std::ostream& out, const generator& g) {
    return out << "<generator object " << g.name() << " at " << static_cast<const void*>(std::addressof(g)) << '>';
  }

 private:
  friend promise_type;
  template <class>
  friend class detail::delegation;

  explicit generator(promise_type& root, const char* name) noexcept : chain_(root, name) {}

  step resume();
  step refuse(generator_state now) const;
  void finish();

  chain chain_;
  [[no_unique_address]] std::conditional_t<returns, std::optional<std::conditional_t<returns, Return, int>>, detail::nothing> result_{};
  [[no_unique_address]] detail::canary canary_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class T, class Send, class Return>
auto generator<T, Send, Return>::next() -> step {
  const generator_state before = state();
  if (before >= generator_state::running) [[unlikely]] return refuse(before);
  const detail::canary_guard one_thread(canary_);
  return resume();
}

template <class T, class Send, class Return>
template <std::convertible_to<Send> V>
  requires(!std::is_void_v<Send>)
auto generator<T, Send, Return>::send(V&& value) -> step {
  const generator_state before = state();
  if (before >= generator_state::running) return refuse(before);
  if (before == generator_state::created) throw not_started();
  const detail::canary_guard one_thread(canary_);
  Send sent(std::forward<V>(value));
  chain_.leaf_->sent_ = std::addressof(sent);
  return resume();
}

template <class T, class Send, class Return>
auto generator<T, Send, Return>::throw_in(std::exception_ptr error) -> step {
  PARITER_ASSERT(error != nullptr, "throw_in() needs an exception; make one with std::make_exception_ptr");
  const generator_state before = state();
  if (before == generator_state::running) throw busy();
  if (before != generator_state::suspended) {
    chain_.drop();
    std::rethrow_exception(std::move(error));
  }
  const detail::canary_guard one_thread(canary_);
  chain_.leaf_->error_ = std::move(error);
  return resume();
}

template <class T, class Send, class Return>
auto generator<T, Send, Return>::close() -> result {
  const generator_state before = state();
  if (before == generator_state::running) throw busy();
  if (before != generator_state::suspended) {
    chain_.drop();
    return result();
  }
  try {
    if (throw_in(std::make_exception_ptr(close_requested()))) throw ignored_close();
  } catch (const close_requested&) {
    return result();
  }
  if constexpr (returns) return take_result();
}

// Of a chain that stands at a `co_yield` or at the beginning.
template <class T, class Send, class Return>
auto generator<T, Send, Return>::resume() -> step {
  step out;
  chain_.set_state(generator_state::running);
  if (chain_.run(out)) [[likely]] chain_.set_state(generator_state::suspended);
  else finish();
  return out;
}

template <class T, class Send, class Return>
auto generator<T, Send, Return>::refuse(generator_state now) const -> step {
  if (now == generator_state::running) throw busy();
  return step();
}

// The body has ended: takes what it left and frees the frame.
template <class T, class Send, class Return>
void generator<T, Send, Return>::finish() {
  std::exception_ptr error = std::move(chain_.root_->error_);
  {
    struct freeing {  // also if the move of the result throws
      chain& c;
      ~freeing() {
        c.set_state(generator_state::suspended);
        c.drop();
      }
    } const at_exit{chain_};
    if constexpr (returns) {
      auto& left = static_cast<promise_type&>(*chain_.root_).result_;
      if (!error && left) result_.emplace(*std::move(left));
    }
  }
  if (error) std::rethrow_exception(std::move(error));
}

}  // namespace pariter

template <class T, class Send, class Return, class... Parameters>
struct std::coroutine_traits<pariter::generator<T, Send, Return>, Parameters...> {
  static_assert((!std::is_rvalue_reference_v<Parameters> && ...),
                "a generator outlives the call that makes it, and what an rvalue reference refers to does not: take the parameter by value");
  using promise_type = pariter::detail::generator_promise<T, Send, Return>;
};
