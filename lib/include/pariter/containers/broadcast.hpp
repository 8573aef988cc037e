// SPDX-License-Identifier: Apache-2.0
#pragma once
// broadcast<T>: a bounded window over a stream; each of any number of iterators sees every item from its start.
//
//   pariter::broadcast<block> blocks{{.capacity = 64}};
//   auto counting = blocks.iter();                              // before the first item is written: sees all
//   std::thread reader([&] { while (auto b = counting.next()) count(*b); });
//   while (read(b)) blocks.append(std::move(b));                // waits while the slowest iterator is 64 behind
//   blocks.close();
//
// Each iterator says what happens when it is slow: `gating` (the writers wait for it), `lossy` (it is told what it missed) or
// `kicked` (it is ended); see policy.hpp and broadcast_iterator.hpp. Without a gating iterator nobody waits, and the window
// moves on.
//
// Threads: everything from any thread at once, except that with `writers::single` one thread at a time may append. Const
// functions of T run on several threads at once: they must allow that. No lock is held while items are looked at. T's
// destructor, and its constructor if T is not nothrow movable, run under the lock of the writers and must not use the broadcast.
// Order: append(x) happens before every step that returns x; what an iterator did with an item happens before the append that
// overwrites it. Items of one thread keep their order.
// Memory: the last `capacity` items, in segments of an eighth of that (1 to 1024 items), rounded up, and one segment; nothing is freed
// while a gating iterator stalls, was never started or was forgotten: the writers wait. Each lossy or kicked iterator may hold one
// segment more, and for a moment two, where it moves on just as a writer looks which segments are free. Items stay in the window
// after all have seen them, for those who join at start::oldest.
// Lifetime: iterators and appenders must not outlive the broadcast (checked).
// Cost: docs/explanation/containers.md.

#include "pariter/containers/batch_appender.hpp"
#include "pariter/containers/broadcast_iterator.hpp"
#include "pariter/containers/policy.hpp"
#include "pariter/containers/start.hpp"
#include "pariter/containers/writers.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/iterable_interface.hpp"
#include "pariter/detail/broadcast_core.hpp"
#include "pariter/detail/writing_interface.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace pariter {

struct broadcast_options {
  std::size_t capacity = 1024;  // items, at least 1
};

// Where an iterator of a broadcast starts and what happens when it is slow.
struct subscription_options {
  start from = start::oldest;
  enum policy policy = policy::gating;
};

struct broadcast_stats {
  struct iterator {
    enum policy policy;
    std::uint64_t position;  // as of its last batch
    std::uint64_t lag;       // items written and not taken yet, as of its last batch
  };
  std::uint64_t published;  // items written so far
  std::size_t capacity;
  std::size_t allocated;  // items that there is memory for
  std::vector<iterator> iterators;
};

template <class T, writers Writers, class Allocator, template <class> class Atom>
class basic_broadcast : public detail::writing_interface<basic_broadcast<T, Writers, Allocator, Atom>, T, void>,
                        public iterable_interface<basic_broadcast<T, Writers, Allocator, Atom>> {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "a broadcast holds objects");
  using core = detail::broadcast_core<T, Writers, Allocator, Atom>;

 public:
  using value_type = T;
  using allocator_type = Allocator;
  using iterator = broadcast_iterator<T, core>;

  // Throws invalid_size for a capacity of 0, or of more items than memory could ever hold.
  explicit basic_broadcast(broadcast_options options = {}, const Allocator& allocator = Allocator())
      : core_(checked(options.capacity), allocator, detail::fences::automatic) {}
  basic_broadcast(const basic_broadcast&) = delete;
  basic_broadcast& operator=(const basic_broadcast&) = delete;
  ~basic_broadcast() = default;

  // Writing: append(), emplace(), append_range(), appender(), close() and fail(); see writing_interface.hpp. They wait while a gating
  // iterator has `capacity` items before it that it has not taken; between two waits of a range other writers' items may come.

  // False instead of waiting; the item is untouched then.
  bool try_append(const T& item) {
    if constexpr (std::is_nothrow_move_constructible_v<T> && !std::is_trivially_copyable_v<T>) return core_.try_emplace(T(item));
    else return core_.try_emplace(item);
  }
  bool try_append(T&& item) { return core_.try_emplace(std::move(item)); }

  // For those who wait for room otherwise than by blocking (async_append.hpp). After a try_append() that said no: where to wait,
  // until append_ready(): try_append() may succeed now, or throw `closed`.
  auto& append_parking() const noexcept { return core_.append_parking(); }
  bool append_ready() const noexcept { return core_.append_ready(); }

  // ---- iterating ----

  // Throws out_of_reach for a position that is not held: older than the last `capacity` items, or behind the next one. A loop over the
  // broadcast itself walks iter(): all items that are there and will come, and writers wait for it.
  iterator iter(subscription_options options = {}) const {
    std::uint64_t position = 0;
    auto& own = core_.subscribe(options.from, options.policy, position);
    return iterator(core_, own, position, options.policy);
  }

  // ---- the state at this moment ----

  std::size_t capacity() const noexcept { return core_.capacity(); }
  // The position of the next item that will be written.
  std::uint64_t end_position() const noexcept { return core_.published().count(); }
  bool is_closed() const noexcept { return core_.published().sealed(); }

  // A stalled iterator shows as one whose lag stays at the capacity.
  broadcast_stats stats() const {
    broadcast_stats s{core_.published().count(), core_.capacity(), core_.allocated(), {}};
    core_.each_subscription([&s](const auto& i) {
      const std::uint64_t position = i.seen.load(std::memory_order_relaxed);  // relaxed: statistics
      s.iterators.push_back({i.how, position, s.published > position ? s.published - position : 0});
    });
    return s;
  }

 private:
  friend detail::writing_interface<basic_broadcast, T, void>;

  static std::size_t checked(std::size_t capacity) {
    if (capacity == 0) throw invalid_size("broadcast: a capacity of at least 1 is needed");
    if (capacity > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T))
      throw invalid_size("broadcast: no memory holds so many items; a stream without a bound is a concurrent_log");
    return capacity;
  }

  mutable core core_;
};

template <class T, writers Writers = writers::locked, class Allocator = std::allocator<T>>
using broadcast = basic_broadcast<T, Writers, Allocator, std::atomic>;

}  // namespace pariter
