// SPDX-License-Identifier: Apache-2.0
#pragma once
// descriptor: owns a file descriptor. uninterrupted(): a system call that is begun again when a signal interrupts it. For the sources
// of this room only.

#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace pariter::detail {

class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

[[nodiscard]] inline std::error_code last_error() noexcept { return {errno, std::generic_category()}; }

template <class Call>
auto uninterrupted(Call call) noexcept {
  decltype(call()) result;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace pariter::detail
