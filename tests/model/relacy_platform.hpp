// SPDX-License-Identifier: Apache-2.0
#pragma once
// The library's lock-free cores under Relacy's scheduler: atomics, locks, sleeping threads and fences of the model.
//
// Include this first. `model_atomic` takes the place of std::atomic in the cores, which are otherwise as shipped; mutants
// (detail/mutant.hpp) are enabled. Relacy runs one schedule after the other on one system thread, so plain globals are safe.
//
// A schedule fails on a data race (items and `plain` words are rl::var), a deadlock (a lost wake-up), a use of what was
// destroyed (destructors poison, since Relacy does not take `delete` for a write), and a failed check.

#define PARITER_MUTANTS 1

#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/detail/writer_lock.hpp"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#endif
#include <relacy/relacy.hpp>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
// Relacy renames words of the language; the library needs them as they are.
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno
#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst

// Relacy replaces the plain forms, inline, and finds leaks by it. These two make the set complete, and the array makes all of
// them visible to the standard library, which frees what is allocated here.
void operator delete(void* p, std::size_t) noexcept { ::operator delete(p); }
void operator delete[](void* p, std::size_t) noexcept { ::operator delete[](p); }
void* (*volatile relacy_new[])(std::size_t) = {&::operator new, &::operator new[]};
void (*volatile relacy_delete[])(void*) = {&::operator delete, &::operator delete[]};

namespace model {

inline rl::memory_order relacy_order(std::memory_order o) {
  switch (o) {
    case std::memory_order_relaxed: return rl::mo_relaxed;
    case std::memory_order_consume: return rl::mo_acquire;
    case std::memory_order_acquire: return rl::mo_acquire;
    case std::memory_order_release: return rl::mo_release;
    case std::memory_order_acq_rel: return rl::mo_acq_rel;
    case std::memory_order_seq_cst: break;
  }
  return rl::mo_seq_cst;
}

template <class T>
struct kept {  // as what Relacy keeps a T: it has no pointers to const
  using type = T;
};
template <class T>
struct kept<const T*> {
  using type = T*;
};

template <class T>
class atomic {
  using word = typename kept<T>::type;
  static word in(T v) {
    if constexpr (std::is_pointer_v<T>) return const_cast<word>(v);
    else return v;
  }

 public:
  atomic(T v = T()) {
    if (v != T()) word_.store(in(v), rl::mo_relaxed, $);
  }
  T load(std::memory_order o) const { return word_.load(relacy_order(o), $); }
  void store(T v, std::memory_order o) { word_.store(in(v), relacy_order(o), $); }
  T exchange(T v, std::memory_order o) { return word_.exchange(in(v), relacy_order(o), $); }
  T fetch_add(T v, std::memory_order o) { return word_.fetch_add(v, relacy_order(o), $); }
  T fetch_sub(T v, std::memory_order o) { return word_.fetch_sub(v, relacy_order(o), $); }
  T fetch_and(T v, std::memory_order o) { return word_.fetch_and(v, relacy_order(o), $); }
  bool compare_exchange_strong(T& seen, T v, std::memory_order o, std::memory_order on_failure) {
    return word_.compare_exchange_strong(seen, v, relacy_order(o), $, relacy_order(on_failure), $);
  }
  bool compare_exchange_weak(T& seen, T v, std::memory_order o, std::memory_order on_failure) {
    return word_.compare_exchange_weak(seen, v, relacy_order(o), $, relacy_order(on_failure), $);
  }

 private:
  rl::generic_atomic<word, true> word_;  // true: starts as word()
};

// A counter whose relaxed additions may come late. In Relacy a read-modify-write takes its place at once, among those that came before;
// by the language's rules, and on machines, one that is relaxed and whose answer nobody reads may still come after what others do to the
// counter, unless it happens before that. Here it does, sometimes.
class late_counter {
  struct addition {
    rl::thread_id_t thread;
    rl::timestamp_t when;  // by its thread's clock
    std::int64_t amount;
  };

