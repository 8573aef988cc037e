// SPDX-License-Identifier: Apache-2.0
#pragma once
// optional_ref<T>: a `T&` or nothing.
//
// What `next()` of an iterator returns when its items live in memory that outlives the step: an element of a container, the
// value that a generator has just yielded. No item is copied. It is one pointer, trivially copyable; copying or assigning it
// never touches the item. The referred item must outlive the use; each iterator says how long that is (a log's item as long
// as the log, a generator's until the next pull).

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

template <class T>
class optional_ref;

namespace detail {
template <class U>
inline constexpr bool is_optional_ref = false;
template <class T>
inline constexpr bool is_optional_ref<optional_ref<T>> = true;
}  // namespace detail

template <class T>
class [[nodiscard]] optional_ref {
  static_assert(std::is_object_v<T> && !std::is_reference_v<T>, "write optional_ref<T>, not optional_ref<T&>");

 public:
  using value_type = T;

  constexpr optional_ref() noexcept = default;
  constexpr optional_ref(std::nullopt_t) noexcept {}
  // Only of an lvalue: a temporary, also one that a conversion would make, would dangle.
  template <class U>
    requires(std::is_lvalue_reference_v<U> && std::is_convertible_v<std::remove_reference_t<U>*, T*>)
  constexpr optional_ref(U&& item) noexcept : item_(std::addressof(item)) {}

  // To a const view of the same item.
  template <class U>
    requires(!std::is_same_v<U, T> && std::is_convertible_v<U*, T*>)
  constexpr optional_ref(optional_ref<U> other) noexcept : item_(other ? std::addressof(*other) : nullptr) {}

  constexpr bool has_value() const noexcept { return item_ != nullptr; }
  constexpr explicit operator bool() const noexcept { return item_ != nullptr; }

  // Undefined when empty, as for std::optional.
  constexpr T& operator*() const noexcept { return *item_; }
  constexpr T* operator->() const noexcept { return item_; }

  // Throws std::bad_optional_access when empty.
  constexpr T& value() const {
    if (item_ == nullptr) throw std::bad_optional_access();
    return *item_;
  }

  // A copy of the item, or `fallback` made into one. Not of an array, which no function returns.
  template <class U, class V = std::remove_cv_t<T>>
    requires std::is_constructible_v<V, T&>
  constexpr V value_or(U&& fallback) const {
    if (item_ != nullptr) return *item_;
    return static_cast<V>(std::forward<U>(fallback));
  }

  // A copy of the item, if there is one.
  template <class V>
    requires(std::is_same_v<V, std::remove_cv_t<T>> && std::is_constructible_v<V, T&>)
  constexpr operator std::optional<V>() const {
    if (item_ == nullptr) return std::nullopt;
    return std::optional<V>(std::in_place, *item_);
  }

  // Compares items, not addresses; empty equals only empty.
  template <class U>
  friend constexpr bool operator==(optional_ref a, const optional_ref<U>& b)
    requires requires(const T& x, const U& y) { static_cast<bool>(x == y); }
  {
    if (a.has_value() != b.has_value()) return false;
    return !a.has_value() || static_cast<bool>(*a == *b);
  }
  template <class R, class U>  // R deduced and asked first: otherwise every comparison that finds this by its arguments would ask T == U
    requires(std::is_same_v<R, optional_ref> && !detail::is_optional_ref<U> && !std::is_same_v<U, std::nullopt_t>) &&
            requires(const T& x, const U& y) { static_cast<bool>(x == y); }
  friend constexpr bool operator==(const R& a, const U& b) {
    return a.has_value() && static_cast<bool>(*a == b);
  }
  friend constexpr bool operator==(optional_ref a, std::nullopt_t) noexcept { return !a.has_value(); }

 private:
  T* item_ = nullptr;
};

}  // namespace pariter
