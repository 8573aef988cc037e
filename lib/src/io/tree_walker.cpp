// SPDX-License-Identifier: Apache-2.0

#include "tree_walker.hpp"

#include "directory_stream.hpp"
#include "entry_record.hpp"
#include "pariter/io/io_error.hpp"

#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pariter::detail {

namespace {

// The directories that a directory lies in, itself first. Kept where links are followed.
struct lineage {
  lineage(dev_t d, ino_t i, std::shared_ptr<lineage> up) noexcept : device(d), inode(i), above(std::move(up)) {}
  lineage(const lineage&) = delete;
  lineage& operator=(const lineage&) = delete;
  ~lineage() {  // one after another: the stack may be shorter than the tree is deep
    for (auto up = std::move(above); up != nullptr && up.use_count() == 1;) up = std::move(up->above);
  }

  dev_t device;
  ino_t inode;
  std::shared_ptr<lineage> above;
};

}  // namespace

struct tree_walker::state {
  struct pending {
    entry directory;
    std::shared_ptr<lineage> above;
  };

  std::vector<std::string> roots;
  walk_options options;
  std::size_t next_root = 0;
  std::vector<pending> to_enter;  // the last is entered next
  std::shared_ptr<std::atomic<std::size_t>> open_count = std::make_shared<std::atomic<std::size_t>>(0);

  // The directory that is being listed.
  directory_stream stream;
  bool listing = false;
  entry current;
  std::shared_ptr<const listed_directory> directory;  // what its entries share; holds the descriptor, unless `own` does
  descriptor own;
  std::shared_ptr<lineage> line;

  std::optional<entry> next() {
    for (;;) {
      if (listing) {
        if (auto found = list()) return found;
      } else if (!to_enter.empty()) {
        pending last = std::move(to_enter.back());
        to_enter.pop_back();
        return enter(std::move(last));
      } else if (next_root != roots.size()) {
        entry root = entry::of(std::move(roots[next_root++]));
        if (root.kind() != entry_kind::directory) return root;
        to_enter.push_back({std::move(root), nullptr});
      } else {
        return std::nullopt;
      }
    }
  }

  // The next entry of the current directory that is not a directory; none at its end.
  std::optional<entry> list() {
    directory_stream::item item;
    std::error_code error;
    while (stream.next(item, error)) {
      entry_record record;
      record.parent = directory;
      record.name = item.name;
      record.kind = item.kind;
      record.depth = current.depth() + 1;
      record.follow = options.links == symlinks::followed;
      if (record.kind == entry_kind::unknown) look(record, AT_SYMLINK_NOFOLLOW);
      if (record.kind == entry_kind::symlink && record.follow) look(record, 0);
      const bool is_directory = record.kind == entry_kind::directory;
      entry found = entry_record::make(std::move(record));
      if (!is_directory) return found;
      to_enter.push_back({std::move(found), line});
    }
    listing = false;
    own.reset();
    directory.reset();
    if (error) return failed(current, error);
    return std::nullopt;
  }

  void look(entry_record& record, int flags) const {
    const int fd = directory->handle ? directory->handle.get() : own.get();
    struct ::stat status {};
    if (::fstatat(fd, record.name.c_str(), &status, flags) == 0) {
      record.kind = kind_of_mode(status.st_mode);
    } else {
      record.error = last_error();
    }
  }

  entry enter(pending what) {
    current = std::move(what.directory);
    std::error_code error;
    descriptor opened = open_entry(current, O_DIRECTORY, error);
    if (!opened) return failed(current, error);
    if (options.links == symlinks::followed) {
      struct ::stat status {};
      if (::fstat(opened.get(), &status) != 0) return failed(current, last_error());
      for (auto up = what.above; up != nullptr; up = up->above) {
        if (up->device == status.st_dev && up->inode == status.st_ino) return failed(current, io_errc::directory_loop);
      }
      line = std::make_shared<lineage>(status.st_dev, status.st_ino, std::move(what.above));
    }
    stream.start(opened.get(), error);
    if (error) return failed(current, error);
    std::string path = current.path();
    if (!path.ends_with('/')) path += '/';
    // relaxed: hint, only bounds what is open
    if (open_count->load(std::memory_order_relaxed) >= options.open_directories) std::swap(own, opened);
    directory = std::make_shared<const listed_directory>(std::move(opened), std::move(path), open_count);
    listing = true;
    return current;
  }

  static entry failed(const entry& e, std::error_code error) {
    entry_record record = entry_record::of(e);
    record.error = error;
    return entry_record::make(std::move(record));
  }
};

tree_walker::tree_walker(std::vector<std::string> roots, walk_options options) : state_(std::make_unique<state>()) {
  state_->roots = std::move(roots);
  state_->options = options;
}
tree_walker::tree_walker(tree_walker&&) noexcept = default;
tree_walker& tree_walker::operator=(tree_walker&&) noexcept = default;
tree_walker::~tree_walker() = default;

std::optional<entry> tree_walker::next() { return state_ ? state_->next() : std::nullopt; }

}  // namespace pariter::detail
