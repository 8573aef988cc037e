// SPDX-License-Identifier: Apache-2.0
#define PARITER_CANARY 1  // also in release builds: it is the canary that is tested
#include "pariter/detail/canary.hpp"

#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"
#include "pariter/core/any_iterator.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/split.hpp"
#include "pariter/sharing/tee.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using pariter::detail::canary;
using pariter::detail::canary_guard;

TEST(Canary, is_silent_for_steps_one_after_another) {
  canary c;
  for (int i = 0; i < 3; ++i) canary_guard g(c);
  canary moved = std::move(c);
  canary_guard g(moved);
}

TEST(CanaryDeathTest, reports_a_step_inside_a_step) {
  canary c;
  canary_guard outer(c);
  EXPECT_DEATH(canary_guard inner(c), "two threads are inside one iterator");
}

TEST(CanaryDeathTest, reports_a_move_during_a_step) {
  canary c;
  canary_guard g(c);
  EXPECT_DEATH(canary moved(std::move(c)), "moved or copied while a thread was inside");
}

// ---- every iterator of core/, coro/, containers/ and sharing/, and the appender; for the adaptors it is one of their laws (support/adaptor_laws.hpp) ----

namespace {

// Run once, by user code that an iterator calls inside its step.
std::function<void()> inside_the_step;
void from_inside() {
  if (inside_the_step) std::exchange(inside_the_step, nullptr)();
}

// A second step of `it` comes while the first one is inside.
void step_inside_a_step(auto&& it) {
  inside_the_step = [&it] { static_cast<void>(it.next()); };
  static_cast<void>(it.next());
}

struct noisy {
  noisy() = default;
  noisy(const noisy&) { from_inside(); }
  noisy& operator=(const noisy&) = default;
};

auto noisy_items() {
  return std::views::iota(0, 9) | std::views::transform([](int i) { return from_inside(), i; });
}

struct indexed {
  int at(int i) const {
    from_inside();
    return i < 3 ? i : throw std::out_of_range("indexed");
  }
};

pariter::generator<int> noisy_numbers() {
  from_inside();
  co_yield 1;
}

constexpr auto report = "two threads are inside one iterator";

}  // namespace

TEST(CanaryDeathTest, reports_two_steps_in_one_range_iterator) {
  EXPECT_DEATH(step_inside_a_step(pariter::iter(noisy_items())), report);
}

TEST(CanaryDeathTest, reports_two_steps_in_one_single_pass_iterator) {
  auto numbers = noisy_numbers();
  auto once = std::ranges::subrange(numbers.begin(), numbers.end()) | std::views::transform([](int i) { return from_inside(), i; });
  EXPECT_DEATH(step_inside_a_step(pariter::iter(once)), report);
}

TEST(CanaryDeathTest, reports_two_steps_in_one_index_iterator) { EXPECT_DEATH(step_inside_a_step(pariter::iter(indexed())), report); }

TEST(CanaryDeathTest, reports_two_steps_in_one_tuple_iterator) {
  EXPECT_DEATH(step_inside_a_step(pariter::iter(std::tuple(noisy(), 2))), report);
}

TEST(CanaryDeathTest, reports_two_steps_in_one_once_iterator) {
  EXPECT_DEATH(step_inside_a_step(pariter::iter(std::optional<noisy>(std::in_place))), report);
}

TEST(CanaryDeathTest, reports_two_steps_in_one_any_iterator) {
  EXPECT_DEATH(step_inside_a_step(pariter::any_iterator<int>(pariter::iter(indexed()))), report);
}

// A function may drain its own iterator; a second thread may not come in meanwhile.
TEST(CanaryDeathTest, reports_a_second_thread_in_one_sentinel_iterator) {
  EXPECT_DEATH(
      {
        auto it = pariter::iter([] { return from_inside(), 1; }, 0);
        inside_the_step = [&it] { std::thread([&it] { static_cast<void>(it.next()); }).join(); };
        static_cast<void>(it.next());
      },
      report);
  auto it = pariter::iter([] { return from_inside(), 1; }, 0);
  EXPECT_NO_FATAL_FAILURE(step_inside_a_step(it));
}

// A generator says it by an exception (busy), unless the second thread comes at the same moment.
TEST(Canary, a_generator_is_busy) {
  auto g = noisy_numbers();
  EXPECT_THROW(step_inside_a_step(g), pariter::busy);
}

// ---- containers: no user code runs in a step of theirs; so a second thread comes in while the first one waits ----

