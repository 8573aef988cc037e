// SPDX-License-Identifier: Apache-2.0
#pragma once
// log_generation: the items of a log from one clear() to the next.
//
// Items live in segments of growing size (first, first, 2*first, 4*first …) whose addresses stand in a fixed table, so an item
// never moves and index -> address is a few instructions. One word says how many items there are and whether more will come.
//
//   published_   bits 63..1  number of items that are constructed and will stay
//                bit  0      sealed: no more will come, and `ending`, `error` say why
//
// Threads: one writer at a time (the caller's lock) constructs items and publishes; any number of readers.
// Invariants:
//   1. An item below the published count is constructed, and is not changed or destroyed while the generation lives.
//   2. A segment's address is in the table before an item of it is published.
//   3. Once sealed, the word does not change.
// Order: construct, store the address (plain or relaxed), publish (release) -> a reader that loads the word (acquire) sees
// every item below the count, every address, and the ending. Readers need no other synchronisation.

#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/platform.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace pariter::detail {

// Why a generation was sealed.
enum class ending : unsigned char { cleared, closed, failed };

template <class T, class Allocator, template <class> class Atom>
class alignas(cache_line) log_generation {
  using traits = std::allocator_traits<Allocator>;
  template <class V>
  using plain = typename platform<Atom>::template plain<V>;
  static_assert(std::is_same_v<typename traits::value_type, T>, "the allocator must be one for T");
  static_assert(std::is_same_v<typename traits::pointer, T*>, "allocators with pointer classes of their own are not supported");
  static_assert(std::is_nothrow_destructible_v<T>, "items are destroyed where nothing could handle an exception");

 public:
  static constexpr std::uint64_t first_size = std::clamp<std::uint64_t>(std::bit_floor(4096 / sizeof(T)), 4, 512);
  static constexpr unsigned segments = 64 - static_cast<unsigned>(std::bit_width(first_size)) + 1;

  static constexpr unsigned segment_of(std::uint64_t index) noexcept { return static_cast<unsigned>(std::bit_width(index / first_size)); }
  static constexpr std::uint64_t segment_begin(unsigned segment) noexcept { return segment == 0 ? 0 : first_size << (segment - 1); }
  static constexpr std::uint64_t segment_size(unsigned segment) noexcept { return segment == 0 ? first_size : first_size << (segment - 1); }

  // What the word says.
  class view {
   public:
    constexpr explicit view(std::uint64_t word) noexcept : word_(word) {}
    constexpr std::uint64_t count() const noexcept { return word_ >> 1; }
    constexpr bool sealed() const noexcept { return (word_ & 1) != 0; }

   private:
    std::uint64_t word_;
  };

  log_generation(std::uint64_t base, const Allocator& allocator) noexcept : allocator_(allocator), base_(base) {}
  log_generation(const log_generation&) = delete;
  log_generation& operator=(const log_generation&) = delete;

  // Requires that nobody else uses it any more.
  ~log_generation() {
    const std::uint64_t count = view(published_.load(std::memory_order_relaxed)).count();  // relaxed: nobody else
    for (unsigned s = 0; s < segments; ++s) {
      T* const items = table_[s].load(std::memory_order_relaxed);  // relaxed: nobody else
      if (items == nullptr) break;
      if constexpr (!std::is_trivially_destructible_v<T>) {
        const std::uint64_t begin = segment_begin(s);
        const std::uint64_t used = count > begin ? std::min(count - begin, segment_size(s)) : 0;
        for (std::uint64_t i = 0; i < used; ++i) traits::destroy(allocator_, items + i);
      }
      traits::deallocate(allocator_, items, static_cast<std::size_t>(segment_size(s)));
    }
  }

  // ---- readers ----

  // (1) acquire: pairs with release (2), (3): items below the count, their segments, and the ending
  view published() const noexcept { return view(published_.load(order(30, std::memory_order_acquire))); }

  // Of a sealed generation.
  ending why() const noexcept { return why_; }
  const std::exception_ptr& error() const noexcept { return error_; }

  // The position of index 0 in the whole log.
  std::uint64_t base() const noexcept { return base_; }

  // The items [index, limit) that lie in one segment; empty if there is none. Requires limit <= a count that was published.
  std::span<const T> batch(std::uint64_t index, std::uint64_t limit) const noexcept {
    if (index >= limit) return {};
    const unsigned s = segment_of(index);
    const T* const items = table_[s].load(std::memory_order_relaxed);  // relaxed: published by (1)
    const std::uint64_t offset = index - segment_begin(s);
    return {items + offset, static_cast<std::size_t>(std::min(limit - index, segment_size(s) - offset))};
  }

  // Requires index < a count that was published.
  const T& operator[](std::uint64_t index) const noexcept {
    const unsigned s = segment_of(index);
    return table_[s].load(std::memory_order_relaxed)[index - segment_begin(s)];  // relaxed: published by (1)
  }

  // ---- the writer ----

  // Raw memory for items [index, index + size of the span). Allocates a segment where index is the first of one.
  std::span<T> room(std::uint64_t index) {
    const unsigned s = segment_of(index);
    T* items = table_[s].load(std::memory_order_relaxed);  // relaxed: own word
    if (items == nullptr) {
      if (segment_size(s) > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
      items = traits::allocate(allocator_, static_cast<std::size_t>(segment_size(s)));
      table_[s].store(items, std::memory_order_relaxed);  // relaxed: published with the first item by (2)
    }
    const std::uint64_t offset = index - segment_begin(s);
    return {items + offset, static_cast<std::size_t>(segment_size(s) - offset)};
  }

  // (2) release: pairs with acquire (1), publishes the items constructed since the last time
  void publish(std::uint64_t count) noexcept { published_.store(count << 1, order(31, std::memory_order_release)); }

  void seal(ending why, std::exception_ptr error) noexcept {
    const std::uint64_t word = published_.load(std::memory_order_relaxed);  // relaxed: own word
    if (mutant(33)) published_.store(word | 1, std::memory_order_release);
    why_ = why;
    error_ = std::move(error);
    published_.store(word | 1, order(32, std::memory_order_release));  // (3) release: pairs with acquire (1), publishes the ending
  }

  Allocator& allocator() noexcept { return allocator_; }

  // Of cleared generations that somebody may still read; under the log's lock for them.
  log_generation* next_retired = nullptr;

 private:
  // Line of the writer.
  alignas(cache_line) Atom<std::uint64_t> published_{0};
  // Read by all, seldom written.
  alignas(cache_line) std::array<Atom<T*>, segments> table_{};
  [[no_unique_address]] Allocator allocator_;
  const std::uint64_t base_;
  plain<std::exception_ptr> error_;  // before the seal: the writer's; after it: constant
  plain<ending> why_{ending::closed};
};

}  // namespace pariter::detail
