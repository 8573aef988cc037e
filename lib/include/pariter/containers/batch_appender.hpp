// SPDX-License-Identifier: Apache-2.0
#pragma once
// batch_appender: writes into a log or a broadcast in batches.
//
// One owner, like an iterator. Items collect in the appender and go over together when the batch is full, at flush(), and
// when the appender goes: one lock and one publication for all of them. Until then no iterator sees them.
//
// If the container is closed meanwhile, append() and flush() throw `closed`, and what the appender still holds when it goes
// is dropped: nothing can be added any more. Any other exception out of the destructor's flush ends the program (it could
// only be memory running out); call flush() where that must be handled.

#include "pariter/core/errors.hpp"
#include "pariter/detail/canary.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace pariter {

// Container: has append_moved(T*, n, taken), which adds to `taken` what it took, even if it throws.
template <class T, class Container>
class [[nodiscard]] batch_appender {
 public:
  // Throws invalid_size for a batch of 0.
  batch_appender(Container& container, std::size_t batch) : container_(&container), batch_(batch) {
    if (batch == 0) throw invalid_size("appender: a batch holds at least one item");
    items_.reserve(batch);
  }
  batch_appender(batch_appender&& other) noexcept
      : container_(std::exchange(other.container_, nullptr)), batch_(other.batch_), items_(std::move(other.items_)), first_(other.first_) {}
  batch_appender& operator=(batch_appender&&) = delete;
  ~batch_appender() {
    if (container_ == nullptr) return;
    try {
      flush();
    } catch (const closed&) {  // documented above: nothing can be added any more
    }
  }

  void append(T item) { emplace(std::move(item)); }

  template <class... Args>
  void emplace(Args&&... args) {
    {
      const detail::canary_guard alone(canary_);
      items_.emplace_back(std::forward<Args>(args)...);
    }
    if (pending() >= batch_) flush();
  }

  // Hands over what was collected. If it throws, what the container did not take is still here.
  void flush() {
    const detail::canary_guard alone(canary_);
    if (first_ == items_.size()) return;
    container_->append_moved(items_.data() + first_, items_.size() - first_, first_);
    items_.clear();
    first_ = 0;
  }

  // Items collected and not handed over yet.
  std::size_t pending() const noexcept { return items_.size() - first_; }

 private:
  Container* container_;
  std::size_t batch_;
  std::vector<T> items_;
  std::size_t first_ = 0;  // what comes before was handed over by a flush() that threw later
  [[no_unique_address]] detail::canary canary_;
};

}  // namespace pariter
