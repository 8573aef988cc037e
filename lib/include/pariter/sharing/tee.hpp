// SPDX-License-Identifier: Apache-2.0
#pragma once
// tee(it, n): each item to all of n branches.
//
//   auto branches = tee(std::move(gen), 2);         // a std::vector; the source is taken over
//   auto [a, b] = tee<2>(std::move(gen));           // a std::array
//   /* thread 1: */ for (const auto& x : a) ...
//   /* thread 2: */ for (const auto& x : b) ...
//
// A branch is an iterator: owned, move-only, one thread at a time; different branches may be used by different threads at once.
// `fork()` makes another branch at the same position.
//
// What is promised
//   1. Every branch sees every item, in the order of the source, and then its end, or its error (at every further step).
//   2. The source is pulled once per item, when the foremost branch asks for one that nobody has seen, on the thread of that
//      branch, under a lock. Branches behind it take no lock.
//   3. No branch gets more than `capacity` items ahead of another: it waits. Dropping a branch frees what only it needed, and
//      whoever waited for it. Dropping all of them drops the source.
// One thread that reads several branches must not let one of them run ahead by more than the capacity. It gets would_deadlock after
// it has waited in vain, for a second, for a branch that nobody has used but itself since that was last moved; {.capacity = unbounded}
// never waits and keeps what it must. Hand a branch to another thread by moving it.
//
// Lifetime: an item is good until the next step of the branch that handed it out; all branches are handed the same object, as const.
// Memory: the items between the slowest branch and the foremost, in segments of about 4 KiB; up to 64 KiB of empty ones are kept for the
// items to come.

#include "pariter/core/errors.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/optional_ref.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/tee_core.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace pariter {

inline constexpr std::size_t unbounded = SIZE_MAX;

struct tee_options {
  std::size_t capacity = 4096;  // how far a branch may get ahead of another
  std::size_t read_ahead = 1;   // how many items a branch pulls at a time; more than 1: before anybody has asked for them
};

namespace detail {
struct tee_maker;
}

template <iterator I, template <class> class Atom = std::atomic>
class [[nodiscard]] tee_branch : public iterator_interface<tee_branch<I, Atom>> {
  using core = detail::tee_core<I, Atom>;
  using segment = typename core::segment;
  using kept = typename core::kept;

 public:
  static constexpr iteration_properties properties{
      .sees = iteration_traits<I>.sees, .ordered = iteration_traits<I>.ordered, .lossless = iteration_traits<I>.lossless, .forkable = true, .stable = core::in_place};

