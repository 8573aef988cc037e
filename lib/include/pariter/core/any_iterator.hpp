// SPDX-License-Identifier: Apache-2.0
#pragma once
// any_iterator<T>: an iterator of any type behind one type. T is the item: `int` (handed over) or `int&`, `const int&` (stays).
//
//   any_iterator<int> numbers(bool all) {
//     if (all) return iter(std::views::iota(0));
//     return slice(iter(std::views::iota(0)), 10);
//   }
//
// Made from any iterator whose items convert to T, by move. A default constructed one is at its end, and so is one that was
// moved from.
//
// At the end the iterator inside is destroyed, with all that it holds, and the end is for ever even if the iterator inside
// would have started again. An exception passes through and leaves what the iterator inside leaves.
//
// Cost: one indirect call per item (docs/reference/adaptors.md has it in nanoseconds), or per batch where the iterator
// inside has batches. No allocation for an iterator of up to 48 bytes that moves without throwing; one for others. To walk
// a contiguous source fast through this type, take batches.

#include "pariter/core/iterable.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/size_hint.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/kept_item.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

template <class I>
using handed_t = typename step_result<step_t<I>>::item;

// A T made of what I hands out, and no reference to a temporary. It does not ask whether I is movable, since that may ask about a
// conversion of I to any_iterator, and so about this concept again: of a zip of one any_iterator, say.
template <class I, class T>
concept hands_out = makes_steps<I> && std::convertible_to<handed_t<I>, T> &&
                    (!std::is_lvalue_reference_v<T> ||
                     (std::is_lvalue_reference_v<handed_t<I>> &&
                      std::is_convertible_v<std::remove_reference_t<handed_t<I>>*, std::remove_reference_t<T>*>));

// What I can hand out many at a time without making them: next_batch() of T's own value type.
template <class I, class T>
concept hands_out_batches = requires(I& it) {
  { it.next_batch() } -> std::convertible_to<std::span<const std::remove_cvref_t<T>>>;
};

}  // namespace detail

template <class T>
class [[nodiscard]] any_iterator : public iterator_interface<any_iterator<T>> {
  static_assert(!std::is_rvalue_reference_v<T> && !std::is_void_v<T>, "any_iterator<T>: T is an object type or an lvalue reference");

 public:
  using step = detail::step_of_t<T>;
  using batch = std::span<const std::remove_cvref_t<T>>;
  static constexpr iteration_properties properties{.sees = sight::live};

  any_iterator() noexcept = default;

  // Throws what moving I throws, std::bad_alloc if I is large.
  template <class I>
    requires(!std::same_as<I, any_iterator>) && detail::hands_out<I, T>
  any_iterator(I it) : ops_(&ops_for<I>) {
    static_assert(iterator<I>, "any_iterator<T>: an iterator must be movable");
    if constexpr (fits<I>) std::construct_at(static_cast<I*>(room()), std::move(it));
    else ::new (room()) I*(new I(std::move(it)));
  }
  any_iterator(any_iterator&& other) noexcept : canary_(other.canary_), ops_(other.ops_) {
    ops_->move(room(), other.room());
    other.ops_ = &at_end;
  }
  any_iterator& operator=(any_iterator&& other) noexcept {
    if (this != std::addressof(other)) {
      any_iterator taken(std::move(other));  // first: `other` may be a part of the iterator inside
      std::destroy_at(this);
      std::construct_at(this, std::move(taken));
    }
    return *this;
  }
  ~any_iterator() { finish(); }

  step next() {
    const detail::canary_guard inside(canary_);
    if constexpr (passes_bytes) {
      slot item;
      if (ops_->next(room(), &item)) [[likely]] return step(std::move(item.value));
      finish();
      return step();
    } else {
      step s = ops_->next(room(), nullptr);
      if (!s) [[unlikely]] finish();
      return s;
    }
  }

