// SPDX-License-Identifier: Apache-2.0

#include "pariter/io/blocks.hpp"

#include "pariter/async/async_next.hpp"

#include <exception>
#include <utility>

namespace pariter {

namespace {

async_generator<block> read_all(block_reader reader) {
  for (;;) {
    outcome<block> got = co_await async_next(reader);  // waits only if another reader may yet find something for this one
    if (got.is_failed()) std::rethrow_exception(got.error());
    if (!got.has_item()) co_return;  // the end, or a request to stop
    co_yield std::move(*got);
  }
}

}  // namespace

async_generator<block> blocks(const file_blocks& from) { return read_all(from.iter()); }

async_generator<block> blocks(async_generator<entry> entries, blocks_options options) {
  return read_all(file_blocks(std::move(entries), options).iter());
}

}  // namespace pariter
