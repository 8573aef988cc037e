// SPDX-License-Identifier: Apache-2.0
#pragma once
// worker_mark: says of the calling thread that it serves input and output, and must not block.
//
// A pool holds a mark on the stack of each of its threads. Whatever is about to wait for what others do, with or without a deadline,
// calls require_may_wait(). Locks, which are held for a moment, are waited for on any thread. The first two functions stand alone
// and are not looked through, so that a coroutine that has moved to another thread is not answered for the old one.

#include "pariter/core/errors.hpp"

namespace pariter::detail {

inline thread_local bool io_worker_mark = false;

[[gnu::noinline]] inline bool on_io_worker() noexcept {
  bool answer = io_worker_mark;
  asm volatile("" : "+r"(answer));
  return answer;
}

[[gnu::noinline]] inline void mark_io_worker(bool is_one) noexcept { io_worker_mark = is_one; }

// Throws would_deadlock on a thread that must not block.
inline void require_may_wait() {
  if (on_io_worker()) throw would_deadlock();
}

class [[nodiscard]] worker_mark {
 public:
  worker_mark() noexcept { mark_io_worker(true); }
  worker_mark(const worker_mark&) = delete;
  worker_mark& operator=(const worker_mark&) = delete;
  ~worker_mark() { mark_io_worker(false); }
};

}  // namespace pariter::detail
