// SPDX-License-Identifier: Apache-2.0
#pragma once
// kept_error: the error that ended the source of a share(), and who is told of it: every drawer, each time, or one, once.
//
// Threads: keep() under the lock of the draw, at most once, before the source counts as failed; the rest by a drawer that has been under that
// lock since and found the source not open.

#include "pariter/sharing/share_options.hpp"

#include <atomic>
#include <exception>
#include <utility>

namespace pariter::detail {

template <template <class> class Atom = std::atomic>
class kept_error {
 public:
  explicit kept_error(errors_to whom) noexcept : whom_(whom) {}

  void keep(std::exception_ptr error) noexcept { error_ = std::move(error); }
  const std::exception_ptr& get() const noexcept { return error_; }

  // For a drawer for which nothing is left: true if it is to throw the error. `ended` is set if it need not ask again.
  bool is_for(bool& ended) noexcept {
    if (error_ && whom_ == errors_to::all) return true;
    ended = true;
    return error_ && !told_.exchange(true, std::memory_order_relaxed);  // relaxed: a ticket, publishes nothing
  }

 private:
  const errors_to whom_;
  std::exception_ptr error_;
  Atom<bool> told_{false};
};

}  // namespace pariter::detail
