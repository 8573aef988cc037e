// SPDX-License-Identifier: Apache-2.0
#pragma once
// block_pool: buffers that are free, the one that was used last on top. Any thread.

#include "pariter/io/block.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace pariter::detail {

class block_pool : public std::enable_shared_from_this<block_pool> {
 public:
  explicit block_pool(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  // A handle to an empty buffer, and where to fill it. A new buffer where none is free. Throws std::bad_alloc.
  block take(block_buffer*& fill) {
    std::unique_ptr<block_buffer> buffer;
    {
      const std::lock_guard hold(mutex_);
      if (!free_.empty()) {
        buffer = std::move(free_.back());
        free_.pop_back();
      } else {
        free_.reserve(++made_);  // so that put() need not allocate
      }
    }
    if (buffer == nullptr) buffer = std::make_unique<block_buffer>(capacity_);
    buffer->pool = shared_from_this();
    fill = buffer.release();
    return block(*fill);
  }

  void put(std::unique_ptr<block_buffer> buffer) noexcept {
    const std::lock_guard hold(mutex_);
    free_.push_back(std::move(buffer));
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<block_buffer>> free_;  // under mutex_, as the next
  std::size_t made_ = 0;
};

}  // namespace pariter::detail
