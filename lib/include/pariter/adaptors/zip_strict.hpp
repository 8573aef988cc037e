// SPDX-License-Identifier: Apache-2.0
#pragma once
// zip_strict(x...): zip of sources that have equally many items, or an error that says which one has not.
//
// Gives         row<items...>, as zip does
// Pulls         one of each per row, left to right; at the end one more of each until one answers otherwise than the first.
//               None when made
// Sized         the least, if all can tell and no more than one is borrowed
// Exceptions    wrong_count, after all complete rows, which names the argument (counted from 1); then the end. Those of a
//               source pass through and lose what was pulled for that row; the next step begins a new row
// At the end    the sources are released

#include "pariter/core/errors.hpp"
#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/row.hpp"
#include "pariter/core/size_hint.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/forking.hpp"
#include "pariter/detail/side_by_side.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace pariter {

namespace detail {
[[noreturn]] PARITER_COLD inline void lengths_differ(std::size_t argument, bool is_longer) {
  throw wrong_count("zip_strict: argument " + std::to_string(argument) + (is_longer ? " is longer" : " is shorter") +
                    " than argument 1; use zip or zip_longest where lengths may differ");
}
}  // namespace detail

template <iterator... I>
class zip_strict_iterator : public iterator_interface<zip_strict_iterator<I...>> {
  static_assert(sizeof...(I) > 0, "zip_strict() of nothing: give it at least one source");
  using whole = detail::row_of_t<I...>;
  using step = std::optional<whole>;

 public:
  static constexpr iteration_properties properties = detail::with_fork(detail::side_by_side<I...>, detail::all_fork<I...>);

  explicit zip_strict_iterator(I... sources) : sources_(std::in_place, std::move(sources)...) {}
  zip_strict_iterator(zip_strict_iterator&&) = default;
  zip_strict_iterator& operator=(zip_strict_iterator&&) = default;
  ~zip_strict_iterator() = default;

  step next() {
    detail::canary_guard inside(canary_);
    if (!sources_) return std::nullopt;
    std::size_t odd = 0;  // the argument that ended, or did not, otherwise than the first; 0: none
    if (ended_ > 0) [[unlikely]] odd = first_with_more<1>();
    else if (step s = pull(odd)) [[likely]] return s;
    const bool first_ended = odd == 0 || first_ended_;
    sources_.reset();
    if (odd == 0) return std::nullopt;
    detail::lengths_differ(odd, first_ended);
  }

  std::optional<std::size_t> size_hint() const {
    if (!sources_) return 0;
    if constexpr (detail::may_be_one<I...>) return std::nullopt;
    else return std::apply([](const detail::forking<I>&... source) { return detail::least_hint(*source...); }, *sources_);
  }

  // An independent one at the same position. Throws what forking and copying throw.
  zip_strict_iterator fork() const
    requires(properties.forkable)
  {
    return zip_strict_iterator(*this);
  }

 private:
  zip_strict_iterator(const zip_strict_iterator&) = default;

  template <class... Item>
  step pull(std::size_t& odd, Item&&... items) {
    constexpr std::size_t at = sizeof...(Item);
    if constexpr (at == sizeof...(I)) {
      return step(std::in_place, std::forward<Item>(items)...);
    } else {
      auto s = std::get<at>(*sources_)->next();
      if (s) return pull(odd, std::forward<Item>(items)..., detail::placed<std::tuple_element_t<at, whole>>(s));
      first_ended_ = at == 0;
      odd = at == 0 ? first_with_more<1>() : at + 1;
      return std::nullopt;
    }
  }

  template <std::size_t At>
  std::size_t first_with_more() {
    if constexpr (At >= sizeof...(I)) {
      return 0;
    } else {
      if (At >= ended_) {
        try {
          if (std::get<At>(*sources_)->next()) return At + 1;
        } catch (...) {
          ended_ = At;
          throw;
        }
      }
      return first_with_more<At + 1>();
    }
  }

  std::optional<std::tuple<detail::forking<I>...>> sources_;  // empty at the end
  bool first_ended_ = false;
  std::size_t ended_ = 0;  // so many had ended when the next of them threw: they are not asked again
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct zip_strict_function {
  template <iterable... X>
  auto operator()(X&&... x) const {
    return zip_strict_iterator<source_t<X>...>(make_source(std::forward<X>(x))...);
  }
};
}  // namespace detail

inline constexpr detail::zip_strict_function zip_strict{};

}  // namespace pariter
