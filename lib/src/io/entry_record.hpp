// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stands behind an entry, and how it is opened. For the sources of this room only.

#include "pariter/io/entry.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <sys/types.h>

namespace pariter::detail {

// Owns a file descriptor.
class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept;
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// A directory that is being, or was, listed. Entries found in it share it.
struct listed_directory {
  listed_directory(descriptor opened, std::string where, std::shared_ptr<std::atomic<std::size_t>> count) noexcept;
  listed_directory(const listed_directory&) = delete;
  listed_directory& operator=(const listed_directory&) = delete;
  ~listed_directory();

  descriptor handle;  // none: its entries are opened by path
  std::string path;   // ends in '/'
  std::shared_ptr<std::atomic<std::size_t>> open_count;
};

struct entry_record {
  std::shared_ptr<const listed_directory> parent;  // null: `name` is a path
  std::string name;
  entry_kind kind = entry_kind::unknown;
  bool follow = false;  // open it even if it is a symbolic link by now
  unsigned depth = 0;
  std::error_code error;

  static entry make(entry_record record) { return entry(std::make_shared<const entry_record>(std::move(record))); }
  static const entry_record& of(const entry& e) noexcept { return *e.record_; }
};

[[nodiscard]] std::error_code last_error() noexcept;
[[nodiscard]] entry_kind kind_of_mode(mode_t mode) noexcept;
// What to say of an entry that is not a file.
[[nodiscard]] std::error_code not_a_file(entry_kind kind) noexcept;

// Opens `e` for reading, with O_NONBLOCK (a FIFO would wait for a writer), O_CLOEXEC and `flags`.
[[nodiscard]] descriptor open_entry(const entry& e, int flags, std::error_code& error) noexcept;

}  // namespace pariter::detail
