// SPDX-License-Identifier: Apache-2.0
#pragma once
//
// What every question needs: a clock, threads that start together, values the optimiser cannot see through, and a body of
// work of a given length.
//
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace bench {

using seconds = std::chrono::duration<double>;
using steady = std::chrono::steady_clock;

inline double ns_per(double wall_seconds, std::size_t items) { return wall_seconds * 1e9 / static_cast<double>(items); }

// The value stays in its register, and the optimiser must assume that it changed: a loop with `opaque(sum)` in its body is
// neither vectorised nor folded, and costs nothing more.
template <class T>
inline void opaque(T& value) {
  asm volatile("" : "+r"(value));
}

// The value counts as used, memory as changed.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

// Wall seconds of f().
template <class F>
double time_of(F&& f) {
  const auto start = steady::now();
  f();
  return seconds(steady::now() - start).count();
}

// Seconds that f() had a core on this thread: for more threads than cores.
template <class F>
double processor_time_of(F&& f) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  };
  const double start = now();
  f();
  return now() - start;
}

// Set by --pin: thread i of run_together runs on core i modulo the number of cores.
inline bool pin_threads = false;

inline void pin_this_thread(unsigned index) {
  const unsigned cores = std::thread::hardware_concurrency();
  if (!pin_threads || cores == 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(index % cores, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

// Runs f(0) ... f(n-1), each on a thread of its own, all started together; returns wall seconds from the first start to the
// last end. Rethrows the first exception by thread number.
template <class F>
double run_together(unsigned n, F f) {
  struct span_of_time {
    steady::time_point start, end;
    std::exception_ptr error;
  };
  std::vector<span_of_time> spans(n);
  {
    std::barrier<> start(static_cast<std::ptrdiff_t>(n));
    std::vector<std::thread> threads;
    threads.reserve(n);
    for (unsigned i = 0; i < n; ++i)
      threads.emplace_back([&, i] {
        pin_this_thread(i);
        start.arrive_and_wait();
        spans[i].start = steady::now();
        try {
          f(i);
        } catch (...) {
          spans[i].error = std::current_exception();
        }
        spans[i].end = steady::now();
      });
    for (std::thread& t : threads) t.join();
  }
  steady::time_point first = spans[0].start, last = spans[0].end;
  for (const span_of_time& s : spans) {
    if (s.error) std::rethrow_exception(s.error);
    if (s.start < first) first = s.start;
    if (s.end > last) last = s.end;
  }
  return seconds(last - first).count();
}

// A body of work that takes a given time: a chain of dependent multiplications, which goes on from call to call, so that the
// processor cannot overlap one body with the next.
class busy_body {
 public:
  explicit busy_body(std::uint64_t steps) : steps_(steps) {}

  void operator()(std::uint64_t seed) {
    state_ ^= seed;
    for (std::uint64_t i = 0; i < steps_; ++i) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      opaque(state_);
    }
  }

  // How many steps take `ns` nanoseconds on this machine: measured once, the quickest of several tries.
  static std::uint64_t steps_for(double ns) {
    static const double ns_per_step = [] {
      constexpr std::uint64_t bodies = 2'000, steps = 100;
      double best = 1e9;
      for (int i = 0; i < 20; ++i) {
        busy_body body(steps);
        const double wall = time_of([&] {
          for (std::uint64_t b = 0; b < bodies; ++b) body(b);
        });
        best = std::min(best, ns_per(wall, bodies * steps));
      }
      return best;
    }();
    return static_cast<std::uint64_t>(ns / ns_per_step);
  }

 private:
  std::uint64_t state_ = 1;
  std::uint64_t steps_;
};

}  // namespace bench
