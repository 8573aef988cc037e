// SPDX-License-Identifier: Apache-2.0
#include "pariter/sharing/split.hpp"

#include "pariter/containers/concurrent_log.hpp"
#include "pariter/sharing/share.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <numeric>
#include <ranges>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using pariter::split;

std::vector<int> numbers(int count) {
  std::vector<int> v(static_cast<std::size_t>(count));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

// The parts cover 0 … count-1 exactly, in order, by every way of walking them.
template <class Parts>
void expect_exact(const Parts& parts, std::size_t n, int count) {
  ASSERT_EQ(parts.size(), n);
  using part = typename Parts::value_type;
  static_assert(std::ranges::random_access_range<const part>);
  static_assert(std::ranges::sized_range<const part>);
  static_assert(pariter::shared_iterable<part>);
  static_assert(std::copyable<part>);
  std::vector<int> by_loop, by_iterator, by_index;
  std::size_t smallest = parts[0].size(), largest = 0;
  for (const auto& p : parts) {
    EXPECT_EQ(p.offset(), by_loop.size());
    for (const int x : p) by_loop.push_back(x);
    auto it = pariter::iter(p);
    while (auto x = it.next()) by_iterator.push_back(static_cast<int>(*x));
    for (std::size_t i = 0; i < p.size(); ++i) by_index.push_back(p[i]);
    smallest = std::min(smallest, p.size());
    largest = std::max(largest, p.size());
    EXPECT_EQ(p.empty(), p.size() == 0);
  }
  EXPECT_EQ(by_loop, numbers(count));
  EXPECT_EQ(by_iterator, numbers(count));
  EXPECT_EQ(by_index, numbers(count));
  EXPECT_LE(largest - smallest, 1u);
}

TEST(Split, is_exact_for_every_count_and_number_of_parts) {
  for (int count = 0; count < 40; ++count) {
    std::vector<int> v = numbers(count);
    const std::deque<int> d(v.begin(), v.end());
    pariter::concurrent_log<int> log;
    for (const int x : v) log.append(x);
    for (std::size_t n = 1; n < 12; ++n) {
      expect_exact(split(v, n), n, count);
      expect_exact(split(d, n), n, count);
      expect_exact(split(std::span(v), n), n, count);
      expect_exact(split(std::views::iota(0, count), n), n, count);
      expect_exact(split(log, n), n, count);
      expect_exact(split(log.snapshot(), n), n, count);
      expect_exact(split(numbers(count), n), n, count);
    }
  }
}

TEST(Split, into_no_parts_is_refused) { EXPECT_THROW((void)split(numbers(3), 0), pariter::invalid_size); }

TEST(Split, parts_refer_to_the_items) {
  std::vector<int> v = numbers(100);
  std::vector<std::thread> threads;
  for (auto& p : split(v, 3)) {
    threads.emplace_back([p] {
      for (int& x : p) x *= 2;
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(std::accumulate(v.begin(), v.end(), 0), 9'900);
}

TEST(Split, parts_keep_a_temporary) {
  auto it = [] { return split(std::vector<std::string>{"one", "two", "three and more than fits in place"}, 2)[1].iter(); }();
  EXPECT_EQ(*it.next(), "three and more than fits in place");
  EXPECT_FALSE(it.next());
}

TEST(Split, of_a_log_sees_one_moment) {
  pariter::concurrent_log<int> log;
  for (int i = 0; i < 100; ++i) log.append(i);
  const auto parts = split(log, 4);
  for (int i = 100; i < 200; ++i) log.append(i);
  log.clear();
  expect_exact(parts, 4, 100);
}

TEST(Split, a_part_can_be_shared) {
  const auto parts = split(numbers(1'000), 2);
  const auto s = pariter::share(parts[1]);
  int sum = 0;
  for (const int x : s.iter()) sum += x;
  EXPECT_EQ(sum, 374'750);
}

struct halves {};  // as tbb::split

TEST(Split, a_part_is_divisible_down_to_its_grain) {
  for (int count = 0; count < 50; ++count) {
    for (std::size_t grain = 1; grain < 8; ++grain) {
      const std::vector<int> v = numbers(count);
      std::vector pieces{split(v, 1)[0].with_grain(grain)};
      for (std::size_t i = 0; i < pieces.size();) {
        if (!pieces[i].is_divisible()) {
          EXPECT_LE(pieces[i].size(), grain);
          ++i;
          continue;
        }
        auto second = std::remove_cvref_t<decltype(pieces[i])>(pieces[i], halves());
        EXPECT_FALSE(second.empty());
        EXPECT_FALSE(pieces[i].empty());
        pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(second));
      }
      std::vector<int> all;
      for (const auto& p : pieces) all.insert(all.end(), p.begin(), p.end());
      EXPECT_EQ(all, v);
    }
  }
}

}  // namespace
