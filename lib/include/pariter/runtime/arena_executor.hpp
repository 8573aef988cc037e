// SPDX-License-Identifier: Apache-2.0
#pragma once
// arena_executor: a oneTBB arena as an Asio executor. arena_context: the arena, and what Asio wants to know of it.
//
//   co_await resume_on(rt.cpu_executor());         // the body goes on among the computing threads
//
// What is posted runs on a thread of the arena, in no particular order; dispatch() by a thread inside the arena runs on the spot.
// An exception that leaves posted work ends the program, as on any thread.
//
// Threads: any. Lifetime: the context's destructor waits for all that was posted; executors must not be used after it.
// Cost: a post is one allocation and one enqueue, which wakes a thread if the arena has one to spare.

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_scheduler_observer.h>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace pariter {

class arena_executor;

class arena_context : public boost::asio::execution_context {
 public:
  using executor_type = arena_executor;

  // 0: as many threads as oneTBB sees fit. Of n threads, one place is kept for a thread that joins in by arena().execute().
  explicit arena_context(unsigned threads = 0);
  arena_context(const arena_context&) = delete;
  arena_context& operator=(const arena_context&) = delete;
  ~arena_context();

  executor_type get_executor() noexcept;
  oneapi::tbb::task_arena& arena() noexcept { return arena_; }

 private:
  friend arena_executor;

  // Notes which threads are inside the arena, also when it was entered by arena().execute().
  class presence : public oneapi::tbb::task_scheduler_observer {
   public:
    explicit presence(arena_context& c) : task_scheduler_observer(c.arena_), context_(c) { observe(true); }
    ~presence() override { observe(false); }
    void on_scheduler_entry(bool) override;
    void on_scheduler_exit(bool) override;

   private:
    arena_context& context_;
  };

  bool has_this_thread() const noexcept;
  void begin_work() noexcept;
  void end_work() noexcept;

  oneapi::tbb::task_arena arena_;
  presence presence_{*this};
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t work_ = 0;  // under mutex_: posted and not yet run
};

class arena_executor {
 public:
  explicit arena_executor(arena_context& c) noexcept : context_(&c) {}

  bool running_in_this_thread() const noexcept { return context_->has_this_thread(); }

  template <class F>
  void execute(F f) const;

  arena_executor require(boost::asio::execution::blocking_t::never_t) const noexcept { return arena_executor(*context_, false); }
  arena_executor require(boost::asio::execution::blocking_t::possibly_t) const noexcept { return arena_executor(*context_, true); }
  boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept {
    return on_the_spot_ ? boost::asio::execution::blocking_t(boost::asio::execution::blocking.possibly)
                        : boost::asio::execution::blocking_t(boost::asio::execution::blocking.never);
  }
  arena_context& query(boost::asio::execution::context_t) const noexcept { return *context_; }

  friend bool operator==(const arena_executor&, const arena_executor&) noexcept = default;

 private:
  arena_executor(arena_context& c, bool on_the_spot) noexcept : context_(&c), on_the_spot_(on_the_spot) {}

  arena_context* context_;
  bool on_the_spot_ = true;
};

// ---------------------------------------------------------------------------------------------------------------------

namespace detail {
// The arenas that this thread is inside, innermost last. Of more than it holds the further ones are not known, which costs
// a hop. No destructor: the arena may say goodbye to a thread that has destroyed its variables.
struct arenas_entered {
  static constexpr std::size_t most = 16;
  const arena_context* at[most];
  std::size_t count;

  void enter(const arena_context* c) noexcept {
    if (count < most) at[count] = c;
    ++count;
  }
  void leave() noexcept { --count; }
  bool contain(const arena_context* c) const noexcept {
    bool found = false;
    for (std::size_t i = 0; i < count && i < most; ++i) found = found || at[i] == c;
    return found;
  }
};
inline thread_local arenas_entered arenas_of_this_thread{};
}  // namespace detail

inline arena_context::arena_context(unsigned threads)
    : arena_(threads != 0 ? static_cast<int>(threads) : oneapi::tbb::task_arena::automatic) {}

inline arena_context::~arena_context() {
  {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return work_ == 0; });
  }
  shutdown();  // services first: what they hold may post
  destroy();
}

inline arena_executor arena_context::get_executor() noexcept { return arena_executor(*this); }

inline void arena_context::presence::on_scheduler_entry(bool) { detail::arenas_of_this_thread.enter(&context_); }
inline void arena_context::presence::on_scheduler_exit(bool) { detail::arenas_of_this_thread.leave(); }  // arenas are left innermost first

// Out of line and not looked through: a coroutine that has moved must not be answered for its former thread.
[[gnu::noinline]] inline bool arena_context::has_this_thread() const noexcept {
  bool found = detail::arenas_of_this_thread.contain(this);
  asm volatile("" : "+r"(found));
  return found;
}

inline void arena_context::begin_work() noexcept {
  const std::lock_guard lock(mutex_);
  ++work_;
}
inline void arena_context::end_work() noexcept {
  const std::lock_guard lock(mutex_);
  if (--work_ == 0) idle_.notify_all();  // under the lock: the destructor waits for it
}

template <class F>
void arena_executor::execute(F f) const {
  if (on_the_spot_ && running_in_this_thread()) return f();
  auto step = std::make_unique<F>(std::move(f));
  context_->begin_work();
  try {
    context_->arena_.enqueue([context = context_, raw = step.get()] {  // a plain pointer: the arena copies, and calls what it keeps as const
      std::unique_ptr<F> mine(raw);
      (*mine)();
      mine.reset();
      context->end_work();
    });
  } catch (...) {
    context_->end_work();
    throw;
  }
  step.release();
}

}  // namespace pariter
