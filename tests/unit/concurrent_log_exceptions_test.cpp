// SPDX-License-Identifier: Apache-2.0
//
// Where constructors and allocators throw, which allocator is used, and what a constructor may do. (container_item_faults_test.cpp
// goes through every operation.)
#include "pariter/containers/concurrent_log.hpp"

#include "../support/archetypes.hpp"
#include "../support/streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <vector>

namespace {

using namespace pariter;
using test::fill;
using test::numbers;
using test::walked;

TEST(ConcurrentLogExceptions, a_throwing_constructor_leaves_the_log_as_it_was) {
  test::throwing::fail_at(0);
  {
    concurrent_log<test::throwing> log;
    const test::throwing item(1);
    for (int round = 0; round < 600; ++round) {
      test::throwing::fail_at(1);
      EXPECT_THROW(log.append(item), test::planned_failure);
      EXPECT_EQ(log.size(), static_cast<std::size_t>(round));
      log.append(item);
      EXPECT_EQ(log.size(), static_cast<std::size_t>(round) + 1);
    }
  }
  EXPECT_EQ(test::throwing::living, 0);
}

TEST(ConcurrentLogExceptions, a_batch_that_throws_leaves_the_items_before) {
  for (int at = 1; at <= 40; ++at) {
    {
      concurrent_log<test::throwing> log;
      test::throwing::fail_at(0);
      std::vector<test::throwing> items;
      for (int i = 0; i < 20; ++i) items.emplace_back(i);
      test::throwing::fail_at(at);
      const bool thrown = [&] {
        try {
          log.append_range(items);
          return false;
        } catch (const test::planned_failure&) {
          return true;
        }
      }();
      test::throwing::fail_at(0);
      EXPECT_EQ(thrown, at <= 20);
      EXPECT_EQ(walked(log), numbers(0, std::min(at - 1, 20)));
    }
    EXPECT_EQ(test::throwing::living, 0);
  }
}

TEST(ConcurrentLogExceptions, an_appender_keeps_what_the_log_did_not_take) {
  test::throwing::fail_at(0);
  {
    concurrent_log<test::throwing> log;
    auto out = log.appender(100);
    for (int i = 0; i < 10; ++i) out.emplace(i);
    test::throwing::fail_at(4);
    EXPECT_THROW(out.flush(), test::planned_failure);
    EXPECT_EQ(walked(log), numbers(0, 3));
    EXPECT_EQ(out.pending(), 7u);
    out.flush();
    EXPECT_EQ(walked(log), numbers(0, 10));
  }
  EXPECT_EQ(test::throwing::living, 0);
}

TEST(ConcurrentLogExceptions, every_failing_allocation_leaves_a_usable_log) {
  int left = 0;
  int out = 0;
  for (int at = 1; at <= 8; ++at) {
    left = at;
    try {
      concurrent_log<int, writers::locked, test::failing_allocator<int>> log(test::failing_allocator<int>(&left, &out));
      int next = 0;
      while (next < 3'000) {
        try {
          if (next == 1'500) log.clear();
          log.append(next);
          ++next;
        } catch (const std::bad_alloc&) {
          EXPECT_EQ(log.end_position(), static_cast<std::uint64_t>(next));
          if (next == 1'500) log.append(next++);
        }
      }
      EXPECT_EQ(log.end_position(), 3'000u);
      EXPECT_EQ(log.snapshot().back(), 2'999);
    } catch (const std::bad_alloc&) {
      EXPECT_EQ(at, 1);
    }
    EXPECT_EQ(out, 0) << "allocation " << at;
  }
}

TEST(ConcurrentLogAllocator, takes_all_memory_from_the_allocator) {
  std::array<std::byte, 100'000> buffer;
  std::pmr::monotonic_buffer_resource memory(buffer.data(), buffer.size(), std::pmr::null_memory_resource());
  concurrent_log<int, writers::single, std::pmr::polymorphic_allocator<int>> log{std::pmr::polymorphic_allocator<int>(&memory)};
  fill(log, 0, 2'000);
  EXPECT_EQ(walked(log), numbers(0, 2'000));
}

// Items that allocate get the container's allocator, in every way to write.
TEST(ConcurrentLogAllocator, reaches_the_items_own_memory) {
  using strings = concurrent_log<std::pmr::string, writers::locked, std::pmr::polymorphic_allocator<std::pmr::string>>;
  std::pmr::unsynchronized_pool_resource memory;
  strings log{&memory};
  const std::pmr::string s = "a text that is too long to be stored inside of the object";
  log.append(s);
  log.append(std::pmr::string(s));
  log.emplace(s.c_str());
  log.append_range(std::vector{s, s});
  log.append_range(std::vector{s.c_str()});
  {
    auto out = log.appender(3);
    for (int i = 0; i < 4; ++i) out.append(s);
  }
  EXPECT_EQ(log.size(), 10u);
  for (const std::pmr::string& x : log) {
    EXPECT_EQ(x, s);
    EXPECT_EQ(x.get_allocator().resource(), &memory);
  }
}

TEST(ConcurrentLogUserCode, a_constructor_may_use_the_log) {
  struct item {
    item(concurrent_log<item>& log, int depth) : size_before(log.size()) {
      if (depth > 0) log.emplace(log, depth - 1);
    }
    std::size_t size_before;
    std::string makes_it_not_trivial;
  };
  concurrent_log<item> log;
  log.emplace(log, 3);
  EXPECT_EQ(log.size(), 4u);
}

TEST(ConcurrentLogUserCode, a_conversion_may_use_the_log) {
  struct next_index {
    concurrent_log<int>& log;
    operator int() const {
      log.append(-1);
      return static_cast<int>(log.size());
    }
  };
  concurrent_log<int> log;
  EXPECT_EQ(log.emplace(next_index{log}), 1);
  EXPECT_EQ(walked(log), (std::vector{-1, 1}));
}

}  // namespace
