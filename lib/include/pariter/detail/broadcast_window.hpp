// SPDX-License-Identifier: Apache-2.0
#pragma once
// broadcast_window: the memory of a broadcast: its segments, and the subscriptions that say which of them are needed.
//
// The window lies in segments of `segment_size` items; a directory of `slots` entries says where block b (positions
// b * segment_size …) is: entry b mod slots. There is one segment more than the capacity needs: a block that is entered takes the
// place of one whose items are all `capacity` or more behind.
//
//   subscription  gate        what its iterator has taken, up to here: writers stay below the least gate + capacity
//                 pinned      the segment that an iterator without a gate reads from: not to be reused
//
// Threads: what is marked `under the lock` is called under the core's lock; everything else from any thread, one thread per
// subscription.
// Invariants:
//   1. A segment is reused or freed only when it is out of the directory (or no subscription is without a gate) and unpinned.
//   2. Subscriptions are never freed before the window is: the list may be walked without a lock.

#include "pariter/containers/policy.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/platform.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace pariter::detail {

template <class T, class Allocator, template <class> class Atom>
class broadcast_window {
  using traits = std::allocator_traits<Allocator>;
  template <class V>
  using plain = typename platform<Atom>::template plain<V>;

 public:
  static constexpr std::uint64_t no_gate = std::numeric_limits<std::uint64_t>::max();

  struct segment {
    T* items = nullptr;
    plain<std::uint64_t> block{0};  // written by the writer while nobody can read it
  };

  // Line of one iterator; the writers only read it.
  struct alignas(cache_line) subscription {
    Atom<std::uint64_t> gate{no_gate};
    Atom<segment*> pinned{nullptr};
    Atom<std::uint64_t> seen{0};     // for statistics
    policy how = policy::gating;     // under the lock, as the next
    bool used = false;
    subscription* next = nullptr;    // constant once in the list
  };

  broadcast_window(std::size_t capacity, const Allocator& allocator)
      : shift_(static_cast<unsigned>(std::bit_width(std::clamp<std::size_t>(capacity / 8, 1, 1024)) - 1)),
        slots_((capacity + segment_size() - 1) / segment_size() + 1),
        directory_(std::make_unique<Atom<segment*>[]>(slots_)),
        allocator_(allocator) {}
  broadcast_window(const broadcast_window&) = delete;
  broadcast_window& operator=(const broadcast_window&) = delete;

  ~broadcast_window() = default;

  // Frees all; the last thing that is called. `count` items were constructed in all.
  void free_all(std::uint64_t count) noexcept {
    subscription* s = first_.load(std::memory_order_relaxed);  // relaxed: nobody else
    while (s != nullptr) {
      PARITER_ASSERT(!s->used, "an iterator outlived its broadcast: end the threads that iterate before the broadcast goes");
      delete std::exchange(s, s->next);
    }
    for (std::size_t i = 0; i < slots_; ++i)
      if (segment* const g = directory_[i].load(std::memory_order_relaxed)) free_segment(g, count - (g->block << shift_));  // relaxed: nobody else
    for (segment* g : aside_) free_segment(g, segment_size());
  }

  std::uint64_t segment_size() const noexcept { return std::uint64_t{1} << shift_; }
  Allocator& allocator() noexcept { return allocator_; }

  // ---- readers ----

  // Where the items of the block of `position` are. Requires position < a published count, and that the gate is there.
  const T* gated_block(std::uint64_t position) const noexcept {
    return entry(position >> shift_).load(std::memory_order_relaxed)->items;  // relaxed: published by (1)
  }

  // The same without a gate: pins the block's segment, or returns null if it is gone already.
  const T* pinned_block(subscription& own, std::uint64_t position) const noexcept {
    const std::uint64_t block = position >> shift_;
    Atom<segment*>& where = entry(block);
    // (4) acquire: pairs with (7) and (14), sees the segment's block number
    segment* g = where.load(std::memory_order_acquire);
    for (;;) {
      if (g == nullptr) return nullptr;
      own.pinned.store(g, order(53, std::memory_order_seq_cst));  // (5) seq_cst: pairs with (8): the writer sees the pin, or (6) sees the entry gone
      segment* const again = where.load(std::memory_order_seq_cst);  // (6) seq_cst: pairs with (7) and (14); in the total order with (5), (7), (8)
      if (again == g || mutant(54)) break;
      g = again;
    }
    return g->block == block ? g->items : nullptr;
  }

  // What was taken below `position` was read, all but the last batch.
  void move_gate(subscription& own, std::uint64_t position) noexcept {
    own.gate.store(position, order(55, std::memory_order_release));  // (9) release: pairs with acquire (10), what was taken before was read
  }
  // `own` needs nothing any more.
  void let_go(subscription& own) noexcept {
    own.pinned.store(nullptr, std::memory_order_release);  // (11) release: pairs with (8), the items were read
    own.gate.store(no_gate, std::memory_order_release);    // (9)
  }

  // ---- the writer, and who comes and goes ----

