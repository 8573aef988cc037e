// SPDX-License-Identifier: Apache-2.0
#pragma once
// item_buffer<I>: the items of iterator type I that one drawer pulled and has not handed out yet.
//
// One thread at a time. Raw memory of a fixed size, filled from the front and emptied from the front by the drawer, whose
// cursors {first, last} are the only record of what is alive; `keep` puts that record into the buffer when the drawer leaves.

#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/core/optional_ref.hpp"
#include "pariter/sharing/draw_indexed.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter::detail {

// True if the items that I hands out by reference stay where they are, unchanged, however far I goes on.
template <class I>
inline constexpr bool stays_put = std::is_reference_v<item_t<I>> && iteration_traits<I>.stable;

// Hands *at out and destroys it; at is then the next one. If the item's move throws, it is still there.
template <class T>
std::optional<T> take_out(T*& at) noexcept(std::is_nothrow_move_constructible_v<T>) {
  struct leave {  // after the item was made where the caller wants it: g++ would move a local variable once more
    T*& at;
    int exceptions = std::is_nothrow_move_constructible_v<T> ? 0 : std::uncaught_exceptions();
    ~leave() {
      if constexpr (!std::is_nothrow_move_constructible_v<T>) {
        if (std::uncaught_exceptions() != exceptions) return;
      }
      std::destroy_at(at++);
    }
  };
  const leave taken{at};
  return std::optional<T>(std::in_place, std::move(*at));
}

template <iterator I>
class item_buffer {
  using value = value_t<I>;
  using referred = std::remove_reference_t<item_t<I>>;

 public:
  static constexpr bool in_place = stays_put<I>;
  using item = std::conditional_t<in_place, referred*, value>;
  using cursor = item*;
  using step = std::conditional_t<in_place, optional_ref<referred>, std::optional<value>>;
  static constexpr std::size_t default_size = std::clamp<std::size_t>(8192 / sizeof(item), 16, 1024);

  static_assert(in_place || !std::is_reference_v<item_t<I>> || std::constructible_from<value, item_t<I>>,
                "share() has to copy the items of this source, because it reuses what it refers to; make them copyable, or let the source hand them over by value");

  explicit item_buffer(std::size_t size) : size_(size), memory_(std::allocator<item>().allocate(size)) {}
  item_buffer(const item_buffer&) = delete;
  item_buffer& operator=(const item_buffer&) = delete;
  ~item_buffer() {
    std::destroy(kept_.first, kept_.last);
    std::allocator<item>().deallocate(memory_, size_);
  }

  void swap(item_buffer& other) noexcept {
    std::swap(size_, other.size_);
    std::swap(memory_, other.memory_);
    std::swap(kept_, other.kept_);
    std::swap(count_, other.count_);
  }

  // Appends up to `most` items of the source, which must fit; false if the source ended first. If the source throws, what it
  // gave before is here.
  bool pull(I& source, std::size_t most) {
    item* to = memory_ + count_;
    item* const end = to + most;
    const filled note(*this, to);
    for (; to != end; ++to) {
      auto s = source.next();
      if (!s) return false;
      if constexpr (in_place) *to = std::addressof(*s);
      else std::construct_at(to, *std::move(s));
    }
    return true;
  }
  std::size_t count() const noexcept { return count_; }

  // What was pulled, now the caller's to hand out.
  run<cursor> pulled() noexcept {
    const run<cursor> r{memory_, memory_ + count_};
    count_ = 0;
    return r;
  }

  static step take(cursor& at) {
    if constexpr (in_place) {
      return step(**at++);
    } else {
      return take_out(at);
    }
  }

  // Records what is still alive here, and takes the record back.
  void keep(run<cursor> alive) noexcept { kept_ = alive; }
  run<cursor> unkeep() noexcept { return std::exchange(kept_, {}); }
  std::size_t kept() const noexcept { return static_cast<std::size_t>(kept_.last - kept_.first); }

 private:
  // Notes how far a pull came, however it ends: in the loop itself the position can then stay in a register.
  struct filled {
    filled(item_buffer& b, item*& to) noexcept : buffer(b), position(to) {}
    filled(const filled&) = delete;
    filled& operator=(const filled&) = delete;
    ~filled() { buffer.count_ = static_cast<std::size_t>(position - buffer.memory_); }
    item_buffer& buffer;
    item*& position;
  };

  std::size_t size_;
  item* memory_;
  std::size_t count_ = 0;
  run<cursor> kept_;
};

}  // namespace pariter::detail
