// SPDX-License-Identifier: Apache-2.0
#pragma once
// listed_directory: a directory that is being, or was, listed: its name and the directory that it lies in. Entries found in it
// share it, and open themselves by it. open_directories: which of a walk's directories are open. For the sources of this room only.
//
// Threads: any, as entries are used by any. Invariants:
//   1. No more directories are kept open than allowed; the one that was used longest ago is closed first. Beside those, each listing
//      and each open() holds one or two for as long as it takes.
//   2. Where the process has no descriptor left, all that are kept are closed, and half as many are kept from then on.
//   3. What lies below a closed directory is opened from the nearest one above that is open, else by its path. A path longer than the
//      system takes is opened part by part, and the directories where its parts end are kept, so that going up a deep tree with a
//      sub-directory at each level takes few steps per level.

#include "descriptor.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace pariter::detail {

class listed_directory;
class open_directories;

// A counted handle to a listed_directory, or to none.
class directory_ref {
 public:
  directory_ref() noexcept = default;
  // The directory of that name in `above`; none: `name` is a path. Throws std::bad_alloc.
  directory_ref(directory_ref above, std::string name, std::shared_ptr<open_directories> of_walk);
  directory_ref(const directory_ref& other) noexcept;
  directory_ref(directory_ref&& other) noexcept : at_(std::exchange(other.at_, nullptr)) {}
  directory_ref& operator=(directory_ref other) noexcept {
    std::swap(at_, other.at_);
    return *this;
  }
  ~directory_ref() { release(at_); }

  listed_directory* operator->() const noexcept { return at_; }
  listed_directory& operator*() const noexcept { return *at_; }
  explicit operator bool() const noexcept { return at_ != nullptr; }

 private:
  friend listed_directory;
  static void release(listed_directory* last) noexcept;

  listed_directory* at_ = nullptr;
};

class open_directories {
 public:
  explicit open_directories(std::size_t most) noexcept : most_(most) {}

  // For whom the process had no descriptor left: closes all, and keeps fewer from now on. False if none was kept, and none has been
  // closed since given_up() answered `times` either: it is not us who have the descriptors.
  bool give_up(std::size_t times) noexcept;
  std::size_t given_up() noexcept;

 private:
  friend listed_directory;
  using handle = std::shared_ptr<const descriptor>;
  using lock = std::unique_lock<std::mutex>;

  struct way {
    handle from;                            // null: from the working directory
    std::vector<listed_directory*> closed;  // what lies on it, the lowest first
    std::size_t times_given_up;
  };
  // From where `directory` is open, or else the nearest above that is.
  way way_to(listed_directory& directory);
  void keep(listed_directory& directory, handle opened) noexcept;
  void forget(listed_directory& directory) noexcept;

  void link(listed_directory& last, const lock&) noexcept;
  void unlink(listed_directory& one, const lock&) noexcept;
  handle close(listed_directory& one, const lock&) noexcept;

  std::mutex mutex_;
  std::size_t most_;                   // under mutex_, as all below
  std::size_t count_ = 0;
  std::size_t times_given_up_ = 0;
  listed_directory* first_ = nullptr;  // used longest ago
  listed_directory* last_ = nullptr;
};

class listed_directory {
 public:
  listed_directory(const listed_directory&) = delete;
  listed_directory& operator=(const listed_directory&) = delete;

  // The path of `name` in it.
  [[nodiscard]] std::string path_of(std::string_view name) const;
  // Opens `name` in it. Fails with not_enough_memory, too.
  [[nodiscard]] descriptor open(const std::string& name, int flags, std::error_code& error) noexcept;
  // It is open as `opened`, and may be kept so.
  void keep(std::shared_ptr<const descriptor> opened) noexcept;

  // Which one it is, or one above is. For walks that follow links.
  void identify(dev_t device, ino_t inode) noexcept {
    device_ = device;
    inode_ = inode;
  }
  [[nodiscard]] bool is_in(dev_t device, ino_t inode) const noexcept;

 private:
  friend directory_ref;
  friend open_directories;

  listed_directory(directory_ref above, std::string name, std::shared_ptr<open_directories> of_walk) noexcept
      : above_(std::exchange(above.at_, nullptr)), name_(std::move(name)), walk_(std::move(of_walk)) {}
  ~listed_directory();

  static descriptor open_along(const open_directories::way& way, const std::string& name, int flags, std::error_code& error);

  std::atomic<std::size_t> handles_{1};
  listed_directory* above_;  // one of its handles
  const std::string name_;
  const std::shared_ptr<open_directories> walk_;
  dev_t device_ = 0;
  ino_t inode_ = 0;

  // Under the mutex of walk_: where it is open, and its neighbours in the list of those that are.
  std::shared_ptr<const descriptor> opened_;
  listed_directory* before_ = nullptr;
  listed_directory* behind_ = nullptr;
};

[[nodiscard]] bool out_of_descriptors(const std::error_code& error) noexcept;

// Opens `path` by its parts where the system takes no path that long.
[[nodiscard]] descriptor open_path(const std::string& path, int flags, std::error_code& error);

}  // namespace pariter::detail
