// SPDX-License-Identifier: Apache-2.0
//
// What does an item of a generator cost? Against an iterator and a loop written by hand, and against a generator as the
// standard specifies it (P2502), written minimally, without our features.
//
// All of them count to n; the sum is checked. The consuming loop holds an opaque sum, so that nothing is folded away, in a variable of
// its own: were it the caller's, one compiler would keep one contestant's in a register and another's in memory.
//
#include <optional>

#include <pariter/coro/generator.hpp>
#include <pariter/core/iterator_interface.hpp>

#include "questions.hpp"
#include "support.hpp"
#include "yardstick_generator.hpp"

namespace bench {
namespace {

template <class Generator>
Generator count_to(unsigned n) {
  for (unsigned i = 0; i < n; ++i) co_yield i;
}

class hand_written_count : public pariter::iterator_interface<hand_written_count> {
 public:
  explicit hand_written_count(unsigned end) : end_(end) {}
  std::optional<unsigned> next() {
    if (at_ == end_) return std::nullopt;
    return at_++;
  }

 private:
  unsigned at_ = 0, end_;
};

struct sum_of_items {
  std::uint64_t sum = 0;
  void operator()(unsigned x) {
    sum += x;
    opaque(sum);
  }
};

template <class Walk>
double timed_sum(std::size_t n, Walk walk) {
  std::uint64_t sum = 0;
  const double wall = time_of([&] { sum = walk(); });
  expect_equal(sum, std::uint64_t{n} * (n - 1) / 2, "sum");
  return ns_per(wall, n);
}

template <class Make>
double by_next(std::size_t n, Make make) {
  return timed_sum(n, [&] {
    sum_of_items total;
    auto source = make(static_cast<unsigned>(n));
    while (auto x = source.next()) total(*x);
    return total.sum;
  });
}

template <class Make>
double by_range_for(std::size_t n, Make make) {
  return timed_sum(n, [&] {
    sum_of_items total;
    auto source = make(static_cast<unsigned>(n));
    for (const unsigned& x : source) total(x);
    return total.sum;
  });
}

double by_hand(std::size_t n) {
  return timed_sum(n, [n] {
    sum_of_items total;
    for (unsigned i = 0; i < n; ++i) total(i);
    return total.sum;
  });
}

using plain = pariter::generator<unsigned>;
using by_reference = pariter::generator<unsigned&>;
using receiving = pariter::generator<unsigned, int>;

constexpr std::size_t items = 20'000'000;

}  // namespace

void add_generator(suite& s) {
  s.add("shape/generator/item", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(items);
    r.ours([n] { return by_next(n, count_to<plain>); });
    r.rival("hand-written iterator", [n] { return by_next(n, [](unsigned end) { return hand_written_count(end); }); }, no_bar());
    r.rival("hand-written loop", [n] { return by_hand(n); }, no_bar());
  });
  s.add("protocol/generator/next", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(items);
    r.ours([n] { return by_next(n, count_to<plain>); });
    r.rival("P2502 yardstick, range-for", [n] { return by_range_for(n, count_to<yardstick::generator<unsigned>>); }, at_most(1.05));
  });
  s.add("protocol/generator/range_for", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(items);
    r.ours([n] { return by_range_for(n, count_to<plain>); });
    r.rival("P2502 yardstick, range-for", [n] { return by_range_for(n, count_to<yardstick::generator<unsigned>>); }, at_most(1.05));
  });
  s.add("protocol/generator/by_reference", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(items);
    r.ours([n] { return by_next(n, count_to<by_reference>); });
    r.rival("P2502 yardstick, range-for", [n] { return by_range_for(n, count_to<yardstick::generator<unsigned&>>); }, at_most(1.05));
  });
  s.add("protocol/generator/without_send", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(items);
    r.ours([n] { return by_next(n, count_to<plain>); });
    r.rival("the same generator, made to receive", [n] { return by_next(n, count_to<receiving>); }, at_most(1.05));
  });
}

}  // namespace bench
