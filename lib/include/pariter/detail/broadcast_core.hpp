// SPDX-License-Identifier: Apache-2.0
#pragma once
// broadcast_core: a bounded window over a stream; what broadcast and its iterators are made of.
//
// Positions count items from 0. The window lies in segments of `segment_size` items; a directory of `slots` entries says where
// block b (positions b * segment_size …) is: entry b mod slots. There is one segment more than the capacity needs: a block that
// is entered takes the place of one whose items are all `capacity` or more behind.
//
//   published_    bits 63..1  number of items written; bit 0  sealed: no more will come, and error_ says why
//   subscription  gate        what its iterator has taken, up to here: writers stay below the least gate + capacity
//                 pinned      the segment that an iterator without a gate reads from: not to be reused
//
// Threads: append as the writer policy says; everything else from any thread, one thread per subscription.
// Invariants:
//   1. count_ <= least gate + capacity, and slots - 1 segments hold at least `capacity` items. Hence the block in which the item
//      before the gate lies is not reused before the gate moves on: an iterator may still read the batch that it took last.
//   2. The items of positions [published - capacity, published) are in the directory, constructed.
//   3. A segment is reused or freed only when it is out of the directory (or no subscription is without a gate) and unpinned.
//   4. Subscriptions are never freed before the core is: the list may be walked without a lock.
// Order: construct, store the directory entry, publish (release) -> an iterator that loads published_ (acquire) sees them.
//        Read a batch, take the next (release) -> a writer that loads the gate (acquire) overwrites the first.
// Cost: per item one release store; the gates are looked at once per `capacity` items or when the window is full.

#include "pariter/containers/policy.hpp"
#include "pariter/containers/start.hpp"
#include "pariter/containers/writers.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/platform.hpp"
#include "pariter/detail/writer_lock.hpp"

#include <algorithm>
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
#include <vector>

namespace pariter::detail {

template <class T, writers Writers, class Allocator, template <class> class Atom>
class broadcast_core {
  using traits = std::allocator_traits<Allocator>;
  template <class V>
  using plain = typename platform<Atom>::template plain<V>;
  static_assert(std::is_same_v<typename traits::value_type, T>, "the allocator must be one for T");
  static_assert(std::is_same_v<typename traits::pointer, T*>, "allocators with pointer classes of their own are not supported");
  static_assert(std::is_nothrow_destructible_v<T>, "items are destroyed where nothing could handle an exception");

 public:
  using lot = basic_parking_lot<Atom>;
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
    policy how = policy::gating;     // under lock_, as the next
    bool used = false;
    subscription* next = nullptr;    // constant once in the list
  };

  class view {
   public:
    constexpr explicit view(std::uint64_t word) noexcept : word_(word) {}
    constexpr std::uint64_t count() const noexcept { return word_ >> 1; }
    constexpr bool sealed() const noexcept { return (word_ & 1) != 0; }

   private:
    std::uint64_t word_;
  };

  broadcast_core(std::size_t capacity, const Allocator& allocator, fences f)
      : capacity_(capacity),
        shift_(static_cast<unsigned>(std::bit_width(std::clamp<std::size_t>(capacity / 8, 1, 1024)) - 1)),
        slots_((capacity + segment_size() - 1) / segment_size() + 1),
        directory_(std::make_unique<Atom<segment*>[]>(slots_)),
        lock_(lock_apart_, f),
        allocator_(allocator),
        readers_(f),
        writers_(f),
        lock_apart_(f) {}
  broadcast_core(const broadcast_core&) = delete;
  broadcast_core& operator=(const broadcast_core&) = delete;

  ~broadcast_core() {
    subscription* s = first_.load(std::memory_order_relaxed);  // relaxed: nobody else
    while (s != nullptr) {
      PARITER_ASSERT(!s->used, "an iterator outlived its broadcast: end the threads that iterate before the broadcast goes");
      delete std::exchange(s, s->next);
    }
    for (std::size_t i = 0; i < slots_; ++i)
      if (segment* const g = directory_[i].load(std::memory_order_relaxed)) free_segment(g);  // relaxed: nobody else
    for (segment* g : aside_) free_segment(g);
  }

  std::size_t capacity() const noexcept { return capacity_; }
  std::uint64_t segment_size() const noexcept { return std::uint64_t{1} << shift_; }

  // ---- iterators ----

  lot& parking() const noexcept { return readers_; }

  // (1) acquire: pairs with release (2), (3): the items below the count, their segments, and the ending
  view published() const noexcept { return view(published_.load(order(50, std::memory_order_acquire))); }

  // Of a sealed stream; null if it was closed.
  const std::exception_ptr& error() const noexcept { return error_; }

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

