// SPDX-License-Identifier: Apache-2.0
#pragma once
// entry: one name that walk() met: a file, a directory or something else.
//
// A cheap handle to an immutable record: copy it, keep it, send it to other threads. Two copies have the same id().
//
// An entry may keep the directory that it was found in open, and those above, so that the file can be opened by its name alone (which
// is several times cheaper than by its path, and stays right when a folder above is renamed). walk() bounds how many
// directories are open at a time; copies made by `without_directory()` keep nothing open.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace pariter {

namespace detail {
struct entry_record;
}

enum class entry_kind : std::uint8_t { file, directory, symlink, fifo, socket, character_device, block_device, unknown };

class entry {
 public:
  // No file: what moved-from entries are too. Only id(), assignment and destruction are allowed.
  entry() noexcept = default;

  // The name of a file, as a program's user writes it; relative names are looked up from the working directory. Its kind is
  // found by asking the file system, following a link; error() says if that failed.
  static entry of(std::string path);

  [[nodiscard]] std::string_view name() const noexcept;
  // The path to write in messages: the root as it was given to walk(), with the names below it.
  [[nodiscard]] std::string path() const;
  [[nodiscard]] entry_kind kind() const noexcept;
  // 0 for a root.
  [[nodiscard]] unsigned depth() const noexcept;
  // Why this entry could not be looked at or, if it is a directory, could not be listed.
  [[nodiscard]] std::error_code error() const noexcept;

  // Equal for copies of one entry, different for all others that exist; nullptr for none.
  [[nodiscard]] const void* id() const noexcept { return record_.get(); }

  // The same entry (though with an id of its own) that keeps no directory open.
  [[nodiscard]] entry without_directory() const;

 private:
  friend struct detail::entry_record;
  explicit entry(std::shared_ptr<const detail::entry_record> record) noexcept : record_(std::move(record)) {}

  std::shared_ptr<const detail::entry_record> record_;
};

}  // namespace pariter
