// SPDX-License-Identifier: Apache-2.0
#pragma once
// chain(x...): all of the first, then all of the second, and so on.
//
//   for (const auto& name : chain(residents, guests)) ...
//
// Gives         the items as they are, if the sources agree; else their common reference or type (int and double: double)
// Pulls         one per item, and one more at each source's end. A source is opened (`iter(x)`) when it is reached, none when made
// Sized         the sum, if all can tell and no more than one is borrowed
// Exceptions    of a source pass through; the next step goes on in the same source. If iter(x) throws, the next step calls it
//               again (a temporary x may have been moved from by then)
// At the end    each source is released at its own end

#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/size_hint.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/forking.hpp"
#include "pariter/detail/side_by_side.hpp"
#include "pariter/detail/waiting_source.hpp"

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace pariter {

namespace detail {

template <class... Item>
struct joined_item {
  static_assert(sizeof...(Item) < 0, "chain(): the items of these sources have no type in common; convert them with std::views::transform");
};
template <class... Item>
  requires requires { typename std::common_reference_t<Item...>; }
struct joined_item<Item...> {
  using type = std::common_reference_t<Item...>;
};
template <class Item, std::same_as<Item>... Same>
struct joined_item<Item, Same...> {
  using type = Item;
};

}  // namespace detail

// X: the arguments of chain(), as for a forwarding reference.
template <class... X>
class chain_iterator : public iterator_interface<chain_iterator<X...>> {
  using item = typename detail::joined_item<item_t<detail::source_t<X>>...>::type;
  using step = detail::step_of_t<std::conditional_t<std::is_lvalue_reference_v<item>, item, std::remove_cvref_t<item>>>;

 public:
  static constexpr iteration_properties properties = [] {
    iteration_properties p = detail::side_by_side<detail::source_t<X>...>;
    p.sized = p.sized && (detail::waiting_source<X>::is_sized && ...);
    p.stable = p.stable && (std::is_lvalue_reference_v<X> && ...) && std::is_lvalue_reference_v<item>;  // a temporary is freed at its end
    return detail::with_fork(p, detail::all_fork<detail::source_t<X>...>);
  }();

  explicit chain_iterator(X&&... x) : waiting_(std::forward<X>(x)...) {}
  chain_iterator(chain_iterator&&) = default;
  chain_iterator& operator=(chain_iterator&&) = default;
  ~chain_iterator() = default;

  step next() {
    detail::canary_guard inside(canary_);
    return pull<0>();
  }

  std::optional<std::size_t> size_hint() const {
    if (detail::may_be_one<detail::source_t<X>...> && at_ < sizeof...(X)) return std::nullopt;
    std::optional<std::size_t> sum = 0;
    const auto add = [&](std::optional<std::size_t> hint) { sum = detail::sum_of_hints(sum, hint); };
    [&]<std::size_t... K>(std::index_sequence<K...>) { (add(hint_of<K>()), ...); }(std::index_sequence_for<X...>());
    return sum;
  }

  // An independent one at the same position. Throws what forking and copying throw.
  chain_iterator fork() const
    requires(properties.forkable)
  {
    return chain_iterator(*this);
  }

 private:
  chain_iterator(const chain_iterator&) = default;

  template <std::size_t K>
  step pull() {
    if constexpr (K == sizeof...(X)) {
      return std::nullopt;
    } else {
      if (at_ == K) {
        if (open_.index() != K + 1) {
          open_.template emplace<K + 1>(std::get<K>(waiting_).open());
          std::get<K>(waiting_).release();
        }
        auto s = (*std::get_if<K + 1>(&open_))->next();
        if (s) [[likely]] {
          if constexpr (std::same_as<decltype(s), step>) return s;
          else return step(*std::move(s));
        }
        open_.template emplace<0>();
        ++at_;
      }
      return pull<K + 1>();
    }
  }

  template <std::size_t K>
  std::optional<std::size_t> hint_of() const {
    if (at_ > K) return 0;
    if (const auto* source = std::get_if<K + 1>(&open_)) return pariter::size_hint(**source);
    return std::get<K>(waiting_).size_hint();
  }

  std::size_t at_ = 0;                                                       // which source is being walked
  std::variant<std::monostate, detail::forking<detail::source_t<X>>...> open_;  // that source, once it was opened
  std::tuple<detail::waiting_source<X>...> waiting_;                           // those that were not
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct chain_function {
  template <iterable... X>
    requires(sizeof...(X) > 0)
  auto operator()(X&&... x) const {
    return chain_iterator<X...>(std::forward<X>(x)...);
  }
};
}  // namespace detail

inline constexpr detail::chain_function chain{};

}  // namespace pariter