  // The iterator has taken everything below `position`, and needs what it took before no more.
  void take(subscription& own, std::uint64_t position, bool gating) noexcept {
    own.seen.store(position, std::memory_order_relaxed);  // relaxed: statistics
    if (!gating) return;
    own.gate.store(position, order(55, std::memory_order_release));  // (9) release: pairs with acquire (10), what was taken before was read
    writers_.notify_all_if([this] {
      return room_behind(blocked_at_.load(std::memory_order_relaxed));  // relaxed: written before the writer parked
    });
  }

  // Registers an iterator; the position where it starts goes to `position`. Throws out_of_reach, std::bad_alloc.
  subscription& subscribe(start from, policy how, std::uint64_t& position) {
    const visitor_guard hold(lock_);
    const std::uint64_t oldest = count_ > capacity_ ? count_ - capacity_ : 0;
    if (from.is_next()) position = count_;
    else if (from.is_oldest()) position = oldest;
    else if (from.position() < oldest || from.position() > count_)
      throw out_of_reach("the broadcast does not hold this position: it was overwritten, or lies behind the next item");
    else position = from.position();
    return register_at(position, how);
  }

  // The same beside another iterator, whose gate stands at `position`.
  subscription& subscribe_beside(const subscription& other, std::uint64_t position, policy how) {
    const visitor_guard hold(lock_);
    subscription& own = register_at(position, how);
    own.pinned.store(other.pinned.load(std::memory_order_relaxed), std::memory_order_relaxed);  // relaxed: under lock_, where pins are looked at
    return own;
  }

  void unsubscribe(subscription& own) noexcept {
    own.pinned.store(nullptr, std::memory_order_release);  // (11) release: pairs with (8), the items were read
    own.gate.store(no_gate, std::memory_order_release);    // (9)
    {
      const visitor_guard hold(lock_);
      own.used = false;
      if (own.how != policy::gating) --ungated_;
    }
    writers_.notify_all();
  }

  // ---- writers; all throw `closed` after the end ----

  // Waits while the window is full. If T's constructor throws, nothing has happened.
  template <class... Args>
  void emplace(Args&&... args) {
    if constexpr (constructed_outside<Args...>) {
      T made(std::forward<Args>(args)...);  // user code runs here, before the lock
      while (!try_emplace_locked(std::move(made))) wait_for_room();
    } else {
      while (!try_emplace_locked(std::forward<Args>(args)...)) wait_for_room();
    }
    readers_.notify_all();
  }

  // False if the window is full; the arguments are untouched then.
  template <class... Args>
  bool try_emplace(Args&&... args) {
    if (!try_emplace_locked(std::forward<Args>(args)...)) return false;
    readers_.notify_all();
    return true;
  }

  // After a try_emplace() that answered false: where to wait, and whether it is worth another try.
  lot& append_parking() const noexcept { return writers_; }
  bool append_ready() const noexcept {
    // relaxed: own word, or one of a writer that came later, which blocks at least as far ahead
    return room_behind(blocked_at_.load(std::memory_order_relaxed)) || published().sealed();
  }

  // Appends [first, first + n), moving from it if Source is T*; waits whenever the window is full. If a constructor or an
  // allocation throws, or the broadcast ends, the items before that one are in. Adds to `taken` how many are.
  template <class Source>
  void append_n(Source first, std::size_t n, std::size_t& taken) {
    struct wake_on_exit {
      lot& parked;
      ~wake_on_exit() { parked.notify_all(); }
    };
    while (n != 0) {
      {
        wake_on_exit wake{readers_};  // after the lock is free
        const writer_guard hold(lock_);
        while (n != 0 && (room_ != room_end_ || make_room())) {
          const std::size_t part = std::min(n, static_cast<std::size_t>(room_end_ - room_));
          append_part(first, part, taken);
          first += part;
          n -= part;
        }
      }
      if (n != 0) wait_for_room();
    }
  }

  // Ends the stream; later calls do nothing. `error` null: closed.
  void end(std::exception_ptr error) noexcept {
    {
      const visitor_guard hold(lock_);
      if (ended_) return;
      ended_ = true;
      room_end_ = room_;
      if (mutant(57)) published_.store((count_ << 1) | 1, std::memory_order_release);
      error_ = std::move(error);
      published_.store((count_ << 1) | 1, order(52, std::memory_order_release));  // (3) release: pairs with acquire (1), publishes error_
    }
    readers_.notify_all();
    writers_.notify_all();
  }

  // ---- statistics ----

  template <class F>
  void each_subscription(F f) const {
    const visitor_guard hold(lock_);
    for (const subscription* s = first_.load(std::memory_order_relaxed); s != nullptr; s = s->next)  // relaxed: under lock_
      if (s->used) f(*s);
  }

