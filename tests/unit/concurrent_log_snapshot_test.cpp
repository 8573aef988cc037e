// SPDX-License-Identifier: Apache-2.0
//
// A log as a range: snapshots are random-access ranges, any range can be appended.
#include "pariter/containers/concurrent_log.hpp"

#include "../support/streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <ranges>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace pariter;
using test::fill;
using test::numbers;
using test::walked;

TEST(ConcurrentLogSnapshot, is_a_random_access_range) {
  concurrent_log<int> log;
  fill(log, 0, 2'000);
  const auto s = log.snapshot();
  EXPECT_TRUE(std::ranges::equal(s, numbers(0, 2'000)));
  EXPECT_TRUE(std::ranges::equal(s | std::views::reverse, numbers(0, 2'000) | std::views::reverse));
  EXPECT_EQ(std::ranges::lower_bound(s, 1'234) - s.begin(), 1'234);
  EXPECT_EQ(s[1'999], 1'999);
  EXPECT_EQ(s.back(), 1'999);
  std::mt19937 random(7);
  auto c = s.begin();
  std::ptrdiff_t at = 0;
  for (int i = 0; i < 5'000; ++i) {
    const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(random() % 2'001);
    c += to - at;
    at = to;
    EXPECT_EQ(c - s.begin(), at);
    EXPECT_EQ(s.end() - c, 2'000 - at);
    EXPECT_EQ(c == s.end(), at == 2'000);
    EXPECT_TRUE(c == s.begin() + at);
    if (at < 2'000) {
      EXPECT_EQ(*c, at);
      EXPECT_EQ(c[2'000 - 1 - at], 1'999);
    }
  }
  const auto part = s.slice(500, 520);
  EXPECT_TRUE(std::ranges::equal(part, numbers(500, 520)));
  EXPECT_EQ(*--part.end(), 519);
  EXPECT_EQ(part.first_position(), 500u);
  EXPECT_EQ(part.end_position(), 520u);
  EXPECT_THROW((void)s.slice(0, 2'001), out_of_reach);
}

TEST(ConcurrentLogSnapshot, ends_where_it_did_while_the_log_grows_at_a_segment_border) {
  constexpr int first_segment = 512;
  concurrent_log<int> log;
  fill(log, 0, first_segment);
  const auto s = log.snapshot();
  auto c = s.begin();
  fill(log, first_segment, 2 * first_segment);
  int n = 0;
  for (; c != s.end(); ++c) EXPECT_EQ(*c, n++);
  EXPECT_EQ(n, first_segment);
}

TEST(ConcurrentLogRange, works_with_views_and_algorithms) {
  concurrent_log<int> log;
  log.append_range(numbers(0, 100));
  EXPECT_EQ(std::ranges::count_if(log, [](int i) { return i % 2 == 0; }), 50);
  int sum = 0;
  for (int i : log | std::views::transform([](int i) { return i * 2; })) sum += i;
  EXPECT_EQ(sum, 9'900);
}

TEST(ConcurrentLogRange, appends_any_range) {
  concurrent_log<std::string> log;
  log.append_range(std::vector<std::string>{"a", "b"});
  log.append_range(std::views::iota(0, 3) | std::views::transform([](int i) { return std::to_string(i); }));
  std::istringstream in("x y");
  log.append_range(std::views::istream<std::string>(in));
  EXPECT_TRUE(std::ranges::equal(log.snapshot(), std::vector<std::string>{"a", "b", "0", "1", "2", "x", "y"}));
}

}  // namespace
