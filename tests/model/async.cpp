// SPDX-License-Identifier: Apache-2.0
//
// The words on which the parties of an asynchronous operation agree, as shipped, under Relacy: a body that awaits, whoever
// completes what it awaits, and a stop; a thread that leaves an executor, and who destroys the executor.
//
// Prints the table of mutants and the number of schedules until each was found. Exit code 0: all passed and every mutant was
// found.

#include "run.hpp"

#include "pariter/async/departure.hpp"
#include "pariter/async/wait_word.hpp"

namespace {

using namespace pariter;

struct model_thread {
  using id = int;
  static id now() noexcept { return static_cast<int>(rl::thread_index()) + 1; }
  static void yield() noexcept { rl::yield(1, $); }
};

void wait_for(const model::atomic<int>& word, int least) {
  while (word.load(std::memory_order_acquire) < least) model_thread::yield();
}

// Thread 0 is the body: it awaits two operations, one after the other. Thread 1 completes them, thread 2 stops. Each operation
// completes once, the body goes on once, one operation at most is cancelled, none while it is gone, and no stop is lost.
template <class Derived, bool Polls>
struct awaiting : rl::test_suite<Derived, 3> {
  using word = detail::basic_wait_word<model::atomic, model_thread>;
  static constexpr int cancelled = 100;
  struct state {
    word waits;
    rl::var<int> awaited;  // which operation, as async_body keeps it: no atomic
    rl::var<int> alive[3];
    rl::var<int> result[3];
    model::atomic<int> taken[3];
    model::atomic<int> armed;
    model::atomic<int> resumed;
    model::atomic<int> cancellations;
  };
  std::unique_ptr<state> shared;

  void before() {
    ++model::of_this_run->begun;
    shared = std::make_unique<state>();
  }

  // The operation may complete inside, on this thread.
  void cancel(int which) {
    state& s = *shared;
    MODEL_CHECK(s.alive[which]($) == 1);
    s.cancellations.fetch_add(1, std::memory_order_relaxed);
    if (s.taken[which].exchange(1, std::memory_order_relaxed) != 0) return;
    s.result[which]($) = cancelled;
    MODEL_CHECK(!s.waits.completed());
  }

  void await(int which) {
    state& s = *shared;
    s.awaited($) = which;
    s.alive[which]($) = 1;
    s.armed.store(which, std::memory_order_release);
    for (;;) {
      const auto how = s.waits.initiated();
      if (how == word::initiation::stopped) {
        cancel(which);
        continue;
      }
      if (how == word::initiation::pending) wait_for(s.resumed, which);
      break;
    }
    MODEL_CHECK(s.result[which]($) == which || s.result[which]($) == cancelled);
    s.alive[which]($) = 0;
  }

  void body() {
    await(1);
    const bool told = Polls && shared->waits.take_stop();
    const bool cancelled_before = shared->result[1]($) == cancelled;
    await(2);
    if (told || cancelled_before) MODEL_CHECK(shared->result[2]($) == 2);
  }
  void complete() {
    state& s = *shared;
    for (int which = 1; which <= 2; ++which) {
      wait_for(s.armed, which);
      if (s.taken[which].exchange(1, std::memory_order_relaxed) != 0) continue;
      s.result[which]($) = which;
      if (s.waits.completed()) s.resumed.store(which, std::memory_order_release);
    }
  }
  void stop() {
    state& s = *shared;
    if (!s.waits.request_stop()) return;
    const int which = s.awaited($);
    cancel(which);
    if (s.waits.emitted()) s.resumed.store(which, std::memory_order_release);
  }

  void thread(unsigned index) {
    if (index == 0) body();
    else if (index == 1) complete();
    else stop();
  }
  void after() {
    const int n = shared->cancellations.load(std::memory_order_relaxed);
    MODEL_CHECK(n <= 1);
    MODEL_CHECK(shared->waits.stop_requested());
    if (n == 0 && !Polls) MODEL_CHECK(shared->waits.initiated() == word::initiation::stopped);  // kept for the next operation
    shared.reset();
  }
};
struct stopped_at_any_moment : awaiting<stopped_at_any_moment, false> {};
struct stopped_and_polled : awaiting<stopped_and_polled, true> {};

// Thread 0 posts to an executor, and uses it for a moment after that; thread 1 takes the step, and destroys the executor.
struct leaving : rl::test_suite<leaving, 2> {
  struct state {
    detail::basic_departure<model::atomic, model_thread> departure;
    rl::var<int> executor;
    model::atomic<int> queue;
  };
  std::unique_ptr<state> shared;

  void before() {
    ++model::of_this_run->begun;
    shared = std::make_unique<state>();
    shared->executor($) = 1;
  }
  void thread(unsigned index) {
    state& s = *shared;
    for (int turn = 1; turn <= 2; ++turn) {
      if (index == 0) {
        wait_for(s.queue, 2 * turn - 2);
        s.departure.leave([&s, turn] {
          s.queue.store(2 * turn - 1, std::memory_order_release);
          MODEL_CHECK(s.executor($) == turn);
        });
      } else {
        wait_for(s.queue, 2 * turn - 1);
        s.departure.arrive();
        s.executor($) = turn + 1;
        s.queue.store(2 * turn, std::memory_order_release);
      }
    }
  }
  void after() { shared.reset(); }
};

constexpr model::check checks[] = {
    {"wait word: stopped at any moment", true, model::schedules_until_failure<stopped_at_any_moment>},
    {"wait word: a body that polls for the stop", true, model::schedules_until_failure<stopped_and_polled>},
    {"departure: the executor goes", false, model::schedules_until_failure<leaving>},
};

constexpr model::planted mutants[] = {
    {301, "wait word: an operation is published without release"},
    {302, "wait word: cancelled without acquire"},
    {303, "wait word: completed without acquire or release"},
    {304, "wait word: a cancellation ends without release"},
    {305, "wait word: a stop before the operation is forgotten"},
    {306, "wait word: a stop that was polled cancels later, too"},
    {307, "departure: left without release"},
    {308, "departure: arrived without acquire"},
};

}  // namespace

int main(int argc, char** argv) { return model::run(checks, mutants, 20'000, argc, argv); }
