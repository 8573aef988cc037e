// SPDX-License-Identifier: Apache-2.0
#pragma once
// generator_promise and the awaiters of its `co_yield`s. Machinery of coro/generator.hpp, which includes it.

#include "pariter/core/errors.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/coro/close_requested.hpp"
#include "pariter/coro/elements_of.hpp"
#include "pariter/coro/generator_chain.hpp"
#include "pariter/coro/generator_cursor.hpp"
#include "pariter/coro/recycled_frame.hpp"

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

// `co_yield item`. The consumer takes the item while the body stands here.
template <class T, class Send>
class yielding {
 public:
  explicit yielding(generator_link<T, Send>& self) noexcept : self_(self) {}
  static constexpr bool await_ready() noexcept { return false; }
  static constexpr void await_suspend(std::coroutine_handle<>) noexcept {}
  // What send() brought. Throws what throw_in() or close() brought.
  std::optional<Send> await_resume() const {
    if (self_.error_) [[unlikely]] std::rethrow_exception(std::exchange(self_.error_, nullptr));
    Send* const sent = self_.sent_;
    if (sent == nullptr) return std::nullopt;  // no optional that is filled later: g++ would build it in memory, byte by byte
    self_.sent_ = nullptr;
    return std::optional<Send>(std::in_place, std::move(*sent));
  }

 private:
  generator_link<T, Send>& self_;
};
template <class T>
class yielding<T, void> : public std::suspend_always {
 public:
  explicit constexpr yielding(generator_link<T, void>&) noexcept {}
};

// `co_yield lvalue`, of a type that moves: the consumer moves from a copy.
template <class T, class Send>
class yielding_copy : public yielding<T, Send> {
 public:
  yielding_copy(generator_link<T, Send>& self, const T& item) : yielding<T, Send>(self), link_(self), copy_(item) {}
  void await_suspend(std::coroutine_handle<>) noexcept { link_.item_ = std::addressof(copy_); }

 private:
  generator_link<T, Send>& link_;
  T copy_;
};

// `co_yield elements_of(generator)`: suspends without an item; the consumer's loop enters the delegate. An rvalue is moved in here, so that
// nobody else can reach it.
enum class delegate_is { owned, borrowed };

template <class G, delegate_is Held>
class delegation;

template <class T, class Send, class Return, delegate_is Held>
class delegation<generator<T, Send, Return>, Held> {
  using delegate = generator<T, Send, Return>;
  using ends = chain_ends<T, Send>;
  // An owned one that returns nothing is no more than its chain. That is freed with the frames of who delegates, or at its own end, never here.
  static constexpr bool by_ends = Held == delegate_is::owned && std::is_void_v<Return>;
  using held = std::conditional_t<Held == delegate_is::borrowed, delegate&, std::conditional_t<by_ends, ends, delegate>>;

 public:
  // Throws busy, or what moving an untaken result throws.
  explicit delegation(delegate& to) : to_(take(to)) {}
  delegation(const delegation&) = delete;
  delegation& operator=(const delegation&) = delete;

  bool await_ready() noexcept { return chain().root_ == nullptr; }  // it has ended before
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> self) noexcept {
    self.promise().item_ = nullptr;
    self.promise().delegate_ = &chain();
    if constexpr (Held == delegate_is::borrowed) self.promise().borrows_ = true;
  }
  Return await_resume() {
    if (chain().root_ != nullptr) {
      auto& self = *chain().root_->delegator_;
      if constexpr (Held == delegate_is::borrowed) self.borrows_ = false;
      if constexpr (std::is_void_v<Send>) {
        finish();
      } else {
        const bool closing = std::exchange(self.closing_, false);
        finish();  // an error of the delegate takes the place of the request
        if (closing) throw close_requested();
      }
    }
    if constexpr (!std::is_void_v<Return>) {
      std::optional<Return> result = to_.take_result();
      if (!result) throw result_is_gone();
      return *std::move(result);
    }
  }

 private:
  static held take(delegate& to) {
    if (to.state() == generator_state::running)
      throw busy("busy: elements_of() was given a generator that is running or delegated to already, perhaps the delegating one itself");
    if constexpr (by_ends) return ends(std::move(to.chain_));
    else return static_cast<held&&>(to);
  }

  ends& chain() noexcept {
    if constexpr (by_ends) return to_;
    else return to_.chain_;
  }

  void finish() {
    if constexpr (by_ends) {
      if (to_.root_->error_) [[unlikely]] to_.fail();
      to_.free_root();
    } else {
      to_.finish();
    }
  }

  held to_;
};

