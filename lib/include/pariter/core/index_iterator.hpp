// SPDX-License-Identifier: Apache-2.0
#pragma once
// index_iterator<X>: walks a type that has no `begin`, only access by index; made by `iter(x)`.
//
// Asks for index 0, 1, 2 … until the end is told in one of two ways:
//   `x.at(i)` (preferred if both exist) or `x[i]` throws `std::out_of_range`, or
//   it returns an empty `std::optional` / `optional_ref`.
// The length of `x` is never consulted, so a type whose size lies is walked correctly. Any other exception passes through
// and leaves the position where it was: the next call asks for the same index again.
//
// Iterators and pointers, also smart ones to arrays, and sets of bits have `[]` too, and tell no end: they are no sequences, and `iter`
// refuses them. Of `std::unique_ptr<T[]> p`, walk `std::span(p.get(), n)`.
//
// Lifetime: over an lvalue `x` must outlive the iterator; a temporary is moved in.

#include "pariter/core/errors.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/keeper.hpp"
#include "pariter/detail/range_step.hpp"

#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

template <class X>
concept has_at = requires(X& x, std::size_t i) { x.at(i); };

// What has `[]` and is no sequence.
template <class X>
concept points = requires(X& x) { *x; } || requires(X& x, std::size_t i) {
  { *x.get() } -> std::same_as<decltype(x[i])>;
};
template <class X>
concept set_of_bits = requires(const X& x, std::size_t i) {
  { x.test(i) } -> std::same_as<bool>;
  { x.any() } -> std::same_as<bool>;
};

template <class X>
concept has_subscript = std::is_class_v<std::remove_cv_t<X>> && requires(X& x, std::size_t i) { x[i]; } && !points<X> && !set_of_bits<X>;
// X may count in another type than std::size_t, an int say; that is X's business and no reason for a warning in its user's build.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
template <class X>
decltype(auto) at_index(X& x, std::size_t i) {
  if constexpr (has_at<X>) return x.at(i);
  else return x[i];
}
#pragma GCC diagnostic pop

template <class X>
concept indexable = (has_at<X> || has_subscript<X>) && !std::is_void_v<decltype(at_index(std::declval<X&>(), std::size_t{}))>;

template <class R>
struct index_step : range_step<R, std::remove_cvref_t<R>> {};
template <class R>
  requires step_result<std::remove_cvref_t<R>>::value
struct index_step<R> {
  using type = std::remove_cvref_t<R>;
};

}  // namespace detail

// Keeper: detail::borrowed<X> or detail::owned<X>.
template <class Keeper>
class index_iterator : public iterator_interface<index_iterator<Keeper>> {
  using indexed = std::remove_reference_t<decltype(*std::declval<Keeper&>())>;
  using step = typename detail::index_step<decltype(detail::at_index(std::declval<indexed&>(), std::size_t{}))>::type;

 public:
  static constexpr bool is_copyable = std::copyable<Keeper>;
  static constexpr iteration_properties properties{.sees = sight::live, .forkable = is_copyable, .seekable = true};

  explicit index_iterator(Keeper keeper) : keeper_(std::move(keeper)) {}
  index_iterator(index_iterator&&) = default;
  index_iterator& operator=(index_iterator&&) = default;
  ~index_iterator() = default;

  // Throws out_of_numbers at the largest index, and again at every later call.
  step next() {
    const detail::canary_guard inside(canary_);
    if (ended_) return std::nullopt;
    if (index_ == std::numeric_limits<std::size_t>::max()) throw out_of_numbers("iter(x): no index is left; what has so many items must end by std::out_of_range or an empty optional");
    try {
      step s(detail::at_index(*keeper_, index_));
      if (!s) ended_ = true;
      else ++index_;
      return s;
    } catch (const std::out_of_range&) {
      ended_ = true;
      return std::nullopt;
    }
  }

  // An independent one at the same index; of an lvalue x.
  index_iterator fork() const
    requires is_copyable
  {
    return index_iterator(*this);
  }

  // The index that the next call asks for. seek() also leads away from the end.
  std::size_t position() const noexcept { return index_; }
  void seek(std::size_t index) noexcept {
    index_ = index;
    ended_ = false;
  }

 private:
  index_iterator(const index_iterator&) = default;

  Keeper keeper_;
  std::size_t index_ = 0;
  bool ended_ = false;
  [[no_unique_address]] detail::canary canary_;
};

}  // namespace pariter
