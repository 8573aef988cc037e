// SPDX-License-Identifier: Apache-2.0
//
// How many lines of pins there are, which must depend on how many are in use at once, and never on how many threads there were.
#include "pariter/detail/pins.hpp"

#include "pariter/containers/concurrent_log.hpp"

#include "../support/scale.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pariter::concurrent_log;
using snapshot = concurrent_log<int>::snapshot_type;

std::size_t lines() { return pariter::detail::thread_pins::all().lines(); }

// Runs `f` on a thread of its own while that ends, after its lines are gone: the object that does it is made before the first pin.
void at_the_end_of_a_thread(const concurrent_log<int>& log, std::function<void()> f) {
  std::thread([&] {
    struct at_the_end {
      std::function<void()> run;
      ~at_the_end() {
        if (run) run();
      }
    };
    static thread_local at_the_end end;
    end.run = std::move(f);
    (void)log.size();
  }).join();
}

TEST(Pins, taken_while_a_thread_ends_are_given_back) {
  concurrent_log<int> log;
  log.append(1);
  const auto look = [&] {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(log.snapshot().size(), 1u);
    const std::vector<snapshot> many(20, log.snapshot());
    EXPECT_EQ(many.back()[0], 1);
  };
  at_the_end_of_a_thread(log, look);
  const std::size_t before = lines();
  for (int i = 0; i < 20; ++i) at_the_end_of_a_thread(log, look);
  EXPECT_EQ(lines(), before);
}

TEST(Pins, that_outlive_the_thread_which_took_them_while_it_ended_keep_their_items) {
  std::optional<concurrent_log<int>> log(std::in_place);
  log->append(7);
  std::vector<snapshot> kept;
  const auto keep = [&] { kept.push_back(log->snapshot()); };
  std::size_t before = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 20; ++i) at_the_end_of_a_thread(*log, keep);
    log->clear();
    for (const snapshot& s : kept) EXPECT_EQ(s[0], 7);
    kept.clear();
    log->append(7);
    if (round == 0) before = lines();
  }
  EXPECT_EQ(lines(), before);
}

TEST(Pins, of_threads_that_end_at_once_are_each_ones_own) {
  concurrent_log<int> log;
  std::mutex writing;
  int next = 0;
  const auto append_and_clear = [&] {
    const std::lock_guard alone(writing);
    log.append(next++);
    if (next % 3 == 0) log.clear();
  };
  std::vector<std::thread> threads;
  const int rounds = static_cast<int>(pariter::test::scaled(100));
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        at_the_end_of_a_thread(log, [&] {
          for (int i = 0; i < 10; ++i) {
            const auto now = log.snapshot();
            const auto copy = now;
            append_and_clear();
            for (std::size_t n = 0; n < now.size(); ++n) ASSERT_EQ(copy[n], static_cast<int>(now.first_position() + n));
          }
        });
      }
    });
  }
  for (auto& t : threads) t.join();
}

TEST(Pins, a_borrowed_slot_is_not_free_until_it_is_given_back_and_pins_nothing_until_it_is_used) {
  pariter::detail::pin_registry<std::atomic, std::mutex> pins;
  const int thing = 0;
  std::vector<pariter::detail::pin_slot<std::atomic>*> slots;
  for (int i = 0; i < 20; ++i) slots.push_back(&pins.borrow());
  for (std::size_t i = 0; i < slots.size(); ++i) EXPECT_EQ(std::count(slots.begin(), slots.end(), slots[i]), 1);
  EXPECT_FALSE(pins.is_pinned(&thing));
  slots[7]->store(&thing, std::memory_order_release);
  EXPECT_TRUE(pins.is_pinned(&thing));
  const std::size_t before = pins.lines();
  for (auto* const slot : slots) slot->store(nullptr, std::memory_order_release);
  for (std::size_t i = 0; i < slots.size(); ++i) (void)pins.borrow();
  EXPECT_EQ(pins.lines(), before);
  pins.free_all_lines();
}

}  // namespace