// What is iterable but no generator of the same items becomes one.
template <class T, class Send, class It>
generator<T, Send, void> walk(It it) {
  while (auto item = it.next()) {
    if constexpr (std::is_void_v<Send>) {
      co_yield static_cast<T>(*std::move(item));
    } else {
      const std::optional<Send> sent = co_yield static_cast<T>(*std::move(item));
      if (sent) throw takes_no_values();
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

// The generator of what is iterable.
template <class T, class Send, class X>
auto generator_over(X&& x) {
  using it = decltype(iter(std::forward<X>(x)));
  if constexpr (is_generator_of<it, T, Send>) return iter(std::forward<X>(x));
  else if constexpr (std::is_lvalue_reference_v<it>) return walk<T, Send>(borrowing<std::remove_reference_t<it>>(iter(x)));
  else return walk<T, Send>(iter(std::forward<X>(x)));
}

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
class generator_promise : public generator_link<T, Send>, public generator_result<Return>, public frame_for<alignof(std::conditional_t<std::is_reference_v<T>, char, T>)> {
  using link = generator_link<T, Send>;
  using yielding_t = yielding<T, Send>;
 public:
  generator_promise() = default;

  generator<T, Send, Return> get_return_object(std::source_location body = std::source_location::current()) noexcept {
    static_assert(alignof(generator_promise) <= 2 * sizeof(void*), "generator<T, Send, Return>: an over-aligned Return has no place in a frame; return a pointer to it");
    return generator<T, Send, Return>(*this, body.function_name());
  }
  static constexpr std::suspend_always initial_suspend() noexcept { return {}; }
  // The item is taken away by the awaiter, not before: with g++ 12 the walk of a tree was measured to be 5 % faster.
  struct ending : std::suspend_always {
    link& self;
    explicit ending(link& of) noexcept : self(of) {}
    void await_suspend(std::coroutine_handle<>) noexcept { self.item_ = nullptr; }
  };
  ending final_suspend() noexcept { return ending(*this); }
  void unhandled_exception() noexcept { link::error_ = std::current_exception(); }

  // Of small items that are copied as bytes, and of references: by address. Nobody writes through the former.
  yielding_t yield_value(const T& item) noexcept
    requires yields_in_place<T>
  {
    link::item_ = const_cast<T*>(std::addressof(item));
    return yielding_t(*this);
  }
  yielding_t yield_value(T item) noexcept
    requires std::is_reference_v<T>
  {
    link::item_ = std::addressof(item);
    return yielding_t(*this);
  }
  // Of others: the consumer moves from the rvalue, or from a copy of the lvalue.
  yielding_t yield_value(T&& item) noexcept
    requires(!std::is_reference_v<T> && !yields_in_place<T>)
  {
    link::item_ = std::addressof(item);
    return yielding_t(*this);
  }
  yielding_copy<T, Send> yield_value(const T& item)
    requires(!std::is_reference_v<T> && !yields_in_place<T> && std::copy_constructible<T>)
  {
    return {*this, item};
  }

  template <class Result>
  delegation<generator<T, Send, Result>, delegate_is::owned> yield_value(elements_of<generator<T, Send, Result>> of) {
    auto&& to = of.get();
    return delegation<generator<T, Send, Result>, delegate_is::owned>(to);
  }
  template <class Result>
  delegation<generator<T, Send, Result>, delegate_is::borrowed> yield_value(elements_of<generator<T, Send, Result>&> of) {
    return delegation<generator<T, Send, Result>, delegate_is::borrowed>(of.get());
  }
  template <class X>
  auto yield_value(elements_of<X> of) {
    auto items = generator_over<T, Send, X>(of.get());
    return delegation<decltype(items), delegate_is::owned>(items);
  }

  // A generator is pulled: its body waits for nothing but the next step. (async_generator awaits.)
  template <class X>
  void await_transform(X&&) = delete;
};

}  // namespace detail
}  // namespace pariter
