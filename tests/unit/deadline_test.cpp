// SPDX-License-Identifier: Apache-2.0

#include "pariter/detail/deadline.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

namespace {

using namespace std::chrono;
using pariter::detail::deadline_in;
using pariter::detail::on_its_clock;
using pariter::detail::time_left;
using clock = steady_clock;

template <class C, class Rep, class Period = std::ratio<1>>
using moment = time_point<C, duration<Rep, Period>>;

// One that starts at zero, counts in no sign, and ends soon.
struct short_clock {
  using duration = std::chrono::duration<std::uint32_t, std::milli>;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<short_clock>;
};
// One of fractions.
struct fine_clock {
  using duration = std::chrono::duration<double>;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<fine_clock>;
};

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

TEST(Deadline, is_the_same_moment_in_the_unit_of_its_clock) {
  EXPECT_EQ(on_its_clock(clock::time_point(123ns)), clock::time_point(123ns));
  EXPECT_EQ(on_its_clock(clock::time_point::max()), clock::time_point::max());
  EXPECT_EQ(on_its_clock(moment<clock, int>(duration<int>(7))), clock::time_point(7s));
  EXPECT_EQ(on_its_clock(moment<clock, long, std::ratio<3600>>(-5h)), clock::time_point(-5h));
  EXPECT_EQ(on_its_clock(moment<clock, long, std::pico>(duration<long, std::pico>(1'001))), clock::time_point(2ns)) << "no earlier";
  EXPECT_EQ(on_its_clock(moment<clock, double>(duration<double>(0.5))), clock::time_point(500ms));
  EXPECT_EQ(on_its_clock(moment<short_clock, int>(duration<int>(9))), short_clock::time_point(short_clock::duration(9'000)));
  EXPECT_EQ(on_its_clock(moment<fine_clock, int>(duration<int>(9))), fine_clock::time_point(fine_clock::duration(9.0)));
  const sys_days day = sys_days(2100y / January / 1);
  EXPECT_EQ(on_its_clock(day), system_clock::time_point(day));
}

TEST(Deadline, that_lies_beyond_its_clock_is_the_last_or_the_first_there_is) {
  EXPECT_EQ(on_its_clock(moment<clock, long>::max()), clock::time_point::max());
  EXPECT_EQ(on_its_clock(moment<clock, long, std::milli>::max()), clock::time_point::max());
  EXPECT_EQ(on_its_clock(moment<clock, double>::max()), clock::time_point::max());
  EXPECT_EQ(on_its_clock(moment<clock, float>(duration<float>(std::numeric_limits<float>::infinity()))), clock::time_point::max());
  EXPECT_EQ(on_its_clock(moment<clock, float>(duration<float>(std::numeric_limits<float>::quiet_NaN()))), clock::time_point::max());
  EXPECT_EQ(on_its_clock(sys_seconds::max()), system_clock::time_point::max());
  EXPECT_EQ(on_its_clock(sys_days::max()), system_clock::time_point::max());
  EXPECT_EQ(on_its_clock(moment<short_clock, int>::max()), short_clock::time_point::max());
  EXPECT_EQ(on_its_clock(moment<clock, long>::min()), clock::time_point::min());
  EXPECT_EQ(on_its_clock(moment<clock, double>::min()), clock::time_point::min());
  EXPECT_EQ(on_its_clock(sys_days::min()), system_clock::time_point::min());
  EXPECT_EQ(on_its_clock(moment<short_clock, int>(duration<int>(-1))), short_clock::time_point::min());
}

TEST(Deadline, is_no_further_off_than_asked) {
  const auto now = clock::now();
  EXPECT_EQ(time_left(now + 3ns, now, 1s), 3ns);
  EXPECT_EQ(time_left(now + 3s, now, 1s), 1s);
  EXPECT_EQ(time_left(clock::time_point::max(), now, 1h), 1h);
  EXPECT_EQ(time_left(clock::time_point::max(), clock::time_point::min(), 1h), 1h) << "their difference is no duration";
  EXPECT_EQ(time_left(clock::time_point::max(), clock::time_point::max() - 1s, 1h), 1s);
  EXPECT_EQ(time_left(fine_clock::time_point(duration<double>(1.5)), fine_clock::time_point(duration<double>(1.0)), 1h), 500ms);
}

}  // namespace
