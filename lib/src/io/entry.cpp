// SPDX-License-Identifier: Apache-2.0

#include "pariter/io/entry.hpp"

#include "entry_record.hpp"
#include "pariter/io/io_error.hpp"

#include <new>

#include <fcntl.h>
#include <sys/stat.h>

namespace pariter {

namespace detail {

entry_kind kind_of_mode(mode_t mode) noexcept {
  if (S_ISREG(mode)) return entry_kind::file;
  if (S_ISDIR(mode)) return entry_kind::directory;
  if (S_ISLNK(mode)) return entry_kind::symlink;
  if (S_ISFIFO(mode)) return entry_kind::fifo;
  if (S_ISSOCK(mode)) return entry_kind::socket;
  if (S_ISCHR(mode)) return entry_kind::character_device;
  if (S_ISBLK(mode)) return entry_kind::block_device;
  return entry_kind::unknown;
}

std::error_code not_a_file(entry_kind kind) noexcept {
  switch (kind) {
    case entry_kind::file: return {};
    case entry_kind::directory: return io_errc::is_a_directory;
    case entry_kind::fifo: return io_errc::is_a_fifo;
    case entry_kind::socket: return io_errc::is_a_socket;
    case entry_kind::character_device: return io_errc::is_a_character_device;
    case entry_kind::block_device: return io_errc::is_a_block_device;
    case entry_kind::symlink:
    case entry_kind::unknown: break;
  }
  return io_errc::is_of_unknown_kind;
}

descriptor open_entry(const entry& e, int flags, std::error_code& error) noexcept {
  const entry_record& record = entry_record::of(e);
  flags |= O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  if (!record.follow) flags |= O_NOFOLLOW;
  if (record.parent) return record.parent->open(record.name, flags, error);
  try {
    return open_path(record.name, flags, error);
  } catch (const std::bad_alloc&) {
    error = std::make_error_code(std::errc::not_enough_memory);
    return {};
  }
}

}  // namespace detail

entry entry::of(std::string path) {
  auto record = std::make_shared<detail::entry_record>();
  record->name = std::move(path);
  record->follow = true;
  struct ::stat status {};
  if (detail::uninterrupted([&] { return ::stat(record->name.c_str(), &status); }) == 0) {
    record->kind = detail::kind_of_mode(status.st_mode);
  } else {
    record->error = detail::last_error();
  }
  return detail::entry_record::make(std::move(record));
}

std::string_view entry::name() const noexcept { return record_->name; }
entry_kind entry::kind() const noexcept { return record_->kind; }
unsigned entry::depth() const noexcept { return record_->depth; }
std::error_code entry::error() const noexcept { return record_->error; }

std::string entry::path() const { return record_->parent ? record_->parent->path_of(record_->name) : record_->name; }

entry entry::without_directory() const {
  auto record = std::make_shared<detail::entry_record>(*record_);
  record->name = path();
  record->parent = {};
  return detail::entry_record::make(std::move(record));
}

namespace {

class io_category_type final : public std::error_category {
 public:
  const char* name() const noexcept override { return "pariter.io"; }
  std::string message(int value) const override {
    switch (static_cast<io_errc>(value)) {
      case io_errc::is_a_directory: return "Is a directory";
      case io_errc::is_a_fifo: return "Is a FIFO, not read";
      case io_errc::is_a_socket: return "Is a socket, not read";
      case io_errc::is_a_character_device: return "Is a character device, not read";
      case io_errc::is_a_block_device: return "Is a block device, not read";
      case io_errc::is_of_unknown_kind: return "Is of unknown kind, not read";
      case io_errc::directory_loop: return "Is a directory that contains itself, not entered again";
      case io_errc::changed_while_being_read: return "Changed while being read";
    }
    return "Unknown error";
  }
};

}  // namespace

const std::error_category& io_category() noexcept {
  static const io_category_type category;
  return category;
}

}  // namespace pariter
