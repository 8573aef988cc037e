// SPDX-License-Identifier: Apache-2.0
#pragma once
// tee_core: what the branches of one tee() have in common: the source, and the items that some branch has not seen yet.
//
// Items lie in a chain of segments and never move. The foremost branch pulls the source, one pull at a time under lock_, and
// publishes; branches behind it read what is published and take no lock.
//
//   first ──next──> segment ──next──> ... ──next──> tail_      each branch stands in one of them
//
// Invariants
//   1. The source is pulled under lock_, only by a branch that has seen everything published, and never after it ended or failed.
//   2. An item is constructed before published_ counts it, and a segment linked before an item in it is counted.
//   3. A segment lives while something refers to it: a branch that stands in it, its predecessor, tail_. So the items held are
//      those between the slowest branch and the foremost; dropping the slowest ends what only it needed. Some emptied segments, of 64 KiB
//      together, are kept to be used again.
//   4. Bounded: published_ is at most gate_ beyond what any branch has taken up, so at most `capacity` beyond what it was handed.
//
// Order: pulling an item happens before each step that hands it out.
// Waiting: the foremost waits, parked, while the slowest is `capacity` behind; every branch that has nothing to read waits for
// the lock while another one pulls. On a thread that must not block (worker_mark.hpp) only for the lock, and only while who pulls does not
// wait for others; else would_deadlock is thrown.

#include "pariter/core/errors.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/cold.hpp"
#include "pariter/detail/mutant.hpp"
#include "pariter/detail/platform.hpp"
#include "pariter/detail/worker_mark.hpp"
#include "pariter/sharing/draw_lock.hpp"
#include "pariter/sharing/item_buffer.hpp"
#include "pariter/sharing/turn_lock.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter::detail {

