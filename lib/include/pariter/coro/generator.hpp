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
//   T        int, std::string, std::unique_ptr<X>: next() gives std::optional<T>, moved out of what is yielded (an lvalue is
//            copied first). `X&`, `const X&`: next() gives optional_ref<X>, good until the next step.
//   Send     what the body is told: `co_yield` evaluates to std::optional<Send>, empty if the step was next() and not send(v).
//   Return   what the body `co_return`s; taken by take_result() after the end.
//
// Threads: a single owner. It may be started on one thread and continued on another if whoever hands it over brings the
// happens-before (a queue, a join, a mutex); it adds none. A step from its own body, or from a destructor while its frame is freed,
// throws busy and leaves what runs alone; so does one from a second thread as far as a plain load can see, and debug and TSan builds
// report what it cannot (detail/canary.hpp).
//
// Lifetime: the body's parameters and variables live in its frame, which is freed when the body ends, at close(), or with the
// generator. What reference parameters refer to is not kept (rvalue references do not compile); generator_function keeps it.
// The frame is aligned as operator new aligns, or as T if that is a value and wants more: no place for other over-aligned variables.
//
// Exceptions: what leaves the body is thrown once, by the step in which it left; after that there is only the end. If the copy
// of an lvalue item throws, it throws in the body, at the `co_yield`; if the move out of `next()` throws, that item is lost.
//
// Ending early: the destructor and close() free the frames of the generator and of those it delegates to, the innermost first.
// With a Send, close() throws close_requested at the `co_yield` where the body stands instead, so that catch blocks run, cleanup
// may throw, and the body may return a value; who delegates is closed after its delegate. Neither grows the stack with the depth of
// delegation.
//
// Cost: one frame (coro/recycled_frame.hpp); a step is one indirect call, and the same at any depth of `elements_of`.

#include "pariter/core/errors.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/coro/close_requested.hpp"
#include "pariter/coro/coroutine_name.hpp"
#include "pariter/coro/elements_of.hpp"
#include "pariter/coro/frame_allocation.hpp"
#include "pariter/coro/generator_chain.hpp"
#include "pariter/coro/generator_cursor.hpp"
#include "pariter/coro/generator_promise.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/renew.hpp"

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
template <class F, class... Args>
class generator_function;

namespace detail {
template <class T, class Send, class Return>
class generator_promise;

// What a body returned, until it is taken. It goes along when the generator is moved, and leaves nothing behind.
template <class Return>
class untaken_result {
 public:
  untaken_result() = default;
  untaken_result(untaken_result&& other) noexcept(std::is_nothrow_move_constructible_v<Return>) : kept_(other.take()) {}
  untaken_result& operator=(untaken_result&& other) noexcept(std::is_nothrow_move_constructible_v<Return>) {
    if (this != &other) renew(kept_, [&other] { return other.take(); });
    return *this;
  }
  ~untaken_result() = default;

  void put(Return&& value) { kept_.emplace(std::move(value)); }
  std::optional<Return> take() noexcept(std::is_nothrow_move_constructible_v<Return>) {
    std::optional<Return> taken(std::move(kept_));
    kept_.reset();
    return taken;
  }

 private:
  std::optional<Return> kept_;
};
template <>
class untaken_result<void> {};
}  // namespace detail

template <class T, class Send, class Return>
class [[nodiscard]] generator : public iterator_interface<generator<T, Send, Return>> {
  static_assert(std::is_lvalue_reference_v<T> || (std::is_object_v<T> && std::same_as<T, std::remove_cv_t<T>>),
                "generator<T>: T is an object type without const, or an lvalue reference");
  static_assert(std::is_void_v<Send> || std::is_object_v<Send>, "generator<T, Send>: Send is void or an object type");
  static_assert(std::is_void_v<Return> || std::is_object_v<Return>, "generator<T, Send, Return>: Return is void or an object type");

  using chain = detail::generator_chain<T, Send>;
  static constexpr bool returns = !std::is_void_v<Return>;

 public:
  using promise_type = detail::generator_promise<T, Send, Return>;  // std::coroutine_traits may choose one with an allocator
  using step = typename std::conditional_t<std::is_lvalue_reference_v<T>, std::type_identity<optional_ref<std::remove_reference_t<T>>>,
                                           std::type_identity<std::optional<T>>>::type;
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

  // Throws `error` at the `co_yield` where the body stands; goes on as next() if the body catches it. Before the first step
  // and after the end it is thrown to the caller, and nothing of the body runs. `error` must not be null.
  step throw_in(std::exception_ptr error)
    requires(!std::is_void_v<Send>);

  // Ends it, see above; nothing of the body runs before the first step and after the end. With a Send: gives what the body
  // returned after catching close_requested; throws what else leaves it, or ignored_close if it yields (and may be called again).
  result close();

  // What the body returned: once, after the end. Empty before, and after close(), an exception, or the first call.
  result take_result()
    requires returns
  {
    return result_.take();
  }

  // For the owner, and for the body while it runs. A generator that another one delegates to is `running`.
  generator_state state() const noexcept { return chain_.state(); }

  // The coroutine's name as the compiler knows it, unless set. What is set must have static storage.
  [[nodiscard]] std::string_view name() const noexcept { return detail::coroutine_name(chain_.name_); }
  void set_name(const char* name) noexcept { chain_.name_ = name; }
  [[nodiscard]] const char* function_name() const noexcept { return chain_.name_; }  // uncut

  // A loop pulls the first item here and each further one by `++`; it continues, never restarts.
  auto begin() { return detail::generator_cursor<generator>(this); }