 public:
  // What the counter was; an addition that may come late is made when this goes without having been read.
  class answer {
   public:
    answer(late_counter& of, std::int64_t amount, std::memory_order o) : of_(of), amount_(amount), order_(o) {}
    answer(const answer&) = delete;
    answer& operator=(const answer&) = delete;
    ~answer() {
      if (!made_ && order_ == std::memory_order_relaxed) of_.add_late(amount_);
      else if (!made_) (void)of_.add(amount_, order_);
    }
    operator std::int64_t() {
      made_ = true;
      return of_.add(amount_, order_);
    }

   private:
    late_counter& of_;
    std::int64_t amount_;
    std::memory_order order_;
    bool made_ = false;
  };

  explicit late_counter(std::int64_t n) : word_(n) { alive_($) = 1; }
  late_counter(const late_counter&) = delete;
  late_counter& operator=(const late_counter&) = delete;
  ~late_counter() { alive_($) = 0; }

  answer fetch_add(std::int64_t amount, std::memory_order o) {
    RL_ASSERT(alive_($) == 1);
    return answer(*this, amount, o);
  }

 private:
  std::int64_t add(std::int64_t amount, std::memory_order o) {
    rl::ctx().sched();
    rl::ctx().disable_preemption();
    make_late_ones();
    const std::int64_t before = word_.fetch_add(amount, o);
    rl::ctx().enable_preemption();
    return before;
  }
  void add_late(std::int64_t amount) {
    auto& self = *rl::ctx().threadx_;
    self.own_acq_rel_order_ += 1;
    late_.push_back({self.index_, self.own_acq_rel_order_, amount});
  }
  // Those that happen before now, and of the others some.
  void make_late_ones() {
    for (std::size_t i = 0; i < late_.size();) {
      const auto& self = *rl::ctx().threadx_;
      if (self.acq_rel_order_[late_[i].thread] < late_[i].when && rl::rand(2) != 0) {
        ++i;
        continue;
      }
      const addition one = late_[i];
      late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
      (void)word_.fetch_add(one.amount, std::memory_order_relaxed);
    }
  }

  atomic<std::int64_t> word_;
  std::vector<addition> late_;
  rl::var<int> alive_;
};

// A word whose every use the model checks for races.
template <class T>
class watched {
 public:
  watched() : watched(T()) {}
  explicit watched(T v) : value_(std::move(v)) { stamp_($) = 1; }
  ~watched() { stamp_($) = 2; }
  watched& operator=(T v) {
    stamp_($) = 3;
    value_ = std::move(v);
    return *this;
  }
  operator const T&() const {
    (void)static_cast<int>(stamp_($));
    return value_;
  }
  watched& operator++() { return *this = value_ + 1; }
  watched& operator+=(T v) { return *this = value_ + v; }

 private:
  T value_;
  mutable rl::var<int> stamp_;
};

class mutex {
 public:
  void lock() { lock_.lock($); }
  void unlock() { lock_.unlock($); }

 private:
  rl::mutex lock_;
};

class signal {
 public:
  void raise() {
    lock_.lock($);
    raised_ = true;
    changed_.notify_all($);
    lock_.unlock($);
  }
  void wait() {
    lock_.lock($);
    while (!raised_) changed_.wait(lock_, $);
    lock_.unlock($);
  }

 private:
  rl::mutex lock_;
  rl::condition_variable changed_;
  bool raised_ = false;
};

// An item: 1 KiB, so that segments of a log are of 4 items; poisoned when it is destroyed.
class item {
 public:
  explicit item(int v) { value_($) = v; }
  item(item&& other) { value_($) = other.value(); }
  ~item() { poison(); }
  void poison() { value_($) = -1; }
  int value() const { return value_($); }

