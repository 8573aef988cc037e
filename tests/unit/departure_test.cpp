// SPDX-License-Identifier: Apache-2.0
// departure: on the spot, dropped, and on another thread. (Every order: tests/model/async.cpp; with Asio: tests/stress/async_append_stress.cpp.)
#include "pariter/async/departure.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace {

using pariter::detail::departure;

TEST(Departure, a_step_that_runs_on_the_spot_does_not_wait_and_may_end_the_departure) {
  auto d = std::make_unique<departure>();
  departure& again = *d;
  bool stepped = false;
  again.leave([&] {
    again.arrive();
    d.reset();
    stepped = true;
  });
  EXPECT_TRUE(stepped);
}

TEST(Departure, a_step_waits_until_the_other_thread_has_left) {
  departure d;
  for (int turn = 0; turn < 100; ++turn) {
    std::atomic<bool> given{false};
    int uses = 0;  // not atomic: the departure orders it
    std::thread step([&] {
      given.wait(false);
      d.arrive();
      EXPECT_EQ(uses, 1);
    });
    d.leave([&] {
      given = true;
      given.notify_one();
      std::this_thread::yield();
      uses = 1;
    });
    step.join();
  }
}

TEST(Departure, without_a_leave_an_arrival_does_not_wait) {
  departure d;
  d.arrive();
  d.leave([] {});
  d.arrive();
}

}  // namespace
