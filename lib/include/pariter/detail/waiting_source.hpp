// SPDX-License-Identifier: Apache-2.0
#pragma once
// waiting_source<X>: an argument of an adaptor that is to be opened later. X as for a forwarding reference: an lvalue is
// referred to, a temporary is kept.

#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/size_hint.hpp"
#include "pariter/detail/forking.hpp"
#include "pariter/detail/keeper.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <class X>
struct waiting_held {
  using type = std::remove_const_t<X>;
};
template <class X>
struct waiting_held<X&> {
  using type = X*;
};
template <class T, std::size_t N>
struct waiting_held<T[N]> {
  using type = owned<T[N]>;
};
template <iterator X>
struct waiting_held<X> {
  using type = std::optional<forking<X>>;  // empty once it was released
};

template <class X>
class waiting_source {
  static constexpr bool refers = std::is_lvalue_reference_v<X>;
  static constexpr bool owns_iterator = iterator<X>;
  static constexpr bool owns_array = std::is_array_v<X>;
  using object = std::remove_reference_t<X>;
  using held = typename waiting_held<X>::type;

 public:
  static constexpr bool is_sized = iteration_traits<source_t<X>>.sized && (iterator<std::remove_cvref_t<X>> || std::ranges::sized_range<const object>);

  constexpr waiting_source(X&& x) : held_(hold(x)) {}

  // The iterator to be walked, and then, when it has reached its place, release(). If it does not get there, since moving it throws, open() it again.
  constexpr decltype(auto) open() {
    if constexpr (refers) return make_source(*held_);
    else if constexpr (owns_iterator) return std::move(**held_);
    else if constexpr (owns_array) return make_source(std::move(*held_));
    else return make_source(std::move(held_));
  }
  constexpr void release() noexcept {
    if constexpr (owns_iterator) held_.reset();
  }

  // As far as it can be told without opening.
  constexpr std::optional<std::size_t> size_hint() const {
    if constexpr (iterator<std::remove_cvref_t<X>>) return pariter::size_hint(get());
    else if constexpr (is_sized) return static_cast<std::size_t>(std::ranges::size(get()));
    else return std::nullopt;
  }

 private:
  static constexpr held hold(object& x) {
    if constexpr (refers) return std::addressof(x);
    else if constexpr (owns_array) return held(std::move(x));
    else return std::move(x);
  }
  constexpr const object& get() const {
    if constexpr (refers || owns_array) return *held_;
    else if constexpr (owns_iterator) return **held_;
    else return held_;
  }

  held held_;
};

}  // namespace pariter::detail
