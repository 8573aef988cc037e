// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/batched.hpp"

#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

using pariter::batched;
using pariter::batched_strict;

TEST(Batched, the_last_may_be_short) {
  std::vector<int> v{1, 2, 3};
  auto it = batched(v, 2);
  EXPECT_EQ(it.next(), (std::vector{1, 2}));
  EXPECT_EQ(it.next(), (std::vector{3}));
  EXPECT_FALSE(it.next());
}

TEST(Batched, refuses_batches_of_nothing) {
  std::vector<int> v;
  EXPECT_THROW((void)batched(v, 0), pariter::invalid_size);
}

TEST(Batched, an_exception_keeps_the_batch_so_far) {
  int calls = 0;
  auto it = batched(pariter::iter([&] { return ++calls == 2 ? throw pariter::test::planned_failure() : calls; }, 6), 3);
  EXPECT_THROW((void)it.next(), pariter::test::planned_failure);
  EXPECT_EQ(it.next(), (std::vector{1, 3, 4}));
  EXPECT_EQ(it.next(), (std::vector{5}));
}

TEST(Batched, asks_for_no_more_memory_than_it_fills) {
  std::vector<int> v{1};
  EXPECT_EQ(batched(v, std::size_t{1} << 60).next(), (std::vector{1}));
}

TEST(BatchedStrict, a_short_last_batch_is_an_error) {
  std::vector<int> v{1, 2, 3};
  auto it = batched_strict(v, 2);
  EXPECT_TRUE(it.next());
  EXPECT_THROW((void)it.next(), pariter::wrong_count);
  EXPECT_FALSE(it.next());
  auto exact = batched_strict(v, 3);
  EXPECT_TRUE(exact.next());
  EXPECT_FALSE(exact.next());
}
