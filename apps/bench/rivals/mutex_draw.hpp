// SPDX-License-Identifier: Apache-2.0
#pragma once
//
// Rivals for drawing from one iterator by many threads: the iterator behind a mutex, one item or many at a time.
//
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace bench {

// `Iterator` has next() -> something like optional. Any thread may draw.
template <class Iterator>
class mutex_draw {
 public:
  explicit mutex_draw(Iterator source) : source_(std::move(source)) {}

  auto next() {
    std::lock_guard lock(mutex_);
    return source_.next();
  }

  // Replaces the content of `items` by up to `count` items; false at the end. Not inlined: as a part of the loop around it, g++ 12 makes it
  // three times slower.
  template <class T>
  [[gnu::noinline]] bool next_batch(std::vector<T>& items, std::size_t count) {
    items.clear();
    std::lock_guard lock(mutex_);
    while (items.size() < count) {
      auto item = source_.next();
      if (!item) break;
      items.push_back(*item);
    }
    return !items.empty();
  }

 private:
  std::mutex mutex_;
  Iterator source_;
};

}  // namespace bench