namespace {

// Does not wait for ever where the canary is silent.
template <class Container, class I, class Step>
void step_beside_a_wait(Container& container, I& it, Step step) {
  std::atomic<bool> over = false;
  std::thread waiting([&] {
    static_cast<void>(it.next_for(std::chrono::seconds(5)));
    over = true;
    container.close();
  });
  while (!over) step();
  waiting.join();
}

template <class Container, class I>
void reports_every_step_beside_a_wait(Container& container, I& it) {
  EXPECT_DEATH(step_beside_a_wait(container, it, [&] { static_cast<void>(it.next()); }), report);
  EXPECT_DEATH(step_beside_a_wait(container, it, [&] { static_cast<void>(it.next_batch()); }), report);
  EXPECT_DEATH(step_beside_a_wait(container, it, [&] { static_cast<void>(it.try_next()); }), report);
  EXPECT_DEATH(step_beside_a_wait(container, it, [&] { static_cast<void>(it.try_next_batch()); }), report);
  EXPECT_DEATH(step_beside_a_wait(container, it, [&] { static_cast<void>(it.next_for(std::chrono::seconds(1))); }), report);
  EXPECT_DEATH(step_beside_a_wait(container, it, [&] { for (const int i : it) static_cast<void>(i); }), report);
}

}  // namespace

// The snapshot and live iterators take the same steps, but never wait.
TEST(CanaryDeathTest, reports_two_threads_in_one_log_iterator) {
  pariter::concurrent_log<int> log;
  auto it = log.follow();
  reports_every_step_beside_a_wait(log, it);
  EXPECT_DEATH(step_beside_a_wait(log, it, [&] { it.seek(0); }), report);
  EXPECT_DEATH(step_beside_a_wait(log, it, [&] { static_cast<void>(it.fork()); }), "moved or copied while a thread was inside");
}

TEST(CanaryDeathTest, reports_two_threads_in_one_broadcast_iterator) {
  pariter::broadcast<int> stream({.capacity = 4});
  auto it = stream.iter();
  reports_every_step_beside_a_wait(stream, it);
}

TEST(CanaryDeathTest, reports_two_steps_in_one_iterator_of_a_version) {
  using numbers = decltype(noisy_items());
  EXPECT_DEATH(step_inside_a_step(pariter::copy_on_write<numbers>(noisy_items()).iter()), report);
}

TEST(CanaryDeathTest, reports_two_threads_in_one_appender) {
  pariter::concurrent_log<noisy> log;
  const noisy item;
  EXPECT_DEATH(
      {
        auto out = log.appender(2);
        inside_the_step = [&] { out.append(item); };
        out.append(item);
      },
      report);
  EXPECT_DEATH(
      {
        auto out = log.appender(2);
        out.append(item);
        inside_the_step = [&] { out.flush(); };
        out.append(item);
      },
      report);
  EXPECT_DEATH(
      {
        auto out = log.appender(3);
        out.append(item);
        inside_the_step = [&] { out.append(item); };
        out.flush();
      },
      report);
}

// ---- sharing ----

TEST(CanaryDeathTest, reports_two_steps_in_one_iterator_of_a_part) {
  EXPECT_DEATH(step_inside_a_step(pariter::split(noisy_items(), 2)[1].iter()), report);
}

TEST(CanaryDeathTest, reports_two_steps_in_one_drawer) {
  EXPECT_DEATH(step_inside_a_step(pariter::share(noisy_items()).iter()), report) << "of an indexed source";
  EXPECT_DEATH(step_inside_a_step(pariter::share(noisy_numbers()).iter()), report) << "of one that is pulled";
  pariter::broadcast<noisy> stream({.capacity = 4});
  const auto s = pariter::share(stream.iter());
  stream.append(noisy());
  stream.append(noisy());
  EXPECT_DEATH(step_inside_a_step(s.iter()), report) << "of one that waits";
  EXPECT_DEATH(
      {
        auto d = s.iter();
        inside_the_step = [&d] { static_cast<void>(d.try_next()); };
        static_cast<void>(d.try_next());
      },
      report);
}

TEST(CanaryDeathTest, reports_two_steps_in_one_branch) { EXPECT_DEATH(step_inside_a_step(pariter::tee<1>(noisy_numbers())[0]), report); }

TEST(CanaryDeathTest, reports_a_drawer_or_a_branch_that_is_moved_in_its_step) {
  constexpr auto moved = "moved or copied while a thread was inside";
  EXPECT_DEATH(
      {
        auto d = pariter::share(noisy_numbers()).iter();
        inside_the_step = [&d] { const auto gone = std::move(d); };
        static_cast<void>(d.next());
      },
      moved);
  EXPECT_DEATH(
      {
        auto [branch] = pariter::tee<1>(noisy_numbers());
        inside_the_step = [&own = branch] { const auto gone = std::move(own); };
        static_cast<void>(branch.next());
      },
      moved);
}
