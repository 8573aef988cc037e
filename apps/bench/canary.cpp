// SPDX-License-Identifier: Apache-2.0
//
// What does the canary, which reports two threads in one iterator, cost in release? An iterator with it, and its twin without.
//
#include <optional>

#include <pariter/core/iterator_interface.hpp>
#include <pariter/detail/canary.hpp>

#include "questions.hpp"
#include "support.hpp"

namespace bench {
namespace {

class bare_count : public pariter::iterator_interface<bare_count> {
 public:
  explicit bare_count(unsigned end) : end_(end) {}
  std::optional<unsigned> next() {
    if (at_ == end_) return std::nullopt;
    return at_++;
  }

 private:
  unsigned at_ = 0, end_;
};

class guarded_count : public pariter::iterator_interface<guarded_count> {
 public:
  explicit guarded_count(unsigned end) : end_(end) {}
  std::optional<unsigned> next() {
    const pariter::detail::canary_guard guard(canary_);
    if (at_ == end_) return std::nullopt;
    return at_++;
  }

 private:
  unsigned at_ = 0, end_;
  [[no_unique_address]] pariter::detail::canary canary_;
};

template <class Count>
double count_to(std::size_t n) {
  const unsigned end = static_cast<unsigned>(n);
  unsigned long sum = 0;
  const double wall = time_of([&] {
    Count it(end);
    while (auto x = it.next()) {
      sum += *x;
      opaque(sum);
    }
  });
  expect_equal(sum, static_cast<unsigned long>(n) * (n - 1) / 2, "sum");
  return ns_per(wall, n);
}

}  // namespace

void add_canary(suite& s) {
  s.add("protocol/canary/release", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(50'000'000);
    r.ours([n] { return count_to<guarded_count>(n); });
    r.rival("the same iterator without a canary", [n] { return count_to<bare_count>(n); }, at_most(1.05));
  });
  s.add("protocol/canary/size", "bytes", [](race& r) {
    r.ours([] { return double{sizeof(guarded_count)}; });
    r.rival("the same iterator without a canary", [] { return double{sizeof(bare_count)}; }, at_most(1));
  });
}

}  // namespace bench