 private:
  mutable rl::var<int> value_;
  char size_[1'024 - sizeof(rl::var<int>)];
};

// Chosen by the test before each run.
inline bool asymmetric = true;
inline constexpr int most_threads = 4;

// The pins of one schedule.
using registry = pariter::detail::pin_registry<atomic, mutex>;
struct pins {
  registry all;
  std::vector<pariter::detail::pin_line<atomic>*> lines{most_threads + 1, nullptr};
  bool threads_are_ending = false;  // they have no lines any more
  ~pins() { all.free_all_lines(); }
};
inline pins* pins_of_this_schedule = nullptr;

#define MODEL_CHECK(x) RL_ASSERT(x)

}  // namespace model

template <>
struct pariter::detail::platform<model::atomic> {
  using mutex = model::mutex;
  using signal = model::signal;
  template <class T>
  using plain = model::watched<T>;

  static bool has_asymmetric_fence() noexcept { return model::asymmetric; }
  static void light_fence() noexcept {}  // a matter of the compiler
  static void heavy_fence() noexcept { rl::systemwide_fence($); }
  static void pause() noexcept { rl::yield(1, $); }
  static void yield() noexcept { rl::yield(1, $); }
  class patience {
   public:
    bool left() noexcept {
      yield();
      return --looks_ != 0;
    }

   private:
    int looks_ = 10'000;
  };
  static constexpr int most_pauses = 0;
  static constexpr int yields = 0;
  static constexpr int habit = 2;  // turns in a row until a lock is a thread's own

  // Relacy's threads are one thread of the system.
  static const void* thread_mark() noexcept {
    static constexpr char marks[model::most_threads + 1] = {};
    return marks + rl::thread_index();
  }

  static pin_slot<model::atomic>& take_pin() {
    if (model::pins_of_this_schedule->threads_are_ending) return model::pins_of_this_schedule->all.borrow();
    auto& line = model::pins_of_this_schedule->lines[rl::thread_index()];
    if (line == nullptr) line = &model::pins_of_this_schedule->all.adopt();
    return *line->take();
  }
  static bool is_pinned(const void* address) noexcept { return model::pins_of_this_schedule->all.is_pinned(address); }
};

namespace model {

struct verdict {
  unsigned long long schedules = 0;  // until it failed; 0: it did not
  char why[64] = "";
};
// Schedules begun, in memory shared with the child.
struct shared_count {
  unsigned long long begun;
  verdict result;
};
inline shared_count* of_this_run = nullptr;

// Runs Test for at most `most` schedules, in a child process: a planted bug may well crash it.
template <class Test>
verdict schedules_until_failure(int mutant, bool asymmetric_fence, bool bounded, unsigned long long most) {
  void* const memory = ::mmap(nullptr, sizeof(shared_count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  of_this_run = ::new (memory) shared_count{};
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    pariter::detail::active_mutant = mutant;
    asymmetric = asymmetric_fence;
    static std::ostream nowhere(nullptr);
    std::ostream& report = std::getenv("MODEL_HISTORY") != nullptr ? std::cout : nowhere;  // a failing schedule, step by step
    rl::test_params p;
    p.iteration_count = static_cast<rl::iteration_t>(most);
    p.output_stream = &report;
    p.progress_stream = &report;
    p.execution_depth_limit = 20'000;
    if (bounded) {  // few preemptions, anywhere: long runs of one thread within a short window of another
      p.search_type = rl::sched_bound;
      p.context_bound = 2;
    }
    rl::simulate<Test>(p);
    if (p.test_result != rl::test_result_success) {
      of_this_run->result.schedules = static_cast<unsigned long long>(p.stop_iteration);
      std::snprintf(of_this_run->result.why, sizeof(verdict::why), "%s", rl::test_result_str(p.test_result));
    }
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = 0;
  verdict v;
  if (child < 0 || ::waitpid(child, &status, 0) != child) {
    v = {1, "could not be run"};
  } else {
    v = of_this_run->result;
    if (v.schedules == 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
      v.schedules = of_this_run->begun;
      std::snprintf(v.why, sizeof v.why, "crash");
    }
  }
  ::munmap(memory, sizeof(shared_count));
  return v;
}

}  // namespace model
