// SPDX-License-Identifier: Apache-2.0
#pragma once
// What file_blocks and blocks() can be told.

#include <cstddef>

namespace pariter {

// Throws invalid_size where a number is 0 or `fill` is more than `capacity`.
struct blocks_options {
  // The size of a block's buffer, in bytes.
  std::size_t capacity = 256 * 1024;
  // No further file is begun in a block that holds so many bytes. The rest of the buffer is room for the last file, so
  // that few files are cut.
  std::size_t fill = 128 * 1024;
  // A file of at least twice this many bytes is read in parts of this size, by several readers at once.
  std::size_t extent = 4 * 1024 * 1024;
};

}  // namespace pariter
