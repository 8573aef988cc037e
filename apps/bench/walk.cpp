// SPDX-License-Identifier: Apache-2.0
//
// What does the protocol cost over a plain container? iter(), next() and next_batch() over std::vector<unsigned>.
//
// The vector fits in the second-level cache and is walked many times, so that nothing hides behind memory. The loops that
// may not be vectorised hold the same opaque body on both sides.
//
#include <numeric>
#include <vector>

#include <pariter/core/iter.hpp>
#include <pariter/core/next.hpp>

#include "questions.hpp"
#include "support.hpp"

namespace bench {
namespace {

constexpr std::size_t passes = 80;

// Sums `passes` times with `one_pass`, checks, returns ns per item.
template <class F>
double walk(const std::vector<unsigned>& v, F one_pass) {
  const unsigned want = std::accumulate(v.begin(), v.end(), 0U);
  unsigned got = 0;
  const double wall = time_of([&] {
    for (std::size_t i = 0; i < passes; ++i) {
      unsigned sum = one_pass(v);
      keep(sum);
      got += sum;
    }
  });
  expect_equal(got, static_cast<unsigned>(want * passes), "sum");
  return ns_per(wall, v.size() * passes);
}

unsigned raw_loop(const std::vector<unsigned>& v) {
  unsigned sum = 0;
  for (const unsigned x : v) {
    sum += x;
    opaque(sum);
  }
  return sum;
}

unsigned vectorised_loop(const std::vector<unsigned>& v) {
  unsigned sum = 0;
  for (const unsigned x : v) sum += x;
  return sum;
}

unsigned by_next(const std::vector<unsigned>& v) {
  unsigned sum = 0;
  auto it = pariter::iter(v);
  while (auto x = pariter::next(it)) {
    sum += *x;
    opaque(sum);
  }
  return sum;
}

unsigned by_range_for(const std::vector<unsigned>& v) {
  unsigned sum = 0;
  for (const unsigned& x : pariter::iter(v)) {
    sum += x;
    opaque(sum);
  }
  return sum;
}

unsigned by_next_batch(const std::vector<unsigned>& v) {
  unsigned sum = 0;
  auto it = pariter::iter(v);
  for (auto batch = it.next_batch(); !batch.empty(); batch = it.next_batch())
    for (const unsigned x : batch) sum += x;
  return sum;
}

std::vector<unsigned> numbers(const race& r) {
  std::vector<unsigned> v(r.scaled(200'000));
  std::iota(v.begin(), v.end(), 1U);
  return v;
}

}  // namespace

void add_walk(suite& s) {
  s.add("protocol/walk/next", "ns/item", [](race& r) {
    const auto v = numbers(r);
    r.ours([v] { return walk(v, by_next); });
    r.rival("raw loop, not vectorised", [v] { return walk(v, raw_loop); }, at_most(1.1));
  });
  s.add("protocol/walk/range_for", "ns/item", [](race& r) {
    const auto v = numbers(r);
    r.ours([v] { return walk(v, by_range_for); });
    r.rival("raw loop, not vectorised", [v] { return walk(v, raw_loop); }, at_most(1.1));
  });
  s.add("protocol/walk/next_batch", "ns/item", [](race& r) {
    const auto v = numbers(r);
    r.ours([v] { return walk(v, by_next_batch); });
    r.rival("raw loop, vectorised", [v] { return walk(v, vectorised_loop); }, at_most(1.05));
  });
}

}  // namespace bench
