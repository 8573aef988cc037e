// SPDX-License-Identifier: Apache-2.0
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/broadcast_iterator.hpp"
#include "pariter/containers/policy.hpp"

#include "../support/archetypes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace pariter;
using namespace std::chrono_literals;

template <class It>
std::vector<int> walked(It&& it) {
  std::vector<int> out;
  for (const auto& x : it) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(x)>, int>) out.push_back(x);
    else out.push_back(x.value);
  }
  return out;
}
std::vector<int> numbers(int from, int to) {
  std::vector<int> v(static_cast<std::size_t>(to - from));
  std::iota(v.begin(), v.end(), from);
  return v;
}
template <class B>
void fill(B& b, int from, int to) {
  for (int i = from; i < to; ++i) b.emplace(i);
}

using ints = broadcast<int>;
static_assert(iterator<ints::iterator> && shared_iterable<ints>);
static_assert(std::is_same_v<item_t<ints::iterator>, const int&>);
static_assert(!std::is_copy_constructible_v<ints::iterator>);
static_assert(iteration_traits<ints::iterator>.sees == sight::live && iteration_traits<ints::iterator>.lossless);

template <class B>
class Broadcast : public testing::Test {};
using broadcasts = testing::Types<broadcast<int>, broadcast<int, writers::single>, broadcast<test::counted>, broadcast<test::move_only>,
                                  broadcast<test::over_aligned, writers::single>, broadcast<test::no_default>,
                                  broadcast<test::throwing>, broadcast<test::throwing, writers::single>>;
TYPED_TEST_SUITE(Broadcast, broadcasts);

