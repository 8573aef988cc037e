// SPDX-License-Identifier: Apache-2.0
//
// copy_on_write under many threads that read, hold, hand on, change and publish versions. Each version shows whether it is whole, and
// which it is: all threads together must have seen one version of each number, and every thread later ones after earlier ones. A
// writer's change starts from the version before its own. The oracle is run on one thread first.
//
#include "pariter/containers/copy_on_write.hpp"

#include "support/scale.hpp"
#include "support/seed.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pariter::test::on_threads;
using pariter::test::scaled;
using pariter::test::seed;

// An item; knows how many are alive.
struct item {
  explicit item(std::uint64_t t) noexcept : tag(t) { alive.fetch_add(1, std::memory_order_relaxed); }  // relaxed: read after the joins
  item(const item& other) noexcept : item(other.tag) {}
  item& operator=(const item&) = default;
  ~item() {
    tag = ~std::uint64_t{0};
    alive.fetch_sub(1, std::memory_order_relaxed);  // relaxed: as above
  }

  std::uint64_t tag;
  static inline std::atomic<std::int64_t> alive{0};
};

using items = std::vector<item>;
using box_of_items = pariter::copy_on_write<items>;
using version = decltype(std::declval<box_of_items&>().snapshot());

// Which one it is stands in each item, and in their number.
items whole(std::uint64_t tag) { return items(1 + tag % 23, item(tag)); }

template <class Range>
std::uint64_t tag_of(const Range& all) {
  std::uint64_t tag = 0;
  std::size_t count = 0;
  for (const item& x : all) {
    if (count++ == 0) tag = x.tag;
    EXPECT_EQ(x.tag, tag) << "a torn version";
  }
  EXPECT_EQ(count, 1 + tag % 23) << "a torn version";
  return tag;
}

// What one thread saw and did.
class actor {
 public:
  actor(box_of_items& box, std::uint64_t id, std::uint64_t from) : box_(&box), next_tag_(id << 32), random_(from) {}

  void act(std::size_t steps, std::mutex& mutex, std::vector<version>& handed_on) {
    for (; steps != 0 && !testing::Test::HasFailure(); --steps) {
      switch (random_() % 8) {
        case 0: update(); break;
        case 1: publish(); break;
        case 2: compare_and_publish(); break;
        case 3:
          held_ = box_->snapshot();
          see(*held_);
          break;
        case 4:
          if (held_) see_again(*held_);
          break;
        case 5: {  // so that the last who holds a version is often another thread
          version mine = box_->snapshot();
          see(mine);
          const std::lock_guard hold(mutex);
          if (handed_on.size() < 8) handed_on.push_back(std::move(mine));
          else std::swap(handed_on[random_() % handed_on.size()], mine);
          break;
        }
        default: walk();
      }
    }
  }

  const std::map<std::uint64_t, std::uint64_t>& seen() const { return seen_; }  // number and tag
  std::uint64_t written() const { return written_; }

 private:
  void note(std::uint64_t number, std::uint64_t tag) {
    const auto [at, is_new] = seen_.emplace(number, tag);
    ASSERT_EQ(at->second, tag) << "version " << number << " has changed";
  }
  void see(const version& v) {
    ASSERT_GE(v.number(), last_) << "an older version after a newer one";
    last_ = v.number();
    note(v.number(), tag_of(v));
  }
  void see_again(const version& v) { note(v.number(), tag_of(v)); }

  void walk() {
    auto it = box_->iter();
    const auto first = it.next();
    ASSERT_TRUE(first);
    const std::uint64_t tag = first->tag;
    std::size_t count = 1;
    for (const item& x : it) {
      ++count;
      ASSERT_EQ(x.tag, tag) << "a torn version";
    }
    ASSERT_EQ(count, 1 + tag % 23) << "a torn version";
  }

  void update() {
    const std::uint64_t tag = ++next_tag_;
    const std::uint64_t number = box_->update([&](items& v) {
      const version before = box_->snapshot();
      EXPECT_EQ(tag_of(v), tag_of(before)) << "a change that does not start from the version before it";
      see(before);
      v = whole(tag);
      return before.number() + 1;
    });
    wrote(number, tag);
  }
  void publish() {
    box_->publish(whole(++next_tag_));
    ++written_;
    const version v = box_->snapshot();
    EXPECT_GT(v.number(), last_) << "what was published is not to be seen";
    see(v);
  }
  void compare_and_publish() {
    const version before = box_->snapshot();
    see(before);
    const std::uint64_t tag = ++next_tag_;
    if (box_->compare_and_publish(before, whole(tag))) wrote(before.number() + 1, tag);
    else EXPECT_GT(box_->snapshot().number(), before.number());
  }
  void wrote(std::uint64_t number, std::uint64_t tag) {
    ++written_;
    note(number, tag);
    EXPECT_GE(box_->snapshot().number(), number);
    last_ = std::max(last_, number);
  }

  box_of_items* box_;
  std::uint64_t next_tag_;
  std::mt19937_64 random_;
  std::optional<version> held_;
  std::map<std::uint64_t, std::uint64_t> seen_;
  std::uint64_t last_ = 0;
  std::uint64_t written_ = 0;
};

void everything(int threads, std::uint64_t from) {
  {
    box_of_items box(whole(0));
    std::vector<version> handed_on;
    std::mutex mutex;
    std::vector<actor> actors;
    for (int t = 0; t < threads; ++t) actors.emplace_back(box, static_cast<std::uint64_t>(t) + 1, from * 100 + static_cast<std::uint64_t>(t));
    on_threads(threads, [&](int t) { actors[static_cast<std::size_t>(t)].act(200, mutex, handed_on); });

    std::uint64_t written = 0;
    std::map<std::uint64_t, std::uint64_t> all{{0, 0}};
    std::map<std::uint64_t, std::uint64_t> number_of{{0, 0}};
    for (const actor& a : actors) {
      written += a.written();
      for (const auto& [number, tag] : a.seen()) {
        EXPECT_EQ(all.emplace(number, tag).first->second, tag) << "two versions of number " << number;
        EXPECT_EQ(number_of.emplace(tag, number).first->second, number) << "one version of two numbers";
      }
    }
    EXPECT_EQ(box.snapshot().number(), written) << "a version was lost";
    EXPECT_LE(all.rbegin()->first, written);
  }
  EXPECT_EQ(item::alive, 0) << "versions leaked";
}

TEST(CopyOnWriteStress, one_two_four_and_sixteen_threads_per_core) {
  const int cores = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1u));
  for (std::size_t round = 0; round < scaled(4); ++round) {
    SCOPED_TRACE(testing::Message() << "seed " << seed() << ", round " << round);
    for (const int threads : {1, cores, 2 * cores, 4 * cores, std::min(16 * cores, 64)}) {
      everything(threads, seed() + round);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
