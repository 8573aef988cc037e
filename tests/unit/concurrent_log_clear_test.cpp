// SPDX-License-Identifier: Apache-2.0
//
// The memory of cleared items: who keeps it, and until when.
#include "pariter/containers/concurrent_log.hpp"

#include "../support/archetypes.hpp"
#include "../support/scale.hpp"
#include "../support/streams.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace pariter;
using test::fill;
using test::numbers;
using test::walked;

TEST(ConcurrentLogClear, frees_items_as_soon_as_nobody_walks_them) {
  test::counted::living = 0;
  {
    concurrent_log<test::counted> log;
    for (int round = 0; round < 10; ++round) {
      fill(log, 0, 100);
      log.clear();
      EXPECT_EQ(test::counted::living, 0);
    }
    fill(log, 0, 100);
    auto first = std::make_unique<concurrent_log<test::counted>::iterator>(log.iter());
    auto second = log.snapshot();
    auto third = second;
    log.clear();
    fill(log, 0, 10);
    const auto present = log.snapshot();
    log.clear();
    EXPECT_EQ(test::counted::living, 110);
    first.reset();
    EXPECT_EQ(test::counted::living, 110);
    second = log.snapshot();
    EXPECT_EQ(test::counted::living, 110);
    third = log.snapshot();
    EXPECT_EQ(test::counted::living, 10) << "the first hundred go with their last user, though a later generation is still in use";
  }
  EXPECT_EQ(test::counted::living, 0);
}

TEST(ConcurrentLogClear, any_number_of_iterators_may_be_held_and_move_to_other_threads) {
  concurrent_log<int> log;
  fill(log, 0, 10);
  std::vector<concurrent_log<int>::iterator> many;
  for (int i = 0; i < 1'000; ++i) many.push_back(log.iter());
  log.clear();
  std::thread([moved = std::move(many)]() mutable {
    for (auto& it : moved) EXPECT_EQ(walked(it), numbers(0, 10));
    moved.clear();
  }).join();
  for (int i = 0; i < 1'000; ++i) many.push_back(log.iter());
}

TEST(ConcurrentLogClear, an_iterator_may_die_after_the_thread_that_made_it) {
  concurrent_log<int> log;
  fill(log, 0, 3);
  std::optional<concurrent_log<int>::iterator> it;
  std::thread([&] { it.emplace(log.iter()); }).join();
  log.clear();
  std::vector<std::thread> others;
  for (int i = 0; i < 4; ++i) others.emplace_back([&] { EXPECT_EQ(walked(log.iter()).size(), 0u); });
  for (auto& t : others) t.join();
  EXPECT_EQ(walked(*it), numbers(0, 3));
}

TEST(ConcurrentLogClear, does_not_look_like_the_end) {
  concurrent_log<int> log;
  std::atomic<bool> done{false};
  std::thread clears([&] {
    for (std::size_t i = 0; i < test::scaled(3'000); ++i) log.clear();
    done.store(true, std::memory_order_release);
  });
  int closed = 0;
  while (!done.load(std::memory_order_acquire)) closed += log.is_closed() ? 1 : 0;
  clears.join();
  EXPECT_EQ(closed, 0);
  log.close();
  EXPECT_TRUE(log.is_closed());
}

TEST(ConcurrentLogDeathTest, an_iterator_that_outlives_its_log_is_reported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        auto log = std::make_unique<concurrent_log<int>>();
        const auto snapshot = log->snapshot();
        void (*volatile destroy)(std::unique_ptr<concurrent_log<int>>&) = [](auto& l) { l.reset(); };  // or g++ sees it, too
        destroy(log);
      },
      "outlived its log");
}

}  // namespace
