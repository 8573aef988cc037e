// SPDX-License-Identifier: Apache-2.0
//
// What does recursion cost? A binary tree of depth 20 walked in order by generators that delegate with elements_of, against
// the same body in a generator as the standard specifies it (P2502), and an iterator with a stack of its own.
//
// A node is a number: the children of i are 2i and 2i + 1. In-order positions are checked by a sum weighted with the position.
//
#include <cstdint>
#include <optional>
#include <vector>

#include <pariter/coro/elements_of.hpp>
#include <pariter/coro/generator.hpp>

#include "questions.hpp"
#include "support.hpp"
#include "yardstick_generator.hpp"

namespace bench {
namespace {

pariter::generator<unsigned> walk_ours(unsigned node, unsigned end) {
  if (2 * node < end) co_yield pariter::elements_of(walk_ours(2 * node, end));
  co_yield node;
  if (2 * node + 1 < end) co_yield pariter::elements_of(walk_ours(2 * node + 1, end));
}

yardstick::generator<unsigned> walk_yardstick(unsigned node, unsigned end) {
  if (2 * node < end) co_yield yardstick::elements_of(walk_yardstick(2 * node, end));
  co_yield node;
  if (2 * node + 1 < end) co_yield yardstick::elements_of(walk_yardstick(2 * node + 1, end));
}

class walk_by_stack {
 public:
  explicit walk_by_stack(unsigned end) : end_(end) { descend(1); }
  std::optional<unsigned> next() {
    if (path_.empty()) return std::nullopt;
    const unsigned node = path_.back();
    path_.pop_back();
    descend(2 * node + 1);
    return node;
  }

 private:
  void descend(unsigned node) {
    for (; node < end_; node *= 2) path_.push_back(node);
  }
  unsigned end_;
  std::vector<unsigned> path_;
};

struct checksum {
  std::uint64_t count = 0, weighted = 0;
  void operator()(unsigned node) { weighted += ++count * node; }
};

template <class Walk>
double timed_walk(unsigned depth, Walk walk) {
  const unsigned end = 1U << depth;
  static checksum want;
  if (want.count + 1 != end) {
    want = {};
    walk_by_stack reference(end);
    while (auto node = reference.next()) want(*node);
  }
  checksum got;
  const double wall = time_of([&] { walk(end, got); });
  expect_equal(got.count, want.count, "nodes");
  expect_equal(got.weighted, want.weighted, "weighted sum of the nodes");
  return ns_per(wall, end - 1);
}

}  // namespace

void add_recursion(suite& s) {
  s.add("protocol/recursion/binary_tree_depth_20", "ns/item", [](race& r) {
    const unsigned depth = r.scaled(1U << 20) < (1U << 20) ? 10 : 20;
    r.ours([depth] {
      return timed_walk(depth, [](unsigned end, checksum& sum) {
        auto g = walk_ours(1, end);
        while (auto node = g.next()) sum(*node);
      });
    });
    r.rival("P2502 yardstick, elements_of", [depth] {
      return timed_walk(depth, [](unsigned end, checksum& sum) {
        for (const unsigned& node : walk_yardstick(1, end)) sum(node);
      });
    }, at_most(1.1));
    r.rival("iterator with a stack, by hand", [depth] {
      return timed_walk(depth, [](unsigned end, checksum& sum) {
        walk_by_stack it(end);
        while (auto node = it.next()) sum(*node);
      });
    }, no_bar());
  });
}

}  // namespace bench
