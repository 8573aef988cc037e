// SPDX-License-Identifier: Apache-2.0
#pragma once
// task_scope: owns the asio::awaitables that were spawned into it.
//
//   task_scope tasks(pool.get_executor());
//   tasks.spawn(serve(std::move(socket)));
//   ...
//   tasks.join();                       // waits for all of them; throws the first error
//
// Each task runs in a strand of its own over the scope's executor. The first exception that leaves a task is kept, and
// stops the others; join() throws it, once. A stop is an emission of cancellation_type::terminal to each task; a task that
// ends with operation_aborted after that has not failed.
//
// Threads: every function may be called by any thread, also by the tasks; join() by one at a time, and not by a thread
// that the tasks need (a task of the scope and an I/O thread of a runtime get would_deadlock).
// Lifetime: the destructor stops the tasks and waits for them, so it must not run on a thread that they need, least of all in one of
// them. An error that nobody joined is then reported on stderr.

#include "pariter/core/errors.hpp"
#include "pariter/detail/assert.hpp"
#include "pariter/detail/worker_mark.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace pariter {

class task_scope {
 public:
  explicit task_scope(boost::asio::any_io_executor ex) : executor_(std::move(ex)) {}
  task_scope(const task_scope&) = delete;
  task_scope& operator=(const task_scope&) = delete;
  ~task_scope() { end(); }

  // Starts `work` in the scope's executor, never on the calling thread. Throws closed after request_stop().
  void spawn(boost::asio::awaitable<void> work);

  // Stops every task; more cannot be spawned. Does not wait.
  void request_stop();
  bool stop_requested() const;

  // Waits until no task is left, then throws the kept error, if any, once.
  void join();

  // What the destructor does, by hand: stops the tasks, waits for them, reports an error that nobody joined.
  void end() noexcept;

  // Tasks that have not ended.
  std::size_t size() const;

 private:
  struct task {
    explicit task(const boost::asio::any_io_executor& ex) : strand(boost::asio::make_strand(ex)) {}
    boost::asio::strand<boost::asio::any_io_executor> strand;
    boost::asio::cancellation_signal signal;  // in the strand only, as the next
    bool stopped = false;                     // perhaps before it has begun
  };
  using task_list = std::list<std::shared_ptr<task>>;
  class completion;

  void ended(task_list::iterator which, std::exception_ptr error) noexcept;
  void stop_all(const std::unique_lock<std::mutex>& held);
  // This thread is inside one of the tasks.
  bool in_a_task(const std::unique_lock<std::mutex>& held) const noexcept;
  static bool is_abort(const std::exception_ptr& error) noexcept;

  const boost::asio::any_io_executor executor_;
  mutable std::mutex mutex_;
  std::condition_variable empty_;  // under mutex_, as all below
  task_list tasks_;
  std::exception_ptr error_;
  bool stopped_ = false;
};

// ---------------------------------------------------------------------------------------------------------------------

// The handler of a task. Whether it is called or only destroyed (with its context): the task has ended.
class task_scope::completion {
 public:
  completion(task_scope& scope, task_list::iterator which) noexcept : scope_(&scope), which_(which) {}
  completion(completion&& other) noexcept : scope_(std::exchange(other.scope_, nullptr)), which_(other.which_) {}
  completion& operator=(completion&&) = delete;
  ~completion() {
    if (scope_ != nullptr) scope_->ended(which_, nullptr);
  }
  void operator()(std::exception_ptr error) noexcept { std::exchange(scope_, nullptr)->ended(which_, std::move(error)); }

 private:
  task_scope* scope_;
  task_list::iterator which_;
};

inline void task_scope::spawn(boost::asio::awaitable<void> work) {
  task_list one;
  one.push_back(std::make_shared<task>(executor_));
  const auto which = one.begin();
  std::shared_ptr<task> spawned = *which;
  const auto strand = spawned->strand;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) throw closed();
    tasks_.splice(tasks_.end(), one);
  }
  // Nothing of the task stays here: what Asio counts by fences, as race detectors do not see, is let go where it was made.
  boost::asio::post(strand, [spawned = std::move(spawned), done = completion(*this, which), work = std::move(work)]() mutable {
    boost::asio::co_spawn(spawned->strand, std::move(work), boost::asio::bind_cancellation_slot(spawned->signal.slot(), std::move(done)));
    if (spawned->stopped) spawned->signal.emit(boost::asio::cancellation_type::terminal);  // the stop overtook the start
  });
}

inline void task_scope::request_stop() {
  std::unique_lock lock(mutex_);
  stop_all(lock);
}

inline bool task_scope::stop_requested() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

inline void task_scope::join() {
  if (detail::on_io_worker()) throw would_deadlock();
  std::unique_lock lock(mutex_);
  if (in_a_task(lock)) throw would_deadlock();
  empty_.wait(lock, [this] { return tasks_.empty(); });
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

inline std::size_t task_scope::size() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size();
}

inline void task_scope::end() noexcept {
  std::unique_lock lock(mutex_);
  PARITER_ASSERT(!in_a_task(lock), "a task_scope cannot be ended by one of its own tasks, for which it waits: let its owner do it");
  stop_all(lock);
  empty_.wait(lock, [this] { return tasks_.empty(); });
  if (!error_) return;
  try {
    std::rethrow_exception(std::exchange(error_, nullptr));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "pariter: a task of a scope failed, and nobody joined it: %s\n", e.what());
  } catch (...) {
    std::fprintf(stderr, "pariter: a task of a scope failed, and nobody joined it\n");
  }
}

inline void task_scope::stop_all(const std::unique_lock<std::mutex>&) {
  if (std::exchange(stopped_, true)) return;
  for (const auto& t : tasks_)
    boost::asio::post(t->strand, [t] {
      t->stopped = true;
      t->signal.emit(boost::asio::cancellation_type::terminal);
    });
}

inline bool task_scope::in_a_task(const std::unique_lock<std::mutex>&) const noexcept {
  return std::ranges::any_of(tasks_, [](const auto& t) { return t->strand.running_in_this_thread(); });
}

inline void task_scope::ended(task_list::iterator which, std::exception_ptr error) noexcept {
  task_list gone;  // freed after the lock
  std::unique_lock lock(mutex_);
  gone.splice(gone.end(), tasks_, which);
  if (error && !error_ && !(stopped_ && is_abort(error))) {
    error_ = std::move(error);
    stop_all(lock);
  }
  if (tasks_.empty()) empty_.notify_all();  // under the lock: whoever waits may destroy the scope as soon as it can take it
}

inline bool task_scope::is_abort(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == boost::asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace pariter
