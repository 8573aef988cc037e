// SPDX-License-Identifier: Apache-2.0
//
// A thread that must not block is told so by everything that waits for what others do, and by nothing that does not have to wait.
//
#include "pariter/detail/worker_mark.hpp"

#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/sharing/draw_lock.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pariter::would_deadlock;
using pariter::detail::worker_mark;
using namespace std::chrono_literals;

template <class I>
void is_told_where_nothing_is_there(I it) {
  const worker_mark here;
  EXPECT_THROW((void)it.next(), would_deadlock);
  EXPECT_THROW((void)it.next_for(1ms), would_deadlock);
  EXPECT_THROW(
      {
        for (const int x : it) ADD_FAILURE() << x;
      },
      would_deadlock);
  EXPECT_TRUE(it.try_next().is_empty());
}
template <class I>
void takes_what_is_there(I it) {
  const worker_mark here;
  EXPECT_EQ(*it.next(), 1);
  EXPECT_EQ(*it.next_for(1ms), 2);
  EXPECT_THROW((void)it.next(), would_deadlock);
  EXPECT_THROW((void)it.next(), would_deadlock) << "and nothing is broken by it";
}

TEST(WorkerMark, readers_of_containers_are_told_instead_of_waiting) {
  pariter::concurrent_log<int> log;
  pariter::broadcast<int> stream;
  is_told_where_nothing_is_there(log.follow());
  is_told_where_nothing_is_there(stream.iter());
  is_told_where_nothing_is_there(pariter::share(log.follow()).iter());
  is_told_where_nothing_is_there(pariter::share(stream.iter()).iter());
  for (int i = 1; i <= 2; ++i) {
    log.append(i);
    stream.append(i);
  }
  takes_what_is_there(log.follow());
  takes_what_is_there(stream.iter());
  takes_what_is_there(pariter::share(log.follow()).iter());
  takes_what_is_there(pariter::share(stream.iter()).iter());
}

TEST(WorkerMark, writers_are_told_instead_of_waiting_for_room) {
  pariter::broadcast<int> stream{{.capacity = 2}};
  auto reader = stream.iter();
  const worker_mark here;
  stream.append(0);
  stream.append(1);
  EXPECT_THROW(stream.append(2), would_deadlock);
  EXPECT_THROW(stream.emplace(2), would_deadlock);
  EXPECT_THROW(stream.append_range(std::vector{2, 3}), would_deadlock);
  EXPECT_FALSE(stream.try_append(2));
  EXPECT_EQ(*reader.next(), 0);
  EXPECT_EQ(*reader.next(), 1);
  EXPECT_THROW(stream.append_range(std::vector{2, 3, 4, 5, 6}), would_deadlock) << "what there was room for is in";
  EXPECT_EQ(*reader.next(), 2);
}

// A source that a thread may be inside for long. Its next() may wait for others, and says so by having a try_next().
struct gate {
  std::atomic<bool> inside = false;
  std::atomic<bool> open = false;
};
template <bool MayWait>
class gated : public pariter::iterator_interface<gated<MayWait>> {
 public:
  explicit gated(gate& g) : gate_(&g) {}
  std::optional<int> next() {
    if (at_ == 1) {
      gate_->inside = true;
      while (!gate_->open) std::this_thread::yield();
    }
    return at_ < 100 ? std::optional(at_++) : std::nullopt;
  }
  pariter::outcome<int> try_next()
    requires MayWait
  {
    return pariter::outcome<int>::empty();
  }

 private:
  gate* gate_;
  int at_ = 0;
};

template <bool MayWait>
void who_comes_while_another_is_inside() {
  for (const bool tees : {false, true}) {
    gate g;
    auto branches = pariter::tee(gated<MayWait>(g), 2);
    const auto shared = pariter::share(gated<MayWait>(g), pariter::unbuffered);
    auto own = shared.iter();
    std::thread other([&, theirs = shared.iter()]() mutable {
      for (int i = 0; i < 2; ++i) {
        if (tees) (void)branches[0].next();
        else (void)theirs.next();
      }
    });
    while (!g.inside) std::this_thread::yield();
    if (tees) {
      EXPECT_EQ(*branches[1].next(), 0);
    }
    std::atomic<bool> told = false;
    std::thread worker([&] {
      const worker_mark here;
      try {
        if (tees) (void)branches[1].next();
        else (void)own.next();
      } catch (const would_deadlock&) {
        told = true;
      }
    });
    if (MayWait) worker.join();  // before the gate is open: it does not wait
    g.open = true;
    if (!MayWait) worker.join();
    other.join();
    EXPECT_EQ(told, MayWait) << (tees ? "tee" : "share");
  }
}
TEST(WorkerMark, who_comes_while_another_is_inside_a_source_that_may_wait_is_told) { who_comes_while_another_is_inside<true>(); }
TEST(WorkerMark, who_comes_while_another_is_inside_a_source_that_only_computes_waits) { who_comes_while_another_is_inside<false>(); }

