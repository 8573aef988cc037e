// SPDX-License-Identifier: Apache-2.0
#pragma once
// arena_executor: a oneTBB arena as an Asio executor. arena_context: the arena, and what Asio wants to know of it.
//
//   co_await resume_on(rt.cpu_executor());         // the body goes on among the computing threads
//
// What is posted runs on a thread of the arena, in no particular order; dispatch() by a thread inside the arena runs on the spot.
// An exception that leaves posted work ends the program, as on any thread.
//
// Threads: any. Lifetime: the context's destructor waits for all that was posted, so it must not run inside the arena; then it ends
// the context's services (timers, sockets), and runs what the handlers that they give up post. Executors must not be used after it.
// Cost: a post is one allocation and one enqueue, which wakes a thread if the arena has one to spare.

#include "pariter/detail/assert.hpp"

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_scheduler_observer.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace pariter {

class arena_executor;
class runtime;

namespace detail {

// The number of an arena. No other has, had or will have the same.
class arena_number {
 public:
  using value_type = std::uint64_t;

  arena_number();
  arena_number(const arena_number&) = delete;
  arena_number& operator=(const arena_number&) = delete;
  ~arena_number();

  value_type value() const noexcept { return value_; }
  // The arena lives.
  static bool in_use(value_type number) noexcept;

 private:
  struct living;
  static living& all() noexcept;

  value_type value_;
};

}  // namespace detail

class arena_context : public boost::asio::execution_context {
 public:
  using executor_type = arena_executor;

  // 0: as many threads as oneTBB sees fit. Of n threads, one place is kept for a thread that joins in by arena().execute().
  explicit arena_context(unsigned threads = 0);
  arena_context(const arena_context&) = delete;
  arena_context& operator=(const arena_context&) = delete;
  virtual ~arena_context();

  executor_type get_executor() noexcept;
  oneapi::tbb::task_arena& arena() noexcept { return arena_; }

 private:
  friend arena_executor;
  friend runtime;

  // Notes which threads are inside the arena, also when it was entered by arena().execute(). oneTBB tells of an entry before the thread
  // runs anything of the arena, and of a leave only while somebody observes: a thread that is still inside when the context ends keeps
  // its note.
  class presence : public oneapi::tbb::task_scheduler_observer {
   public:
    presence(oneapi::tbb::task_arena& arena, detail::arena_number::value_type number) : task_scheduler_observer(arena), number_(number) {
      observe(true);
    }
    ~presence() override { observe(false); }
    void on_scheduler_entry(bool) override;
    void on_scheduler_exit(bool) override;

   private:
    const detail::arena_number::value_type number_;
  };

  // What was posted.
  struct step {
    step() = default;
    step(const step&) = delete;
    step& operator=(const step&) = delete;
    virtual ~step() = default;
    virtual void run() = 0;
    step* next = nullptr;
  };
  template <class F>
  struct step_of;

  bool has_this_thread() const noexcept;
  void post(std::unique_ptr<step> posted);
  void enqueue(step* posted);
  void begin_work(const std::unique_lock<std::mutex>& held) noexcept;
  void end_work() noexcept;
  void wait_for_all_work() noexcept;
  // Ends the services: after that, nothing of theirs is pending. They can still be used; all that they answer is that they have ended.
  void end_services();
  template <class F>
  bool while_nothing_runs(F end);

  // The first of what was posted begins, the last has ended. Under mutex_.
  virtual void busy() noexcept {}
  virtual void idle() noexcept {}

  oneapi::tbb::task_arena arena_;
  const detail::arena_number number_;
  presence presence_{arena_, number_.value()};
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t work_ = 0;    // under mutex_, as all below: posted and not yet run
  bool holding_ = false;    // what is posted waits in held_
  step* held_ = nullptr;
  step** held_end_ = &held_;
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

struct arena_number::living {
  std::mutex mutex;
  value_type last = 0;              // under mutex, as the next
  std::vector<value_type> numbers;  // ascending
};

// Never destroyed: oneTBB's threads may ask when the program's variables are gone.
inline arena_number::living& arena_number::all() noexcept {
  alignas(living) static std::byte place[sizeof(living)];
  static living& the_only = *::new (static_cast<void*>(place)) living;
  return the_only;
}

inline arena_number::arena_number() {
  const std::lock_guard lock(all().mutex);
  all().numbers.push_back(all().last + 1);
  value_ = ++all().last;
}

inline arena_number::~arena_number() {
  const std::lock_guard lock(all().mutex);
  std::vector<value_type>& numbers = all().numbers;
  numbers.erase(std::ranges::lower_bound(numbers, value_));
}

inline bool arena_number::in_use(value_type number) noexcept {
  const std::lock_guard lock(all().mutex);
  return std::ranges::binary_search(all().numbers, number);
}

// The arenas that this thread is inside, and such as ended when it was, which the next entry strikes out. Of more than it holds the
// further ones are not known, which costs a hop. No destructor: an arena may say goodbye to a thread that has destroyed its variables.
struct arenas_entered {
  static constexpr std::size_t most = 16;
  arena_number::value_type at[most];
  std::size_t count;

  void enter(arena_number::value_type number) noexcept {
    count = static_cast<std::size_t>(std::remove_if(at, at + count, [](auto n) { return !arena_number::in_use(n); }) - at);
    if (count < most) at[count++] = number;
  }
  // The innermost of that number.
  void leave(arena_number::value_type number) noexcept {
    for (std::size_t i = count; i-- > 0;) {
      if (at[i] != number) continue;
      std::copy(at + i + 1, at + count, at + i);
      --count;
      return;
    }
  }
  bool contain(arena_number::value_type number) const noexcept { return std::find(at, at + count, number) != at + count; }
};
inline thread_local arenas_entered arenas_of_this_thread{};

}  // namespace detail

template <class F>
struct arena_context::step_of final : step {
  explicit step_of(F&& f) : function(std::move(f)) {}
  void run() override { function(); }
  F function;
};

inline arena_context::arena_context(unsigned threads)
    : arena_(threads != 0 ? static_cast<int>(threads) : oneapi::tbb::task_arena::automatic) {}

inline arena_context::~arena_context() {
  PARITER_ASSERT(!has_this_thread(), "an arena_context cannot be destroyed inside its arena, where it would wait for itself: let its owner do it");
  do end_services();
  while (while_nothing_runs([this] { destroy(); }));
}

inline arena_executor arena_context::get_executor() noexcept { return arena_executor(*this); }

inline void arena_context::presence::on_scheduler_entry(bool) { detail::arenas_of_this_thread.enter(number_); }
inline void arena_context::presence::on_scheduler_exit(bool) { detail::arenas_of_this_thread.leave(number_); }

// Out of line and not looked through: a coroutine that has moved must not be answered for its former thread.
[[gnu::noinline]] inline bool arena_context::has_this_thread() const noexcept {
  bool found = detail::arenas_of_this_thread.contain(number_.value());
  asm volatile("" : "+r"(found));
  return found;
}

inline void arena_context::post(std::unique_ptr<step> posted) {
  {
    std::unique_lock lock(mutex_);
    begin_work(lock);
    if (holding_) {
      step* const last = posted.release();
      *held_end_ = last;
      held_end_ = &last->next;
      return;
    }
  }
  step* const one = posted.release();  // whose own it is as soon as a thread takes it
  try {
    enqueue(one);
  } catch (...) {
    delete one;
    end_work();
    throw;
  }
}

inline void arena_context::enqueue(step* posted) {
  arena_.enqueue([this, posted]() noexcept {  // a plain pointer: the arena copies, and calls what it keeps as const
    std::unique_ptr<step> mine(posted);
    mine->run();
    mine.reset();
    end_work();
  });
}

inline void arena_context::begin_work(const std::unique_lock<std::mutex>&) noexcept {
  if (work_++ == 0) busy();
}
inline void arena_context::end_work() noexcept {
  const std::lock_guard lock(mutex_);
  if (--work_ != 0) return;
  idle();
  idle_.notify_all();  // under the lock: the destructor waits for it
}
inline void arena_context::wait_for_all_work() noexcept {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return work_ == 0; });
}

inline void arena_context::end_services() {
  wait_for_all_work();
  while (while_nothing_runs([this] { shutdown(); })) {}  // what was posted may have used them again
}

// Calls end(), which may post. Services that end are not to be used meanwhile, so what is posted is kept until it has returned.
// Then runs that, waits for it, and says whether there was any.
template <class F>
bool arena_context::while_nothing_runs(F end) {
  {
    const std::lock_guard lock(mutex_);
    holding_ = true;
  }
  end();
  step* first;
  {
    const std::lock_guard lock(mutex_);
    holding_ = false;
    first = std::exchange(held_, nullptr);
    held_end_ = &held_;
  }
  if (first == nullptr) return false;
  while (first != nullptr) enqueue(std::exchange(first, first->next));
  wait_for_all_work();
  return true;
}

template <class F>
void arena_executor::execute(F f) const {
  if (on_the_spot_ && running_in_this_thread()) return f();
  context_->post(std::make_unique<arena_context::step_of<F>>(std::move(f)));
}

}  // namespace pariter
