// SPDX-License-Identifier: Apache-2.0
#pragma once
// zip_longest(x...): zip until the last of them ends; who has ended gives an empty step.
//
//   for (auto [a, b] : zip_longest(left, right)) print(a.value_or(0), b.value_or(0));
//
// Gives         row<steps...>: for each source an optional_ref or std::optional, as its next() does. The fill value is
//               what `value_or` is given. Copied where zip copies
// Pulls         one of each that has not ended, per row, left to right. None when made
// Sized         the most, if all can tell and no more than one is borrowed
// Exceptions    of a source pass through, also when others have ended, and lose what was pulled for that row; the next step
//               begins a new row
// At the end    each source is released at its own end

#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/row.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/latched.hpp"
#include "pariter/detail/side_by_side.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

namespace pariter {

template <iterator... I>
class zip_longest_iterator : public iterator_interface<zip_longest_iterator<I...>> {
  using whole = detail::row_of_steps_t<I...>;
  using step = std::optional<whole>;

 public:
  static constexpr iteration_properties properties = detail::with_fork(detail::side_by_side<I...>, detail::all_fork<I...>);

  explicit zip_longest_iterator(I... sources) : sources_(std::move(sources)...) {}
  zip_longest_iterator(zip_longest_iterator&&) = default;
  zip_longest_iterator& operator=(zip_longest_iterator&&) = default;
  ~zip_longest_iterator() = default;

  step next() {
    detail::canary_guard inside(canary_);
    return pull();
  }

  std::optional<std::size_t> size_hint() const {
    return std::apply(
        [](const detail::latched<I>&... source) {
          std::optional<std::size_t> most = 0;
          if constexpr (detail::may_be_one<I...>) {
            if ((source || ...)) most.reset();
          } else {
            ([&](std::optional<std::size_t> hint) { most = most && hint ? std::optional(std::max(*most, *hint)) : std::nullopt; }(
                 source.size_hint()),
             ...);
          }
          return most;
        },
        sources_);
  }

  // An independent one at the same position. Throws what forking and copying throw.
  zip_longest_iterator fork() const
    requires(properties.forkable)
  {
    return zip_longest_iterator(*this);
  }

 private:
  zip_longest_iterator(const zip_longest_iterator&) = default;

  template <class... Step>
  step pull(Step&&... steps) {
    constexpr std::size_t at = sizeof...(Step);
    if constexpr (at == sizeof...(I)) {
      if (!(steps.has_value() || ...)) return std::nullopt;
      return step(std::in_place, std::move(steps)...);
    } else {
      using placed = std::tuple_element_t<at, whole>;
      auto s = std::get<at>(sources_).next();
      if constexpr (std::same_as<placed, decltype(s)>) return pull(std::move(steps)..., std::move(s));
      else return pull(std::move(steps)..., s ? placed(std::in_place, *std::move(s)) : placed());
    }
  }

  std::tuple<detail::latched<I>...> sources_;
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct zip_longest_function {
  template <iterable... X>
  auto operator()(X&&... x) const {
    return zip_longest_iterator<source_t<X>...>(make_source(std::forward<X>(x))...);
  }
};
}  // namespace detail

inline constexpr detail::zip_longest_function zip_longest{};

}  // namespace pariter
