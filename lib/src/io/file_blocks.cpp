// SPDX-License-Identifier: Apache-2.0

#include "pariter/io/file_blocks.hpp"

#include "block_pool.hpp"
#include "descriptor.hpp"
#include "entry_record.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/io/io_error.hpp"
#include "pariter/sharing/share.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace pariter {

namespace detail {

void block_buffer::give_back(block_buffer* buffer) noexcept {
  std::unique_ptr<block_buffer> own(buffer);
  own->pieces.clear();
  own->failures.clear();
  own->used = 0;
  const auto pool = std::move(own->pool);
  pool->put(std::move(own));
}

namespace {

// A file that several readers read, from `next` on.
struct large_file {
  large_file(entry e, std::uint64_t size_found, std::uint64_t begin) noexcept : file(std::move(e)), size(size_found), next(begin) {}

  entry file;
  descriptor handle;
  std::uint64_t size;  // as it was when the file was found to be large
  std::uint64_t next;  // under the mutex of the file_blocks
};

// One more push_back() will not throw.
template <class T>
void make_room(std::vector<T>& in) {
  if (in.size() == in.capacity()) in.reserve(in.empty() ? 8 : 2 * in.size());
}

constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();

// What a reader is reading: a file from its start, or one extent of a large one.
struct open_part {
  entry file;
  std::shared_ptr<large_file> large;  // null: `own` is read
  descriptor own;
  std::uint64_t offset = 0;
  std::uint64_t end = to_the_end;
  bool looked_at = false;  // it is known to be a file, and too small to share (or an extent)

  [[nodiscard]] int handle() const noexcept { return large != nullptr ? large->handle.get() : own.get(); }
};

}  // namespace
}  // namespace detail

struct file_blocks::shared {
  using entries_source = decltype(share(std::declval<async_generator<entry>>()));

  shared(async_generator<entry> walk, const blocks_options& o)
      : options(o), entries(share(std::move(walk))), pool(std::make_shared<detail::block_pool>(o.capacity)) {}

  const blocks_options options;
  const entries_source entries;
  const std::shared_ptr<detail::block_pool> pool;
  std::atomic<bool> stopped{false};

  // Readers that may yet find a large file, and large files with extents that nobody has taken.
  std::atomic<std::size_t> drawing{0};
  std::atomic<std::size_t> large_count{0};  // large.size()
  std::mutex mutex;
  std::vector<std::shared_ptr<detail::large_file>> large;
  detail::parking_lot parking;

  [[nodiscard]] bool extent_or_never() const noexcept {
    // (1) acquire: pairs with release (2): nobody draws, so all that was found is in large_count
    // (3) acquire: pairs with release (4), the extents that are to be had
    // (5) acquire: pairs with release (6): whoever waits sees the stop
    return drawing.load(std::memory_order_acquire) == 0 || large_count.load(std::memory_order_acquire) != 0 ||
           stopped.load(std::memory_order_acquire);
  }

  void started_drawing() noexcept { drawing.fetch_add(1, std::memory_order_relaxed); }  // relaxed: by who made the reader
  void stopped_drawing() noexcept {
    drawing.fetch_sub(1, std::memory_order_release);  // (2) release: pairs with acquire (1)
    parking.notify_all();
  }

  // Takes `handle` as well, once nothing can throw any more.
  void add_large(std::shared_ptr<detail::large_file> file, detail::descriptor& handle) {
    {
      const std::lock_guard hold(mutex);
      large.push_back(std::move(file));
      large.back()->handle = std::move(handle);
      large_count.store(large.size(), std::memory_order_release);  // (4) release: pairs with acquire (3)
    }
    parking.notify_all();
  }

  bool take_extent(detail::open_part& part) {
    if (large_count.load(std::memory_order_relaxed) == 0) return false;  // relaxed: hint, checked again under mutex
    const std::lock_guard hold(mutex);
    if (large.empty()) return false;
    auto& file = large.front();
    part.file = file->file;
    part.large = file;
    part.own.reset();
    part.offset = file->next;
    part.looked_at = true;
    if (file->size - file->next <= options.extent) {
      part.end = detail::to_the_end;
      large.erase(large.begin());
      large_count.store(large.size(), std::memory_order_relaxed);  // relaxed: under mutex; who sees the old value looks there
    } else {
      part.end = file->next += options.extent;
    }
    return true;
  }
};

