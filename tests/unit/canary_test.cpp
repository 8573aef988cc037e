// SPDX-License-Identifier: Apache-2.0
#define PARITER_CANARY 1  // also in release builds: it is the canary that is tested
#include "pariter/detail/canary.hpp"

#include "pariter/core/any_iterator.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/coro/generator.hpp"

#include <gtest/gtest.h>

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

// ---- every iterator of core/ and coro/; those of adaptors, containers and sharing stand in their laws and tests ----

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
  const std::vector v{1, 2, 3};
  auto noisy_items = v | std::views::transform([](int i) { return from_inside(), i; });
  EXPECT_DEATH(step_inside_a_step(pariter::iter(noisy_items)), report);
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
