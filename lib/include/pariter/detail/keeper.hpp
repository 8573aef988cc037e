// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keepers: how an iterator holds what it walks.
//
//   owned<X>      a temporary that was moved in. It has one address for life, since what points into a moved-from string,
//                 array or view would dangle.
//   borrowed<X>   something that the caller keeps, and that must outlive the iterator.
//   no_keeper     nothing needs to be held.

#include <memory>
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
