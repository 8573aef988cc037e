// SPDX-License-Identifier: Apache-2.0
#pragma once
//
// Rival: one writer to many readers, as a careful programmer writes it by hand. The writer fills chunks of 256 items and
// hands each, as one shared_ptr, to a bounded queue per reader, made of a mutex and two condition variables.
//
// One thread pushes and closes; one thread per queue pops. The bound counts chunks.
//
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace bench {

template <class T>
class chunk_fan_out {
 public:
  static constexpr std::size_t chunk_size = 256;
  using chunk = std::shared_ptr<const std::vector<T>>;

  chunk_fan_out(std::size_t readers, std::size_t capacity_in_items)
      : queues_(readers), capacity_(capacity_in_items / chunk_size) {
    pending_.reserve(chunk_size);
  }

  void push(T value) {
    pending_.push_back(std::move(value));
    if (pending_.size() == chunk_size) flush();
  }

  void close() {
    if (!pending_.empty()) flush();
    for (queue& q : queues_) {
      std::lock_guard lock(q.mutex);
      q.closed = true;
      q.not_empty.notify_one();
    }
  }

  // The next chunk for this reader; null at the end.
  chunk pop(std::size_t reader) {
    queue& q = queues_[reader];
    std::unique_lock lock(q.mutex);
    q.not_empty.wait(lock, [&] { return !q.chunks.empty() || q.closed; });
    if (q.chunks.empty()) return nullptr;
    chunk result = std::move(q.chunks.front());
    q.chunks.pop_front();
    lock.unlock();
    q.not_full.notify_one();
    return result;
  }

 private:
  struct queue {
    std::mutex mutex;
    std::condition_variable not_empty, not_full;
    std::deque<chunk> chunks;
    bool closed = false;
  };

  void flush() {
    const auto full = std::make_shared<const std::vector<T>>(std::move(pending_));
    pending_ = {};
    pending_.reserve(chunk_size);
    for (queue& q : queues_) {
      std::unique_lock lock(q.mutex);
      q.not_full.wait(lock, [&] { return q.chunks.size() < capacity_; });
      q.chunks.push_back(full);
      lock.unlock();
      q.not_empty.notify_one();
    }
  }

  std::vector<T> pending_;
  std::vector<queue> queues_;
  const std::size_t capacity_;
};

}  // namespace bench
