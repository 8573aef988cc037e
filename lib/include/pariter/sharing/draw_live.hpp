// SPDX-License-Identifier: Apache-2.0
#pragma once
// live_draw: a consumer group; what several drawers share when the source may have to wait for its next items.
//
// A draw locks, takes some of what is ready, and unlocks. If nothing is ready one of those who wait, the watcher, parks where the
// source's own owner would park, with the lock free: it is woken by more items, by the end, or by what another drawer gives back.
// The others wait until they may watch, so that an item wakes one of many. Nothing is handed to a sleeper; the woken look again.
//
// Invariants
//   1. The source takes its steps under lock_. What it gave and no drawer took yet is rest_.
//   2. Nothing is claimed that is not there: an idle drawer holds no claim on items to come.
//   3. state_ leaves `open` once, after the last item was taken. Who was told of the end gets no more items.
//   4. While drawers wait in idle_, one watches, or one is on its way to look and then watches or wakes the next (see vigil).
//   5. No item is destroyed under lock_, except a copy that could not be made whole.
//
//   open ──(the source is closed)──> ended         marked by whoever draws, under lock_
//     └────(the source failed)─────> failed
//
// Items that a fork of the source keeps alive where they are (a log's) are handed out in place, and the drawer holds one. Others
// (a broadcast's, whose room is used again) are copied into the drawer's buffer under the lock; if a copy throws, the drawer that
// made it gets the exception, and the item is still there to be drawn.
//
// A gap of a lossy source is told to one drawer; the group goes on after it.

#include "pariter/core/errors.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/core/outcome.hpp"
#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/worker_mark.hpp"
#include "pariter/sharing/draw_indexed.hpp"
#include "pariter/sharing/draw_lock.hpp"
#include "pariter/sharing/draw_pace.hpp"
#include "pariter/sharing/item_buffer.hpp"
#include "pariter/sharing/kept_error.hpp"
#include "pariter/sharing/share_options.hpp"
#include "pariter/sharing/spill_list.hpp"

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <class I>
concept waiting_iterator = iterator<I> && std::is_reference_v<item_t<I>> && requires(I& it, const I& c) {
  { it.try_next_batch() } -> std::same_as<outcome<std::span<std::remove_reference_t<item_t<I>>>>>;
  { c.ready() } -> std::same_as<bool>;
  c.parking().wait([] { return true; });
};

// Whether what the last next_batch() handed out stays where it is, unchanged, as long as a fork that was taken right then lives,
// however far the source goes on. An iterator says so itself.
template <class I>
inline constexpr bool fork_keeps_batch = [] {
  if constexpr (requires { bool{I::fork_keeps_batch}; }) return I::fork_keeps_batch;
  else return false;
}();

// A drawer's items at hand: a copy of them, or what keeps them alive where they are.
template <waiting_iterator I>
class live_items {
  using referred = std::remove_reference_t<item_t<I>>;

 public:
  using cursor = referred*;
  using step = optional_ref<referred>;
  using item = referred&;
  static constexpr std::size_t default_size = 1024;

  explicit live_items(std::size_t) noexcept {}

  // What was at hand is not needed any more. Before load().
  void forget() noexcept { keeper_.reset(); }
  // At most `most` items from the front of `ready`, which `source` has just given. One item at least.
  void load(I& source, std::span<referred>& ready, std::size_t most) {
    keeper_.emplace(source.fork());
    at_hand_ = {ready.data(), ready.data() + std::min(most, ready.size())};
    ready = ready.subspan(static_cast<std::size_t>(at_hand_.last - at_hand_.first));
  }
  run<cursor> loaded() noexcept { return std::exchange(at_hand_, {}); }
  static step take(cursor& at) noexcept { return step(*at++); }
  void keep(run<cursor> alive) noexcept { at_hand_ = alive; }
  std::size_t kept() const noexcept { return static_cast<std::size_t>(at_hand_.last - at_hand_.first); }
  void swap(live_items& other) noexcept {
    keeper_.swap(other.keeper_);
    std::swap(at_hand_, other.at_hand_);
  }

 private:
  run<cursor> at_hand_;
  std::optional<I> keeper_;
};

template <waiting_iterator I>
  requires(!fork_keeps_batch<I>)
class live_items<I> {
  using value = value_t<I>;
  static_assert(std::copy_constructible<value>,
                "share() has to copy the items of this source, because it reuses their room; make them copyable, or put std::shared_ptr into it");

 public:
  using cursor = value*;
  using step = std::optional<value>;
  using item = value;
  static constexpr std::size_t default_size = std::clamp<std::size_t>(8192 / sizeof(value), 16, 1024);

