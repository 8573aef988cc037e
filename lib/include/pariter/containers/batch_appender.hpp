// SPDX-License-Identifier: Apache-2.0
#pragma once
// batch_appender: writes into a log or a broadcast in batches.
//
// One owner, like an iterator. Items collect in the appender and go over together when the batch is full, at flush(), and
// when the appender goes: one lock and one publication for all of them. Until then no iterator sees them.
//
// If the container is closed meanwhile, append() and flush() throw `closed`, and what the appender still holds when it goes
// is dropped: nothing can be added any more. Any other exception out of the destructor's flush ends the program (it could
// only be memory running out, a throwing move, or would_deadlock); call flush() where that must be handled.
//
// Lifetime: it must not outlive its container, which counts its appenders and reports one that does.
// Invariant: [first_, next_) are constructed items that the container has not taken; the rest of [items_, end_) is raw.

#include "pariter/core/errors.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/cold.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace pariter {

// Container: has append_moved(T*, n, taken), which adds to `taken` what it took, even if it throws; and appender_came(), appender_went().
template <class T, class Container>
class [[nodiscard]] batch_appender {
 public:
  // Throws invalid_size for a batch of 0.
  batch_appender(Container& container, std::size_t batch) : container_(&container) {
    if (batch == 0) throw invalid_size("appender: a batch holds at least one item");
    items_ = std::allocator<T>().allocate(batch);
    first_ = next_ = items_;
    end_ = items_ + batch;
    container.appender_came();
  }
  batch_appender(batch_appender&& other) noexcept
      : next_(std::exchange(other.next_, nullptr)),
        end_(std::exchange(other.end_, nullptr)),
        items_(std::exchange(other.items_, nullptr)),
        first_(std::exchange(other.first_, nullptr)),
        container_(other.container_),
        canary_(other.canary_) {}
  batch_appender& operator=(batch_appender&&) = delete;
  ~batch_appender() {
    if (items_ == nullptr) return;
    try {
      flush();
    } catch (const closed&) {  // documented above: nothing can be added any more
    }
    std::destroy(first_, next_);
    std::allocator<T>().deallocate(items_, static_cast<std::size_t>(end_ - items_));
    container_->appender_went();
  }

  // Throw what flush() throws; the item is kept then, unless its own construction threw.
  void append(const T& item) { emplace(item); }
  void append(T&& item) { emplace(std::move(item)); }
  template <class... Args>
  void emplace(Args&&... args) {
    if (next_ == end_) [[unlikely]] flush();  // an earlier flush threw
    {
      const detail::canary_guard alone(canary_);
      std::construct_at(next_, std::forward<Args>(args)...);
      ++next_;
    }
    if (next_ == end_) [[unlikely]] flush();
  }

  // Hands over what was collected. If it throws, what the container did not take is still here.
  PARITER_COLD void flush() {
    const detail::canary_guard alone(canary_);
    PARITER_ASSERT(items_ != nullptr, "this appender was moved from; use the one it was moved to");
    if (first_ == next_) return;
    struct forget_taken {
      batch_appender& self;
      std::size_t taken = 0;
      ~forget_taken() {
        std::destroy_n(self.first_, taken);
        self.first_ += taken;
        if (self.first_ == self.next_) self.first_ = self.next_ = self.items_;
      }
    } forget{*this};
    container_->append_moved(first_, pending(), forget.taken);
  }

  // Items collected and not handed over yet.
  std::size_t pending() const noexcept { return static_cast<std::size_t>(next_ - first_); }

 private:
  T* next_;
  T* end_;
  T* items_;  // null: moved from
  T* first_;
  Container* container_;
  [[no_unique_address]] detail::canary canary_;
};

}  // namespace pariter
