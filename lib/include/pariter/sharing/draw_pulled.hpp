// SPDX-License-Identifier: Apache-2.0
#pragma once
// pulled_draw: what several drawers share when the source can only be asked for its next item.
//
// A draw locks, pulls some items into the drawer's own buffer, and unlocks; the drawer then hands them out without touching
// anything shared. The only user code under the lock is the source's `next()` (and the move of its items). A waiter spins
// for about three microseconds, then parks.
//
// Invariants
//   1. The source is pulled by one thread at a time, and never again after it ended or failed.
//   2. Every pulled item is in exactly one buffer: a drawer's, or one of the spill list, which is served first.
//   3. state_ leaves `open` once. Items pulled before the end or the failure are handed out before anybody is told of it.
//
//   open ──(the source says end)──> ended         marked by whoever pulls, under lock_
//     └────(the source throws)────> failed
//
// Items that stay where they are for as long as the source lives (`stays_put`) are buffered as pointers and keep their
// identity. Others are moved or, if the source hands out references to something that it will reuse, copied.
//
// would_deadlock is an answer to the caller and not a failure of the source: it goes to the thread that pulled, and the
// source stays open for the others.

#include "pariter/core/errors.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/sharing/draw_indexed.hpp"
#include "pariter/sharing/draw_lock.hpp"
#include "pariter/sharing/draw_pace.hpp"
#include "pariter/sharing/item_buffer.hpp"
#include "pariter/sharing/kept_error.hpp"
#include "pariter/sharing/share_options.hpp"
#include "pariter/sharing/spill_list.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace pariter::detail {

template <iterator I, template <class> class Atom = std::atomic>
class pulled_draw {
  using buffer = item_buffer<I>;

 public:
  using cursor = typename buffer::cursor;
  using step = typename buffer::step;
  static constexpr iteration_properties properties{
      .sees = iteration_traits<I>.sees, .ordered = false, .lossless = iteration_traits<I>.lossless};

  // One drawer's part; given back, it is a node of the spill list.
  struct seat {
    explicit seat(std::shared_ptr<pulled_draw> of) : draw(std::move(of)), pace(draw->cap_), items(draw->cap_) {}
    std::shared_ptr<pulled_draw> draw;  // null in the spill list, which lives in the draw
    draw_pace pace;
    buffer items;
    bool ended = false;
    seat* next_spilled = nullptr;
  };

  pulled_draw(I source, const share_options& options)
      : cap_(options.at_once == 0 ? buffer::default_size : options.at_once), error_(options.errors), source_(std::move(source)) {}

  static std::unique_ptr<seat> sit_down(std::shared_ptr<pulled_draw> draw) { return std::make_unique<seat>(std::move(draw)); }

  // The next items for this seat; an empty run at the end. Throws what the source threw.
  PARITER_COLD static run<cursor> draw(seat& s) {
    if (s.ended) return {};
    return s.draw->draw_for(s);
  }

  static step take(cursor& at) { return buffer::take(at); }

  // Gives back [first, last).
  PARITER_COLD static void leave(std::unique_ptr<seat> s, cursor first, cursor last) noexcept {
    const auto draw = std::move(s->draw);
    if (first == last) return;
    s->items.keep({first, last});
    draw->spill_.put(std::move(s));
  }

  std::size_t left_over() const {
    std::size_t count = 0;
    spill_.for_each([&](const seat& s) { count += s.items.kept(); });
    return count;
  }

 private:
  enum class state { open, ended, failed };

  run<cursor> draw_for(seat& s) {
    if (auto spilled = take_spilled(s); spilled.first != spilled.last) return spilled;
    const std::size_t wanted = s.pace.ask();
    std::optional<I> finished;  // declared before the lock: what the source's destructor does is no business under it
    {
      if constexpr (may_wait<I>) lock_.lock_to_wait();
      else lock_.lock();
      const std::lock_guard hold(lock_, std::adopt_lock);
      if (state_ == state::open) pull(s.items, wanted);
      if (state_ != state::open && !buffer::in_place) finished.swap(source_);
    }
    if (auto pulled = s.items.pulled(); pulled.first != pulled.last) {
      s.pace.handed(static_cast<std::size_t>(pulled.last - pulled.first));
      return pulled;
    }
    if (auto spilled = take_spilled(s); spilled.first != spilled.last) return spilled;  // put while we pulled
    if (error_.is_for(s.ended)) std::rethrow_exception(error_.get());
    return {};
  }

  // Under lock_. Up to `wanted` items into `into`; fewer if the source takes its time, ends or throws.
  void pull(buffer& into, std::size_t wanted) {
    using clock = draw_pace::clock;
    const auto begun = wanted == 1 ? clock::time_point() : clock::now();
    try {
      for (std::size_t some = 1;; some *= 4) {
        const std::size_t left = wanted - into.count();
        if (!into.pull(*source_, std::min(some, left))) {
          state_ = state::ended;
          return;
        }
        if (some >= left || clock::now() - begun > draw_pace::quick) return;  // a slow source: rather deliver what is there
      }
    } catch (const would_deadlock&) {
      if (lock_.was_reentered()) fail();
      else if (into.count() == 0) throw;
    } catch (...) {
      fail();
    }
  }

  void fail() noexcept {
    error_.keep(std::current_exception());
    state_ = state::failed;
  }

  run<cursor> take_spilled(seat& s) noexcept {
    const auto node = spill_.take();
    if (!node) return {};
    s.items.swap(node->items);
    return s.items.unkeep();
  }

  // Read by all, written by none.
  const std::size_t cap_;
  // Written by whoever leaves early.
  spill_list<seat, Atom> spill_;
  // Written at every draw, under lock_.
  alignas(cache_line) basic_draw_lock<Atom> lock_;
  state state_ = state::open;
  kept_error<Atom> error_;
  std::optional<I> source_;
};

}  // namespace pariter::detail
