// SPDX-License-Identifier: Apache-2.0
#pragma once
// zip(x...): the first items of all, then the second of all, as long as every one has an item.
//
//   for (auto [name, age] : zip(names, ages)) ...
//   for (auto [a, b] : zip(it, it)) ...              // two and two of one iterator
//
// Gives         row<items...>. Of two borrowed iterators of one type, which may be one and the same, items that do not stay (a
//               generator's references) are copied, except those of the last
// Pulls         one of each per row, left to right; when one ends, what was pulled from those before it for that row is
//               lost (use zip_longest, or put the one that may be shorter first). None when made
// Sized         the least, if all can tell and no more than one is borrowed
// Exceptions    of a source pass through and lose what was pulled for that row; the next step begins a new row
// At the end    the sources are released. zip() of nothing is at its end

#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/row.hpp"
#include "pariter/core/size_hint.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/forking.hpp"
#include "pariter/detail/side_by_side.hpp"

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

namespace pariter {

template <iterator... I>
class zip_iterator : public iterator_interface<zip_iterator<I...>> {
  using whole = detail::row_of_t<I...>;
  using step = std::optional<whole>;

 public:
  static constexpr iteration_properties properties = detail::with_fork(detail::side_by_side<I...>, detail::all_fork<I...>);

  explicit zip_iterator(I... sources) : sources_(std::in_place, std::move(sources)...) {}
  zip_iterator(zip_iterator&&) = default;
  zip_iterator& operator=(zip_iterator&&) = default;
  ~zip_iterator() = default;

  step next() {
    detail::canary_guard inside(canary_);
    if (!sources_) return std::nullopt;
    step s = pull();
    if (!s) [[unlikely]] sources_.reset();
    return s;
  }

  std::optional<std::size_t> size_hint() const {
    if constexpr (sizeof...(I) == 0) return 0;
    else if (!sources_) return 0;
    else if constexpr (detail::may_be_one<I...>) return std::nullopt;
    else return std::apply([](const detail::forking<I>&... source) { return detail::least_hint(*source...); }, *sources_);
  }

  // An independent one at the same position. Throws what forking and copying throw.
  zip_iterator fork() const
    requires(properties.forkable)
  {
    return zip_iterator(*this);
  }

 private:
  zip_iterator(const zip_iterator&) = default;

  template <class... Item>
  step pull(Item&&... items) {
    if constexpr (sizeof...(I) == 0) {
      return std::nullopt;
    } else if constexpr (sizeof...(Item) == sizeof...(I)) {
      return step(std::in_place, std::forward<Item>(items)...);
    } else {
      auto s = std::get<sizeof...(Item)>(*sources_)->next();
      if (!s) return std::nullopt;
      return pull(std::forward<Item>(items)..., detail::placed<std::tuple_element_t<sizeof...(Item), whole>>(s));
    }
  }

  std::optional<std::tuple<detail::forking<I>...>> sources_;  // empty at the end
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct zip_function {
  template <iterable... X>
  auto operator()(X&&... x) const {
    return zip_iterator<source_t<X>...>(make_source(std::forward<X>(x))...);
  }
};
}  // namespace detail

inline constexpr detail::zip_function zip{};

}  // namespace pariter