  // Segments that exist, in items.
  std::size_t allocated() const noexcept {
    const visitor_guard hold(lock_);
    return static_cast<std::size_t>(segments_ << shift_);
  }

 private:
  using lock_type = std::conditional_t<Writers == writers::single, sole_writer_lock<Atom>, shared_writer_lock<Atom>>;

  // Moved in under the lock: the rest of the user's code (a constructor that throws, waits or writes here) has run.
  template <class... Args>
  static constexpr bool constructed_outside = std::is_nothrow_move_constructible_v<T> && !std::is_trivially_copyable_v<T> &&
                                              !(sizeof...(Args) == 1 && (std::is_same_v<Args, T> && ...));

  Atom<segment*>& entry(std::uint64_t block) const noexcept { return directory_[static_cast<std::size_t>(block % slots_)]; }

  std::uint64_t least_gate() const noexcept {
    std::uint64_t least = no_gate;
    // (12) acquire: pairs with release (13), sees the subscription
    for (const subscription* s = first_.load(std::memory_order_acquire); s != nullptr; s = s->next) {
      // (10) acquire: pairs with release (9): what was taken before was read
      least = std::min(least, s->gate.load(order(56, std::memory_order_acquire)));
    }
    return least;
  }
  std::uint64_t least_gate_plus_capacity() const noexcept {
    const std::uint64_t least = least_gate();
    return least > no_gate - capacity_ ? no_gate : least + capacity_;
  }
  bool room_behind(std::uint64_t count) const noexcept { return least_gate_plus_capacity() > count; }

  // ---- under lock_ ----

  // Room for at least one more item, or false: the window is full. Throws closed, std::bad_alloc.
  PARITER_COLD bool make_room() {
    if (ended_) throw closed();
    if (count_ == free_until_) {
      free_until_ = least_gate_plus_capacity();
      if (count_ == free_until_) {
        note_blocked();
        return false;
      }
    }
    if (room_ == block_end_) enter_block();
    limit_room();
    return true;
  }
  void limit_room() noexcept {
    room_end_ = room_ + std::min<std::uint64_t>(static_cast<std::uint64_t>(block_end_ - room_), free_until_ - count_);
  }

  void note_blocked() noexcept {
    blocked_at_.store(count_, std::memory_order_relaxed);  // relaxed: published by parking, see give_back
  }

  template <class... Args>
  bool try_emplace_locked(Args&&... args) {
    const writer_guard hold(lock_);
    if (room_ == room_end_) [[unlikely]] {
      if (!make_room()) return false;
    }
    if (mutant(58)) publish(count_ + 1);
    construct(room_, std::forward<Args>(args)...);
    ++room_;
    ++count_;
    publish(count_);
    return true;
  }

  template <class Source>
  void append_part(Source first, std::size_t part, std::size_t& taken) {
    struct publish_on_exit {  // also if a constructor throws
      broadcast_core& core;
      std::size_t& taken;
      std::size_t made = 0;
      ~publish_on_exit() {
        taken += made;
        core.room_ += made;
        core.count_ += made;
        core.publish(core.count_);
      }
    } progress{*this, taken};
    if constexpr (std::is_trivially_copyable_v<T> && std::is_same_v<Allocator, std::allocator<T>> && std::is_pointer_v<Source>) {
      std::uninitialized_copy_n(first, part, room_);
      progress.made = part;
    } else {
      for (; progress.made < part; ++progress.made, ++first) {
        if constexpr (std::is_same_v<Source, T*>) construct(room_ + progress.made, std::move(*first));
        else construct(room_ + progress.made, *first);
      }
    }
  }

  template <class... Args>
  void construct(T* place, Args&&... args) {
    traits::construct(allocator_, place, std::forward<Args>(args)...);
  }

  // (2) release: pairs with acquire (1), publishes the items constructed since the last time
  void publish(std::uint64_t count) noexcept { published_.store(count << 1, order(51, std::memory_order_release)); }

  // Makes room for the block that starts at count_, in the place of the one that leaves the window.
  void enter_block() {
    const std::uint64_t block = count_ >> shift_;
    Atom<segment*>& where = entry(block);
    segment* g = where.load(std::memory_order_relaxed);  // relaxed: own word
    if (g != nullptr && ungated_ != 0) {
      if (!mutant(59)) where.exchange(nullptr, std::memory_order_seq_cst);  // (7) seq_cst: pairs with (4), (6)
      if (is_pinned(g)) {
        aside_.push_back(g);  // room was reserved by register_at
        g = nullptr;
      }
    }
    if (!aside_.empty()) g = take_aside(g);
    if (g == nullptr) g = make_segment();
    else if (!fresh_) destroy_items(g, segment_size());
    fresh_ = false;
    g->block = block;
    where.store(g, std::memory_order_release);  // (14) release: pairs with acquire (4) and (6), publishes the block number
    room_ = g->items;
    block_end_ = room_ + segment_size();
  }

