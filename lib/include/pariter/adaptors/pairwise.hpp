// SPDX-License-Identifier: Apache-2.0
#pragma once
// pairwise(x): each item with the one before it: (a, b), (b, c), (c, d). Fewer than two items give nothing.
//
//   for (auto [before, after] : pairwise(samples)) ...
//
// Gives         row<T&, T&> where the source's items stay (its traits say `stable`), else row<T, T> of copies
// Pulls         two for the first pair, then one each. None when made
// Sized         as the source
// Exceptions    of the source pass through; the item before is kept, and the next step pairs it with the next item
// At the end    the source is released, and the item before

#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/row.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/kept_item.hpp"
#include "pariter/detail/latched.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

template <iterator I>
class pairwise_iterator : public iterator_interface<pairwise_iterator<I>> {
  static constexpr bool refers = iteration_traits<I>.stable && std::is_lvalue_reference_v<item_t<I>>;
  using item = std::conditional_t<refers, item_t<I>, value_t<I>>;
  static_assert(refers || std::copy_constructible<value_t<I>>,
                "pairwise(): each item is handed out twice; these can neither be referred to nor copied");

 public:
  static constexpr iteration_properties properties = detail::with_fork(detail::passed_on<I>, detail::all_fork<I>);

  explicit pairwise_iterator(I source) : source_(std::move(source)) {}
  pairwise_iterator(pairwise_iterator&&) = default;
  pairwise_iterator& operator=(pairwise_iterator&&) = default;
  ~pairwise_iterator() = default;

  std::optional<row<item, item>> next() {
    detail::canary_guard inside(canary_);
    if (!before_ && !keep(source_.next())) [[unlikely]] return finish();
    auto s = source_.next();
    if (!s) return finish();
    if constexpr (refers) {
      auto& before = *before_;
      before_.emplace(*s);
      return std::optional<row<item, item>>(std::in_place, before, *s);
    } else {
      value_t<I> after(*std::move(s));
      value_t<I> kept(after);
      std::optional<row<item, item>> pair(std::in_place, std::move(*before_), std::move(after));
      before_.emplace(std::move(kept));
      return pair;
    }
  }

  std::optional<std::size_t> size_hint() const {
    const auto left = source_.size_hint();
    if (!left || *left == 0) return left;
    return before_ ? *left : *left - 1;
  }

  // An independent one at the same position. Throws what forking and copying throw.
  pairwise_iterator fork() const
    requires(properties.forkable)
  {
    return pairwise_iterator(*this);
  }

 private:
  pairwise_iterator(const pairwise_iterator&) = default;

  template <class Step>
  bool keep(Step&& s) {
    if (!s) return false;
    before_.emplace(*std::move(s));
    return true;
  }

  std::nullopt_t finish() noexcept {
    before_.reset();
    return std::nullopt;
  }

  detail::latched<I> source_;
  detail::kept_item<item> before_;
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct pairwise_function {
  template <iterable X>
  auto operator()(X&& x) const {
    return pairwise_iterator<source_t<X>>(make_source(std::forward<X>(x)));
  }
};
}  // namespace detail

inline constexpr detail::pairwise_function pairwise{};

}  // namespace pariter
