// SPDX-License-Identifier: Apache-2.0

#include "pariter/detail/deadline.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace {

using namespace std::chrono;
using pariter::detail::deadline_in;
using clock = steady_clock;

TEST(Deadline, is_as_far_as_asked) {
  const auto before = clock::now();
  const auto soon = deadline_in(5ms);
  EXPECT_GE(soon, before + 5ms);
  EXPECT_LE(soon, clock::now() + 5ms);
  EXPECT_GE(deadline_in(duration<double>(1.5)), before + 1500ms);
  EXPECT_GE(deadline_in(hours(24 * 365 * 100)), before + hours(24 * 365 * 100));
}

TEST(Deadline, that_no_clock_can_tell_is_the_last_there_is) {
  const auto last = clock::time_point::max();
  EXPECT_EQ(deadline_in(hours::max()), last);
  EXPECT_EQ(deadline_in(nanoseconds::max()), last);
  EXPECT_EQ(deadline_in(duration<double>::max()), last);
  EXPECT_EQ(deadline_in(duration<float>(std::numeric_limits<float>::infinity())), last);
}

TEST(Deadline, that_has_passed_is_now) {
  for (const auto at : {deadline_in(0ns), deadline_in(-1ns), deadline_in(hours::min()), deadline_in(nanoseconds::min())}) {
    EXPECT_LE(at, clock::now());
    EXPECT_GE(at, clock::now() - 1h);
  }
}

}  // namespace
