// SPDX-License-Identifier: Apache-2.0

#include "listed_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <new>

#include <fcntl.h>

namespace pariter::detail {

namespace {

#if defined(PATH_MAX)
constexpr std::size_t longest = PATH_MAX;
#else
constexpr std::size_t longest = 1024;
#endif
#if defined(O_PATH)
constexpr int to_go_on = O_PATH | O_DIRECTORY | O_CLOEXEC;  // search permission is enough
#else
constexpr int to_go_on = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;
#endif

descriptor open_at(int directory, const char* name, int flags, std::error_code& error) noexcept {
  const int fd = uninterrupted([&] { return ::openat(directory, name, flags); });
  if (fd < 0) error = last_error();
  return descriptor(fd);
}

// Opens `path` from `directory` on (-1: from the working directory), part by part. reached(end, opened): a part ends at path[end].
template <class Reached>
descriptor open_by_parts(std::shared_ptr<const descriptor> directory, std::string path, int flags, std::error_code& error, Reached reached) {
  std::size_t begin = 0;
  const auto open_here = [&](int how) {
    return open_at(directory != nullptr ? directory->get() : AT_FDCWD, path.c_str() + begin, how, error);
  };
  while (path.size() - begin >= longest) {
    const std::size_t end = path.rfind('/', begin + longest - 1);
    if (end == std::string::npos || end <= begin) break;  // it is the name that is too long; let the system say so
    path[end] = '\0';
    descriptor opened = open_here(to_go_on);
    path[end] = '/';
    if (!opened) return opened;
    directory = std::make_shared<const descriptor>(std::move(opened));
    reached(end, directory);
    begin = std::min(path.find_first_not_of('/', end), path.size());
  }
  return open_here(flags);
}

}  // namespace

bool out_of_descriptors(const std::error_code& error) noexcept {
  return &error.category() == &std::generic_category() && (error.value() == EMFILE || error.value() == ENFILE);
}

descriptor open_path(const std::string& path, int flags, std::error_code& error) {
  if (path.size() < longest) return open_at(AT_FDCWD, path.c_str(), flags, error);
  return open_by_parts(nullptr, path, flags, error, [](std::size_t, const auto&) {});
}

// ---- handles ----

directory_ref::directory_ref(directory_ref above, std::string name, std::shared_ptr<open_directories> of_walk)
    : at_(new listed_directory(std::move(above), std::move(name), std::move(of_walk))) {}

directory_ref::directory_ref(const directory_ref& other) noexcept : at_(other.at_) {
  if (at_ != nullptr) at_->handles_.fetch_add(1, std::memory_order_relaxed);  // relaxed: who copies has a handle already
}

// One after another: the stack may be shorter than the tree is deep.
void directory_ref::release(listed_directory* last) noexcept {
  // (1) acq_rel: pairs with itself: all use through the other handles happens before the end
  while (last != nullptr && last->handles_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    listed_directory* const above = last->above_;
    delete last;
    last = above;
  }
}

// ---- one directory ----

listed_directory::~listed_directory() { walk_->forget(*this); }

std::string listed_directory::path_of(std::string_view name) const {
  const auto joint = [](const listed_directory& d) { return d.name_.ends_with('/') ? std::size_t{0} : std::size_t{1}; };  // the root "/"
  std::size_t size = name.size();
  for (const auto* d = this; d != nullptr; d = d->above_) size += d->name_.size() + joint(*d);
  std::string path(size, '/');
  std::size_t at = size - name.size();
  name.copy(path.data() + at, name.size());
  for (const auto* d = this; d != nullptr; d = d->above_) {
    at -= d->name_.size() + joint(*d);
    d->name_.copy(path.data() + at, d->name_.size());
  }
  return path;
}

descriptor listed_directory::open(const std::string& name, int flags, std::error_code& error) noexcept {
  try {
    for (;;) {
      const auto way = walk_->way_to(*this);
      error.clear();
      descriptor opened = way.closed.empty() ? open_at(way.from->get(), name.c_str(), flags, error) : open_along(way, name, flags, error);
      if (opened || !out_of_descriptors(error) || !walk_->give_up(way.times_given_up)) return opened;
    }
  } catch (const std::bad_alloc&) {
    error = std::make_error_code(std::errc::not_enough_memory);
    return {};
  }
}

descriptor listed_directory::open_along(const open_directories::way& way, const std::string& name, int flags, std::error_code& error) {
  std::string path;
  std::vector<std::size_t> ends;  // of the names in `path`, the highest first
  ends.reserve(way.closed.size());
  for (auto d = way.closed.rbegin(); d != way.closed.rend(); ++d) {
    path += (*d)->name_;
    ends.push_back(path.size());
    if (!path.ends_with('/')) path += '/';
  }
  path += name;
  return open_by_parts(way.from, std::move(path), flags, error, [&](std::size_t end, const auto& opened) {
    const auto which = std::ranges::lower_bound(ends, end);
    if (which != ends.end() && *which == end) way.closed[static_cast<std::size_t>(ends.end() - which) - 1]->keep(opened);
  });
}

void listed_directory::keep(std::shared_ptr<const descriptor> opened) noexcept { walk_->keep(*this, std::move(opened)); }

bool listed_directory::is_in(dev_t device, ino_t inode) const noexcept {
  for (const auto* d = this; d != nullptr; d = d->above_) {
    if (d->device_ == device && d->inode_ == inode) return true;
  }
  return false;
}

// ---- those of a walk that are open ----

open_directories::way open_directories::way_to(listed_directory& directory) {
  way found;
  const lock held(mutex_);
  found.times_given_up = times_given_up_;
  for (auto* d = &directory; d != nullptr; d = d->above_) {
    if (d->opened_ != nullptr) {
      found.from = d->opened_;
      if (d != last_) {  // it is the one used last now
        unlink(*d, held);
        link(*d, held);
      }
      break;
    }
    found.closed.push_back(d);
  }
  return found;
}

void open_directories::keep(listed_directory& directory, handle opened) noexcept {
  handle closed;  // after the lock, as below
  const lock held(mutex_);
  if (directory.opened_ != nullptr || most_ == 0) return;
  if (count_ == most_) closed = close(*first_, held);
  directory.opened_ = std::move(opened);
  link(directory, held);
  ++count_;
}

void open_directories::forget(listed_directory& directory) noexcept {
  handle closed;
  const lock held(mutex_);
  if (directory.opened_ != nullptr) closed = close(directory, held);
}

bool open_directories::give_up(std::size_t times) noexcept {
  {
    const lock held(mutex_);
    if (times_given_up_ != times) return true;
    if (count_ == 0) return false;
    most_ = count_ / 2;
    ++times_given_up_;
  }
  for (;;) {
    handle one;
    const lock held(mutex_);
    if (count_ == 0) return true;
    one = close(*first_, held);
  }
}

std::size_t open_directories::given_up() noexcept {
  const lock held(mutex_);
  return times_given_up_;
}

void open_directories::link(listed_directory& last, const lock&) noexcept {
  last.before_ = std::exchange(last_, &last);
  last.behind_ = nullptr;
  (last.before_ != nullptr ? last.before_->behind_ : first_) = &last;
}

void open_directories::unlink(listed_directory& one, const lock&) noexcept {
  (one.before_ != nullptr ? one.before_->behind_ : first_) = one.behind_;
  (one.behind_ != nullptr ? one.behind_->before_ : last_) = one.before_;
}

open_directories::handle open_directories::close(listed_directory& one, const lock& held) noexcept {
  unlink(one, held);
  --count_;
  return std::exchange(one.opened_, nullptr);
}

}  // namespace pariter::detail