  tee_branch(tee_branch&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)),
        last_(std::exchange(other.last_, nullptr)),
        reached_(other.reached_),
        segment_end_(other.segment_end_),
        segment_(other.segment_),
        core_(std::move(other.core_)),
        place_(std::move(other.place_)),
        canary_(other.canary_) {
    if (place_ != nullptr) core::hand_over(*place_);
  }
  tee_branch& operator=(tee_branch&& other) noexcept {
    tee_branch taken(std::move(other));
    std::swap(at_, taken.at_);
    std::swap(last_, taken.last_);
    std::swap(reached_, taken.reached_);
    std::swap(segment_end_, taken.segment_end_);
    std::swap(segment_, taken.segment_);
    core_.swap(taken.core_);
    place_.swap(taken.place_);
    canary_ = std::move(taken.canary_);
    return *this;
  }
  ~tee_branch() { leave(); }

  // The next item, or empty at the end. Throws what the source threw, after everything that came before; would_deadlock.
  optional_ref<typename core::referred> next() {
    const detail::canary_guard guard(canary_);
    if (at_ == last_ && !refill()) return std::nullopt;
    if constexpr (core::in_place) return *(*at_++);
    else return *at_++;
  }

  // An independent branch at the same position.
  tee_branch fork() const {
    require_branch();
    auto own = std::make_unique<place>(position());
    core_->enter_beside(*own, *segment_);
    return tee_branch(core_, std::move(own), position(), segment_, segment_end_);
  }

 private:
  using place = typename core::place;
  friend struct detail::tee_maker;

  tee_branch(std::shared_ptr<core> c, std::unique_ptr<place> p, std::size_t position, segment* s, std::size_t segment_end) noexcept
      : reached_(position), segment_end_(segment_end), segment_(s), core_(std::move(c)), place_(std::move(p)) {}

  std::size_t position() const noexcept { return reached_ - static_cast<std::size_t>(last_ - at_); }

  void require_branch() const noexcept { PARITER_ASSERT(place_ != nullptr, "this branch was moved from; use the one it was moved to"); }

  // True: there is an item at at_.
  bool refill() {
    require_branch();
    std::size_t count = core_->published();
    if (count == reached_) {
      if (!core_->demand(*place_, reached_)) return false;
      count = core_->published();
    }
    if (reached_ == segment_end_) {
      segment_ = core_->walk_on(segment_);
      segment_end_ += core::segment_size;
    }
    const std::size_t ready = std::min({count, segment_end_, reached_ + core_->window()}) - reached_;
    at_ = segment_->items() + (reached_ + core::segment_size - segment_end_);
    last_ = at_ + ready;
    reached_ += ready;
    core_->report(*place_, reached_);
    return true;
  }

  void leave() noexcept {
    if (place_ == nullptr) return;
    core_->leave(*place_, segment_);
    place_.reset();
  }

  const kept* at_ = nullptr;
  const kept* last_ = nullptr;
  std::size_t reached_ = 0;       // position of *last_
  std::size_t segment_end_ = 0;   // position behind the last item of segment_
  segment* segment_ = nullptr;    // holds the item before *last_
  std::shared_ptr<core> core_;
  std::unique_ptr<place> place_;  // null: moved from
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {

template <class I>
inline constexpr bool is_tee_branch = false;
template <class I, template <class> class Atom>
inline constexpr bool is_tee_branch<tee_branch<I, Atom>> = true;

template <class I>
struct branch_over {
  using type = tee_branch<I>;
};
template <class I>
struct branch_over<tee_branch<I>> {
  using type = tee_branch<I>;
};
template <class X>
using tee_branch_of = typename branch_over<iterator_of_t<X>>::type;

struct tee_maker {
  template <template <class> class Atom = std::atomic, iterator I, class Put>
  static void make(I source, std::size_t n, const tee_options& options, Put put) {
    if constexpr (is_tee_branch<I>) {  // branches of one tee, wherever they fork off; its capacity is the first one's
      for (std::size_t i = 1; i < n; ++i) put(source.fork());
      if (n != 0) put(std::move(source));
    } else {
      if (options.capacity == 0) throw invalid_size("tee: a capacity of at least 1 is needed");
      if (options.read_ahead == 0) throw invalid_size("tee: a read_ahead of at least 1 is needed");
      using branch = tee_branch<I, Atom>;
      const auto core = std::make_shared<typename branch::core>(std::move(source), options.capacity, options.read_ahead);
      for (std::size_t i = 0; i < n; ++i) {
        auto place = std::make_unique<typename branch::place>(0);
        auto* const first = core->enter(*place);
        put(branch(core, std::move(place), 0, first, branch::core::segment_size));
      }
    }
  }

  template <class X>
  static constexpr bool takes() {
    static_assert(shareable<X>, "tee() takes an iterator over for good: pass it by std::move, as in tee(std::move(it), n), and so what "
                                "an adaptor is made over, as in tee(enumerate(std::move(it)), n). If each thread shall "
                                "have every item of something that can be iterated again, give each its own iter(x)");
    return shareable<X>;
  }
};

}  // namespace detail

// n branches over what `x` gives: an iterator, taken by move, or an iterable. Throws invalid_size for a capacity or read_ahead of 0.
template <class X>
  requires iterable<X>
auto tee(X&& x, std::size_t n, tee_options options = {}) {
  std::vector<detail::tee_branch_of<X>> branches;
  if constexpr (detail::tee_maker::takes<X>()) {
    branches.reserve(n);
    detail::tee_maker::make(iter(std::forward<X>(x)), n, options, [&](auto branch) { branches.push_back(std::move(branch)); });
  }
  return branches;
}

// The same, for structured bindings: auto [a, b] = tee<2>(std::move(it));
template <std::size_t N, class X>
  requires iterable<X>
auto tee(X&& x, tee_options options = {}) {
  using branch = detail::tee_branch_of<X>;
  auto made = tee(std::forward<X>(x), N, options);
  return [&]<std::size_t... K>(std::index_sequence<K...>) { return std::array<branch, N>{std::move(made[K])...}; }(std::make_index_sequence<N>());
}

}  // namespace pariter
