// SPDX-License-Identifier: Apache-2.0

#include "directory_stream.hpp"

#include "descriptor.hpp"

#include <cerrno>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace pariter::detail {

namespace {

entry_kind kind_of_type(unsigned char type) noexcept {
  switch (type) {
    case DT_REG: return entry_kind::file;
    case DT_DIR: return entry_kind::directory;
    case DT_LNK: return entry_kind::symlink;
    case DT_FIFO: return entry_kind::fifo;
    case DT_SOCK: return entry_kind::socket;
    case DT_CHR: return entry_kind::character_device;
    case DT_BLK: return entry_kind::block_device;
    default: return entry_kind::unknown;
  }
}

bool is_dot(const char* name) noexcept { return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')); }

}  // namespace

#if defined(__GLIBC__)

// The system call itself: opendir() and its like would cost two more calls and an allocation per directory.
struct directory_stream::platform {
  int fd = -1;
  std::size_t at = 0;
  std::size_t end = 0;
  alignas(::dirent64) char buffer[32 * 1024];
};

void directory_stream::start(int fd, std::error_code&) {
  platform_->fd = fd;
  platform_->at = platform_->end = 0;
}

bool directory_stream::next(item& out, std::error_code& error) {
  platform& p = *platform_;
  for (;;) {
    if (p.at == p.end) {
      const auto got = uninterrupted([&] { return ::getdents64(p.fd, p.buffer, sizeof p.buffer); });
      if (got <= 0) {
        if (got < 0) error = last_error();
        return false;
      }
      p.at = 0;
      p.end = static_cast<std::size_t>(got);
    }
    const auto* found = reinterpret_cast<const ::dirent64*>(p.buffer + p.at);
    p.at += found->d_reclen;
    if (is_dot(found->d_name)) continue;
    out = {found->d_name, kind_of_type(found->d_type)};
    return true;
  }
}

directory_stream::directory_stream() : platform_(std::make_unique_for_overwrite<platform>()) {}
directory_stream::~directory_stream() = default;

#else

struct directory_stream::platform {
  DIR* handle = nullptr;
};

void directory_stream::start(int fd, std::error_code& error) {
  if (platform_->handle != nullptr) ::closedir(platform_->handle);
  platform_->handle = nullptr;
  descriptor own(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (own) platform_->handle = ::fdopendir(own.get());
  if (platform_->handle == nullptr) {
    error = last_error();
    return;
  }
  (void)own.release();
}

bool directory_stream::next(item& out, std::error_code& error) {
  if (platform_->handle == nullptr) return false;
  for (;;) {
    errno = 0;
    const ::dirent* found = ::readdir(platform_->handle);
    if (found == nullptr) {
      if (errno == EINTR) continue;
      if (errno != 0) error = last_error();
      ::closedir(platform_->handle);
      platform_->handle = nullptr;
      return false;
    }
    if (is_dot(found->d_name)) continue;
    out = {found->d_name, kind_of_type(found->d_type)};
    return true;
  }
}

directory_stream::directory_stream() : platform_(std::make_unique<platform>()) {}
directory_stream::~directory_stream() {
  if (platform_->handle != nullptr) ::closedir(platform_->handle);
}

#endif

}  // namespace pariter::detail
