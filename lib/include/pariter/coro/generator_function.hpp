// SPDX-License-Identifier: Apache-2.0
#pragma once
// generator_function(f, args...): an iterable whose collection is a formula.
//
//   generator<int> count(int from, int to) { while (from < to) co_yield from++; }
//
//   const auto digits = generator_function(count, 0, 10);
//   for (int i : digits)              // calls count(0, 10) anew each time
//     for (int j : digits) ...
//
// Each iter() calls f once, with copies of the arguments, and gives the generator that f returns: nothing of its body has run.
//
// Threads: any number may call iter() at once, and walk what they got: a shared_iterable. f is called, and the arguments are copied, through
// const; both must bear that from several threads, as const things do.
//
// Lifetime: f and the arguments are owned, decayed as for std::thread (say std::ref to share one; arrays other than literals do not compile). An
// iterator owns its own copies of whatever f could refer to, so it may outlive the generator_function, and f may capture and take
// parameters by const reference, which a coroutine called by hand must not.
//
// Cost: iter() allocates f's frame, and a second one for the copies where f captures or takes references; a step costs the same in both cases.

#include "pariter/core/iterable.hpp"
#include "pariter/coro/elements_of.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/coro/generator_cursor.hpp"

#include <functional>
#include <initializer_list>
#include <iterator>
#include <ostream>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

template <class G>
inline constexpr bool is_generator = false;
template <class T, class Send, class Return>
inline constexpr bool is_generator<generator<T, Send, Return>> = true;

// Whether a parameter of type P, made from a kept A, refers to nothing but itself (a std::string_view made from a std::string does).
template <class P, class A>
inline constexpr bool keeps_itself = std::is_same_v<std::remove_cv_t<P>, A> || std::is_arithmetic_v<P>;

template <class F, class... Args>
inline constexpr bool takes_values = false;  // parameters unknown, or another number of them
template <class R, class... P, class... Args>
  requires(sizeof...(P) == sizeof...(Args))
inline constexpr bool takes_values<R (*)(P...), Args...> = (keeps_itself<P, Args> && ...);
template <class R, class... P, class... Args>
  requires(sizeof...(P) == sizeof...(Args))
inline constexpr bool takes_values<R (*)(P...) noexcept, Args...> = (keeps_itself<P, Args> && ...);
template <class F, class R, class... P, class... Args>
  requires(sizeof...(P) == sizeof...(Args))
inline constexpr bool takes_values<R (F::*)(P...) const, Args...> = (keeps_itself<P, Args> && ...);
template <class F, class R, class... P, class... Args>
  requires(sizeof...(P) == sizeof...(Args))
inline constexpr bool takes_values<R (F::*)(P...) const noexcept, Args...> = (keeps_itself<P, Args> && ...);

// Whether the generator that f returns can refer to nothing but its own frame.
template <class F, class... Args>
constexpr bool self_contained() {
  if constexpr (std::is_pointer_v<F>) return takes_values<F, Args...>;
  else if constexpr (!std::is_empty_v<F>) return false;
  else if constexpr (sizeof...(Args) == 0) return true;
  else if constexpr (requires { &F::operator(); }) return takes_values<decltype(&F::operator()), Args...>;
  else return false;
}

template <class G>
G&& named_in(const char*& name, G&& made) noexcept {
  name = made.function_name();
  return std::move(made);
}

// Keeps f, the arguments, and what they are converted to, in a frame of its own for as long as f's generator may refer to them. Tells that one's
// name when it is entered.
template <class T, class Send, class Return, class F, class... Args>
generator<T, Send, Return> call_and_keep(std::type_identity<generator<T, Send, Return>>, const char** name, const F f, Args... args) {
  if constexpr (std::is_void_v<Return>) co_yield elements_of(named_in(*name, f(std::move(args)...)));
  else co_return co_yield elements_of(named_in(*name, f(std::move(args)...)));
}

// Defined in sharing/shared.hpp.
template <class G>
struct shared_by;

template <class A>
inline constexpr bool keeps_nothing_alive = false;  // what would be stored as a pointer to something else
template <class A, std::size_t N>
inline constexpr bool keeps_nothing_alive<A[N]> = !(std::is_const_v<A> && character<std::remove_const_t<A>>);
template <class A>
inline constexpr bool keeps_nothing_alive<std::initializer_list<A>> = true;

}  // namespace detail

template <class F, class... Args>
class generator_function {
  static_assert(!std::is_member_pointer_v<F> && std::is_invocable_v<const F&, Args...>,
                "generator_function(f, args...): f must be callable through const with copies of the arguments (parameters by value or const reference)");

 public:
  using generator_type = std::invoke_result_t<const F&, Args...>;
  static_assert(detail::is_generator<generator_type>, "generator_function(f, args...): f must return a generator<T, Send, Return>");

  template <class G, class... As>
    requires(!std::is_base_of_v<generator_function, std::remove_cvref_t<G>>)
  constexpr explicit generator_function(G&& f, As&&... args) : f_(std::forward<G>(f)), args_(std::forward<As>(args)...) {
    static_assert((!detail::keeps_nothing_alive<std::remove_reference_t<As>> && ...),
                  "generator_function(f, args...): an array or initializer_list would be kept as a pointer to it; pass a std::array, std::vector or std::span");
  }

  // A new generator. Throws what copying f and the arguments throws, what f throws, or std::bad_alloc.
  generator_type iter() const {
    auto made = std::apply(
        [this](const Args&... args) {
          if constexpr (detail::self_contained<F, Args...>()) {
            return std::invoke(f_, Args(args)...);
          } else {
            const char* name = nullptr;
            auto keeper = detail::call_and_keep(std::type_identity<generator_type>(), &name, f_, args...);
            keeper.enter_delegate();  // calls f
            keeper.set_name(name);
            return keeper;
          }
        },
        args_);
    if (name_ != nullptr) made.set_name(name_);
    return made;
  }

  // A new generator whose items any number of threads draw, each item one of them: share(iter()). Needs sharing/shared.hpp.
  template <class G = generator_type>
  auto shared() const {
    return detail::shared_by<G>::make(iter());
  }

  auto begin() const { return detail::generator_cursor<generator_type, generator_type>(iter()); }
  static constexpr std::default_sentinel_t end() noexcept { return std::default_sentinel; }

  // The same under another name, which must have static storage.
  [[nodiscard]] generator_function named(const char* name) const {
    generator_function renamed(*this);
    renamed.name_ = name;
    return renamed;
  }

  // As f's body is called, unless named: calls f for it.
  [[nodiscard]] std::string_view name() const { return detail::coroutine_name(name_ != nullptr ? name_ : own_name()); }

  // <generator function NAME>
  friend std::ostream& operator<<(std::ostream& out, const generator_function& f) {
    return out << "<generator function " << f.name() << '>';
  }

 private:
  // Calls f for a generator that is asked for its name only: nothing of it runs.
  const char* own_name() const {
    return std::apply([this](const Args&... args) { return std::invoke(f_, Args(args)...).function_name(); }, args_);
  }

  F f_;
  std::tuple<Args...> args_;
  const char* name_ = nullptr;
};

template <class G, class... As>
generator_function(G&&, As&&...) -> generator_function<std::decay_t<G>, std::decay_t<As>...>;

}  // namespace pariter
