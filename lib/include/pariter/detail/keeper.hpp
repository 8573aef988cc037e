// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keepers: how an iterator holds what it walks.
//
//   owned<X>      a temporary that was moved in. It has one address for life, since what points into a moved-from string,
//                 array or view would dangle.
//   borrowed<X>   something that the caller keeps, and that must outlive the iterator.
//   no_keeper     nothing needs to be held.

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <class X>
class owned {
 public:
  explicit owned(X&& x) : x_(std::make_unique<X>(std::move(x))) {}
  X& operator*() const noexcept { return *x_; }

 private:
  std::unique_ptr<X> x_;
};

// Of an array the elements are moved in, one by one.
template <class T, std::size_t N>
class owned<T[N]> {
 public:
  explicit owned(T (&&x)[N]) : x_(std::make_unique<moved>(x)) {}
  T (&operator*() const noexcept)[N] { return x_->items; }

 private:
  using element = std::remove_all_extents_t<T>;
  static constexpr std::size_t count = sizeof(T[N]) / sizeof(element);
  static element* elements(T (&x)[N]) noexcept { return reinterpret_cast<element*>(x); }

  struct moved {
    explicit moved(T (&x)[N]) { std::uninitialized_move_n(elements(x), count, elements(items)); }
    moved(const moved&) = delete;
    moved& operator=(const moved&) = delete;
    ~moved() { std::destroy_n(elements(items), count); }
    union {
      T items[N];
    };
  };

  std::unique_ptr<moved> x_;
};

template <class X>
class borrowed {
 public:
  explicit borrowed(X& x) noexcept : x_(std::addressof(x)) {}
  X& operator*() const noexcept { return *x_; }

 private:
  X* x_;
};

struct no_keeper {};

}  // namespace pariter::detail
