// SPDX-License-Identifier: Apache-2.0
#pragma once
// Iterators of a concurrent_log: three kinds over one mechanism.
//
//   snapshot   the items that were there when it was made; sized
//   live       up to the end that it meets, which may be later than the one at its start
//   follow     waits for more, until the log is closed or fails
//
// An iterator is used by one thread at a time and is move-only; `fork()` makes another at the same position. It must not
// outlive its log.
//
// Lifetime: an item stays where it is until the log is cleared and every iterator over the cleared items is gone. The
// iterator keeps the items alive that it walks (a generation, see log_generation.hpp), and nothing else.
//
// clear(): snapshot and live iterators walk the cleared items to their end. A follower does too, then goes on with the log's
// present items; if these were not the next ones, it reports the gap.
//
// The end: snapshot and live end for ever (until `seek`). live and follow rethrow the log's failure after the last item, at
// every further step; snapshot, being of one moment, does not.
//
// Cost: a step is a comparison and an increment; once per segment (whose size doubles) or per catch-up an acquire load.

#include "pariter/core/errors.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/batch_iterator.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/log_generation.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <utility>

namespace pariter {

enum class log_walk { snapshot, live, follow };

// Core: detail::log_core. T: its items' type.
template <class T, class Core, log_walk Walk>
class [[nodiscard]] log_iterator
    : public detail::batch_iterator<log_iterator<T, Core, Walk>, T, Walk == log_walk::follow ? detail::waiting::for_items : detail::waiting::never> {
  static constexpr bool waits = Walk == log_walk::follow;
  using base = detail::batch_iterator<log_iterator, T, waits ? detail::waiting::for_items : detail::waiting::never>;

 public:
  static constexpr iteration_properties properties{.sees = Walk == log_walk::snapshot ? sight::snapshot : sight::live,
                                                   .sized = Walk == log_walk::snapshot,
                                                   .forkable = true,
                                                   .seekable = true,
                                                   .stable = Walk != log_walk::follow};  // a follower leaves what was cleared
  static constexpr bool fork_keeps_batch = true;  // what next_batch() handed out last stays as long as a fork taken right then

  log_iterator(log_iterator&&) noexcept = default;
  log_iterator& operator=(log_iterator&&) noexcept = default;
  ~log_iterator() = default;

  // Steps: next(), next_batch(); `follow`, which waits, has try_next(), try_next_batch(), next_until() and next_for() besides; see
  // batch_iterator.hpp. They throw the log's failure (live, follow) and missed_items (follow, after a clear()).

  // try_next() would not answer empty. The thread or operation that owns the iterator may ask while it is parked.
  bool ready() const noexcept
    requires waits
  {
    if (at_ != batch_end_ || missed_ != 0) return true;
    const auto seen = generation_->published();
    if (seen.count() > reached_) return true;
    if (!seen.sealed()) return false;
    return generation_->why() != detail::ending::cleared || core_->has_news_after(generation_->base() + seen.count());
  }

  // Where to wait until ready().
  typename Core::lot& parking() const noexcept
    requires waits
  {
    return core_->parking();
  }

  // The position of the next item in the log; `log.follow(position)` resumes there.
  std::uint64_t position() const noexcept {
    require_pin();
    return generation_->base() + reached_ - this->left_in_batch();
  }

  // Goes to an item between the oldest and the last that this iterator can see, or to the end behind it.
  // Throws out_of_reach.
  void seek(std::uint64_t position) {
    const detail::canary_guard alone(this->canary_);
    require_pin();
    const std::uint64_t oldest = generation_->base();
    const std::uint64_t limit = Walk == log_walk::snapshot ? limit_ : generation_->published().count();
    if (position < oldest || position - oldest > limit) throw out_of_reach("seek: the log's iterator does not hold this position");
    stand_at(position - oldest, limit);
  }

  // The number of items left; nothing for live and follow, whose end is not known.
  std::optional<std::size_t> size_hint() const noexcept {
    if constexpr (Walk == log_walk::snapshot) return static_cast<std::size_t>(limit_ - reached_ + this->left_in_batch());
    else return std::nullopt;
  }

  // An independent iterator at the same position.
  log_iterator fork() const {
    require_pin();
    return log_iterator(*this);
  }

  // Made by concurrent_log and log_snapshot.
  log_iterator(Core& core, typename Core::pin generation, std::uint64_t index, std::uint64_t limit) noexcept
      : core_(&core), generation_(std::move(generation)) {
    stand_at(index, limit);
  }

 private:
  friend base;
  using typename base::state;
  using base::at_;
  using base::batch_end_;
  using base::missed_;

  log_iterator(const log_iterator&) = default;

  void require_pin() const noexcept { PARITER_ASSERT(generation_, "this iterator was moved from; use the one it was moved to"); }

  void stand_at(std::uint64_t index, std::uint64_t limit) noexcept {
    at_ = batch_end_ = nullptr;
    reached_ = index;
    limit_ = limit;
    missed_ = 0;
    ended_ = false;
  }

  // Looks for items behind batch_end_; on `item` there is at least one in [at_, batch_end_). Throws what pin_current() throws.
  state look() {
    if (at_ != batch_end_) return state::item;
    require_pin();
    for (;;) {
      if (missed_ != 0) return state::gap;
      if (reached_ != limit_) {
        const std::span<const T> batch = generation_->batch(reached_, limit_);
        at_ = batch.data();
        batch_end_ = at_ + batch.size();
        reached_ += batch.size();
        return state::item;
      }
      if (Walk == log_walk::snapshot || ended_) return state::closed;
      const auto seen = generation_->published();
      if (seen.count() != limit_) {
        limit_ = seen.count();
        continue;
      }
      if (!seen.sealed()) {
        ended_ = Walk == log_walk::live;
        return ended_ ? state::closed : state::empty;
      }
      switch (generation_->why()) {
        case detail::ending::failed: return state::failed;
        case detail::ending::closed: return state::closed;
        case detail::ending::cleared: break;
      }
      if constexpr (Walk == log_walk::live) {
        ended_ = true;
        return state::closed;
      } else {
        const std::uint64_t expected = generation_->base() + limit_;
        generation_ = core_->pin_current();
        stand_at(0, 0);
        missed_ = generation_->base() - expected;
      }
    }
  }

  static constexpr std::size_t enough() noexcept { return 256; }

  const std::exception_ptr& failure() const noexcept { return generation_->error(); }

  std::uint64_t reached_ = 0;  // index of *batch_end_
  std::uint64_t limit_ = 0;    // known published count, >= reached_
  bool ended_ = false;         // live: the end was met
  Core* core_;
  typename Core::pin generation_;  // empty: moved from
};

}  // namespace pariter
