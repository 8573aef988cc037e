// SPDX-License-Identifier: Apache-2.0
#pragma once
// block: a run of bytes read from one file or from many, with a note of which bytes are whose.
//
//   for (const piece& p : b.pieces()) count(p.bytes);
//
// A block is a handle to a buffer that is counted by its handles; when the last one goes, the buffer returns to the pool that
// it came from and is filled again. Copy handles freely; keep one for as long as you look at what it holds, no longer.
//
// Threads: a block never changes after it was handed out; any number of threads may read it, each with a handle of its own.
// Invariants:
//   1. The pieces of a file, ordered by offset, are the file from its first byte to its end without gap or overlap, unless a
//      failure of that file is in the same stream of blocks.
//   2. The piece with offset 0 has `first` set, the last one has `last` set. A file read without failure has both, so
//      an empty file is one piece without bytes.
//   3. The pieces of one file may come in different blocks, in any order.

#include "pariter/io/entry.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace pariter {

struct piece {
  entry file;
  std::uint64_t offset = 0;
  std::span<const char> bytes;
  bool first = false;  // the file begins with it
  bool last = false;   // the file ends with it
};

// What could not be read. The bytes of it that were read are in the pieces.
struct file_failure {
  entry file;
  std::error_code error;
};

namespace detail {

class block_pool;

struct block_buffer {
  explicit block_buffer(std::size_t capacity) : data(std::make_unique_for_overwrite<char[]>(capacity)) {}

  std::atomic<std::size_t> handles{0};
  std::unique_ptr<char[]> data;
  std::size_t used = 0;
  std::vector<piece> pieces;
  std::vector<file_failure> failures;
  std::shared_ptr<block_pool> pool;  // set while the buffer is out of it

  // The last handle is gone.
  static void give_back(block_buffer* buffer) noexcept;
};

}  // namespace detail

class block {
 public:
  // No buffer: no pieces, no failures.
  block() noexcept = default;
  explicit block(detail::block_buffer& buffer) noexcept : buffer_(&buffer) { add_handle(); }
  block(const block& other) noexcept : buffer_(other.buffer_) {
    if (buffer_ != nullptr) add_handle();
  }
  block(block&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
  block& operator=(block other) noexcept {
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  ~block() {
    // (1) acq_rel: pairs with itself: all reads through the other handles happen before the buffer is filled again
    if (buffer_ != nullptr && buffer_->handles.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      detail::block_buffer::give_back(buffer_);
    }
  }

  [[nodiscard]] std::span<const piece> pieces() const noexcept {
    return buffer_ == nullptr ? std::span<const piece>() : buffer_->pieces;
  }
  [[nodiscard]] std::span<const file_failure> failures() const noexcept {
    return buffer_ == nullptr ? std::span<const file_failure>() : buffer_->failures;
  }
  // The sum of the pieces' sizes.
  [[nodiscard]] std::size_t bytes() const noexcept { return buffer_ == nullptr ? 0 : buffer_->used; }

 private:
  void add_handle() noexcept {
    buffer_->handles.fetch_add(1, std::memory_order_relaxed);  // relaxed: who copies has a handle already
  }

  detail::block_buffer* buffer_ = nullptr;
};

}  // namespace pariter