  // Many items at once, empty at the end: what the iterator inside has at hand, or else its next item alone. Good until the
  // next call. The items are the iterator's own, not copies, where it has batches.
  batch next_batch()
    requires std::is_object_v<std::remove_reference_t<T>>
  {
    const detail::canary_guard inside(canary_);
    if (ops_->next_batch != nullptr) {
      const batch items = ops_->next_batch(room());
      if (items.empty()) finish();
      return items;
    }
    if constexpr (passes_bytes) {
      slot item;
      single_.renew([&] { return ops_->next(room(), &item) ? step(std::move(item.value)) : step(); });
    } else {
      single_.renew([this] { return ops_->next(room(), nullptr); });
    }
    if (single_) return batch(std::addressof(*single_), 1);
    finish();
    return {};
  }

  // Throws what the size_hint() of the iterator inside throws.
  std::optional<std::size_t> size_hint() const { return ops_->size_hint(room()); }

 private:
  // Small items that are copied as bytes come back through memory, with a bool beside them: g++ would put an optional that is returned in a
  // register together byte by byte, and wait for that.
  static constexpr bool passes_bytes = std::is_object_v<T> && std::is_trivially_copyable_v<T> && sizeof(step) <= 2 * sizeof(void*);
  using item_type = std::conditional_t<passes_bytes, T, char>;
  union slot {
    slot() noexcept {}
    item_type value;
  };

  // What to do with an iterator that lies in the room, or whose address does.
  struct operations {
    std::conditional_t<passes_bytes, bool, step> (*next)(void* room, slot* item);  // item: null unless passes_bytes
    batch (*next_batch)(void* room);  // or null
    std::optional<std::size_t> (*size_hint)(const void* room);
    void (*move)(void* to, void* from) noexcept;  // and destroy in `from`
    void (*destroy)(void* room) noexcept;
  };

  static constexpr std::size_t room_size = 48;
  template <class I>
  static constexpr bool fits =
      sizeof(I) <= room_size && alignof(I) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<I>;

  template <class I>
  static I& inside(void* room) noexcept {
    if constexpr (fits<I>) return *std::launder(static_cast<I*>(room));
    else return **std::launder(static_cast<I**>(room));
  }

  template <class I>
  static auto next_of(void* room, [[maybe_unused]] slot* item) -> std::conditional_t<passes_bytes, bool, step> {
    if constexpr (passes_bytes) {
      auto found = inside<I>(room).next();
      if (!found) [[unlikely]] return false;
      std::construct_at(std::addressof(item->value), *std::move(found));
      return true;
    } else if constexpr (std::same_as<detail::step_t<I>, step>) {
      return inside<I>(room).next();
    } else {
      auto found = inside<I>(room).next();
      if (!found) return step();
      if constexpr (std::is_lvalue_reference_v<T>) return step(*found);
      else return step(std::in_place, *std::move(found));
    }
  }

  template <class I>
  static constexpr auto batch_of() -> batch (*)(void*) {
    if constexpr (detail::hands_out_batches<I, T>) return [](void* room) -> batch { return inside<I>(room).next_batch(); };
    else return nullptr;
  }

  template <class I>
  static constexpr operations ops_for{
      .next = &next_of<I>,
      .next_batch = batch_of<I>(),
      .size_hint = [](const void* room) { return pariter::size_hint(inside<I>(const_cast<void*>(room))); },
      .move =
          [](void* to, void* from) noexcept {
            if constexpr (fits<I>) {
              std::construct_at(static_cast<I*>(to), std::move(inside<I>(from)));
              std::destroy_at(&inside<I>(from));
            } else {
              ::new (to) I*(&inside<I>(from));
            }
          },
      .destroy =
          [](void* room) noexcept {
            if constexpr (fits<I>) std::destroy_at(&inside<I>(room));
            else delete &inside<I>(room);
          },
  };

  static constexpr operations at_end{
      .next = [](void*, slot*) { return std::conditional_t<passes_bytes, bool, step>(); },
      .next_batch = [](void*) { return batch(); },
      .size_hint = [](const void*) { return std::optional<std::size_t>(0); },
      .move = [](void*, void*) noexcept {},
      .destroy = [](void*) noexcept {},
  };

  void* room() noexcept { return room_; }
  const void* room() const noexcept { return room_; }

  void finish() noexcept { std::exchange(ops_, &at_end)->destroy(room()); }

  [[no_unique_address]] detail::canary canary_;
  const operations* ops_ = &at_end;
  alignas(std::max_align_t) std::byte room_[room_size];
  detail::kept_item<T> single_;  // the batch of one
};

}  // namespace pariter