  explicit live_items(std::size_t size) : size_(size), memory_(std::allocator<value>().allocate(size)) {}
  live_items(const live_items&) = delete;
  live_items& operator=(const live_items&) = delete;
  ~live_items() {
    std::destroy(at_hand_.first, at_hand_.last);
    std::allocator<value>().deallocate(memory_, size_);
  }

  static void forget() noexcept {}
  template <class U>
  void load(I&, std::span<U>& ready, std::size_t most) {
    at_hand_ = {memory_, memory_};
    const std::size_t count = std::min({most, ready.size(), size_});
    try {
      for (const U& x : ready.first(count)) {
        std::construct_at(at_hand_.last, x);
        ++at_hand_.last;
      }
    } catch (...) {
      if (at_hand_.first == at_hand_.last) throw;  // else: deliver what is there; the next draw tries again
    }
    ready = ready.subspan(kept());
  }
  run<cursor> loaded() noexcept { return std::exchange(at_hand_, {}); }
  static step take(cursor& at) { return take_out(at); }
  void keep(run<cursor> alive) noexcept { at_hand_ = alive; }
  std::size_t kept() const noexcept { return static_cast<std::size_t>(at_hand_.last - at_hand_.first); }
  void swap(live_items& other) noexcept {
    std::swap(size_, other.size_);
    std::swap(memory_, other.memory_);
    std::swap(at_hand_, other.at_hand_);
  }

 private:
  std::size_t size_;
  value* memory_;
  run<cursor> at_hand_;
};

template <waiting_iterator I, template <class> class Atom = std::atomic>
class live_draw {
  using items = live_items<I>;

 public:
  using cursor = typename items::cursor;
  using step = typename items::step;
  using item = typename items::item;
  static constexpr iteration_properties properties{.sees = sight::live, .ordered = false, .lossless = iteration_traits<I>.lossless};

  // One drawer's part; given back, it is a node of the spill list.
  struct seat {
    explicit seat(std::shared_ptr<live_draw> of) : draw(std::move(of)), pace(draw->cap_), at_hand(draw->cap_) {}
    std::shared_ptr<live_draw> draw;  // null in the spill list, which lives in the draw
    draw_pace pace;
    items at_hand;
    std::uint64_t missed = 0;  // of a gap that could not be told yet
    bool ended = false;
    seat* next_spilled = nullptr;
  };

  live_draw(I source, const share_options& options)
      : cap_(options.at_once == 0 ? items::default_size : std::min(options.at_once, most_at_once)), error_(options.errors), source_(std::move(source)) {}

  static std::unique_ptr<seat> sit_down(std::shared_ptr<live_draw> draw) { return std::make_unique<seat>(std::move(draw)); }

  // Waits for the next items of this seat; an empty run at the end. Throws the source's failure and missed_items.
  PARITER_COLD static run<cursor> draw(seat& s) {
    live_draw& d = *s.draw;
    for (vigil watch(d);;) {
      answer a = d.look(s);
      switch (a.what) {
        case answer::items: return a.drawn;
        case answer::gap: tell_gap(s);
        case answer::closed: return {};
        case answer::failed: std::rethrow_exception(d.error_.get());
        case answer::empty: break;
      }
      require_may_wait();
      watch.wait([&] { return d.ready(s); });
    }
  }

  // The same without waiting, and until a deadline. What was drawn goes to `drawn`; else the answer says why not.
  template <class Item>
  static outcome<Item> try_draw(seat& s, run<cursor>& drawn) {
    answer a = s.draw->look(s);
    switch (a.what) {
      case answer::items: drawn = a.drawn; break;
      case answer::gap: return outcome<Item>::gap(std::exchange(s.missed, 0));
      case answer::closed: return outcome<Item>::closed();
      case answer::failed: return outcome<Item>::failed(s.draw->error_.get());
      case answer::empty: break;
    }
    return outcome<Item>::empty();
  }
  template <class Item, class Deadline>
  PARITER_COLD static outcome<Item> draw_until(seat& s, run<cursor>& drawn, Deadline deadline) {
    for (vigil watch(*s.draw);;) {
      outcome<Item> nothing = try_draw<Item>(s, drawn);
      if (drawn.first != drawn.last || !nothing.is_empty()) return nothing;
      require_may_wait();
      if (!watch.wait_until([&] { return s.draw->ready(s); }, deadline)) return nothing;
    }
  }

  static step take(cursor& at) { return items::take(at); }

  // Gives back [first, last) and wakes who may wait for it.
  PARITER_COLD static void leave(std::unique_ptr<seat> s, cursor first, cursor last) noexcept {
    const auto draw = std::move(s->draw);
    if (first == last) return;
    s->at_hand.keep({first, last});
    draw->spill_.put(std::move(s));
    if (!mutant(208)) draw->parking().notify_all();
  }

  std::size_t left_over() const {
    std::size_t count = 0;
    spill_.for_each([&](const seat& s) { count += s.at_hand.kept(); });
    return count;
  }

