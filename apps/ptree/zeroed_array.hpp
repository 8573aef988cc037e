// SPDX-License-Identifier: Apache-2.0
#pragma once

// zeroed_array<T>: a large array that starts as zeroes. It comes from the system page by page, in large pages where the system
// has them: a hash table that is hit at random would otherwise spend its time on looking up pages.

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include <sys/mman.h>

namespace ptree {

template <class T>
  requires std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>
class zeroed_array {
 public:
  explicit zeroed_array(std::size_t size) : size_(size), bytes_(size * sizeof(T)) {
    // Large pages are aligned to their size, so one more is asked for than needed and the rest of both ends is given back.
    const std::size_t extra = bytes_ >= large_page ? large_page : 0;
    void* const got = ::mmap(nullptr, bytes_ + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) throw std::bad_alloc();
    auto* begin = static_cast<char*>(got);
    if (extra != 0) {
      const std::size_t before = (large_page - reinterpret_cast<std::size_t>(begin) % large_page) % large_page;
      if (before != 0) ::munmap(begin, before);
      begin += before;
      if (extra != before) ::munmap(begin + bytes_, extra - before);
#ifdef MADV_HUGEPAGE
      ::madvise(begin, bytes_, MADV_HUGEPAGE);
#endif
    }
    data_ = reinterpret_cast<T*>(begin);
  }
  /// Leaves an array of size 0.
  zeroed_array(zeroed_array&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), bytes_(std::exchange(other.bytes_, 0)) {}
  zeroed_array& operator=(zeroed_array other) noexcept {
    swap(other);
    return *this;
  }
  ~zeroed_array() {
    if (data_ != nullptr) ::munmap(data_, bytes_);
  }

  void swap(zeroed_array& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(bytes_, other.bytes_);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  [[nodiscard]] const T* begin() const noexcept { return data_; }
  [[nodiscard]] const T* end() const noexcept { return data_ + size_; }

 private:
  static constexpr std::size_t large_page = std::size_t{2} << 20;

  T* data_ = nullptr;
  std::size_t size_;
  std::size_t bytes_;
};

}  // namespace ptree