  bool is_pinned(const segment* g) const noexcept {
    for (const subscription* s = first_.load(std::memory_order_relaxed); s != nullptr; s = s->next)  // relaxed: under lock_
      if (s->pinned.load(order(60, std::memory_order_seq_cst)) == g) return true;  // (8) seq_cst: pairs with (5), (11)
    return false;
  }

  subscription& register_at(std::uint64_t position, policy how) {
    subscription* s = first_.load(std::memory_order_relaxed);  // relaxed: under lock_, as below
    while (s != nullptr && s->used) s = s->next;
    if (how != policy::gating) aside_.reserve(ungated_ + 1);
    if (s == nullptr) {
      s = new subscription;
      s->next = first_.load(std::memory_order_relaxed);  // relaxed: under lock_
      first_.store(s, std::memory_order_release);  // (13) release: pairs with acquire (12)
    }
    s->used = true;
    s->how = how;
    s->seen.store(position, std::memory_order_relaxed);  // relaxed: statistics
    if (how == policy::gating) {
      s->gate.store(position, std::memory_order_relaxed);  // relaxed: under lock_; before that it held nobody up
      free_until_ = std::min(free_until_, position + capacity_);
      if (!ended_) limit_room();
    } else {
      ++ungated_;
    }
    return *s;
  }

  segment* make_segment() {
    auto g = std::make_unique<segment>();
    g->items = traits::allocate(allocator_, static_cast<std::size_t>(segment_size()));
    ++segments_;
    fresh_ = true;
    return g.release();
  }
  // All blocks but the one being written are full.
  void destroy_items(segment* g, std::uint64_t n) noexcept {
    if constexpr (!std::is_trivially_destructible_v<T>)
      for (std::uint64_t i = 0; i < n; ++i) traits::destroy(allocator_, g->items + i);
  }
  void free_segment(segment* g) noexcept {
    const std::uint64_t begin = g->block << shift_;
    destroy_items(g, std::min(count_ - begin, segment_size()));
    traits::deallocate(allocator_, g->items, static_cast<std::size_t>(segment_size()));
    --segments_;
    delete g;
  }

  // Looks through the segments that were pinned when they left the window: gives one for reuse if none is at hand, frees the
  // others that are not pinned any more.
  segment* take_aside(segment* at_hand) noexcept {
    for (std::size_t i = 0; i < aside_.size();) {
      segment* const g = aside_[i];
      if (is_pinned(g)) {
        ++i;
        continue;
      }
      aside_[i] = aside_.back();
      aside_.pop_back();
      if (at_hand == nullptr) at_hand = g;
      else free_segment(g);
    }
    return at_hand;
  }

  // ---- without lock_ ----

  PARITER_COLD void wait_for_room() noexcept {
    const std::uint64_t count = blocked_at_.load(std::memory_order_relaxed);  // relaxed: own word, or one of a writer that came later
    writers_.wait([this, count] { return room_behind(count) || published().sealed(); });
  }

  // Constant.
  const std::size_t capacity_;
  const unsigned shift_;
  const std::size_t slots_;
  const std::unique_ptr<Atom<segment*>[]> directory_;
  Atom<subscription*> first_{nullptr};  // grows only

  // Line of the writer, read by all.
  alignas(cache_line) Atom<std::uint64_t> published_{0};

  // Line of the writer, under lock_. room_end_ is the end of the block, of what may be written before a gate has to move on
  // (free_until_), or, after the end, of nothing: room is all that a writer has to look for.
  alignas(cache_line) T* room_ = nullptr;
  T* room_end_ = nullptr;
  plain<std::uint64_t> count_{0};
  mutable lock_type lock_;
  T* block_end_ = nullptr;
  std::uint64_t free_until_ = no_gate;  // <= least gate + capacity
  plain<bool> ended_{false};
  bool fresh_ = false;        // make_segment() was called and its segment has no items yet
  std::size_t ungated_ = 0;   // subscriptions without a gate
  std::uint64_t segments_ = 0;
  std::vector<segment*> aside_;  // out of the window, perhaps still pinned
  [[no_unique_address]] Allocator allocator_;
  plain<std::exception_ptr> error_;  // constant once sealed
  Atom<std::uint64_t> blocked_at_{0};

  // Seldom written.
  alignas(cache_line) mutable lot readers_;
  mutable lot writers_;
  typename lock_type::apart lock_apart_;
};

}  // namespace pariter::detail