  auto& parking() const noexcept { return source_.parking(); }

  // Whether a draw would not have to wait. A guess while somebody else draws: then he may.
  bool ready(const seat& s) noexcept {
    if (s.ended || spill_.has_some() || !lock_.try_lock()) return true;
    const bool is = state_ != state::open || !rest_.empty() || source_.ready();
    lock_.unlock();
    return is;
  }

 private:
  enum class state { open, ended, failed };
  struct answer {
    enum kind { items, empty, gap, closed, failed } what;
    run<cursor> drawn{};
  };
  static constexpr std::size_t most_at_once = 65'536;

  // One drawer's waiting, however often it looks in between.
  class vigil {
   public:
    explicit vigil(live_draw& d) noexcept : d_(d) {}
    vigil(const vigil&) = delete;
    vigil& operator=(const vigil&) = delete;
    ~vigil() {
      // relaxed: this thread's own store, or that of somebody who watched later and does the same as he goes
      if (waited_ && !d_.watched_.load(std::memory_order_relaxed) && !mutant(226)) d_.idle_.notify_one();
    }
    template <class Ready>
    void wait(Ready ready) noexcept {
      wait_by(ready, [](auto& where, auto until) {
        where.wait(until);
        return true;
      });
    }
    // False: the deadline passed.
    template <class Ready, class Deadline>
    bool wait_until(Ready ready, Deadline deadline) {
      return wait_by(ready, [&](auto& where, auto until) { return where.wait_until(until, deadline); });
    }

   private:
    template <class Ready, class Wait>
    bool wait_by(Ready ready, Wait wait) {
      waited_ = true;
      if (d_.watched_.exchange(true, std::memory_order_relaxed))  // relaxed: a role, publishes nothing
        return wait(d_.idle_, [&] { return !d_.watched_.load(std::memory_order_relaxed); });  // relaxed: the same
      const bool came = wait(d_.parking(), ready);
      d_.watched_.store(false, std::memory_order_relaxed);  // relaxed: the same; idle_ orders it for who waits there
      return came;
    }

    live_draw& d_;
    bool waited_ = false;
  };

  [[noreturn]] PARITER_COLD static void tell_gap(seat& s) {
    missed_items gap(s.missed);  // may throw: then the gap is still to be told
    s.missed = 0;
    throw gap;
  }

  answer look(seat& s) {
    if (s.missed != 0) return {answer::gap};
    if (s.ended) return {answer::closed};
    s.at_hand.forget();
    if (auto spilled = take_spilled(s); spilled.first != spilled.last) return {answer::items, spilled};
    const std::size_t wanted = s.pace.ask();
    std::optional<I> left;  // declared before the lock: this may be the last hold on items that were cleared
    {
      const std::lock_guard hold(lock_);
      if (rest_.empty() && state_ == state::open) {
        auto o = source_.try_next_batch();
        left.swap(behind_);
        if (o.has_item()) {
          rest_ = *o;
          if constexpr (fork_keeps_batch<I>) behind_.emplace(source_.fork());
        } else if (o.is_empty()) {
          return {answer::empty};
        } else if (o.is_gap()) {
          s.missed = o.missed();
          return {answer::gap};
        } else {
          if (o.is_failed()) error_.keep(o.error());
          state_ = o.is_failed() ? state::failed : state::ended;
        }
      }
      if (!rest_.empty()) s.at_hand.load(source_, rest_, wanted);
    }
    if (const auto drawn = s.at_hand.loaded(); drawn.first != drawn.last) {
      s.pace.handed(static_cast<std::size_t>(drawn.last - drawn.first));
      return {answer::items, drawn};
    }
    if (auto spilled = take_spilled(s); spilled.first != spilled.last) return {answer::items, spilled};  // put meanwhile
    return {error_.is_for(s.ended) ? answer::failed : answer::closed};
  }

  run<cursor> take_spilled(seat& s) noexcept {
    const auto node = spill_.take();
    if (!node) return {};
    s.at_hand.swap(node->at_hand);
    return s.at_hand.loaded();
  }

  // Read by all, written by none.
  const std::size_t cap_;
  // Written by whoever leaves early.
  spill_list<seat, Atom> spill_;
  // Written at every draw, under lock_.
  alignas(cache_line) basic_draw_lock<Atom> lock_;
  state state_ = state::open;
  kept_error<Atom> error_;
  I source_;
  std::span<std::remove_reference_t<item_t<I>>> rest_;
  std::optional<I> behind_;  // holds on to where the source's last batch lies, if it would let go of that under lock_
  // Written by those who wait.
  alignas(cache_line) Atom<bool> watched_{false};  // somebody waits in parking()
  basic_parking_lot<Atom> idle_;                   // the others
};

}  // namespace pariter::detail
