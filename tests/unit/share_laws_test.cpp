// SPDX-License-Identifier: Apache-2.0
//
// What every share() promises, over every kind of source.
//
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/share.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

namespace {

using pariter::share;
using pariter::test::counting;
using pariter::test::drain_on;
using pariter::test::expect_exactly_once_and_in_order;
using pariter::test::numbers;
using pariter::test::on_threads;

// The sources of the laws that hold for every share: {0, …, count-1} each.
struct contiguous_source {
  static auto share_of(int count, pariter::share_options o) { return share(numbers(count), o); }
};
struct random_access_source {
  static auto share_of(int count, pariter::share_options o) {
    const auto v = numbers(count);
    return share(std::deque<int>(v.begin(), v.end()), o);
  }
};
struct made_on_the_fly {
  static auto share_of(int count, pariter::share_options o) { return share(std::views::iota(0, count), o); }
};
struct forward_source {
  static auto share_of(int count, pariter::share_options o) {
    const auto v = numbers(count);
    return share(std::list<int>(v.begin(), v.end()), o);
  }
};
struct single_pass_source {
  static auto share_of(int count, pariter::share_options o) { return share(counting(count), o); }
};

struct generator_source {
  static pariter::generator<int> count_to(int count) {
    for (int i = 0; i < count; ++i) co_yield i;
  }
  static auto share_of(int count, pariter::share_options o) { return share(count_to(count), o); }
};
// A closed log; it must outlive what walks it, so it lives until the end of the test.
struct log_source {
  static inline std::list<pariter::concurrent_log<int>> logs;
  static auto& log_of(int count) {
    auto& log = logs.emplace_back();
    log.append_range(numbers(count));
    log.close();
    return log;
  }
};
struct log_snapshot_source : log_source {
  static auto share_of(int count, pariter::share_options o) { return share(log_of(count), o); }
};
struct log_live_source : log_source {
  static auto share_of(int count, pariter::share_options o) { return share(log_of(count).live(), o); }
};
struct log_follow_source : log_source {
  static auto share_of(int count, pariter::share_options o) { return share(log_of(count).follow(), o); }
};

template <class Source>
class EveryShare : public testing::Test {
 protected:
  ~EveryShare() override { log_source::logs.clear(); }
};
using sources = testing::Types<contiguous_source, random_access_source, made_on_the_fly, forward_source, single_pass_source, generator_source,
                               log_snapshot_source, log_live_source, log_follow_source>;
TYPED_TEST_SUITE(EveryShare, sources);

TYPED_TEST(EveryShare, models_the_concepts) {
  auto s = TypeParam::share_of(1, {});
  using shared = decltype(s);
  using drawer = decltype(s.iter());
  static_assert(pariter::shared_iterable<shared>);
  static_assert(std::copyable<shared>);
  static_assert(pariter::iterator<drawer>);
  static_assert(!std::copy_constructible<drawer>);
  static_assert(std::ranges::input_range<drawer>);
  static_assert(!pariter::shared_iterable<drawer>);
}

TYPED_TEST(EveryShare, gives_each_item_to_exactly_one_drawer) {
  for (const int threads : {1, 2, 4, 16}) {
    for (const int count : {0, 1, 2, 15, 1'000, 20'000}) {
      const auto s = TypeParam::share_of(count, {});
      expect_exactly_once_and_in_order(drain_on(threads, s), count);
      EXPECT_EQ(s.left_over(), 0u);
    }
  }
}

TYPED_TEST(EveryShare, gives_each_item_to_exactly_one_drawer_with_tiny_draws) {
  for (const std::size_t at_once : {1u, 2u, 3u}) {
    const auto s = TypeParam::share_of(3'000, {.at_once = at_once});
    expect_exactly_once_and_in_order(drain_on(4, s), 3'000);
  }
}

TYPED_TEST(EveryShare, one_drawer_alone_sees_the_source_in_order) {
  const auto s = TypeParam::share_of(5'000, {});
  int expected = 0;
  for (const auto& x : s.iter()) EXPECT_EQ(static_cast<int>(x), expected++);
  EXPECT_EQ(expected, 5'000);
}

TYPED_TEST(EveryShare, the_end_is_for_ever) {
  const auto s = TypeParam::share_of(3, {});
  auto d = s.iter();
  while (d.next()) {
  }
  EXPECT_FALSE(d.next());
  EXPECT_FALSE(s.iter().next());
  EXPECT_FALSE(d.next());
}

TYPED_TEST(EveryShare, a_loop_that_is_left_continues) {
  const auto s = TypeParam::share_of(10, {});
  auto d = s.iter();
  int last = -1;
  for (const auto& x : d) {
    last = static_cast<int>(x);
    if (last == 4) break;
  }
  for (const auto& x : d) EXPECT_EQ(static_cast<int>(x), ++last);
  EXPECT_EQ(last, 9);
}

TYPED_TEST(EveryShare, what_a_leaver_did_not_use_goes_to_others) {
  const auto s = TypeParam::share_of(1'000, {});
  std::vector<int> all;
  {
    auto leaver = s.iter();
    for (int i = 0; i < 100; ++i) all.push_back(static_cast<int>(*leaver.next()));
  }
  EXPECT_GT(s.left_over(), 0u) << "the leaver had nothing at hand: the test shows nothing";
  for (const auto& x : s.iter()) all.push_back(static_cast<int>(x));
  EXPECT_EQ(s.left_over(), 0u);
  std::ranges::sort(all);
  EXPECT_EQ(all, numbers(1'000));
}

TYPED_TEST(EveryShare, what_is_given_back_after_the_end_waits_for_a_new_drawer) {
  const auto s = TypeParam::share_of(100, {});
  std::vector<int> all;
  auto leaver = std::optional(s.iter());
  for (int i = 0; i < 10; ++i) all.push_back(static_cast<int>(*leaver->next()));
  auto other = s.iter();
  for (const auto& x : other) all.push_back(static_cast<int>(x));
  const std::size_t missing = 100 - all.size();
  leaver.reset();
  EXPECT_GT(missing, 0u) << "the leaver had nothing at hand: the test shows nothing";
  EXPECT_EQ(s.left_over(), missing);
  EXPECT_FALSE(other.next()) << "the end is for ever";
  for (const auto& x : s.iter()) all.push_back(static_cast<int>(x));
  std::ranges::sort(all);
  EXPECT_EQ(all, numbers(100));
}

TYPED_TEST(EveryShare, left_over_may_be_asked_while_others_draw_and_leave) {
  constexpr int count = 20'000;
  const auto s = TypeParam::share_of(count, {});
  std::atomic<int> drawn = 0, drawing = 3;
  on_threads(4, [&](int t) {
    if (t == 3) {
      while (drawing != 0) {
        const int before = drawn;
        EXPECT_LE(before + static_cast<int>(s.left_over()), count);
      }
      return;
    }
    for (int stays = 20;; stays = stays * 7 % 101 + 20) {
      int left = stays;
      for (const auto& x : s.iter()) {
        (void)x;
        ++drawn;
        if (--left == 0) break;
      }
      if (left != 0) break;  // the end
    }
    --drawing;
  });
  EXPECT_EQ(drawn + static_cast<int>(s.left_over()), count);
}

TYPED_TEST(EveryShare, nothing_is_lost_when_drawers_come_and_go) {
  constexpr int count = 30'000;
  const auto s = TypeParam::share_of(count, {});
  std::vector<std::vector<int>> drawn(4);
  on_threads(4, [&](int t) {
    auto& mine = drawn[static_cast<std::size_t>(t)];
    for (int patience = 1 + t;; patience = patience * 7 % 101 + 1) {
      int left = patience;
      for (const auto& x : s.iter()) {
        mine.push_back(static_cast<int>(x));
        if (--left == 0) break;
      }
      if (left != 0) return;  // the end
    }
  });
  for (const auto& x : s.iter()) drawn[0].push_back(static_cast<int>(x));  // given back after the others had seen the end
  std::vector<int> all;
  for (const auto& one : drawn) all.insert(all.end(), one.begin(), one.end());
  std::ranges::sort(all);
  EXPECT_EQ(all, numbers(count));
}

TYPED_TEST(EveryShare, a_moved_drawer_keeps_what_it_had_at_hand) {
  const auto s = TypeParam::share_of(100, {});
  auto first = s.iter();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(static_cast<int>(*first.next()), i);
  auto second = std::move(first);
  auto third = s.iter();
  third = std::move(second);
  EXPECT_EQ(s.left_over(), 0u);
  for (int i = 10; i < 100; ++i) EXPECT_EQ(static_cast<int>(*third.next()), i);
  EXPECT_FALSE(third.next());
}

TYPED_TEST(EveryShare, a_drawer_outlives_the_handle) {
  auto d = [] { return TypeParam::share_of(100, {}).iter(); }();
  int expected = 0;
  for (const auto& x : d) EXPECT_EQ(static_cast<int>(x), expected++);
  EXPECT_EQ(expected, 100);
}

TYPED_TEST(EveryShare, starts_with_one_item_each) {
  const auto s = TypeParam::share_of(100, {});
  auto a = s.iter();
  auto b = s.iter();
  EXPECT_EQ(static_cast<int>(*a.next()), 0);
  EXPECT_EQ(static_cast<int>(*b.next()), 1);
}

TYPED_TEST(EveryShare, unbuffered_takes_nothing_ahead) {
  const auto s = TypeParam::share_of(100, pariter::unbuffered);
  auto a = s.iter();
  auto b = s.iter();
  for (int i = 0; i < 100; i += 2) {
    EXPECT_EQ(static_cast<int>(*a.next()), i);
    EXPECT_EQ(static_cast<int>(*b.next()), i + 1);
  }
}

}  // namespace
