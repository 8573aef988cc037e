// SPDX-License-Identifier: Apache-2.0
//
// How long items live, and where their constructors and the allocator throw. (container_item_faults_test.cpp goes through every
// operation.)
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"

#include "../support/archetypes.hpp"
#include "../support/streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
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

TEST(BroadcastItems, are_destroyed_with_the_window_and_none_is_lost) {
  test::counted::living = 0;
  {
    broadcast<test::counted> b{{.capacity = 10}};
    auto gating = b.iter();
    auto lossy = b.iter({.policy = policy::lossy});
    for (int i = 0; i < 500; ++i) {
      b.emplace(i);
      EXPECT_EQ(gating.next()->value, i);
      if (i % 50 == 0) (void)lossy.try_next();
      EXPECT_LE(test::counted::living, 13);
    }
  }
  EXPECT_EQ(test::counted::living, 0);
}

// Of a byte, of a mebibyte: the window and the segments count items, whatever their size.
template <std::size_t Size>
void goes_round(std::size_t capacity) {
  struct item {
    std::array<unsigned char, Size> bytes;
  };
  broadcast<item> b{{.capacity = capacity}};
  concurrent_log<item> log;
  auto it = b.iter();
  const auto made = std::make_unique<item>();
  for (std::size_t i = 0; i < 20; ++i) {
    made->bytes.fill(static_cast<unsigned char>(i));
    EXPECT_TRUE(b.try_append(*made));
    log.append(*made);
    const auto o = it.try_next();
    ASSERT_TRUE(o.has_item());
    EXPECT_EQ((*o).bytes, made->bytes);
  }
  unsigned char next = 0;
  for (const item& x : log) EXPECT_EQ(x.bytes.back(), next++);
  EXPECT_EQ(next, 20);
}
TEST(BroadcastItems, may_be_as_small_as_a_byte) { goes_round<1>(3); }
TEST(BroadcastItems, may_be_as_large_as_a_mebibyte) { goes_round<1 << 20>(1); }

TEST(BroadcastItems, stay_valid_until_the_next_step_whatever_the_policy) {
  broadcast<std::string> b{{.capacity = 64}};
  auto it = b.iter({.policy = policy::lossy});
  for (int i = 0; i < 64; ++i) b.append("a string that does not fit into the object itself " + std::to_string(i));
  const auto batch = it.next_batch();
  const std::vector<std::string> copy(batch.begin(), batch.end());
  for (int i = 0; i < 10'000; ++i) b.append("another string that is too long to be stored in place " + std::to_string(i));
  EXPECT_TRUE(std::ranges::equal(batch, copy));
}

TEST(BroadcastItems, get_the_allocator_of_the_broadcast) {
  using strings = broadcast<std::pmr::string, writers::locked, std::pmr::polymorphic_allocator<std::pmr::string>>;
  std::pmr::unsynchronized_pool_resource memory;
  strings b{{.capacity = 16}, &memory};
  const std::pmr::string s = "a text that is too long to be stored inside of the object";
  for (int round = 0; round < 10; ++round) {
    b.append(s);
    b.append(std::pmr::string(s));
    b.emplace(s.c_str());
    EXPECT_TRUE(b.try_append(s));
    b.append_range(std::vector{s, s});
    auto out = b.appender(3);
    for (int i = 0; i < 4; ++i) out.append(s);
  }
  b.close();
  int seen = 0;
  for (const std::pmr::string& x : b.iter()) {
    EXPECT_EQ(x, s);
    EXPECT_EQ(x.get_allocator().resource(), &memory);
    ++seen;
  }
  EXPECT_EQ(seen, 16);
}

TEST(BroadcastExceptions, a_throwing_constructor_leaves_the_broadcast_as_it_was) {
  test::throwing::fail_at(0);
  test::throwing::living = 0;
  {
    broadcast<test::throwing> b{{.capacity = 8}};
    auto it = b.iter();
    for (int i = 0; i < 100; ++i) {
      test::throwing::fail_at(1);
      EXPECT_THROW(b.emplace(i), test::planned_failure);
      EXPECT_TRUE(it.try_next().is_empty());
      test::throwing::fail_at(0);
      b.emplace(i);
      EXPECT_EQ(it.next()->value, i);
    }
  }
  EXPECT_EQ(test::throwing::living, 0);
}

TEST(BroadcastExceptions, a_batch_that_throws_leaves_the_items_before) {
  test::throwing::living = 0;
  for (int at = 1; at <= 25; ++at) {
    {
      test::throwing::fail_at(0);
      std::vector<test::throwing> items;
      for (int i = 0; i < 20; ++i) items.emplace_back(i);
      broadcast<test::throwing> b{{.capacity = 64}};
      auto it = b.iter();
      test::throwing::fail_at(at);
      try {
        b.append_range(items);
        EXPECT_GT(at, 20);
      } catch (const test::planned_failure&) {
        EXPECT_LE(at, 20);
      }
      test::throwing::fail_at(0);
      b.close();
      EXPECT_EQ(walked(it), numbers(0, std::min(at - 1, 20)));
    }
    EXPECT_EQ(test::throwing::living, 0);
  }
}

TEST(BroadcastExceptions, every_failing_allocation_leaves_it_usable) {
  for (int at = 1; at <= 14; ++at) {
    int left = at;
    int out = 0;
    {
      broadcast<std::string, writers::locked, test::failing_allocator<std::string>> b({.capacity = 64}, test::failing_allocator<std::string>(&left, &out));
      auto gating = b.iter();
      auto lossy = b.iter({.policy = policy::lossy});
      for (int i = 0; i < 400; ++i) {
        const std::string item = "long enough to be stored outside of the object " + std::to_string(i);
        try {
          b.append(item);
        } catch (const std::bad_alloc&) {
          b.append(item);
        }
        EXPECT_EQ(*gating.next(), item);
        if (i == 0) (void)lossy.next();
      }
    }
    EXPECT_EQ(out, 0);
  }
}

}  // namespace
