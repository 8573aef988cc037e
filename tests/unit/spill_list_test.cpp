// SPDX-License-Identifier: Apache-2.0
#include "pariter/sharing/spill_list.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace {

struct node {
  explicit node(int v) : value(v) { ++alive; }
  node(const node&) = delete;
  node& operator=(const node&) = delete;
  ~node() { --alive; }
  int value;
  node* next_spilled = nullptr;
  static inline int alive = 0;  // single-threaded tests only
};

TEST(SpillList, gives_back_each_node_once) {
  pariter::detail::spill_list<node> list;
  EXPECT_FALSE(list.has_some());
  EXPECT_EQ(list.take(), nullptr);
  for (int i = 0; i < 3; ++i) list.put(std::make_unique<node>(i));
  EXPECT_TRUE(list.has_some());
  int sum = 0;
  list.for_each([&](const node& n) { sum += n.value; });
  EXPECT_EQ(sum, 3);
  while (const auto n = list.take()) sum -= n->value;
  EXPECT_EQ(sum, 0);
  EXPECT_FALSE(list.has_some());
  EXPECT_EQ(node::alive, 0);
}

TEST(SpillList, frees_what_nobody_took_without_recursion) {
  {
    pariter::detail::spill_list<node> list;
    for (int i = 0; i < 1'000'000; ++i) list.put(std::make_unique<node>(i));
  }
  EXPECT_EQ(node::alive, 0);
}

struct plain_node {
  node* unused = nullptr;
  plain_node* next_spilled = nullptr;
};

TEST(SpillList, is_safe_between_threads) {
  pariter::detail::spill_list<plain_node> list;
  for (int i = 0; i < 10; ++i) list.put(std::make_unique<plain_node>());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i) {
        if (auto n = list.take()) list.put(std::move(n));
      }
    });
  }
  for (auto& t : threads) t.join();
  std::size_t count = 0;
  while (list.take()) ++count;
  EXPECT_EQ(count, 10u);
}

}  // namespace