struct block_reader::state {
  explicit state(std::shared_ptr<file_blocks::shared> s) : of(std::move(s)), entries(of->entries.iter()) {
    of->started_drawing();
  }
  ~state() {
    if (drawing) of->stopped_drawing();
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  const std::shared_ptr<file_blocks::shared> of;
  decltype(std::declval<const file_blocks::shared::entries_source&>().iter()) entries;
  detail::open_part part;
  bool reading = false;           // `part` is open
  bool drawing = true;            // the walk has not ended
  std::exception_ptr kept_error;  // thrown by the next step: there was something to deliver first

  outcome<block> try_next() {
    if (kept_error) std::rethrow_exception(std::exchange(kept_error, nullptr));
    detail::block_buffer* buffer = nullptr;
    block filled = of->pool->take(buffer);
    try {
      const what_next next = fill(*buffer);
      if (next == what_next::wait) return outcome<block>::empty();
      if (next == what_next::end || stopped()) return outcome<block>::closed();
    } catch (...) {
      if (notes(*buffer) == 0) throw;
      kept_error = std::current_exception();
    }
    return outcome<block>::item(std::move(filled));
  }

  [[nodiscard]] bool stopped() const noexcept { return of->stopped.load(std::memory_order_relaxed); }  // relaxed: hint, only ends early
  static std::size_t notes(const detail::block_buffer& buffer) noexcept { return buffer.pieces.size() + buffer.failures.size(); }

  enum class what_next { deliver, wait, end };

  // Throws what the entries' source throws, and std::bad_alloc. Either way what is in the buffer is whole, and whatever was drawn or
  // read is there or still in `part`.
  what_next fill(detail::block_buffer& buffer) {
    constexpr std::size_t most_notes = 1024;  // a block of empty files has an end, too
    while (buffer.used < of->options.capacity && !stopped()) {
      if (reading) {
        read(buffer);
      } else if (buffer.used >= of->options.fill || notes(buffer) >= most_notes) {
        break;
      } else if (of->take_extent(part)) {
        reading = true;
      } else if (drawing) {
        draw(buffer);
      } else if (notes(buffer) != 0) {
        break;
      } else if (!of->extent_or_never()) {
        return what_next::wait;
      } else if (of->take_extent(part)) {
        reading = true;
      } else if (of->drawing.load(std::memory_order_relaxed) == 0) {  // relaxed: extent_or_never() read it
        return what_next::end;
      }
    }
    return what_next::deliver;
  }

  void draw(detail::block_buffer& into) {
    detail::make_room(into.failures);
    std::optional<entry> found;
    try {
      found = entries.next();
    } catch (const would_deadlock&) {
      throw;  // an answer to this thread; the walk goes on
    } catch (...) {
      end_of_walk();
      throw;
    }
    if (!found) return end_of_walk();
    entry& e = *found;
    std::error_code error = e.error();
    if (!error && (e.kind() == entry_kind::directory || e.kind() == entry_kind::symlink)) return;
    if (!error) error = detail::not_a_file(e.kind());
    if (!error) part.own = detail::open_entry(e, 0, error);
    if (error) {
      into.failures.push_back({std::move(e), error});
      return;
    }
    part.file = std::move(e);
    part.large.reset();
    part.offset = 0;
    part.end = detail::to_the_end;
    part.looked_at = false;
    reading = true;
  }

  void end_of_walk() noexcept {
    drawing = false;
    of->stopped_drawing();
  }

  // Reads until the part ends, fails, or the buffer is full.
  void read(detail::block_buffer& into) {
    detail::make_room(into.pieces);
    detail::make_room(into.failures);
    const std::size_t begin = into.used;
    const std::uint64_t offset = part.offset;
    std::error_code error;
    bool at_end = false;
    while (into.used < of->options.capacity) {
      const std::uint64_t room = std::min<std::uint64_t>(of->options.capacity - into.used, part.end - part.offset);
      const auto got = detail::uninterrupted([&] {
        return ::pread(part.handle(), into.data.get() + into.used, static_cast<std::size_t>(room), static_cast<::off_t>(part.offset));
      });
      if (got < 0) {
        error = explain(detail::last_error());
        break;
      }
      if (got == 0) {
        at_end = true;
        if (part.end != detail::to_the_end) error = io_errc::changed_while_being_read;
        break;
      }
      into.used += static_cast<std::size_t>(got);
      part.offset += static_cast<std::uint64_t>(got);
      if (part.offset == part.end) break;
    }
    const bool part_ends = at_end || error || part.offset == part.end;
    if (!part_ends && !part.looked_at) {
      error = look();
      if (error) into.used = begin;  // not a file at all
    }
    const std::span<const char> bytes(into.data.get() + begin, into.used - begin);
    const bool last = at_end && !error;
    if (!bytes.empty() || last) into.pieces.push_back({part.file, offset, bytes, offset == 0, last});
    if (error) into.failures.push_back({part.file, error});
    if (part_ends || error || part.handle() < 0) close();  // no handle: it went to the large files
  }

  // A buffer was filled and more is to come: is it a file at all, and is it large?
  std::error_code look() noexcept {
    part.looked_at = true;
    struct ::stat status {};
    if (::fstat(part.own.get(), &status) != 0) return detail::last_error();
    if (const auto error = detail::not_a_file(detail::kind_of_mode(status.st_mode))) return error;
    const auto size = static_cast<std::uint64_t>(std::max<::off_t>(status.st_size, 0));
    if (size < part.offset || size - part.offset < 2 * of->options.extent) return {};
    try {
      of->add_large(std::make_shared<detail::large_file>(part.file, size, part.offset), part.own);
    } catch (const std::bad_alloc&) {
      // then nobody helps
    }
    return {};
  }

  // A FIFO or a terminal that took the place of a file says ESPIPE.
  std::error_code explain(std::error_code error) const {
    struct ::stat status {};
    if (error != std::errc::invalid_seek || ::fstat(part.handle(), &status) != 0) return error;
    const auto why = detail::not_a_file(detail::kind_of_mode(status.st_mode));
    return why ? why : error;
  }

  void close() {
    part.own.reset();
    part.large.reset();
    part.file = {};
    reading = false;
  }
};

file_blocks::file_blocks(async_generator<entry> entries, blocks_options options) {
  if (options.capacity == 0 || options.fill == 0 || options.extent == 0 || options.fill > options.capacity) {
    throw invalid_size("blocks_options: capacity, fill and extent are at least 1, and fill is at most capacity");
  }
  shared_ = std::make_shared<shared>(std::move(entries), options);
}

block_reader file_blocks::iter() const { return block_reader(std::make_unique<block_reader::state>(shared_)); }

void file_blocks::stop() const noexcept {
  shared_->stopped.store(true, std::memory_order_release);  // (6) release: pairs with acquire (5)
  shared_->parking.notify_all();
}

block_reader::block_reader(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
block_reader::block_reader(block_reader&&) noexcept = default;
block_reader& block_reader::operator=(block_reader&&) noexcept = default;
block_reader::~block_reader() = default;

std::optional<block> block_reader::next() {
  for (;;) {
    outcome<block> got = try_next();
    if (got.has_item()) return std::move(*got);
    if (got.is_closed()) return std::nullopt;
    parking().wait([this] { return ready(); });
  }
}

outcome<block> block_reader::try_next() { return state_->try_next(); }
bool block_reader::ready() const noexcept {
  return state_->drawing || state_->reading || state_->kept_error != nullptr || state_->of->extent_or_never();
}
detail::parking_lot& block_reader::parking() const noexcept { return state_->of->parking; }

}  // namespace pariter
