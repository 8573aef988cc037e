// SPDX-License-Identifier: Apache-2.0
#pragma once
// share(x), share(x, options): each item to exactly one of several threads.
//
//   auto lines = share(iter(file));                          // or share(log), share(numbers()), share(std::move(gen))
//   /* each thread: */ for (auto& line : lines) work(line);  // as lines.iter()
//
// x is an iterator, taken by move, or an iterable that several threads may use. The result is a handle: copy it, use it
// through const, call `iter()` on it from any thread. Each `iter()` gives a drawer, an iterator of its own owner, and the
// drawers of one share compete for the items.
//
// What is promised
//   1. Each item goes to exactly one drawer, and each drawer gets its items in the order of the source (except items that
//      somebody gave back, which come when they come).
//   2. The end is for ever: after a drawer has seen it, no drawer draws from the source again.
//   3. An exception of the source is kept. Items drawn before it are handed out, then every drawer throws it, at every
//      further step (errors_to::one: the first drawer only, once). What an indexed source throws belongs to the item: to the drawer
//      that came to it, at every further step; given back with it when that one is dropped.
//   4. A drawer that is dropped early gives back what it had drawn and not handed out. Items given back after the others
//      have ended are kept for a new drawer; left_over() counts them.
// Not promised: which thread gets what, nor the order in which threads finish with their items.
//
// How it is done depends on the source
//   random access, fixed length   one relaxed fetch_add per chunk (indexed_draw)
//   waits for more                a consumer group: never claims what is not there yet, parks when idle (live_draw)
//   anything else                 lock, pull some, unlock (pulled_draw); the source's next() runs under the lock, on the
//                                 thread of the drawer that ran out, and must not draw from the share itself
//                                 (would_deadlock; so is a worker of a runtime told that another thread's pull, which
//                                 may wait, is in its way)
// Chunks start at one item and grow as long as they are worked off within microseconds; share(x, unbuffered) keeps them at one.
//
// An iterator that you go on owning is refused, also where an adaptor or a view steps it. Types do not see it behind a generator that was given a
// reference, behind expression(it), nor inside of an any_iterator: what these step is yours to hand over.
//
// Lifetime: the source is moved into the share and lives until the handle and all drawers are gone (a source that hands its
// items over is destroyed as soon as it has ended). What the source refers to is the caller's to keep.

#include "pariter/core/iter.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/iterable_interface.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/sharing/draw_indexed.hpp"
#include "pariter/sharing/draw_live.hpp"
#include "pariter/sharing/draw_pulled.hpp"
#include "pariter/sharing/drawer.hpp"
#include "pariter/sharing/share_options.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

struct share_function;

template <class I>
struct draw_over {
  using type = pulled_draw<I>;
  static std::shared_ptr<type> make(I source, const share_options& options) {
    return std::make_shared<type>(std::move(source), options);
  }
};
template <over_random_access I>
struct draw_over<I> {
  using type = indexed_draw<range_access<I>>;
  static std::shared_ptr<type> make(I source, const share_options& options) {
    return std::make_shared<type>(range_access<I>(std::move(source)), options.at_once);
  }
};
template <over_positions I>
  requires(!over_random_access<I>)
struct draw_over<I> {
  using type = indexed_draw<seek_access<I>>;
  static std::shared_ptr<type> make(I source, const share_options& options) {
    return std::make_shared<type>(seek_access<I>(std::move(source)), options.at_once);
  }
};
template <waiting_iterator I>
struct draw_over<I> {
  using type = live_draw<I>;
  static std::shared_ptr<type> make(I source, const share_options& options) {
    return std::make_shared<type>(std::move(source), options);
  }
};

}  // namespace detail

// What share() returns: an iterable whose iterators compete.
template <class Draw>
class shared_source : public iterable_interface<shared_source<Draw>> {
 public:
  // A new hand in the source. Throws std::bad_alloc.
  drawer<Draw> iter() const { return drawer<Draw>(Draw::sit_down(draw_)); }

  // The number of items that leavers gave back and nobody has drawn since. Exact only while nobody draws.
  std::size_t left_over() const { return draw_->left_over(); }

 private:
  friend struct detail::share_function;

  explicit shared_source(std::shared_ptr<Draw> draw) noexcept : draw_(std::move(draw)) {}

  std::shared_ptr<Draw> draw_;
};

namespace detail {

template <class X>
inline constexpr bool shareable = (shared_iterable<X> || (iterable<X> && !std::is_lvalue_reference_v<X>)) && !iteration_traits<iterator_of_t<X>>.borrows;

struct share_function {
  template <class X>
    requires iterable<X>
  auto operator()(X&& x, share_options options = {}) const
      -> shared_source<typename draw_over<iterator_of_t<X>>::type> {
    using I = iterator_of_t<X>;
    if constexpr (shareable<X>) {
      return shared_source<typename draw_over<I>::type>(draw_over<I>::make(iter(std::forward<X>(x)), options));
    } else {
      static_assert(shareable<X>,
                    "share() takes an iterator over for good: pass it by std::move, as in share(std::move(it)), and so what an adaptor is made "
                    "over, as in share(enumerate(std::move(it))). If you go on using it yourself, "
                    "give every thread its own iter(x), or all items to each of them by tee(std::move(it), n)");
    }
  }
};

}  // namespace detail

inline constexpr detail::share_function share{};

}  // namespace pariter