// Two workers step their iterators twice; the second comes while the first is inside the source. The sum of what they got.
template <class Iterator>
int two_workers(gate& g, Iterator a, Iterator b) {
  std::atomic<int> sum = 0;
  const auto step_twice = [&sum](Iterator& own) {
    const worker_mark here;
    for (int i = 0; i < 2; ++i) sum += own.next().value_or(100);
  };
  std::thread first(step_twice, std::ref(a));
  while (!g.inside) std::this_thread::yield();
  std::thread second(step_twice, std::ref(b));
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();  // so that it comes before the gate is open
  g.open = true;
  first.join();
  second.join();
  return sum;
}

// A worker does not wait inside a source, so another one may wait for it.
TEST(WorkerMark, who_comes_while_another_worker_is_inside_a_source_that_may_wait_waits) {
  gate of_share, of_tee;
  const auto shared = pariter::share(gated<true>(of_share), pariter::unbuffered);
  EXPECT_EQ(two_workers(of_share, shared.iter(), shared.iter()), 0 + 1 + 2 + 3);
  auto [a, b] = pariter::tee<2>(gated<true>(of_tee));
  EXPECT_EQ(two_workers(of_tee, std::move(a), std::move(b)), 0 + 1 + 0 + 1);
}

// Lets a worker go, in vain, when it may; a thread waits until it is let go.
class for_threads_only : public pariter::iterator_interface<for_threads_only> {
 public:
  struct doors {
    std::atomic<bool> worker_is_inside = false;
    std::atomic<bool> let_worker_go = false, let_thread_go = false;
  };
  explicit for_threads_only(doors& d) : doors_(&d) {}
  std::optional<int> next() {
    const bool worker = pariter::detail::on_io_worker();
    if (worker) doors_->worker_is_inside = true;
    while (!(worker ? doors_->let_worker_go : doors_->let_thread_go)) std::this_thread::yield();
    pariter::detail::require_may_wait();
    return 1;
  }
  pariter::outcome<int> try_next() { return pariter::outcome<int>::empty(); }

 private:
  doors* doors_;
};

// Workers sleep behind another one, which goes without an item; a thread comes in and waits: nobody else can wake them.
TEST(WorkerMark, workers_that_sleep_in_a_tee_are_told_when_a_thread_comes_in_that_may_wait) {
  for (int round = 0; round < 300; ++round) {
    for_threads_only::doors d;
    auto branches = pariter::tee(for_threads_only(d), 4);
    std::atomic<int> told = 0;
    const auto worker = [&told](pariter::tee_branch<for_threads_only>& own) {
      const worker_mark here;
      try {
        (void)own.next();
      } catch (const would_deadlock&) {
        ++told;
      }
    };
    std::thread first(worker, std::ref(branches[0]));
    while (!d.worker_is_inside) std::this_thread::yield();
    std::thread second(worker, std::ref(branches[1])), third(worker, std::ref(branches[2]));
    for (int i = 0; i < 200; ++i) std::this_thread::yield();  // so that they fall asleep
    d.let_worker_go = true;
    std::thread patient([&own = branches[3]] { EXPECT_EQ(own.next(), 1); });
    while (told != 3) std::this_thread::yield();
    d.let_thread_go = true;
    for (std::thread* t : {&first, &second, &third, &patient}) t->join();
  }
}

// Workers sleep until another one is through; then a thread comes in that waits until no worker waits for it.
TEST(WorkerMark, workers_that_sleep_are_told_when_a_thread_comes_in_that_may_wait) {
  int told_in_all = 0;
  for (int round = 0; round < 100; ++round) {
    pariter::detail::draw_lock lock;
    std::atomic<int> told = 0, through = 0;
    std::atomic<bool> held = false, open = false;
    const auto holder = [&] {
      const worker_mark here;
      lock.lock_to_wait();
      held = true;
      while (!open) std::this_thread::yield();
      lock.unlock();
    };
    const auto worker = [&] {
      const worker_mark here;
      try {
        lock.lock_to_wait();
        lock.unlock();
        ++through;
      } catch (const would_deadlock&) {
        ++told;
      }
    };
    std::thread first(holder);
    while (!held) std::this_thread::yield();
    std::thread a(worker), b(worker), c(worker);
    for (int i = 0; i < 200; ++i) std::this_thread::yield();  // so that they fall asleep
    open = true;
    lock.lock_to_wait();
    while (told + through < 3) std::this_thread::yield();
    lock.unlock();
    first.join();
    a.join();
    b.join();
    c.join();
    told_in_all += told;
  }
  EXPECT_GT(told_in_all, 0) << "the test would say nothing";
}

TEST(WorkerMark, a_branch_is_told_instead_of_waiting_for_the_slowest) {
  auto [a, b] = pariter::tee<2>(pariter::test::counting(100), {.capacity = 4});
  std::thread([&lent = b] { EXPECT_EQ(*lent.next(), 0); }).join();  // so it is no branch of this thread
  const worker_mark here;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(*a.next(), i);
  EXPECT_THROW((void)a.next(), would_deadlock);
  EXPECT_EQ(*b.next(), 1);
  EXPECT_EQ(*a.next(), 5);
}

}  // namespace
