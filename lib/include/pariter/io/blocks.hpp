// SPDX-License-Identifier: Apache-2.0
#pragma once
// blocks(...): the contents of files, block by block, as an async generator.
//
//   auto it = blocks(walk("/usr/include"));
//   it.bind_executor(pool.get_executor());                 // read there, and not on the thread that pulls
//   while (auto b = co_await it.async_next()) ...
//
// Several generators over one file_blocks share the reading among them: each block goes to one of them. See file_blocks.hpp
// for order and errors. Reading blocks the thread that the body runs on; waiting for another reader does not.

#include "pariter/async/async_generator.hpp"
#include "pariter/io/block.hpp"
#include "pariter/io/blocks_options.hpp"
#include "pariter/io/entry.hpp"
#include "pariter/io/file_blocks.hpp"

namespace pariter {

// One more reader of `from`. It counts as one from now on, not from the first pull.
[[nodiscard]] async_generator<block> blocks(const file_blocks& from);

// The only reader of the files among `entries`. Throws invalid_size.
[[nodiscard]] async_generator<block> blocks(async_generator<entry> entries, blocks_options options = {});

}  // namespace pariter