TYPED_TEST(Broadcast, every_iterator_sees_every_item_from_its_start) {
  for (const int capacity : {1, 2, 3, 7, 8, 9, 64, 100, 1'000}) {
    TypeParam b{{.capacity = static_cast<std::size_t>(capacity)}};
    auto first = b.iter();
    fill(b, 0, capacity / 2);
    auto second = b.iter();
    auto third = b.iter({.from = start::next});
    fill(b, capacity / 2, capacity);
    EXPECT_FALSE(b.try_append(typename TypeParam::value_type(0))) << "full";
    b.close();
    EXPECT_EQ(walked(first), numbers(0, capacity));
    EXPECT_EQ(walked(second), numbers(0, capacity));
    EXPECT_EQ(walked(third), numbers(capacity / 2, capacity));
    EXPECT_FALSE(first.next());
    EXPECT_TRUE(first.try_next().is_closed());
  }
}

TYPED_TEST(Broadcast, goes_round_for_ever) {
  for (const int capacity : {1, 2, 5, 16, 100}) {
    TypeParam b{{.capacity = static_cast<std::size_t>(capacity)}};
    auto it = b.iter();
    int written = 0;
    for (int read = 0; read < 3'000; ++read) {
      while (b.try_append(typename TypeParam::value_type(written))) ++written;
      EXPECT_GE(written - read, capacity);
      EXPECT_LE(written - read, capacity + std::max(1, capacity / 8)) << "and what the iterator took";
      const auto item = it.try_next();
      ASSERT_TRUE(item.has_item());
      ASSERT_TRUE(*item == typename TypeParam::value_type(read));
    }
  }
}

TYPED_TEST(Broadcast, without_a_gating_iterator_the_window_moves_on) {
  TypeParam b{{.capacity = 10}};
  fill(b, 0, 1'000);
  b.close();
  EXPECT_EQ(walked(b.iter()), numbers(990, 1'000));
  EXPECT_EQ(walked(b.iter({.from = 995})), numbers(995, 1'000));
  EXPECT_EQ(walked(b.iter({.from = start::next})), numbers(0, 0));
  EXPECT_THROW((void)b.iter({.from = 989}), out_of_reach);
  EXPECT_THROW((void)b.iter({.from = 1'001}), out_of_reach);
}

TYPED_TEST(Broadcast, an_iterator_that_goes_frees_the_writers) {
  TypeParam b{{.capacity = 4}};
  auto never_started = std::make_unique<typename TypeParam::iterator>(b.iter());
  auto it = b.iter();
  fill(b, 0, 4);
  for (int i = 0; i < 4; ++i) (void)it.next();
  EXPECT_TRUE(it.try_next().is_empty());
  EXPECT_FALSE(b.try_append(typename TypeParam::value_type(4)));
  never_started.reset();
  EXPECT_TRUE(b.try_append(typename TypeParam::value_type(4)));
}

TYPED_TEST(Broadcast, a_fork_starts_at_the_position_of_its_origin) {
  TypeParam b{{.capacity = 16}};
  auto a = b.iter();
  fill(b, 0, 16);
  for (int i = 0; i < 5; ++i) (void)a.next();
  auto c = a.fork();
  EXPECT_EQ(c.position(), 5u);
  b.close();
  EXPECT_EQ(walked(a), numbers(5, 16));
  EXPECT_EQ(walked(c), numbers(5, 16));
}

TYPED_TEST(Broadcast, moves_keep_the_position) {
  TypeParam b{{.capacity = 8}};
  auto a = b.iter();
  auto other = b.iter();
  fill(b, 0, 8);
  (void)a.next();
  auto moved = std::move(a);
  EXPECT_EQ(moved.position(), 1u);
  other = std::move(moved);
  b.close();
  EXPECT_EQ(walked(other), numbers(1, 8));
  EXPECT_EQ(b.stats().iterators.size(), 1u);
}

TYPED_TEST(Broadcast, close_and_fail_are_drained_by_each) {
  for (const bool failing : {false, true}) {
    TypeParam b{{.capacity = 8}};
    auto first = b.iter();
    auto second = b.iter({.policy = policy::lossy});
    EXPECT_TRUE(first.try_next().is_empty());
    EXPECT_FALSE(first.ready());
    fill(b, 0, 3);
    EXPECT_TRUE(first.ready());
    if (failing) b.fail(std::make_exception_ptr(test::planned_failure()));
    b.close();
    EXPECT_TRUE(b.is_closed());
    EXPECT_THROW(b.emplace(3), closed);
    EXPECT_THROW((void)b.try_append(typename TypeParam::value_type(3)), closed);
    for (auto* it : {&first, &second}) {
      for (int i = 0; i < 3; ++i) EXPECT_TRUE(it->next());
      if (failing) {
        EXPECT_THROW((void)it->next(), test::planned_failure);
        EXPECT_TRUE(it->try_next().is_failed());
        EXPECT_THROW((void)it->next_batch(), test::planned_failure);
      } else {
        EXPECT_FALSE(it->next());
        EXPECT_TRUE(it->try_next_batch().is_closed());
        EXPECT_TRUE(it->next_batch().empty());
      }
    }
  }
}

TYPED_TEST(Broadcast, a_lossy_iterator_is_told_what_it_missed_and_goes_on) {
  TypeParam b{{.capacity = 16}};
  auto it = b.iter({.policy = policy::lossy});
  EXPECT_EQ(it.policy(), policy::lossy);
  fill(b, 0, 100);
  const auto gap = it.try_next();
  ASSERT_TRUE(gap.is_gap());
  EXPECT_EQ(gap.missed(), 84u);
  EXPECT_EQ(it.position(), 84u);
  EXPECT_TRUE(*it.try_next() == typename TypeParam::value_type(84));
  fill(b, 100, 200);
  // The block in hand stays readable, however far the writers are.
  EXPECT_TRUE(*it.try_next() == typename TypeParam::value_type(85));
  try {
    (void)it.next();
    FAIL() << "a gap was expected";
  } catch (const missed_items& m) {
    EXPECT_EQ(m.count(), 200u - 16u - 86u);
  }
  b.close();
  EXPECT_EQ(walked(it), numbers(184, 200));
}

TYPED_TEST(Broadcast, a_kicked_iterator_fails_for_ever) {
  TypeParam b{{.capacity = 16}};
  auto it = b.iter({.policy = policy::kicked});
  fill(b, 0, 16);
  EXPECT_TRUE(it.next());
  fill(b, 16, 100);
  EXPECT_TRUE(it.next()) << "what is in its hand is not taken away";
  EXPECT_THROW((void)it.next(), kicked);
  EXPECT_THROW((void)it.next(), kicked);
  EXPECT_TRUE(it.try_next().is_failed());
  EXPECT_TRUE(it.ready());
  EXPECT_TRUE(b.try_append(typename TypeParam::value_type(0)));
}

TYPED_TEST(Broadcast, memory_is_bounded_under_every_policy) {
  for (const std::size_t capacity : {1u, 10u, 64u, 1'000u}) {
    TypeParam b{{.capacity = capacity}};
    const std::size_t segment = std::max<std::size_t>(1, std::bit_floor(capacity / 8));
    std::vector<typename TypeParam::iterator> stalled;
    for (int i = 0; i < 5; ++i) {
      stalled.push_back(b.iter({.policy = i % 2 == 0 ? policy::lossy : policy::kicked}));
      b.emplace(i);
      (void)stalled.back().next();  // holds a segment
      fill(b, 0, static_cast<int>(3 * capacity));
      (void)stalled.back().try_next_batch();
    }
    fill(b, 0, static_cast<int>(20 * capacity));
    const std::size_t window = (capacity + segment - 1) / segment * segment + segment;
    EXPECT_LE(b.stats().allocated, window + 5 * segment);
    stalled.clear();
    fill(b, 0, static_cast<int>(3 * capacity));
    EXPECT_LE(b.stats().allocated, window + 5 * segment);
  }
}

// The three ways to be no help: to hold an iterator that never takes a step, one that took some and then no more, one that was
// forgotten with a fork beside it that does go on.
TYPED_TEST(Broadcast, an_iterator_that_never_starts_stalls_or_is_forgotten_costs_no_more_than_the_window) {
  constexpr std::size_t capacity = 64;
  constexpr std::size_t segment = 8;
  for (const policy how : {policy::gating, policy::lossy, policy::kicked}) {
    for (const int steps : {0, 1, 30}) {
      for (const bool beside_one_that_goes_on : {false, true}) {
        TypeParam b{{.capacity = capacity}};
        auto idle = b.iter({.policy = how});
        fill(b, 0, 40);
        for (int i = 0; i < steps; ++i) (void)idle.next();
        auto busy = idle.fork();
        int written = 40;
        for (int i = 0; i < 2'000 && b.try_append(typename TypeParam::value_type(written)); ++i) {
          ++written;
          if (beside_one_that_goes_on && i % 5 == 0) (void)busy.try_next_batch();
        }
        if (how == policy::gating) EXPECT_LE(written, steps + static_cast<int>(segment + capacity)) << "the writer has to wait";
        else EXPECT_EQ(written, 2'040) << "nobody waits";
        const auto s = b.stats();
        EXPECT_LE(s.allocated, capacity + segment + (how == policy::gating ? 0 : 2 * segment));
        const auto most = std::ranges::max(s.iterators, {}, &broadcast_stats::iterator::lag);
        EXPECT_GE(most.lag, how == policy::gating ? capacity : 2'000u) << "and it shows";
      }
    }
  }
}

TYPED_TEST(Broadcast, an_appender_waits_and_hands_over_all) {
  TypeParam b{{.capacity = 32}};
  auto it = b.iter();
  std::thread writer([&] {
    {
      auto out = b.appender(50);
      for (int i = 0; i < 1'003; ++i) out.emplace(i);
    }
    b.close();
  });
  EXPECT_EQ(walked(it), numbers(0, 1'003));
  writer.join();
}

TEST(BroadcastItems, are_destroyed_with_the_window_and_none_is_lost) {
  test::counted::living = 0;
  {
    broadcast<test::counted> b{{.capacity = 10}};
    auto gating = b.iter();
    auto lossy = b.iter({.policy = policy::lossy});
    for (int i = 0; i < 500; ++i) {
      b.emplace(i);
      EXPECT_EQ(gating.next()->value, i);
      if (i % 50 == 0) (void)lossy.try_next();
      EXPECT_LE(test::counted::living, 13);
    }
  }
  EXPECT_EQ(test::counted::living, 0);
}

TEST(BroadcastItems, stay_valid_until_the_next_step_whatever_the_policy) {
  broadcast<std::string> b{{.capacity = 64}};
  auto it = b.iter({.policy = policy::lossy});
  for (int i = 0; i < 64; ++i) b.append("a string that does not fit into the object itself " + std::to_string(i));
  const auto batch = it.next_batch();
  const std::vector<std::string> copy(batch.begin(), batch.end());
  for (int i = 0; i < 10'000; ++i) b.append("another string that is too long to be stored in place " + std::to_string(i));
  EXPECT_TRUE(std::ranges::equal(batch, copy));
}

TEST(BroadcastExceptions, a_throwing_constructor_leaves_the_broadcast_as_it_was) {
  test::throwing::fail_at(0);
  test::throwing::living = 0;
  {
    broadcast<test::throwing> b{{.capacity = 8}};
    auto it = b.iter();
    for (int i = 0; i < 100; ++i) {
      test::throwing::fail_at(1);
      EXPECT_THROW(b.emplace(i), test::planned_failure);
      EXPECT_TRUE(it.try_next().is_empty());
      test::throwing::fail_at(0);
      b.emplace(i);
      EXPECT_EQ(it.next()->value, i);
    }
  }
  EXPECT_EQ(test::throwing::living, 0);
}

TEST(BroadcastExceptions, a_batch_that_throws_leaves_the_items_before) {
  test::throwing::living = 0;
  for (int at = 1; at <= 25; ++at) {
    {
      test::throwing::fail_at(0);
      std::vector<test::throwing> items;
      for (int i = 0; i < 20; ++i) items.emplace_back(i);
      broadcast<test::throwing> b{{.capacity = 64}};
      auto it = b.iter();
      test::throwing::fail_at(at);
      try {
        b.append_range(items);
        EXPECT_GT(at, 20);
      } catch (const test::planned_failure&) {
        EXPECT_LE(at, 20);
      }
      test::throwing::fail_at(0);
      b.close();
      EXPECT_EQ(walked(it), numbers(0, std::min(at - 1, 20)));
    }
    EXPECT_EQ(test::throwing::living, 0);
  }
}

template <class T>
struct failing_allocator {
  using value_type = T;
  failing_allocator(int* countdown, int* balance) noexcept : left(countdown), out(balance) {}
  template <class U>
  failing_allocator(const failing_allocator<U>& other) noexcept : left(other.left), out(other.out) {}
  T* allocate(std::size_t n) {
    if (*left > 0 && --*left == 0) throw std::bad_alloc();
    ++*out;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) noexcept {
    --*out;
    std::allocator<T>().deallocate(p, n);
  }
  friend bool operator==(const failing_allocator&, const failing_allocator&) = default;
  int* left;
  int* out;
};

TEST(BroadcastExceptions, every_failing_allocation_leaves_it_usable) {
  for (int at = 1; at <= 14; ++at) {
    int left = at;
    int out = 0;
    {
      broadcast<std::string, writers::locked, failing_allocator<std::string>> b({.capacity = 64}, failing_allocator<std::string>(&left, &out));
      auto gating = b.iter();
      auto lossy = b.iter({.policy = policy::lossy});
      for (int i = 0; i < 400; ++i) {
        const std::string item = "long enough to be stored outside of the object " + std::to_string(i);
        try {
          b.append(item);
        } catch (const std::bad_alloc&) {
          b.append(item);
        }
        EXPECT_EQ(*gating.next(), item);
        if (i == 0) (void)lossy.next();
      }
    }
    EXPECT_EQ(out, 0);
  }
}

TEST(BroadcastOptions, a_capacity_of_zero_is_refused) { EXPECT_THROW(broadcast<int>({.capacity = 0}), invalid_size); }

TEST(BroadcastStats, show_a_stalled_iterator) {
  broadcast<int> b{{.capacity = 64}};
  auto stalled = b.iter();
  auto lossy = b.iter({.policy = policy::lossy});
  fill(b, 0, 64);
  while (lossy.try_next().has_item()) {
  }
  const auto s = b.stats();
  EXPECT_EQ(s.published, 64u);
  EXPECT_EQ(s.capacity, 64u);
  ASSERT_EQ(s.iterators.size(), 2u);
  const auto of = [&s](policy p) { return *std::ranges::find(s.iterators, p, &broadcast_stats::iterator::policy); };
  EXPECT_EQ(of(policy::gating).lag, 64u);
  EXPECT_EQ(of(policy::lossy).lag, 0u);
}

// ---- waiting ----

TEST(BroadcastWait, writers_wait_for_the_slowest_and_wake) {
  broadcast<int> b{{.capacity = 2}};
  auto slow = b.iter();
  auto quick = b.iter();
  std::thread writer([&] {
    fill(b, 0, 2'000);
    b.close();
  });
  std::vector<int> seen;
  std::thread reader([&, it = std::move(quick)]() mutable { seen = walked(it); });
  EXPECT_EQ(walked(slow), numbers(0, 2'000));
  writer.join();
  reader.join();
  EXPECT_EQ(seen, numbers(0, 2'000));
}

TEST(BroadcastWait, close_wakes_a_waiting_writer_and_reader) {
  broadcast<int> full{{.capacity = 1}};
  auto stalled = full.iter();
  full.append(1);
  std::thread writer([&] { EXPECT_THROW(full.append(2), closed); });
  std::thread batch_writer([&] {
    auto out = full.appender(1);
    EXPECT_THROW(out.append(3), closed);
  });
  broadcast<int> empty;
  std::thread reader([it = empty.iter()]() mutable { EXPECT_FALSE(it.next()); });
  full.close();
  empty.close();
  writer.join();
  batch_writer.join();
  reader.join();
}

TEST(BroadcastWait, a_dropped_iterator_wakes_a_waiting_writer) {
  broadcast<int> b{{.capacity = 1}};
  auto stalled = std::make_unique<ints::iterator>(b.iter());
  b.append(1);
  std::thread writer([&] { b.append(2); });
  stalled.reset();
  writer.join();
  EXPECT_EQ(b.end_position(), 2u);
}

TEST(BroadcastWait, waits_no_longer_than_asked) {
  broadcast<int> b;
  auto it = b.iter();
  EXPECT_TRUE(it.next_for(2ms).is_empty());
  b.append(1);
  EXPECT_EQ(*it.next_for(1h), 1);
  b.close();
  EXPECT_TRUE(it.next_until(std::chrono::system_clock::now() + 1h).is_closed());
}

// ---- a sequential oracle ----

template <class B>
void agrees_with_a_model() {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 40; ++round) {
    const std::uint64_t capacity = 1 + random() % (round % 2 == 0 ? 10 : 200);
    B b{{.capacity = capacity}};
    struct walker {
      typename B::iterator it;
      std::uint64_t at;
    };
    std::vector<walker> walkers;
    std::uint64_t written = 0;
    for (int step = 0; step < 2'000; ++step) {
      std::uint64_t gate = UINT64_MAX;
      for (const walker& w : walkers)
        if (w.it.policy() == policy::gating) gate = std::min(gate, w.at);
      switch (random() % 6) {
        case 0:
        case 1:
          for (auto n = random() % 40; n > 0; --n) {
            const std::uint64_t room = gate == UINT64_MAX ? 1 : gate + capacity - std::min(written, gate + capacity);
            const bool done = b.try_append(static_cast<int>(written));
            ASSERT_TRUE(done || room == 0) << written << ' ' << gate << ' ' << capacity;
            ASSERT_TRUE(!done || gate == UINT64_MAX || written < gate + capacity + std::max<std::uint64_t>(1, capacity / 8));
            written += done ? 1 : 0;
          }
          break;
        case 2: {
          const std::uint64_t oldest = written > capacity ? written - capacity : 0;
          const std::uint64_t at = oldest + random() % (written - oldest + 1);
          const policy how = std::array{policy::gating, policy::lossy, policy::kicked}[random() % 3];
          walkers.push_back({b.iter({.from = at, .policy = how}), at});
          if (walkers.size() > 6) walkers.erase(walkers.begin() + static_cast<std::ptrdiff_t>(random() % 6));
          break;
        }
        default:
          if (walkers.empty()) break;
          const std::size_t which = random() % walkers.size();
          walker& w = walkers[which];
          bool drop = false;
          for (auto n = random() % 60; n > 0 && !drop; --n) {
            const auto o = w.it.try_next();
            if (o.is_gap()) {
              ASSERT_EQ(w.it.policy(), policy::lossy);
              w.at += o.missed();
              ASSERT_EQ(w.at, written - capacity);
            } else if (o.is_failed()) {
              ASSERT_EQ(w.it.policy(), policy::kicked);
              ASSERT_LT(w.at + capacity, written);
              drop = true;
            } else if (o.is_empty()) {
              ASSERT_EQ(w.at, written);
              break;
            } else {
              ASSERT_EQ(*o, static_cast<int>(w.at));
              ++w.at;
            }
            ASSERT_EQ(w.it.position(), w.at);
          }
          if (drop) walkers.erase(walkers.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
  }
}
TEST(BroadcastProperty, agrees_with_a_model_with_locked_writers) { agrees_with_a_model<broadcast<int>>(); }
TEST(BroadcastProperty, agrees_with_a_model_with_a_single_writer) { agrees_with_a_model<broadcast<int, writers::single>>(); }

TEST(BroadcastDeathTest, an_iterator_that_outlives_its_broadcast_is_reported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        auto b = std::make_unique<ints>();
        auto it = b->iter();
        b.reset();
      },
      "outlived its broadcast");
}

}  // namespace
