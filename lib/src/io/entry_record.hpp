// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stands behind an entry, and how it is opened. For the sources of this room only.

#include "descriptor.hpp"
#include "listed_directory.hpp"
#include "pariter/io/entry.hpp"

#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <sys/types.h>

namespace pariter::detail {

struct entry_record {
  directory_ref parent;  // none: `name` is a path
  std::string name;
  entry_kind kind = entry_kind::unknown;
  bool follow = false;  // open it even if it is a symbolic link by now
  unsigned depth = 0;
  std::error_code error;

  static entry make(std::shared_ptr<entry_record> record) noexcept { return entry(std::move(record)); }
  static const entry_record& of(const entry& e) noexcept { return *e.record_; }
};

[[nodiscard]] entry_kind kind_of_mode(mode_t mode) noexcept;
// What to say of an entry that is not a file.
[[nodiscard]] std::error_code not_a_file(entry_kind kind) noexcept;

// Opens `e` for reading, with O_NONBLOCK (a FIFO would wait for a writer), O_CLOEXEC and `flags`. Fails with not_enough_memory, too.
[[nodiscard]] descriptor open_entry(const entry& e, int flags, std::error_code& error) noexcept;

}  // namespace pariter::detail
