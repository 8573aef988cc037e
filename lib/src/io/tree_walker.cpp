// SPDX-License-Identifier: Apache-2.0

#include "tree_walker.hpp"

#include "descriptor.hpp"
#include "directory_stream.hpp"
#include "entry_record.hpp"
#include "listed_directory.hpp"
#include "pariter/io/io_error.hpp"

#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace pariter::detail {

struct tree_walker::state {
  std::vector<std::string> roots;
  walk_options options;
  std::size_t next_root = 0;
  std::vector<entry> to_enter;  // the last is entered next
  const std::shared_ptr<open_directories> kept_open;

  // The directory that is being listed.
  directory_stream stream;
  std::shared_ptr<const descriptor> listing;  // null: none
  entry current;
  directory_ref directory;  // what its entries share

  state(std::vector<std::string> r, walk_options o)
      : roots(std::move(r)), options(o), kept_open(std::make_shared<open_directories>(o.open_directories)) {}

  std::optional<entry> next() {
    for (;;) {
      if (listing != nullptr) {
        if (auto found = list()) return found;
      } else if (!to_enter.empty()) {
        current = std::move(to_enter.back());
        to_enter.pop_back();
        return enter();
      } else if (next_root != roots.size()) {
        entry root = entry::of(std::move(roots[next_root++]));
        if (root.kind() != entry_kind::directory) return root;
        to_enter.push_back(std::move(root));
      } else {
        current = {};  // and with it what it keeps open
        return std::nullopt;
      }
    }
  }

  // The next entry of the current directory that is not a directory; none at its end.
  std::optional<entry> list() {
    directory_stream::item item;
    std::error_code error;
    while (stream.next(item, error)) {
      auto record = std::make_shared<entry_record>();
      record->parent = directory;
      record->name = item.name;
      record->kind = item.kind;
      record->depth = current.depth() + 1;
      record->follow = options.links == symlinks::followed;
      if (record->kind == entry_kind::unknown) look(*record, AT_SYMLINK_NOFOLLOW);
      if (record->kind == entry_kind::symlink && record->follow) look(*record, 0);
      const bool is_directory = record->kind == entry_kind::directory;
      entry found = entry_record::make(std::move(record));
      if (!is_directory) return found;
      to_enter.push_back(std::move(found));
    }
    listing.reset();
    directory = {};
    if (error) return failed(current, error);
    return std::nullopt;
  }

  void look(entry_record& record, int flags) const {
    struct ::stat status {};
    if (uninterrupted([&] { return ::fstatat(listing->get(), record.name.c_str(), &status, flags); }) == 0) {
      record.kind = kind_of_mode(status.st_mode);
    } else {
      record.error = last_error();
    }
  }

  entry enter() {
    const entry_record& record = entry_record::of(current);
    std::error_code error;
    descriptor found = open(error);
    if (!found) return failed(current, error);
    struct ::stat status {};
    if (options.links == symlinks::followed) {
      if (::fstat(found.get(), &status) != 0) return failed(current, last_error());
      if (record.parent && record.parent->is_in(status.st_dev, status.st_ino)) return failed(current, io_errc::directory_loop);
    }
    stream.start(found.get(), error);
    if (error) return failed(current, error);
    auto opened = std::make_shared<const descriptor>(std::move(found));
    directory = directory_ref(record.parent, record.name, kept_open);
    directory->identify(status.st_dev, status.st_ino);
    directory->keep(opened);
    listing = std::move(opened);
    return current;
  }

  descriptor open(std::error_code& error) const {
    descriptor opened = open_entry(current, O_DIRECTORY, error);
    if (opened || entry_record::of(current).parent || !out_of_descriptors(error)) return opened;
    // A root does not know what is kept open for those before it.
    if (!kept_open->give_up(kept_open->given_up())) return opened;
    error.clear();
    return open_entry(current, O_DIRECTORY, error);
  }

  static entry failed(const entry& e, std::error_code error) {
    auto record = std::make_shared<entry_record>(entry_record::of(e));
    record->error = error;
    return entry_record::make(std::move(record));
  }
};

tree_walker::tree_walker(std::vector<std::string> roots, walk_options options)
    : state_(std::make_unique<state>(std::move(roots), options)) {}
tree_walker::tree_walker(tree_walker&&) noexcept = default;
tree_walker& tree_walker::operator=(tree_walker&&) noexcept = default;
tree_walker::~tree_walker() = default;

std::optional<entry> tree_walker::next() { return state_ ? state_->next() : std::nullopt; }

}  // namespace pariter::detail
