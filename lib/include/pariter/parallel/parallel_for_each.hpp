// SPDX-License-Identifier: Apache-2.0
#pragma once
// parallel_for_each(x, f): f(item) for each item of x, on several threads of oneTBB.
//
//   parallel_for_each(files, [](const path& p) { ... });                       // an iterable that threads may share
//   parallel_for_each(std::move(gen), work, {.threads = 4});                   // an iterator, taken over
//   parallel_for_each(stream.follow(), work, {.threads = 2, .at_once = 1});    // live: until it is closed
//
// Several calls of f run at once, on this thread and on workers; each item goes to exactly one of them, in no particular
// order. The call returns when all of them have. How items are drawn is share()'s business (sharing/share.hpp); if x is
// what share() returned, the threads compete for it with all who draw from it elsewhere.
//
// Exceptions: the first one out of f or out of x is kept; no further item is begun; when the running calls of f have
// returned, it is rethrown. The others that were running may have thrown as well: these are dropped. Items that nobody began
// stay with x if it is a share(), and are lost with it otherwise.
//
// It may be called from inside itself, from any oneTBB task and from any thread: the caller takes part in the work, waits
// for nothing but this work, and meanwhile runs no foreign task.
// A source that waits blocks worker threads while it does.

#include "pariter/core/iterable.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/sharing/share.hpp"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

namespace pariter {

struct parallel_options {
  std::size_t threads = 0;  // at most so many at once, and never more than oneTBB is allowed; 0: as many as the caller's arena has
  std::size_t at_once = 0;  // as in share_options
};

namespace detail {

// Keeps the first exception of several threads.
class first_error {
 public:
  // Call it in a catch block.
  void keep() noexcept {
    if (!stop_.exchange(true, std::memory_order_relaxed)) error_ = std::current_exception();  // relaxed: a ticket; error_ is read after the join
  }
  bool any() const noexcept {
    return stop_.load(std::memory_order_relaxed);  // relaxed: hint to stop early
  }
  // After the join.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::atomic<bool> stop_{false};
  std::exception_ptr error_;
};

template <class X>
inline constexpr bool is_shared_source = false;
template <class Draw>
inline constexpr bool is_shared_source<shared_source<Draw>> = true;

// Runs `work` on up to `threads` threads of this arena, this one among them; returns when all have.
template <class F>
void run_on_arena(std::size_t threads, const F& work) {
  tbb::this_task_arena::isolate([&] {
    // isolated: if an outer group is cancelled, ours would return with work left undone and tell nobody
    tbb::task_group_context own(tbb::task_group_context::isolated);
    tbb::task_group others(own);
    for (std::size_t i = 1; i < threads; ++i) others.run(work);
    others.run_and_wait(work);
  });
}

struct parallel_for_each_function {
  template <class X, class F>
    requires iterable<X>
  void operator()(X&& x, F f, parallel_options options = {}) const {
    if constexpr (is_shared_source<std::remove_cvref_t<X>>) {
      run(x, f, options);
    } else {
      static_assert(shareable<X>,
                    "parallel_for_each() takes an iterator over for good: pass it by std::move, or pass what share() or tee() made of it");
      if constexpr (shareable<X>) run(share(std::forward<X>(x), {.at_once = options.at_once}), f, options);
    }
  }

 private:
  template <class S, class F>
  static void run(const S& source, F& f, const parallel_options& options) {
    using item = item_t<decltype(source.iter())>;
    static_assert(std::invocable<F&, item>, "f must be callable with an item of x");
    first_error error;
    const auto draw = [&]() noexcept {
      try {
        auto own = source.iter();
        while (!error.any()) {
          auto step = own.next();
          if (!step) return;
          std::invoke(f, static_cast<item&&>(*step));
        }
      } catch (...) {
        error.keep();
      }
    };
    const auto here = static_cast<std::size_t>(std::max(tbb::this_task_arena::max_concurrency(), 1));
    const std::size_t allowed = tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
    const std::size_t threads = options.threads == 0 ? here : std::clamp<std::size_t>(options.threads, 1, allowed);
    if (threads == 1) {
      draw();
    } else if (threads == here) {
      run_on_arena(threads, draw);
    } else {
      tbb::task_arena arena(static_cast<int>(threads));
      arena.execute([&] { run_on_arena(threads, draw); });
    }
    error.rethrow();
  }
};

}  // namespace detail

inline constexpr detail::parallel_for_each_function parallel_for_each{};

}  // namespace pariter
