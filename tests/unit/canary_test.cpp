// SPDX-License-Identifier: Apache-2.0
#define PARITER_CANARY 1  // also in release builds: it is the canary that is tested
#include "pariter/detail/canary.hpp"

#include <gtest/gtest.h>

#include <utility>

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
