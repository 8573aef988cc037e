// SPDX-License-Identifier: Apache-2.0
// pariter's iterators and std::generator, both ways.

#include "pariter/core/iter.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/next.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/share.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <generator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

std::generator<int> theirs(int count, int* started = nullptr) {
  if (started != nullptr) ++*started;
  for (int i = 0; i < count; ++i) co_yield i;
}

pariter::generator<int> ours(int count) {
  for (int i = 0; i < count; ++i) co_yield i;
}

std::generator<std::string> failing() {
  co_yield "one";
  throw std::runtime_error("failed");
}

}  // namespace

static_assert(pariter::iterable<std::generator<int>> && !pariter::shared_iterable<std::generator<int>>);

TEST(StdGenerator, is_iterable_and_starts_with_the_first_step) {
  int started = 0;
  auto it = pariter::iter(theirs(3, &started));
  EXPECT_EQ(started, 0);
  EXPECT_EQ(pariter::next(it), 0);
  EXPECT_EQ(started, 1);
  EXPECT_EQ(pariter::next(it), 1);
  EXPECT_EQ(pariter::next(it), 2);
  EXPECT_FALSE(pariter::next(it));
  EXPECT_FALSE(pariter::next(it));
}

TEST(StdGenerator, passes_its_error_on_and_is_at_its_end) {
  auto it = pariter::iter(failing());
  EXPECT_EQ(*pariter::next(it), "one");
  EXPECT_THROW((void)pariter::next(it), std::runtime_error);
  EXPECT_FALSE(pariter::next(it));
}

TEST(StdGenerator, can_be_delegated_to) {
  auto both = [](int n) -> pariter::generator<int> {
    co_yield pariter::elements_of(theirs(n));
    co_yield -1;
    co_yield pariter::elements_of(theirs(n));
  };
  std::vector<int> seen;
  for (int i : both(2)) seen.push_back(i);
  EXPECT_EQ(seen, (std::vector{0, 1, -1, 0, 1}));
}

// Its elements_of takes ranges whose references convert to what it yields: for a range of `int&` that is not std::generator<int>,
// which yields `int&&`.
TEST(StdGenerator, delegates_to_ours) {
  auto both = [](int n) -> std::generator<const int&> {
    co_yield std::ranges::elements_of(ours(n));
    co_yield -1;
  };
  std::vector<int> seen;
  for (int i : both(2)) seen.push_back(i);
  EXPECT_EQ(seen, (std::vector{0, 1, -1}));
}

TEST(StdGenerator, can_be_shared_by_threads) {
  const auto shared = pariter::share(theirs(10'000));
  std::atomic<long> sum = 0;
  auto work = [&] {
    long mine = 0;
    for (int i : shared.iter()) mine += i;
    sum += mine;
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
  EXPECT_EQ(sum, 49'995'000);
}
