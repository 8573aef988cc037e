// SPDX-License-Identifier: Apache-2.0
#pragma once
// file_blocks: the contents of many files as blocks, each block to exactly one of several readers.
//
//   const file_blocks all(walk({"/usr/include"}));
//   /* each thread: */ for (const block& b : all.iter()) for (const piece& p : b.pieces()) ...
//
// It is share() for blocks: an iterable whose iterators compete. What is shared is the walk; the reading itself is done in
// next(), by the thread that called it, so several readers read at the same time and each finds its block in its own
// cache. Files are drawn one by one; a large one is cut in extents, and every reader that is free takes the next extent.
//
// Threads: the handle is used through const from any thread; a reader is owned by one.
// Order: the pieces of one file that one reader delivers come in the order of the file, except across extents. Between
// readers there is no order.
// Errors: what cannot be opened or read is a failure in a block and the rest goes on; entries that are no files are failures,
// except directories and symbolic links, which are passed over. An exception of the entries' source is thrown by every
// reader once, after what it has read before. A reader that throws std::bad_alloc of its own has lost nothing, and may be stepped on.
// Waiting: at the end of the walk a reader waits until no other one can find a large file whose extents it could take. So
// next() returns only if the other readers are stepped or dropped; step two of them on one thread by try_next() in turn.
// Reading blocks the thread in any case. An I/O worker of a runtime whose reader finds a thread of another kind inside the walk, which
// may wait there, gets would_deadlock, and may step on; let all readers be on workers, or none.
// Leaving early: a reader that is dropped gives back the entries that it drew and did not open; the rest of the file that it was
// reading is read by nobody, and no piece of it has `last` set.
// Memory: one buffer per reader and one per block that somebody holds.

#include "pariter/async/async_generator.hpp"
#include "pariter/core/iterable_interface.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/outcome.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/io/block.hpp"
#include "pariter/io/blocks_options.hpp"
#include "pariter/io/entry.hpp"

#include <memory>
#include <optional>

namespace pariter {

class block_reader;

class file_blocks : public iterable_interface<file_blocks> {
 public:
  // Reads the files among `entries`, usually a walk(). Throws invalid_size.
  explicit file_blocks(async_generator<entry> entries, blocks_options options = {});

  // A new reader. Throws std::bad_alloc.
  [[nodiscard]] block_reader iter() const;

  // Every reader ends with its next step: bytes are left unread and nothing says which. Any thread, at any time.
  void stop() const noexcept;

 private:
  friend class block_reader;
  struct shared;
  std::shared_ptr<shared> shared_;
};

class [[nodiscard]] block_reader : public iterator_interface<block_reader> {
 public:
  static constexpr iteration_properties properties{.sees = sight::weak, .ordered = false, .lossless = true};

  block_reader(block_reader&&) noexcept;
  block_reader& operator=(block_reader&&) noexcept;
  ~block_reader();

  // The next block, or empty at the end. Never empty blocks.
  std::optional<block> next();

  // The same without waiting for other readers: empty where next() would.
  outcome<block> try_next();
  // try_next() would not answer empty.
  [[nodiscard]] bool ready() const noexcept;
  // Where it waits until ready().
  [[nodiscard]] detail::parking_lot& parking() const noexcept;

 private:
  friend class file_blocks;
  struct state;
  explicit block_reader(std::unique_ptr<state> s) noexcept;
  std::unique_ptr<state> state_;
};

static_assert(iterator<block_reader>);

}  // namespace pariter
