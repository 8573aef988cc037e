// SPDX-License-Identifier: Apache-2.0
#pragma once
// tuple_iterator<Keeper>: the elements of a std::tuple, a std::pair or anything tuple-like, by index; made by `iter(tuple)`.
//
//   for (int n : iter(std::tuple(1, 2, 3))) ...
//   for (auto item : iter(std::tuple(1, "two"s))) std::visit(print, item);
//
// What an item is, first match:
//   1. the elements have a common reference (all one type, base and derived)    optional_ref to it: they stay where they are
//   2. they have a common type (int and double)                                 std::optional of it
//   3. otherwise                                                                std::optional of a std::variant of their types
// In 2 and 3 the elements are copied, or moved out of a temporary tuple (and there is no seek() back to them then), except what
// it has as `T&`: that is somebody else's, and copied. In 1 a temporary tuple lives in the iterator.
//
// An aggregate takes part through `fields(x)` (core/fields.hpp). Lifetime: an lvalue tuple must outlive the iterator. If
// copying an element throws, the next step asks for the same element again.

#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/optional_ref.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/keeper.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace pariter {

namespace detail {

template <class X>
concept tuple_like = requires { std::tuple_size<std::remove_cv_t<X>>::value; };

template <std::size_t I, class X>
constexpr decltype(auto) element(X& x) {
  using std::get;
  return get<I>(x);
}

// The alternatives of the variant: each type once, in the order of first appearance.
template <class Variant, class... T>
struct distinct {
  using type = Variant;
};
template <class... Seen, class First, class... Rest>
struct distinct<std::variant<Seen...>, First, Rest...> {
  using type = typename std::conditional_t<(std::same_as<Seen, First> || ...), distinct<std::variant<Seen...>, Rest...>,
                                           distinct<std::variant<Seen..., First>, Rest...>>::type;
};

// Ref...: the elements as lvalues.
template <class... Ref>
struct tuple_step {
  using type = std::optional<typename distinct<std::variant<>, std::remove_cvref_t<Ref>...>::type>;
};
template <>
struct tuple_step<> {
  using type = std::optional<std::monostate>;
};
template <class... Ref>
  requires(sizeof...(Ref) > 0) && (!std::is_lvalue_reference_v<std::common_reference_t<Ref...>>) &&
          requires { typename std::common_type_t<std::remove_cvref_t<Ref>...>; }
struct tuple_step<Ref...> {
  using type = std::optional<std::common_type_t<std::remove_cvref_t<Ref>...>>;
};
template <class... Ref>
  requires(sizeof...(Ref) > 0) && std::is_lvalue_reference_v<std::common_reference_t<Ref...>>
struct tuple_step<Ref...> {
  using type = optional_ref<std::remove_reference_t<std::common_reference_t<Ref...>>>;
};

template <class X, class = std::make_index_sequence<std::tuple_size_v<std::remove_cv_t<X>>>>
struct tuple_step_of;
template <class X, std::size_t... I>
struct tuple_step_of<X, std::index_sequence<I...>> : tuple_step<decltype(element<I>(std::declval<X&>()))...> {};

// Whether element I of an X lies in it, or is given away with it as a `T&&`; a `T&` is somebody else's.
template <std::size_t I, class X>
inline constexpr bool goes_with = !std::is_lvalue_reference_v<std::tuple_element_t<I, X>> && std::is_reference_v<decltype(element<I>(std::declval<X&>()))>;

template <class X, class = std::make_index_sequence<std::tuple_size_v<std::remove_cv_t<X>>>>
inline constexpr bool some_go_with = false;
template <class X, std::size_t... I>
inline constexpr bool some_go_with<X, std::index_sequence<I...>> = (goes_with<I, X> || ...);

}  // namespace detail

// Keeper: detail::borrowed<X> or detail::owned<X>.
template <class Keeper>
class tuple_iterator : public iterator_interface<tuple_iterator<Keeper>> {
  using walked = std::remove_reference_t<decltype(*std::declval<Keeper&>())>;
  using step = typename detail::tuple_step_of<walked>::type;
  static constexpr std::size_t length = std::tuple_size_v<std::remove_cv_t<walked>>;
  static constexpr bool refers = std::is_lvalue_reference_v<typename detail::step_result<step>::item>;
  static constexpr bool owns = !std::same_as<Keeper, detail::borrowed<walked>>;
  static constexpr bool repeats = refers || !owns || !detail::some_go_with<walked>;  // what was moved out cannot be handed out again

 public:
  static constexpr iteration_properties properties{
      .sees = sight::live, .sized = true, .forkable = !owns, .seekable = repeats, .stable = refers, .outliving = refers && !owns};

  explicit tuple_iterator(Keeper keeper) : keeper_(std::move(keeper)) {}
  tuple_iterator(tuple_iterator&&) = default;
  tuple_iterator& operator=(tuple_iterator&&) = default;
  ~tuple_iterator() = default;

  step next() {
    const detail::canary_guard inside(canary_);
    step s = element_at(std::make_index_sequence<length>());
    if (s) ++index_;
    return s;
  }

  std::optional<std::size_t> size_hint() const noexcept { return length - index_; }

  // An independent one at the same element; of an lvalue tuple.
  tuple_iterator fork() const
    requires(!owns)
  {
    return tuple_iterator(*this);
  }

  // The index of the element that the next call hands out. An index beyond the last one is the end.
  std::size_t position() const noexcept { return index_; }
  void seek(std::size_t index) noexcept
    requires repeats
  {
    index_ = index < length ? index : length;
  }

 private:
  tuple_iterator(const tuple_iterator&) = default;

  template <std::size_t... I>
  step element_at(std::index_sequence<I...>) {
    step s;
    (void)((I == index_ && (emplace<I>(s), true)) || ...);
    return s;
  }

  template <std::size_t I>
  void emplace(step& s) {
    auto&& e = detail::element<I>(*keeper_);
    using value = std::remove_cvref_t<decltype(e)>;
    using given = std::conditional_t<owns && detail::goes_with<I, walked>, std::remove_reference_t<decltype(e)>&&, decltype(e)&&>;
    if constexpr (refers) s = e;
    else if constexpr (requires { s->index(); } && !std::same_as<value, typename step::value_type>)
      s.emplace(std::in_place_type<value>, static_cast<given>(e));
    else s.emplace(static_cast<given>(e));
  }

  Keeper keeper_;
  std::size_t index_ = 0;
  [[no_unique_address]] detail::canary canary_;
};

}  // namespace pariter
