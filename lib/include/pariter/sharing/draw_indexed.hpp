// SPDX-License-Identifier: Apache-2.0
#pragma once
// indexed_draw: what several drawers share when the source is indexed and its length is fixed.
//
// A draw is one relaxed fetch_add of a chunk on a counter of its own cache line; the items themselves are read where they lie.
// Relaxed is enough, because the counter publishes nothing: whoever was given a drawer was given the items before.
//
// Invariants
//   1. Every index below size() is claimed by exactly one fetch_add, or by a spill node that a fetch_add claimed before.
//   2. A claim is cut at size(); nothing is ever read at or beyond it.
//   3. next_ only grows; once a drawer saw next_ >= size(), every later claim of any drawer is empty.
//
// Access describes the source:
//   using cursor, step            a position in a run, what next() of a drawer returns
//   std::size_t size() const
//   using guide; guide lead()     what one drawer needs to find items
//   run at(guide&, begin, end)    the longest piece {first, last} of the items [begin, end), not empty, from begin on, that a
//                                 cursor can walk; const, like lead()
//   static step take(cursor&)     the item there, one further

#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/range_step.hpp"
#include "pariter/sharing/draw_pace.hpp"
#include "pariter/sharing/spill_list.hpp"

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

namespace pariter::detail {

// A drawer's items at hand.
template <class Cursor>
struct run {
  Cursor first{};
  Cursor last{};
};

template <class Access, template <class> class Atom = std::atomic>
class indexed_draw {
 public:
  using cursor = typename Access::cursor;
  using step = typename Access::step;
  static constexpr iteration_properties properties{.sees = sight::snapshot, .ordered = false};
  static constexpr std::size_t most_at_once = 16'384;

  // One drawer's part; given back, it is a node of the spill list.
  struct seat {
    explicit seat(std::shared_ptr<indexed_draw> of) : draw(std::move(of)), pace(draw->cap_), guide(draw->items_.lead()) {}
    std::shared_ptr<indexed_draw> draw;  // null in the spill list, which lives in the draw
    draw_pace pace;
    [[no_unique_address]] typename Access::guide guide;
    std::size_t begin = 0;  // the claimed indices that are not in the drawer's run yet
    std::size_t end = 0;
    bool ended = false;
    seat* next_spilled = nullptr;
  };

  // cap: the most items of one draw, at least 1; 0 for the default.
  indexed_draw(Access items, std::size_t cap) : cap_(cap == 0 ? most_at_once : cap), size_(items.size()), items_(std::move(items)) {}

  static std::unique_ptr<seat> sit_down(std::shared_ptr<indexed_draw> draw) {
    auto s = std::make_unique<seat>(std::move(draw));
    s->draw->drawers_.fetch_add(1, std::memory_order_relaxed);  // relaxed: hint for the size of chunks
    return s;
  }

  // The next items for this seat; an empty run at the end.
  PARITER_COLD static run<cursor> draw(seat& s) {
    if (s.begin == s.end && !s.draw->claim(s)) return {};
    auto [first, last] = s.draw->items_.at(s.guide, s.begin, s.end);
    s.begin += static_cast<std::size_t>(last - first);
    return {std::move(first), std::move(last)};
  }

  static step take(cursor& at) { return Access::take(at); }

  // Gives back [first, last) and what is left of the seat's chunk.
  PARITER_COLD static void leave(std::unique_ptr<seat> s, cursor first, cursor last) noexcept {
    const auto draw = std::move(s->draw);
    draw->drawers_.fetch_sub(1, std::memory_order_relaxed);  // relaxed: hint, see sit_down
    if (!mutant(210)) s->begin -= static_cast<std::size_t>(last - first);
    if (s->begin != s->end) draw->spill_.put(std::move(s));
  }

  std::size_t left_over() const {
    std::size_t count = 0;
    spill_.for_each([&](const seat& s) { count += s.end - s.begin; });
    return count;
  }

