// SPDX-License-Identifier: Apache-2.0
#pragma once
// concurrent_log<T>: grows at its end while any number of threads iterate it. Keeps everything; items never move.
//
//   pariter::concurrent_log<std::string> log;
//   log.append("one");                                        // from any thread
//   for (const std::string& line : log) ...                   // a snapshot: what is there now
//   for (const std::string& line : log.follow()) ...          // and what will come, until close()
//
// What an iterator sees (log_iterator.hpp): `iter()` a snapshot, `live()` up to the end it meets, `follow()` waits for more.
// Each starts at the oldest item, at `start::next`, or at a position. `snapshot()` is the same moment as a random-access
// range. `snapshot_and_follow()` gives both for one moment: what is there, and exactly what comes after it.
//
// Positions count items from the first ever appended and are never used twice. clear() takes all present items away from
// new iterators; positions go on behind them.
//
// Threads: everything from any thread at once, except that with `writers::single` one thread at a time may append (close,
// fail and clear are free even then). Const functions of T run on several threads at once: they must allow that.
// Readers never block a writer, nor a writer readers: no lock is held while items are looked at. Items are made before the
// lock of the writers is taken, where T is nothrow movable; any other T is constructed under it and must not touch the log.
// Order: append(x) happens before every step that returns x. Items of one thread keep their order.
// Exceptions: what T's constructors and the allocation throw leaves the log without that item and otherwise as it was.
// Memory: at most twice what the items take (segments double in size), cleared items as long as an iterator walks them.
// Lifetime: iterators, snapshots and appenders must not outlive the log (checked).
// Cost: docs/explanation/containers.md.

#include "pariter/containers/batch_appender.hpp"
#include "pariter/containers/log_iterator.hpp"
#include "pariter/containers/log_snapshot.hpp"
#include "pariter/containers/start.hpp"
#include "pariter/containers/writers.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/detail/log_core.hpp"
#include "pariter/detail/writing_interface.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter {

template <class T, writers Writers, class Allocator, template <class> class Atom>
class basic_concurrent_log : public detail::writing_interface<basic_concurrent_log<T, Writers, Allocator, Atom>, T, const T&> {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "a log holds objects");
  using core = detail::log_core<T, Writers, Allocator, Atom>;

 public:
  using value_type = T;
  using allocator_type = Allocator;
  using iterator = log_iterator<T, core, log_walk::snapshot>;
  using live_iterator = log_iterator<T, core, log_walk::live>;
  using follower = log_iterator<T, core, log_walk::follow>;
  using snapshot_type = log_snapshot<T, core>;

  struct snapshot_then_follower {
    snapshot_type snapshot;
    follower follow;
  };

  basic_concurrent_log() : basic_concurrent_log(Allocator()) {}
  explicit basic_concurrent_log(const Allocator& allocator) : core_(allocator) {}
  basic_concurrent_log(const basic_concurrent_log&) = delete;
  basic_concurrent_log& operator=(const basic_concurrent_log&) = delete;
  ~basic_concurrent_log() = default;

  // Writing: append(), emplace(), append_range(), appender(), close() and fail(); see writing_interface.hpp. append() and emplace() return
  // the new item, which stays there until the log is cleared. A range becomes one run that no other writer's items interrupt. live
  // iterators and followers rethrow what fail() was given; snapshots, being of one moment, do not.

  // Takes the present items away from new iterators; those that walk them keep them alive to their end.
  void clear() { core_.clear(); }

  // ---- iterating; all throw out_of_reach for a position that the log does not hold ----

  iterator iter(start from = start::oldest) const { return make<iterator>(from); }
  live_iterator live(start from = start::oldest) const { return make<live_iterator>(from); }
  follower follow(start from = start::oldest) const { return make<follower>(from); }

  snapshot_type snapshot() const {
    auto generation = core_.pin_current();
    const std::uint64_t count = generation->published().count();
    return snapshot_type(core_, std::move(generation), 0, count);
  }
  snapshot_then_follower snapshot_and_follow() const {
    auto now = snapshot();
    const std::uint64_t count = now.size();
    auto generation = now.pinned();
    return {std::move(now), follower(core_, std::move(generation), count, count)};
  }

  // A loop over the log walks a snapshot.
  log_loop<T, core> begin() const {
    auto generation = core_.pin_current();
    const std::uint64_t count = generation->published().count();
    return log_loop<T, core>(std::move(generation), count);
  }
  static constexpr std::default_sentinel_t end() noexcept { return std::default_sentinel; }

  // ---- the state at this moment ----

  std::size_t size() const { return static_cast<std::size_t>(core_.pin_current()->published().count()); }
  bool empty() const { return size() == 0; }
  // Positions of the oldest item, and of the next that will be appended.
  std::uint64_t first_position() const { return core_.pin_current()->base(); }
  std::uint64_t end_position() const {
    const auto generation = core_.pin_current();
    return generation->base() + generation->published().count();
  }
  bool is_closed() const { return core_.is_ended(); }

 private:
  friend detail::writing_interface<basic_concurrent_log, T, const T&>;

  template <class I>
  I make(start from) const {
    auto generation = core_.pin_current();
    const std::uint64_t count = generation->published().count();
    std::uint64_t index = 0;
    if (from.is_next()) {
      index = count;
    } else if (!from.is_oldest()) {
      if (from.position() < generation->base() || from.position() - generation->base() > count)
        throw out_of_reach("the log does not hold this position: it was cleared away, or lies behind the next item");
      index = from.position() - generation->base();
    }
    return I(core_, std::move(generation), index, count);
  }

  mutable core core_;
};

template <class T, writers Writers = writers::locked, class Allocator = std::allocator<T>>
using concurrent_log = basic_concurrent_log<T, Writers, Allocator, std::atomic>;

// A loop over the log itself takes a snapshot, so any number of threads may run one.
template <class T, writers W, class A, template <class> class Atom>
inline constexpr bool enable_shared_iteration<basic_concurrent_log<T, W, A, Atom>> = true;

}  // namespace pariter