  // <generator object NAME at ADDRESS>
  friend std::ostream& operator<<(std::ostream& out, const generator& g) {
    return out << "<generator object " << g.name() << " at " << static_cast<const void*>(std::addressof(g)) << '>';
  }

 private:
  friend promise_type;
  template <class G, detail::delegate_is>
  friend class detail::delegation;
  template <class, class>
  friend class detail::generator_cursor;
  template <class, class...>
  friend class generator_function;

  explicit generator(promise_type& root, const char* name) noexcept : chain_(root, name) {}

  struct freeing {
    explicit freeing(chain& c) noexcept : chain_(c) {}
    ~freeing() { chain_.free_root(); }
    chain& chain_;
  };

  struct closing {
    explicit closing(chain& c) noexcept : chain_(c) { chain_.set_closing(true); }
    ~closing() {
      if (chain_.state() == generator_state::suspended) chain_.set_closing(false);  // it yielded
    }
    chain& chain_;
  };

  auto& leaf() noexcept { return static_cast<typename chain::link&>(*chain_.leaf_); }
  using item_type = typename chain::item_type;

  bool listens();       // stands at a `co_yield`; false at the end. Throws not_started, or busy
  item_type* pull();    // one step: where the item stands until the next one, or null
  item_type* resume();  // of a chain that is ready
  static step hand_over(item_type* item);
  void finish();
  void enter_delegate();  // of a body that has not been started and delegates before it yields anything: runs it to there. Throws what leaves it

  // The chain is assigned to last, since the other generator may lie in a frame that is freed then, and destroyed first.
  [[no_unique_address]] detail::canary canary_;
  [[no_unique_address]] detail::untaken_result<Return> result_;
  chain chain_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class T, class Send, class Return>
auto generator<T, Send, Return>::next() -> step {
  return hand_over(pull());
}

template <class T, class Send, class Return>
template <std::convertible_to<Send> V>
  requires(!std::is_void_v<Send>)
auto generator<T, Send, Return>::send(V&& value) -> step {
  if (!listens()) return step();
  Send sent(std::forward<V>(value));
  if (!listens()) return step();  // the conversion may have made a step
  const detail::canary_guard one_thread(canary_);
  leaf().sent_ = std::addressof(sent);
  return hand_over(resume());
}

template <class T, class Send, class Return>
bool generator<T, Send, Return>::listens() {
  if (state() == generator_state::created) throw not_started();
  return chain_.ready();
}

template <class T, class Send, class Return>
auto generator<T, Send, Return>::throw_in(std::exception_ptr error) -> step
  requires(!std::is_void_v<Send>)
{
  PARITER_ASSERT(error != nullptr, "throw_in() needs an exception; make one with std::make_exception_ptr");
  if (state() == generator_state::created) chain_.drop();
  if (!chain_.ready()) std::rethrow_exception(std::move(error));
  const detail::canary_guard one_thread(canary_);
  leaf().error_ = std::move(error);
  return hand_over(resume());
}

template <class T, class Send, class Return>
auto generator<T, Send, Return>::close() -> result {
  if (std::is_void_v<Send> || state() == generator_state::created) {
    if (state() == generator_state::running) throw busy();
    chain_.drop();
    return result();
  }
  if constexpr (!std::is_void_v<Send>) {
    if (!chain_.ready()) return result();
    const closing until_here(chain_);
    try {
      if (throw_in(std::make_exception_ptr(close_requested()))) throw ignored_close();
    } catch (const close_requested&) {
      return result();
    }
    if constexpr (returns) return take_result();
  }
}

template <class T, class Send, class Return>
[[gnu::always_inline]] inline auto generator<T, Send, Return>::pull() -> item_type* {
  if (!chain_.ready()) [[unlikely]] return nullptr;
  const detail::canary_guard one_thread(canary_);
  return resume();
}

template <class T, class Send, class Return>
[[gnu::always_inline]] inline auto generator<T, Send, Return>::resume() -> item_type* {
  item_type* const item = chain_.run();
  if (item == nullptr) [[unlikely]] finish();
  return item;
}

template <class T, class Send, class Return>
[[gnu::always_inline]] inline auto generator<T, Send, Return>::hand_over(item_type* item) -> step {
  if (item == nullptr) [[unlikely]] return step();
  if constexpr (std::is_reference_v<T>) return step(*item);
  else return step(std::in_place, std::move(*item));
}

template <class T, class Send, class Return>
void generator<T, Send, Return>::enter_delegate() {
  if (!chain_.enter()) finish();
}

// The body has ended: takes what it left and frees the frame.
template <class T, class Send, class Return>
[[gnu::noinline]] void generator<T, Send, Return>::finish() {
  if (chain_.root_->error_) [[unlikely]] chain_.fail();
  if constexpr (returns) {
    const freeing at_exit(chain_);  // also if moving the result throws
    result_.put(*std::move(static_cast<promise_type&>(*chain_.root_).result_));
  } else {
    chain_.free_root();
  }
}

}  // namespace pariter

template <class T, class Send, class Return, class... Parameters>
struct std::coroutine_traits<pariter::generator<T, Send, Return>, Parameters...> {
  static_assert((!std::is_rvalue_reference_v<Parameters> && ...),
                "a generator outlives the call that makes it, and what an rvalue reference refers to does not: take the parameter by value");
  using promise_type = typename pariter::detail::choose_promise<pariter::detail::generator_promise<T, Send, Return>, Parameters...>::type;
};