 private:
  // Fills s's empty chunk. False at the end, for ever.
  bool claim(seat& s) {
    if (s.ended) return false;
    if (claim_spilled(s)) return true;
    const std::size_t seen = next_.load(std::memory_order_relaxed);  // relaxed: hint, the fetch_add below decides
    if (seen < size_) {
      // Near the end the chunks shrink, so that nobody works on while the others have nothing to do.
      const std::size_t fair = (size_ - seen) / (2 * std::max<std::size_t>(drawers_.load(std::memory_order_relaxed), 1));  // relaxed: hint
      const std::size_t count = std::clamp<std::size_t>(fair, 1, s.pace.ask());
      const std::size_t begin = next_.fetch_add(count, std::memory_order_relaxed);  // relaxed: a counter; publishes nothing
      if (begin < size_) {
        s.begin = begin;
        s.end = begin + (mutant(209) ? count : std::min(count, size_ - begin));
        s.pace.handed(count);
        return true;
      }
    }
    s.ended = !claim_spilled(s);
    return !s.ended;
  }

  bool claim_spilled(seat& s) noexcept {
    const auto node = spill_.take();
    if (!node) return false;
    s.begin = node->begin;
    s.end = node->end;
    return true;
  }

  // Read by all, written by none.
  const std::size_t cap_;
  const std::size_t size_;
  Access items_;
  // Written by whoever leaves early.
  spill_list<seat, Atom> spill_;
  // Written by whoever comes or goes.
  Atom<std::size_t> drawers_{0};
  // Written at every draw.
  alignas(cache_line) Atom<std::size_t> next_{0};
};

// Access to what is left of a random access C++ range.
template <iterator I>
class range_access {
  using range = decltype(std::declval<const I&>().rest());
  using base = std::ranges::iterator_t<range>;
  static constexpr bool contiguous = std::contiguous_iterator<base>;

 public:
  using cursor = std::conditional_t<contiguous, std::add_pointer_t<std::iter_reference_t<base>>, base>;
  using step = step_t<I>;

  struct guide {};

  explicit range_access(I it) : source_(std::move(it)), rest_(source_.rest()) {}

  std::size_t size() const { return static_cast<std::size_t>(std::ranges::size(rest_)); }

  guide lead() const noexcept { return {}; }

  run<cursor> at(guide&, std::size_t begin, std::size_t end) const {
    using distance = std::iter_difference_t<base>;
    const base first = std::ranges::begin(rest_) + static_cast<distance>(begin);
    if constexpr (contiguous) {
      const cursor p = std::to_address(first);
      return {p, p + (end - begin)};
    } else {
      return {first, first + static_cast<distance>(end - begin)};
    }
  }

  static step take(cursor& at) {
    step s(*at);
    ++at;
    return s;
  }

 private:
  I source_;  // keeps what rest_ points into
  range rest_;
};

// Access to what is left of an iterator that knows how much it is and where it stands; a drawer's guide is a fork of it.
template <iterator I>
class seek_access {
  using batch = decltype(std::declval<I&>().next_batch());

 public:
  using cursor = typename batch::pointer;
  using step = step_t<I>;
  using guide = I;

  explicit seek_access(I it) : source_(std::move(it)), size_(source_.size_hint().value()), base_(source_.position()) {}

  std::size_t size() const noexcept { return size_; }

  guide lead() const { return source_.fork(); }

  run<cursor> at(guide& at, std::size_t begin, std::size_t end) const {
    at.seek(base_ + begin);
    const batch ready = at.next_batch();
    return {ready.data(), ready.data() + std::min(ready.size(), end - begin)};
  }

  static step take(cursor& at) noexcept { return step(*at++); }

 private:
  I source_;
  std::size_t size_;
  decltype(std::declval<const I&>().position()) base_;
};

template <class I>
concept over_random_access = iterator<I> && requires(const I& it) {
  { it.rest() } -> std::ranges::random_access_range;
  { it.rest() } -> std::ranges::sized_range;
};

template <class I>
concept over_positions = iterator<I> && iteration_traits<I>.sees == sight::snapshot && iteration_traits<I>.sized &&
                         iteration_traits<I>.seekable && iteration_traits<I>.forkable && std::is_reference_v<item_t<I>> &&
                         requires(I& it) { it.next_batch().data(); };

}  // namespace pariter::detail
