// SPDX-License-Identifier: Apache-2.0
#pragma once
// generator_cursor: the C++ iterator of a generator, for range-for and std::ranges. One thread, as its generator.
//
// `*` refers to the item where the body yielded it, without moving it out as next() does; small items that are copied as bytes are
// copied into the cursor. Either way the loop may write to it, and it is good until `++`. A cursor that does not own the generator
// must not outlive it, nor survive its move.

#include "pariter/core/iterator.hpp"

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter::detail {

// Items of which `co_yield lvalue` hands out the address of the body's own variable.
template <class T>
inline constexpr bool yields_in_place = !std::is_reference_v<T> && std::is_trivially_copyable_v<T> && std::copy_constructible<T> && sizeof(T) <= 2 * sizeof(void*);

template <class T, bool = yields_in_place<T>>
class cursor_item {
 public:
  void set(std::remove_reference_t<T>* item) noexcept { item_ = item; }
  explicit operator bool() const noexcept { return item_ != nullptr; }
  std::remove_reference_t<T>& operator*() const noexcept { return *item_; }

 private:
  std::remove_reference_t<T>* item_;
};

template <class T>
class cursor_item<T, true> {
 public:
  cursor_item() noexcept {}
  cursor_item(const cursor_item&) = default;
  cursor_item& operator=(const cursor_item& other) noexcept {  // T may have none
    if (this != &other) std::construct_at(this, other);
    return *this;
  }
  ~cursor_item() = default;
  void set(const T* item) noexcept {
    item_ = item;
    if (item != nullptr) std::construct_at(std::addressof(copy_), *item);
  }
  explicit operator bool() const noexcept { return item_ != nullptr; }
  T& operator*() const noexcept { return copy_; }

 private:
  union {
    mutable T copy_;
  };
  const T* item_;  // asked for null only. (Of a bool and the copy, clang would make one word, and mask it in each turn.)
};

// Held: G*, the cursor of a generator's own loop; G, that of a loop over what makes a generator, which lives as long as its cursor.
template <class G, class Held = G*>
class generator_cursor {
 public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = value_t<G>;

  // Inlined, or else g++ at times does not see that nobody knows the cursor, and writes each item to memory.
  [[gnu::always_inline]] explicit generator_cursor(Held&& source) : source_(std::move(source)) { item_.set(generator().pull()); }
  generator_cursor(generator_cursor&&) = default;
  generator_cursor& operator=(generator_cursor&&) = default;

  std::remove_reference_t<item_t<G>>& operator*() const noexcept { return *item_; }
  generator_cursor& operator++() {
    item_.set(generator().pull());
    return *this;
  }
  void operator++(int) { ++*this; }

  friend bool operator==(const generator_cursor& cursor, std::default_sentinel_t) noexcept { return !cursor.item_; }

 private:
  G& generator() noexcept {
    if constexpr (std::is_pointer_v<Held>) return *source_;
    else return source_;
  }

  Held source_;
  cursor_item<item_t<G>> item_;
};

}  // namespace pariter::detail
