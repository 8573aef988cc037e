// SPDX-License-Identifier: Apache-2.0
#pragma once
// runtime: the threads of a program. A pool for input and output (Asio), an arena for computing (oneTBB), and a scope for
// what runs on the pool.
//
//   runtime rt({.io_threads = 2});
//   rt.spawn(serve(rt.io_executor()));
//   rt.arena().execute([&] { oneapi::tbb::parallel_for(...); });
//   rt.join();
//
// Threads: everything may be called by any thread, except join() and the destructor: by the owner, outside the pool and the arena.
// An exception that leaves something posted to it (not: spawned) ends the program. On a thread of the pool whatever of this library would
// have to wait for others, a step, an append, a join, throws would_deadlock instead. A thread of the arena may block, at the price of a core.
//
// Order of the end: the destructor stops what was spawned and waits for it, then lets the pool and the arena run dry together (whatever
// was posted to them, also by one to the other, still runs) and joins the pool's threads; then it ends what waits for a timer or socket
// of the arena's executor. A generator or an operation that uses the pool must have ended by then, or end by being stopped.
// Cost: the pool's threads start with the object, the arena's with its first use.

#include "pariter/async/executor_ref.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/worker_mark.hpp"
#include "pariter/runtime/arena_executor.hpp"
#include "pariter/runtime/task_scope.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <oneapi/tbb/task_arena.h>

#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace pariter {

struct runtime_options {
  unsigned io_threads = 0;   // 0: as many as the machine has cores
  unsigned cpu_threads = 0;  // 0: as many as oneTBB sees fit
};

class runtime {
 public:
  using io_executor_type = boost::asio::io_context::executor_type;

  explicit runtime(runtime_options options = {});
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  ~runtime();

  io_executor_type io_executor() noexcept { return io_.get_executor(); }
  arena_executor cpu_executor() noexcept { return cpu_.get_executor(); }
  oneapi::tbb::task_arena& arena() noexcept { return cpu_.arena(); }

  // Runs `work` on the pool. Its error, the first of all, stops the others and is thrown by join(). Throws closed after request_stop().
  void spawn(boost::asio::awaitable<void> work) { tasks_.spawn(std::move(work)); }
  // Stops what was spawned; nothing more can be. Does not wait.
  void request_stop() { tasks_.request_stop(); }
  // Waits until nothing spawned is left. Throws the kept error, once.
  void join() { tasks_.join(); }

  // The calling thread is one of the pool's, or is inside the arena.
  bool on_worker() noexcept { return on_io_worker() || cpu_.get_executor().running_in_this_thread(); }
  bool on_io_worker() noexcept { return io_here_.here(); }

  unsigned io_threads() const noexcept { return static_cast<unsigned>(threads_.size()); }
  unsigned cpu_threads() noexcept { return static_cast<unsigned>(cpu_.arena().max_concurrency()); }

 private:
  // While it has something to run, the pool goes on.
  class cpu_context final : public arena_context {
   public:
    cpu_context(unsigned threads, boost::asio::io_context& pool) : arena_context(threads), pool_(pool) {}

   private:
    void busy() noexcept override { work_of_pool_.emplace(pool_.get_executor()); }
    void idle() noexcept override { work_of_pool_.reset(); }

    boost::asio::io_context& pool_;
    std::optional<boost::asio::executor_work_guard<io_executor_type>> work_of_pool_;
  };

  void join_threads() noexcept;
  bool run_what_is_left();

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<io_executor_type> work_{io_.get_executor()};
  detail::executor_ref io_here_{io_.get_executor()};
  cpu_context cpu_;
  std::vector<std::thread> threads_;
  task_scope tasks_{io_.get_executor()};  // last: ends before everything it runs on
};

// ---------------------------------------------------------------------------------------------------------------------

inline runtime::runtime(runtime_options options) : cpu_(options.cpu_threads, io_) {
  const unsigned cores = std::thread::hardware_concurrency() != 0 ? std::thread::hardware_concurrency() : 1;
  const unsigned count = options.io_threads != 0 ? options.io_threads : cores;
  threads_.reserve(count);
  try {
    for (unsigned i = 0; i < count; ++i)
      threads_.emplace_back([this] {
        const detail::worker_mark mark;
        io_.run();
      });
  } catch (...) {
    join_threads();
    throw;
  }
}

inline runtime::~runtime() {
  PARITER_ASSERT(!on_worker(), "a runtime cannot be destroyed by one of its own threads: let its owner do it");
  tasks_.end();
  join_threads();
  do cpu_.end_services();
  while (run_what_is_left());
}

// What was posted to the pool after its threads had gone; false if nothing was.
inline bool runtime::run_what_is_left() {
  const detail::worker_mark mark;
  io_.restart();
  return io_.run() != 0;
}

inline void runtime::join_threads() noexcept {
  work_.reset();
  for (std::thread& t : threads_) t.join();
}

}  // namespace pariter
