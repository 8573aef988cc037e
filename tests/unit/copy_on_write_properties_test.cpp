// SPDX-License-Identifier: Apache-2.0
//
// copy_on_write against a sequential oracle: random operations on one thread, each answer compared. The oracle keeps what every version
// held; so it knows what each snapshot and iterator must show, and how many items may be alive. The seed is printed.
//
#include "pariter/containers/copy_on_write.hpp"

#include "support/archetypes.hpp"
#include "support/scale.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <list>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace {

using pariter::copy_on_write;
using pariter::test::counted;
using pariter::test::seed;

template <class C>
class oracle {
  using version = pariter::version<C>;
  using iterator = typename copy_on_write<C>::iterator;

  struct held {
    version v;
    std::uint64_t number;
  };
  struct walk {
    iterator it;
    std::uint64_t number;
    std::size_t at;
  };

 public:
  explicit oracle(std::uint64_t from) : random_(from), box_(std::in_place) {
    for (int steps = 0; steps < 300 && !testing::Test::HasFailure(); ++steps) one_step();
    for (const held& h : held_) expect_holds(h);
    if (below(2) == 0) box_.reset();  // versions outlive their container
    while (!held_.empty() || !walks_.empty()) {
      drop_one();
      expect_no_item_too_many();
    }
    box_.reset();
    EXPECT_EQ(counted::living, 0);
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_()) % n; }
  std::uint64_t current() const { return versions_.size() - 1; }

  std::vector<int> some_numbers() {
    std::vector<int> v(below(9));
    for (int& x : v) x = static_cast<int>(below(1'000));
    return v;
  }
  static C made_of(const std::vector<int>& numbers) { return C(numbers.begin(), numbers.end()); }

  void one_step() {
    switch (below(12)) {
      case 0: held_.push_back({box_->snapshot(), current()}); break;
      case 1: walks_.push_back({box_->iter(), current(), 0}); break;
      case 2:
      case 3:
        if (!walks_.empty()) step(walks_[below(walks_.size())]);
        break;
      case 4:
        if (!walks_.empty()) {
          walk& w = walks_[below(walks_.size())];
          if (below(2) == 0) {
            auto twin = w.it.fork();
            walks_.push_back({std::move(twin), w.number, w.at});
          } else {
            walk moved = std::move(w);
            w = std::move(moved);
          }
        }
        break;
      case 5:
        if (!held_.empty()) {
          held& a = held_[below(held_.size())];
          const held& b = held_[below(held_.size())];
          EXPECT_EQ(a.v == b.v, a.number == b.number);
          a = b;
        }
        break;
      case 6: drop_one(); break;
      case 7:
        versions_.push_back(some_numbers());
        box_->publish(made_of(versions_.back()));
        break;
      case 8: update(); break;
      case 9:
        EXPECT_THROW(box_->update([&](C& c) {
          c = made_of(some_numbers());
          throw pariter::test::planned_failure();
        }),
                     pariter::test::planned_failure);
        break;
      case 10:
        if (!held_.empty()) {
          const held& seen = held_[below(held_.size())];
          auto numbers = some_numbers();
          ASSERT_EQ(box_->compare_and_publish(seen.v, made_of(numbers)), seen.number == current());
          if (seen.number == current()) versions_.push_back(std::move(numbers));
        }
        break;
      default:
        if (!held_.empty()) expect_holds(held_[below(held_.size())]);
    }
    expect_holds({box_->snapshot(), current()});
    expect_no_item_too_many();
  }

  void update() {
    std::vector<int> next = versions_.back();
    const int added = static_cast<int>(below(1'000));
    const bool clears = below(4) == 0;
    const auto before = box_->update([&](C& c) {
      const auto size = static_cast<std::size_t>(std::ranges::distance(c));
      if (clears) c.clear();
      c.insert(c.end(), added);
      return size;
    });
    EXPECT_EQ(before, next.size());
    if (clears) next.clear();
    next.push_back(added);
    versions_.push_back(std::move(next));
  }

  void step(walk& w) {
    const auto& expected = versions_[w.number];
    EXPECT_EQ(w.it.size_hint().value_or(expected.size() - w.at), expected.size() - w.at);
    for (auto steps = below(5); steps != 0; --steps) {
      const auto x = w.it.next();
      ASSERT_EQ(x.has_value(), w.at < expected.size());
      if (!x) return;
      ASSERT_EQ(x->value, expected[w.at++]);
    }
  }

  void drop_one() {
    const std::size_t any = held_.size() + walks_.size() == 0 ? 0 : below(held_.size() + walks_.size());
    if (any < held_.size()) held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(any));
    else if (!walks_.empty()) walks_.erase(walks_.begin() + static_cast<std::ptrdiff_t>(any - held_.size()));
  }

  void expect_holds(const held& h) const {
    EXPECT_EQ(h.v.number(), h.number);
    std::vector<int> all;
    for (const counted& x : h.v) all.push_back(x.value);
    EXPECT_EQ(all, versions_[h.number]);
  }

  // Those of the versions that somebody holds, and of the current one.
  void expect_no_item_too_many() const {
    std::set<std::uint64_t> alive;
    if (box_) alive.insert(current());
    for (const held& h : held_) alive.insert(h.number);
    for (const walk& w : walks_) alive.insert(w.number);
    std::size_t items = 0;
    for (const std::uint64_t number : alive) items += versions_[number].size();
    ASSERT_EQ(counted::living, static_cast<int>(items));
  }

  std::mt19937_64 random_;
  std::optional<copy_on_write<C>> box_;
  std::vector<std::vector<int>> versions_{{}};
  std::vector<held> held_;
  std::vector<walk> walks_;
};

template <class C>
class CopyOnWriteProperties : public testing::Test {};
using containers = testing::Types<std::vector<counted>, std::list<counted>, std::deque<counted>>;
TYPED_TEST_SUITE(CopyOnWriteProperties, containers);

TYPED_TEST(CopyOnWriteProperties, versions_come_stay_and_go) {
  for (std::size_t round = 0; round < pariter::test::scaled(30) && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(testing::Message() << "seed " << seed() << ", round " << round);
    oracle<TypeParam>(seed() + round);
  }
}

}  // namespace