  std::uint64_t least_gate() const noexcept {
    std::uint64_t least = no_gate;
    // (12) acquire: pairs with release (13), sees the subscription
    for (const subscription* s = first_.load(std::memory_order_acquire); s != nullptr; s = s->next) {
      // (10) acquire: pairs with release (9): what was taken before was read
      least = std::min(least, s->gate.load(order(56, std::memory_order_acquire)));
    }
    return least;
  }
  // Under the lock: the place of the block that starts at position `count`, where the block that leaves the window was.
  segment& enter_block(std::uint64_t count) {
    const std::uint64_t block = count >> shift_;
    Atom<segment*>& where = entry(block);
    segment* const spare = aside_.empty() ? nullptr : take_aside();
    segment* g = where.load(std::memory_order_relaxed);  // relaxed: own word
    if (g != nullptr && ungated_ != 0) {
      if (!mutant(59)) where.exchange(nullptr, std::memory_order_seq_cst);  // (7) seq_cst: pairs with (4), (6)
      if (is_pinned(g)) {
        aside_.push_back(g);  // room was reserved by enter
        g = nullptr;
      }
    }
    if (g != nullptr && spare != nullptr) free_segment(spare, segment_size());
    if (g == nullptr) g = spare;
    if (g == nullptr) g = make_segment();
    else destroy_items(g, segment_size());
    g->block = block;
    where.store(g, std::memory_order_release);  // (14) release: pairs with acquire (4) and (6), publishes the block number
    return *g;
  }

  // Under the lock. Throws std::bad_alloc.
  subscription& enter(std::uint64_t position, policy how) {
    subscription* s = first_.load(std::memory_order_relaxed);  // relaxed: under the lock, as below
    while (s != nullptr && s->used) s = s->next;
    if (how != policy::gating) aside_.reserve(2 * (ungated_ + 1) + 1);  // of each two, where its pin moves while they are looked through; and the next
    if (s == nullptr) {
      s = new subscription;
      s->next = first_.load(std::memory_order_relaxed);  // relaxed: under the lock
      first_.store(s, std::memory_order_release);  // (13) release: pairs with acquire (12)
    }
    s->used = true;
    s->how = how;
    s->seen.store(position, std::memory_order_relaxed);  // relaxed: statistics
    if (how == policy::gating) s->gate.store(position, std::memory_order_relaxed);  // relaxed: under the lock; before that it held nobody up
    else ++ungated_;
    return *s;
  }
  // Under the lock: `own` reads from the segment that `other` reads from.
  static void pin_beside(subscription& own, const subscription& other) noexcept {
    own.pinned.store(other.pinned.load(std::memory_order_relaxed), std::memory_order_relaxed);  // relaxed: under the lock, where pins are looked at
  }
  // Under the lock, after let_go().
  void leave(subscription& own) noexcept {
    own.used = false;
    if (own.how != policy::gating) --ungated_;
  }
  template <class F>
  void each_subscription(F f) const {
    for (const subscription* s = first_.load(std::memory_order_relaxed); s != nullptr; s = s->next)  // relaxed: under the lock
      if (s->used) f(*s);
  }


  // Under the lock: memory that there is, in items.
  std::size_t allocated() const noexcept { return static_cast<std::size_t>(segments_ << shift_); }

 private:
  Atom<segment*>& entry(std::uint64_t block) const noexcept { return directory_[static_cast<std::size_t>(block % slots_)]; }

  bool is_pinned(const segment* g) const noexcept {
    for (const subscription* s = first_.load(std::memory_order_relaxed); s != nullptr; s = s->next)  // relaxed: under the lock
      if (s->pinned.load(order(60, std::memory_order_seq_cst)) == g) return true;  // (8) seq_cst: pairs with (5), (11)
    return false;
  }

  segment* make_segment() {
    auto g = std::make_unique<segment>();
    g->items = traits::allocate(allocator_, static_cast<std::size_t>(segment_size()));
    ++segments_;
    return g.release();
  }
  void destroy_items(segment* g, std::uint64_t n) noexcept {
    if constexpr (!std::is_trivially_destructible_v<T>)
      for (std::uint64_t i = 0; i < n; ++i) traits::destroy(allocator_, g->items + i);
  }
  void free_segment(segment* g, std::uint64_t n) noexcept {
    destroy_items(g, std::min(n, segment_size()));
    traits::deallocate(allocator_, g->items, static_cast<std::size_t>(segment_size()));
    --segments_;
    delete g;
  }

  // Looks through the segments that were pinned when they left the window: gives one that is not pinned any more, if there is one,
  // and frees the others.
  segment* take_aside() noexcept {
    segment* at_hand = nullptr;
    for (std::size_t i = 0; i < aside_.size();) {
      segment* const g = aside_[i];
      if (is_pinned(g)) {
        ++i;
        continue;
      }
      aside_[i] = aside_.back();
      aside_.pop_back();
      if (at_hand == nullptr) at_hand = g;
      else free_segment(g, segment_size());
    }
    return at_hand;
  }

  const unsigned shift_;
  const std::size_t slots_;
  const std::unique_ptr<Atom<segment*>[]> directory_;
  Atom<subscription*> first_{nullptr};  // grows only

  // Under the lock.
  alignas(cache_line) std::size_t ungated_ = 0;   // subscriptions without a gate
  std::uint64_t segments_ = 0;
  std::vector<segment*> aside_;  // out of the window, perhaps still pinned
  [[no_unique_address]] Allocator allocator_;
};

}  // namespace pariter::detail
