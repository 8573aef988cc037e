// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of log and broadcast have in common: items by number, and an allocator that fails.

#include "numbers.hpp"

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace pariter::test {

// The numbers that the items of a range or an iterator hold.
template <class Range>
std::vector<int> walked(Range&& range) {
  std::vector<int> out;
  for (const auto& x : range) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(x)>, int>) out.push_back(x);
    else out.push_back(x.value);
  }
  return out;
}

// Writes items from … to, without the last.
template <class Container>
void fill(Container& container, int from, int to) {
  for (int i = from; i < to; ++i) container.emplace(i);
}

// Throws at the k-th allocation; counts what is out.
template <class T>
struct failing_allocator {
  using value_type = T;
  failing_allocator(int* countdown, int* balance) noexcept : left(countdown), out(balance) {}
  template <class U>
  failing_allocator(const failing_allocator<U>& other) noexcept : left(other.left), out(other.out) {}
  T* allocate(std::size_t n) {
    if (*left > 0 && --*left == 0) throw std::bad_alloc();
    ++*out;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) noexcept {
    --*out;
    std::allocator<T>().deallocate(p, n);
  }
  friend bool operator==(const failing_allocator&, const failing_allocator&) = default;
  int* left;
  int* out;
};

// Parks at `lot`, as a thread or an operation would that waits there, and notes that it was woken.
template <class Lot>
class parked : private Lot::waiter {
 public:
  explicit parked(Lot& lot) : lot_(lot) {
    this->wake = [](typename Lot::waiter& w) noexcept { static_cast<parked&>(w).woken_ = true; };
    (void)lot_.park(*this, [] { return false; });
  }
  parked(const parked&) = delete;
  parked& operator=(const parked&) = delete;
  ~parked() {
    if (!woken_) (void)lot_.cancel(*this);
  }
  bool woken() const noexcept { return woken_; }

 private:
  Lot& lot_;
  bool woken_ = false;
};

}  // namespace pariter::test