// How long a thread waits for a branch that was last read by itself before it is told that it waits for itself: another may have been lent
// the branch by reference and be about to use it.
inline std::chrono::milliseconds tee_patience{1'000};  // tests shorten it

template <iterator I, template <class> class Atom = std::atomic>
class tee_core {
  using here = platform<Atom>;

 public:
  static constexpr bool in_place = stays_put<I>;  // then pointers are kept, and the source keeps the items
  using referred = const std::conditional_t<in_place, std::remove_reference_t<item_t<I>>, value_t<I>>;
  using kept = std::conditional_t<in_place, referred*, value_t<I>>;
  static constexpr std::size_t segment_size = std::clamp<std::size_t>(4096 / sizeof(kept), 4, 512);

  static_assert(in_place || !std::is_reference_v<item_t<I>> || std::constructible_from<kept, item_t<I>>,
                "tee() has to copy the items of this source, because it reuses what it refers to; make them copyable, or let the source hand them over by value");

  struct segment {
    Atom<std::size_t> references;
    typename here::template plain<segment*> next{nullptr};  // written once while it is in the chain, published with the first item of the next one
    typename here::template plain<std::size_t> count{0};  // constructed; the puller's
    alignas(kept) std::byte room[segment_size * sizeof(kept)];

    explicit segment(std::size_t referred_by) noexcept : references(referred_by) {}
    segment(const segment&) = delete;
    segment& operator=(const segment&) = delete;
    ~segment() { clear(); }
    void clear() noexcept {
      std::destroy_n(items(), static_cast<std::size_t>(count));
      count = 0;
    }
    kept* items() noexcept { return std::launder(reinterpret_cast<kept*>(room)); }
  };

  // A branch's place in the registry. `position` counts what it has taken up: less than window_ more than it was handed.
  struct alignas(cache_line) place {
    explicit place(std::size_t at) noexcept : position(at) {}
    Atom<std::size_t> position;
    Atom<const void*> reader{nullptr};  // the thread that used the branch last; null: nobody since it was made or moved
    place* before = nullptr;            // under registry_
    place* after = nullptr;
    std::size_t stride = 1;             // the branch's own, as the next: pauses before it looks again
    typename basic_turn_lock<Atom>::caller caller;
  };

  tee_core(I source, std::size_t capacity, std::size_t read_ahead)
      : window_(std::clamp<std::size_t>(capacity / 8, 1, segment_size)),
        gate_(capacity == SIZE_MAX ? capacity : capacity - (window_ - 1)),
        enough_(std::clamp<std::size_t>(gate_ / 2, 1, 1024)),
        read_ahead_(read_ahead),
        tail_(new segment(1)),
        source_(std::move(source)) {}
  tee_core(const tee_core&) = delete;
  tee_core& operator=(const tee_core&) = delete;
  ~tee_core() {
    release(tail_);
    delete_all(spare_);
    delete_all(let_go_.load(std::memory_order_relaxed));  // relaxed: nobody else
  }

  // ---- for a branch that enters, leaves, walks on ----

  // At the start; before the first pull only.
  segment* enter(place& p) noexcept {
    join(p);
    acquire(*tail_);
    return tail_;
  }
  // At the place of another branch, which stands in s.
  void enter_beside(place& p, segment& s) noexcept {
    join(p);
    acquire(s);
  }
  void leave(place& p, segment* s) noexcept {
    {
      const std::lock_guard hold(registry_);
      (p.before != nullptr ? p.before->after : places_) = p.after;
      if (p.after != nullptr) p.after->before = p.before;
    }
    release(s);
    lock_.leave(p.caller);
    if (!mutant(207)) lock_.parking().notify_all();
  }

  // From a segment that was read to its end to the next one, in which something is published.
  segment* walk_on(segment* s) noexcept {
    segment* const next = s->next;
    if (mutant(206)) release(s);
    acquire(*next);  // before s is let go, which may be all that holds it
    if (!mutant(206)) release(s);
    return next;
  }

  std::size_t published() const noexcept {
    // (1) acquire: pairs with release (2), shows the items and the links between segments
    return published_.load(order(201, std::memory_order_acquire));
  }
  std::size_t window() const noexcept { return window_; }

  // Tells how much a branch has taken up. The foremost may wait for this.
  void report(place& p, std::size_t position) noexcept {
    note(p.reader);
    p.position.store(position, std::memory_order_relaxed);  // relaxed: a bound, publishes nothing; parking() orders it for who waits
    if (gate_ != SIZE_MAX) lock_.parking().notify_all();
  }

  // The branch was moved: whoever used it last need not be who uses it next.
  static void hand_over(place& p) noexcept {
    p.reader.store(nullptr, std::memory_order_relaxed);  // relaxed: a hint
  }

  // For a branch that has read everything up to `position`: returns when more is published (true) or nothing more will be
  // (false). Throws the source's error.
  bool demand(place& p, std::size_t position) { return pull_by_right(p, position) || demand_slowly(p, position); }

 private:
  enum class state { open, ended, failed };

  // The next item for the branch that leads by habit, if there is room for it. As the owner of the lock it has seen everything published.
  bool pull_by_right(place& p, std::size_t position) {
    const typename basic_turn_lock<Atom>::turn_by_right turn(lock_, p.caller);
    return turn && position < quick_until_ && pull(position, position + 1);
  }

  PARITER_COLD bool demand_slowly(place& p, std::size_t position) {
    note(p.reader);
    if (let_another_lead(p, position)) return true;
    for (bool in_vain = false;;) {
      room r = room::unknown;  // another branch is inside the source
      std::optional<I> finished;  // declared before the lock: what the source's destructor does is no business under it
      if (const typename basic_turn_lock<Atom>::turn turn(lock_, p.caller); turn) {
        const std::size_t count = published_.load(std::memory_order_relaxed);  // relaxed: written under lock_
        if (count > position) return true;
        r = state_ == state::open ? room_at(count) : room::none;
        if (r == room::none_for_itself && in_vain) {
          throw would_deadlock("would_deadlock: tee() holds all it may for a branch that this very thread reads; read that one first, or ask for {.capacity = unbounded}");
        }
        if (r == room::some) {
          note(puller_);
          if (pull(count, make_room(count))) return true;
        }
        if (state_ != state::open) {
          if constexpr (!in_place) finished.swap(source_);
          if (state_ == state::failed) std::rethrow_exception(error_);
          return false;
        }
      } else if (let_another_lead(p, position)) {
        return true;
      }
      if (r == room::unknown) {
        const bool worker = may_wait<I> && on_io_worker();
        lock_.parking().wait([&] { return published() > position || lock_.is_free() || (worker && holder_is_patient()); });
        if (published() > position) return true;  // without the lock, which would have to be taken from who leads by habit
        if (worker && holder_is_patient()) throw would_deadlock();
        continue;
      }
      require_may_wait();  // for another branch
      if (r == room::none_for_itself) {
        in_vain = !is_helped([&] { return published() > position || (lock_.is_free() && room_at(position) != room::none_for_itself); });
      } else {
        lock_.parking().wait([&] { return published() > position || (lock_.is_free() && room_at(position) != room::none); });
      }
    }
  }

  // Whether somebody makes `ready` hold within tee_patience. Where time does not pass (in a model), nobody does.
  template <class Ready>
  bool is_helped(Ready ready) {
    if constexpr (requires { typename here::clock; }) return lock_.parking().wait_until(ready, here::clock::now() + tee_patience);
    else return ready();
  }

  // Writes only what changes: others read the line.
  static void note(Atom<const void*>& who) noexcept {
    const void* const me = this_thread_mark<Atom>();
    if (who.load(std::memory_order_relaxed) != me) who.store(me, std::memory_order_relaxed);  // relaxed: a hint
  }

  static void acquire(segment& s) noexcept {
    s.references.fetch_add(1, std::memory_order_relaxed);  // relaxed: the caller already holds something that refers to it
  }
  // Iterative: a long chain must not recurse.
  void release(segment* s) noexcept {
    while (s != nullptr) {
      // (3) acq_rel: pairs with itself; all uses of the segment happen before its end
      if (s->references.fetch_sub(1, order(205, std::memory_order_acq_rel)) != 1) return;
      segment* const next = s->next;
      let_go(s);
      s = next;
    }
  }

  // Segments are used again: mostly the slowest branch lets one go as the foremost needs one, and through an allocator memory would be
  // handed from thread to thread, by its locks.
  void let_go(segment* s) noexcept {
    if (spares_.load(std::memory_order_relaxed) >= most_spares) {  // relaxed: a bound, and one more does not matter
      delete s;
      return;
    }
    s->clear();
    spares_.fetch_add(1, std::memory_order_relaxed);  // relaxed: see above
    segment* first = let_go_.load(std::memory_order_relaxed);  // relaxed: decided by (4)
    do s->next = first;
    // (4) release: pairs with acquire (5): the segment is empty; relaxed on failure: nothing is read then
    while (!let_go_.compare_exchange_weak(first, s, order(203, std::memory_order_release), std::memory_order_relaxed));
  }
  // An empty segment that is referred to so many times. Under lock_. Throws std::bad_alloc.
  segment* make_segment(std::size_t referred_by) {
    // (5) acquire: pairs with release (4)
    if (spare_ == nullptr) spare_ = let_go_.exchange(nullptr, order(204, std::memory_order_acquire));
    if (spare_ == nullptr) return new segment(referred_by);
    spares_.fetch_sub(1, std::memory_order_relaxed);  // relaxed: see let_go()
    segment* const s = spare_;
    spare_ = s->next;
    s->next = nullptr;
    s->references.store(referred_by, std::memory_order_relaxed);  // relaxed: published by (2)
    return s;
  }
  static void delete_all(segment* first) noexcept {
    while (segment* const s = first) {
      first = s->next;
      delete s;
    }
  }

  void join(place& p) noexcept {
    const std::lock_guard hold(registry_);
    p.after = places_;
    if (places_ != nullptr) places_->before = &p;
    places_ = &p;
  }

  enum class room { unknown, some, none, none_for_itself };

  // Whether something may be published at `count`, or else whether one of those who stand in the way is read by this thread.
  room room_at(std::size_t count) noexcept {
    if (count - slowest_.load(std::memory_order_relaxed) < gate_) return room::some;  // relaxed: a lower bound, whoever stored it
    const void* const me = this_thread_mark<Atom>();
    std::size_t slowest = count;
    bool own = false;
    {
      const std::lock_guard hold(registry_);
      for (place* p = places_; p != nullptr; p = p->after) {
        const std::size_t at = p->position.load(std::memory_order_relaxed);  // relaxed: a bound, nothing is read by it
        slowest = std::min(slowest, at);
        if (at < count && count - at >= gate_ && p->reader.load(std::memory_order_relaxed) == me) own = true;  // relaxed: a thread sees its own stores
      }
    }
    slowest_.store(slowest, std::memory_order_relaxed);  // relaxed: see above
    if (count - slowest < gate_) return room::some;
    return own ? room::none_for_itself : room::none;
  }

  // A branch that has caught up lets the one that pulls get ahead before it looks: each look takes the line of published_, and that of
  // the newest item, from it; and if this one pulled itself, the lock and the source, too. True: more is published.
  bool let_another_lead(place& p, std::size_t position) const noexcept {
    const void* const puller = puller_.load(std::memory_order_relaxed);  // relaxed: a hint
    return puller != nullptr && puller != this_thread_mark<Atom>() && wait_a_moment(p, position);
  }

  // Gives up after about a microsecond without an item. While items come faster than looks are worth, each wait is twice as long as
  // the one before, up to about ten microseconds or as much as the puller may get ahead.
  PARITER_COLD bool wait_a_moment(place& p, std::size_t position) const noexcept {
    const std::size_t stride = p.stride;
    const std::size_t shorter = std::max<std::size_t>(stride / 2, 1);
    for (std::size_t paused = 0; paused < lead; paused += stride) {
      for (std::size_t i = 0; i < stride; ++i) here::pause();
      const std::size_t found = published() - position;
      if (found == 0) continue;
      if (found >= enough_ || found * 16 < stride) p.stride = shorter;
      else if (found * 8 >= stride) p.stride = std::min(stride * 2, longest_lead);
      return true;
    }
    p.stride = shorter;
    return false;
  }

  // Under lock_, with room for an item: up to which count this pull may go.
  std::size_t make_room(std::size_t count) {
    if (tail_->count == segment_size) grow();
    std::size_t until = count + (segment_size - tail_->count);
    if (gate_ != SIZE_MAX) {
      // There is room for one, even if a thread that looks without lock_ has stored an older bound since room_at(count) said so.
      const std::size_t bound = slowest_.load(std::memory_order_relaxed) + gate_;  // relaxed: see room_at
      until = std::min(until, std::max(bound, count + 1));
    }
    if (read_ahead_ == 1) quick_until_ = until;
    return std::min(until, count + read_ahead_);
  }

  // Whether who is inside the source may wait for others there. For a worker (worker_mark.hpp), which does not wait for such a one: it may be
  // waiting for that worker.
  bool holder_is_patient() const noexcept { return patient_.load(std::memory_order_relaxed); }  // relaxed: a hint; parking() orders it for who waits

  class patient_pull {
   public:
    explicit patient_pull(tee_core& core) noexcept : core_(core), is_patient_(may_wait<I> && !on_io_worker()) {
      if (!is_patient_) return;
      core.patient_.store(true, std::memory_order_relaxed);  // relaxed: see holder_is_patient()
      core.lock_.parking().notify_all();                     // so that workers that sleep throw
    }
    patient_pull(const patient_pull&) = delete;
    patient_pull& operator=(const patient_pull&) = delete;
    ~patient_pull() {
      if (is_patient_) core_.patient_.store(false, std::memory_order_relaxed);  // relaxed: see holder_is_patient()
    }

   private:
    tee_core& core_;
    const bool is_patient_;
  };

  // Under lock_, open and with room. True: something was pulled.
  bool pull(std::size_t count, std::size_t until) {
    const patient_pull inside(*this);
    const std::size_t before = count;
    try {
      for (; count < until; ++count) {
        auto step = source_->next();
        if (!step) {
          close(state::ended);
          break;
        }
        if constexpr (in_place) std::construct_at(tail_->items() + tail_->count, std::addressof(*step));
        else std::construct_at(tail_->items() + tail_->count, *std::move(step));
        ++tail_->count;
      }
    } catch (const would_deadlock&) {
      if (lock_.was_reentered()) fail();
      else if (count == before) throw;
    } catch (...) {
      fail();
    }
    // (2) release: pairs with acquire (1)
    published_.store(count, order(202, std::memory_order_release));
    return count != before;
  }

  void grow() {
    segment* const fresh = make_segment(2);  // its predecessor and tail_
    segment* const full = std::exchange(tail_, fresh);
    full->next = fresh;
    release(full);
  }

  PARITER_COLD void fail() noexcept {
    error_ = std::current_exception();
    close(state::failed);
  }
  PARITER_COLD void close(state s) noexcept {
    state_ = s;
    quick_until_ = 0;
  }

  static constexpr std::size_t lead = 24;            // pauses: about a microsecond
  static constexpr std::size_t longest_lead = 256;
  static constexpr std::size_t most_spares = std::max<std::size_t>(64 * 1024 / sizeof(segment), 1);

  // Read by all, written by none.
  const std::size_t window_;      // the most items that a branch takes up at once
  const std::size_t gate_;        // how far published_ may get ahead of a reported position
  const std::size_t enough_;      // items at a time that are worth the look of a follower
  const std::size_t read_ahead_;
  // Written by the foremost, read by those who have caught up.
  alignas(cache_line) Atom<std::size_t> published_{0};
  Atom<const void*> puller_{nullptr};  // the thread that pulled last
  // Written by the foremost, under lock_.
  alignas(cache_line) basic_turn_lock<Atom> lock_;  // its parking() is where branches wait for their turn and for the slowest
  Atom<bool> patient_{false};  // who is inside may wait for others there
  std::size_t quick_until_ = 0;  // up to here there is room in tail_ and before the gate for one item at a time
  Atom<std::size_t> slowest_{0};
  segment* tail_;
  segment* spare_ = nullptr;  // to be used again, as let_go_
  state state_ = state::open;
  std::exception_ptr error_;
  std::optional<I> source_;
  // Written by whoever lets a segment go.
  alignas(cache_line) Atom<segment*> let_go_{nullptr};
  Atom<std::size_t> spares_{0};  // in both lists
  // Written by branches that come and go.
  alignas(cache_line) mutable typename here::mutex registry_;
  place* places_ = nullptr;
};

}  // namespace pariter::detail
