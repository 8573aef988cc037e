// SPDX-License-Identifier: Apache-2.0
//
// What does an item of a generator cost? Against an iterator and a loop written by hand, and against a generator as the
// standard specifies it (P2502), written minimally, without our features.
//
// All of them count to n; the sum is checked. The consuming loop holds an opaque sum, so that nothing is folded away, in a variable of
// its own: were it the caller's, one compiler would keep one contestant's in a register and another's in memory.
//
// An item takes six cycles or so, and the very same instructions take one more or less in another place: the yardstick alone, moved
// by 16 bytes, 1.24 or 1.45 ns. So each contestant is compiled several times, moved 16 bytes further each time, and timed over all.
//
#include <optional>
#include <utility>

#include <pariter/coro/generator.hpp>
#include <pariter/core/iterator_interface.hpp>

#include "questions.hpp"
#include "support.hpp"
#include "yardstick_generator.hpp"

namespace bench {
namespace {

constexpr std::size_t places = 16;

// Moves what the compiler lays out behind it.
template <std::size_t Place>
[[gnu::always_inline]] inline void move_code() {
  asm volatile(".rept %c0\n nop\n .endr" : : "i"(16 * Place));
}

template <class Generator, std::size_t Place>
Generator count_to(unsigned n) {
  move_code<Place>();
  for (unsigned i = 0; i < n; ++i) co_yield i;
}
template <class Generator>
struct counting {
  template <std::size_t Place>
  static Generator at(unsigned n) {
    return count_to<Generator, Place>(n);
  }
};

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

struct counting_by_hand {
  template <std::size_t>
  static hand_written_count at(unsigned n) {
    return hand_written_count(n);
  }
};

template <class Made, std::size_t Place>
[[gnu::noinline]] double by_next_at(std::size_t n) {
  move_code<Place>();
  return timed_sum(n, [n] {
    sum_of_items total;
    auto source = Made::template at<Place>(static_cast<unsigned>(n));
    while (auto x = source.next()) total(*x);
    return total.sum;
  });
}

template <class Made, std::size_t Place>
[[gnu::noinline]] double by_range_for_at(std::size_t n) {
  move_code<Place>();
  return timed_sum(n, [n] {
    sum_of_items total;
    auto source = Made::template at<Place>(static_cast<unsigned>(n));
    for (const unsigned& x : source) total(x);
    return total.sum;
  });
}

// Of n items in all.
template <class Made>
double by_next(std::size_t n) {
  return [n]<std::size_t... Place>(std::index_sequence<Place...>) {
    return (by_next_at<Made, Place>(n / places) + ...) / places;
  }(std::make_index_sequence<places>());
}
template <class Made>
double by_range_for(std::size_t n) {
  return [n]<std::size_t... Place>(std::index_sequence<Place...>) {
    return (by_range_for_at<Made, Place>(n / places) + ...) / places;
  }(std::make_index_sequence<places>());
}

double by_hand(std::size_t n) {
  return timed_sum(n, [n] {
    sum_of_items total;
    for (unsigned i = 0; i < n; ++i) total(i);
    return total.sum;
  });
}

using plain = counting<pariter::generator<unsigned>>;
using by_reference = counting<pariter::generator<unsigned&>>;
using receiving = counting<pariter::generator<unsigned, int>>;
using yardstick_of_values = counting<yardstick::generator<unsigned>>;
using yardstick_of_references = counting<yardstick::generator<unsigned&>>;

constexpr std::size_t items = 20'000'000;

}  // namespace

void add_generator(suite& s) {
  s.add("shape/generator/item", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(items);
    r.ours([n] { return by_next<plain>(n); });
    r.rival("hand-written iterator", [n] { return by_next<counting_by_hand>(n); }, no_bar());
    r.rival("hand-written loop", [n] { return by_hand(n); }, no_bar());
  });
  s.add("protocol/generator/next", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(items);
    r.ours([n] { return by_next<plain>(n); });
    r.rival("P2502 yardstick, range-for", [n] { return by_range_for<yardstick_of_values>(n); }, at_most(1.05));
  });
  s.add("protocol/generator/range_for", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(items);
    r.ours([n] { return by_range_for<plain>(n); });
    r.rival("P2502 yardstick, range-for", [n] { return by_range_for<yardstick_of_values>(n); }, at_most(1.05));
  });
  s.add("protocol/generator/by_reference", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(items);
    r.ours([n] { return by_next<by_reference>(n); });
    r.rival("P2502 yardstick, range-for", [n] { return by_range_for<yardstick_of_references>(n); }, at_most(1.05));
  });
  s.add("protocol/generator/without_send", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(items);
    r.ours([n] { return by_next<plain>(n); });
    r.rival("the same generator, made to receive", [n] { return by_next<receiving>(n); }, at_most(1.05));
  });
}

}  // namespace bench
