// SPDX-License-Identifier: Apache-2.0
//
// Followers wait; and what walkers see agrees with a plain vector, whatever is done in whatever order.
#include "pariter/containers/concurrent_log.hpp"

#include "../support/archetypes.hpp"
#include "../support/streams.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace pariter;
using namespace std::chrono_literals;
using test::fill;
using test::numbers;
using test::walked;

TEST(ConcurrentLogFollow, wakes_for_items_and_for_the_end) {
  concurrent_log<int> log;
  std::vector<int> seen;
  std::thread reader([&, it = log.follow()]() mutable { seen = walked(it); });
  fill(log, 0, 1'000);
  log.close();
  reader.join();
  EXPECT_EQ(seen, numbers(0, 1'000));
}

TEST(ConcurrentLogFollow, waits_no_longer_than_asked) {
  concurrent_log<int> log;
  auto it = log.follow();
  EXPECT_TRUE(it.next_for(2ms).is_empty());
  log.append(1);
  EXPECT_EQ(*it.next_for(1h), 1);
  log.close();
  EXPECT_TRUE(it.next_until(std::chrono::system_clock::now() + 1h).is_closed());
}

TEST(ConcurrentLogFollow, whoever_is_parked_wakes_for_an_item_a_clear_the_end_and_a_failure) {
  for (int why = 0; why < 4; ++why) {
    concurrent_log<int> log;
    log.append(1);
    auto it = log.follow();
    EXPECT_EQ(*it.next(), 1);
    const test::parked reader(it.parking());
    if (why == 0) log.append(2);
    if (why == 1) log.clear();
    if (why == 2) log.close();
    if (why == 3) log.fail(std::make_exception_ptr(test::planned_failure()));
    EXPECT_TRUE(reader.woken()) << why;
    EXPECT_EQ(it.ready(), why != 1) << "a clear alone is no news to one who has seen all";
    EXPECT_EQ(it.try_next().is_failed(), why == 3);
  }
}

TEST(ConcurrentLogFollow, moves_between_threads_with_its_position) {
  concurrent_log<int> log;
  fill(log, 0, 10);
  auto it = log.follow();
  (void)it.next();
  std::thread([moved = std::move(it)]() mutable { EXPECT_EQ(*moved.next(), 1); }).join();
}

TEST(ConcurrentLogProperty, agrees_with_a_plain_vector) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  concurrent_log<int> log;
  std::vector<int> model;      // everything ever appended
  std::size_t first = 0;       // of the present items
  struct walker {
    concurrent_log<int>::follower it;
    std::size_t at;
  };
  std::vector<walker> walkers;
  int next = 0;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 8) {
      case 0:
        for (auto n = random() % 50; n > 0; --n) log.append(next), model.push_back(next++);
        break;
      case 1: {
        const std::vector<int> items = numbers(next, next + static_cast<int>(random() % 300));
        next += static_cast<int>(items.size());
        log.append_range(items);
        model.insert(model.end(), items.begin(), items.end());
        break;
      }
      case 2:
        if (random() % 100 == 0) {
          log.clear();
          first = model.size();
        }
        break;
      case 3: {
        const std::size_t at = first + random() % (model.size() - first + 1);
        walkers.push_back({log.follow(at), at});
        if (walkers.size() > 10) walkers.erase(walkers.begin() + static_cast<std::ptrdiff_t>(random() % 10));
        break;
      }
      case 4: {
        const auto s = log.snapshot();
        ASSERT_EQ(s.size(), model.size() - first);
        if (!s.empty()) {
          const std::size_t i = random() % s.size();
          ASSERT_EQ(s[i], model[first + i]);
        }
        break;
      }
      default:
        if (!walkers.empty()) {
          walker& w = walkers[random() % walkers.size()];
          for (auto n = random() % 400; n > 0; --n) {
            const auto o = w.it.try_next();
            if (o.is_gap()) {
              w.at += o.missed();
              ASSERT_EQ(w.at, first);
            } else if (o.is_empty()) {
              ASSERT_EQ(w.at, model.size());
              break;
            } else {
              ASSERT_EQ(*o, model[w.at]);
              ++w.at;
            }
            ASSERT_EQ(w.it.position(), w.at);
          }
        }
    }
  }
}

}  // namespace
