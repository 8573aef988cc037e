// SPDX-License-Identifier: Apache-2.0
#pragma once
// appender_count: how many appenders a container has; reports those that outlive it.

#include "pariter/detail/assert.hpp"

#include <atomic>
#include <cstddef>

namespace pariter::detail {

template <template <class> class Atom>
class appender_count {
 public:
  appender_count() = default;
  appender_count(const appender_count&) = delete;
  appender_count& operator=(const appender_count&) = delete;
  ~appender_count() {
    PARITER_ASSERT(count_.load(std::memory_order_relaxed) == 0,  // relaxed: whoever ends a container comes after all that used it
                   "an appender outlived its container: end it before the container goes");
  }

  void came() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }  // relaxed: a count, looked at when all is over
  void went() noexcept { count_.fetch_sub(1, std::memory_order_relaxed); }  // relaxed: as above

 private:
  Atom<std::size_t> count_{0};
};

}  // namespace pariter::detail
