// SPDX-License-Identifier: Apache-2.0
#pragma once
// generator_promise and the awaiters of its `co_yield`s. Machinery of coro/generator.hpp, which includes it.

#include "pariter/core/errors.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/coro/elements_of.hpp"
#include "pariter/coro/generator_chain.hpp"

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

namespace pariter {

template <class T, class Send, class Return>
class generator;

namespace detail {

// `co_yield item`: the item is in the consumer's slot already.
template <class T, class Send>
class yielding {
 public:
  explicit yielding(generator_link<T, Send>& self) noexcept : self_(self) {}
  static constexpr bool await_ready() noexcept { return false; }
  static constexpr void await_suspend(std::coroutine_handle<>) noexcept {}
  auto await_resume() const {
    if (self_.error_) [[unlikely]] self_.raise();
    if constexpr (!std::is_void_v<Send>) {
      std::optional<Send> received;
      if (auto* sent = std::exchange(self_.sent_, nullptr)) received.emplace(std::move(*sent));
      return received;
    }
  }

 private:
  generator_link<T, Send>& self_;
};

// `co_yield elements_of(generator)`: suspends without an item; the consumer's loop enters the delegate.
template <class G>
class delegation;

template <class T, class Send, class Return>
class delegation<generator<T, Send, Return>> {
 public:
  delegation(generator_link<T, Send>& self, generator<T, Send, Return>& borrowed) noexcept
      : self_(self), to_(borrowed), borrowed_(true) {}
  delegation(generator_link<T, Send>& self, generator<T, Send, Return>&& owned) noexcept  // by the co_yield expression
      : self_(self), to_(owned), borrowed_(false) {}
  delegation(const delegation&) = delete;
  delegation& operator=(const delegation&) = delete;

  bool await_ready() const {
    const generator_state state = to_.chain_.state();
    if (state == generator_state::running)
      throw busy("busy: elements_of() was given a generator that is running or delegated to already, perhaps the delegating one itself");
    return state == generator_state::finished;
  }
  void await_suspend(std::coroutine_handle<>) noexcept {
    generator_link<T, Send>& root = *to_.chain_.root_;
    root.held_by_ = &to_.chain_;
    root.borrowed_ = borrowed_;
    self_.enters_ = &to_.chain_;
    to_.chain_.set_state(generator_state::running);
  }
  Return await_resume() {
    if (to_.chain_.root_ != nullptr) to_.finish();
    if constexpr (!std::is_void_v<Return>) {
      std::optional<Return> result = to_.take_result();
      if (!result) throw error("elements_of: this generator had ended before, and its return value was taken or never came to be");
      return *std::move(result);
    }
  }

 private:
  generator_link<T, Send>& self_;
  generator<T, Send, Return>& to_;
  const bool borrowed_;
};

// What is iterable but no generator of the same items becomes one.
template <class T, class Send, class It>
generator<T, Send, void> walk(It it) {
  while (auto item = it.next()) {
    if constexpr (std::is_void_v<Send>) {
      co_yield static_cast<T>(*std::move(item));
    } else {
      const std::optional<Send> sent = co_yield static_cast<T>(*std::move(item));
      if (sent) throw error("send(): the generator is walking something that takes no values (elements_of a range)");
    }
  }
}

template <class It>
class borrowing {  // an lvalue iterator, to be walked in place
 public:
  explicit borrowing(It& it) noexcept : it_(std::addressof(it)) {}
  auto next() { return it_->next(); }

 private:
  It* it_;
};

template <class G, class T, class Send>
inline constexpr bool is_generator_of = false;
template <class T, class Send, class Return>
inline constexpr bool is_generator_of<generator<T, Send, Return>, T, Send> = true;

// `co_yield elements_of(anything iterable)`
template <class T, class Send, class X>
class iterable_delegation {
  static auto open(X&& x) {
    using it = decltype(iter(std::forward<X>(x)));
    if constexpr (is_generator_of<it, T, Send>) return iter(std::forward<X>(x));
    else if constexpr (std::is_lvalue_reference_v<it>) return walk<T, Send>(borrowing<std::remove_reference_t<it>>(iter(x)));
    else return walk<T, Send>(iter(std::forward<X>(x)));
  }
  using opened = decltype(open(std::declval<X>()));

 public:
  iterable_delegation(generator_link<T, Send>& self, X&& x) : items_(open(std::forward<X>(x))), inner_(self, std::move(items_)) {}
  iterable_delegation(const iterable_delegation&) = delete;
  iterable_delegation& operator=(const iterable_delegation&) = delete;

  bool await_ready() const { return inner_.await_ready(); }
  void await_suspend(std::coroutine_handle<> h) noexcept { inner_.await_suspend(h); }
  auto await_resume() { return inner_.await_resume(); }

 private:
  opened items_;
  delegation<opened> inner_;
};

template <class Return>
class generator_result {
 public:
  template <class U = Return>
    requires std::convertible_to<U, Return>
  void return_value(U&& value) {
    result_.emplace(std::forward<U>(value));
  }
  std::optional<Return> result_;
};
template <>
class generator_result<void> {
 public:
  static constexpr void return_void() noexcept {}
};

template <class T, class Send, class Return>
class generator_promise : public generator_link<T, Send>, public generator_result<Return> {
  using link = generator_link<T, Send>;
  using yielding_t = yielding<T, Send>;
  static constexpr bool in_registers = std::is_reference_v<T> || (std::is_trivially_copyable_v<T> && sizeof(T) <= 2 * sizeof(void*));

 public:
  generator_promise() = default;

  generator<T, Send, Return> get_return_object(std::source_location body = std::source_location::current()) noexcept {
    static_assert(alignof(generator_promise) <= 2 * sizeof(void*), "generator<T, Send, Return>: an over-aligned Return has no place in a frame; return a pointer to it");
    return generator<T, Send, Return>(*this, body.function_name());
  }
  static constexpr std::suspend_always initial_suspend() noexcept { return {}; }
  static constexpr std::suspend_always final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { link::error_ = std::current_exception(); }

  yielding_t yield_value(T item)
    requires in_registers
  {
    *link::slot_ = yield_step_t<T>(item);
    return yielding_t(*this);
  }
  yielding_t yield_value(T&& item)
    requires(!in_registers)
  {
    link::slot_->emplace(std::move(item));
    return yielding_t(*this);
  }
  yielding_t yield_value(const T& item)
    requires(!in_registers && std::copy_constructible<T>)
  {
    link::slot_->emplace(item);
    return yielding_t(*this);
  }

  template <class Return2>
  delegation<generator<T, Send, Return2>> yield_value(elements_of<generator<T, Send, Return2>> of) noexcept {
    return {*this, of.get()};
  }
  template <class Return2>
  delegation<generator<T, Send, Return2>> yield_value(elements_of<generator<T, Send, Return2>&> of) noexcept {
    return {*this, of.get()};
  }
  template <class X>
  iterable_delegation<T, Send, X> yield_value(elements_of<X> of) {
    return {*this, of.get()};
  }

  // A generator is pulled: its body waits for nothing but the next step. (async_generator awaits.)
  template <class X>
  void await_transform(X&&) = delete;
};

}  // namespace detail
}  // namespace pariter
