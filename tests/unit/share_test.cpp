// SPDX-License-Identifier: Apache-2.0
#include "pariter/sharing/share.hpp"

// Tested through share(), which is the only way to them; share_laws_test.cpp has what holds for every source, share_live_test.cpp
// the sources that wait.
#include "pariter/sharing/draw_indexed.hpp"
#include "pariter/sharing/draw_pace.hpp"
#include "pariter/sharing/draw_pulled.hpp"
#include "pariter/sharing/drawer.hpp"
#include "pariter/sharing/item_buffer.hpp"
#include "pariter/sharing/share_options.hpp"

#include "pariter/containers/concurrent_log.hpp"
#include "pariter/coro/generator.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using pariter::errors_to;
using pariter::share;
using pariter::test::counting;
using pariter::test::expect_exactly_once_and_in_order;
using pariter::test::held_up;
using pariter::test::numbers;
using pariter::test::on_threads;

TEST(Share, items_of_a_container_keep_their_identity) {
  std::vector<int> v(1'000, 1);
  std::list<int> l(1'000, 1);
  const auto sv = share(pariter::iter(v));
  const auto sl = share(l);
  on_threads(2, [&](int) {
    for (int& x : sv.iter()) ++x;
    for (int& x : sl.iter()) ++x;
  });
  EXPECT_TRUE(std::ranges::all_of(v, [](int x) { return x == 2; }));
  EXPECT_TRUE(std::ranges::all_of(l, [](int x) { return x == 2; }));
}

TEST(Share, const_items_stay_const) {
  const std::vector<int> v(10, 1);
  const auto s = share(v);
  static_assert(std::is_same_v<pariter::item_t<decltype(s.iter())>, const int&>);
  std::map<std::string, int> m{{"a", 1}, {"b", 2}};
  int sum = 0;
  for (auto& [key, value] : share(m).iter()) sum += ++value;
  EXPECT_EQ(sum, 5);
}

TEST(Share, calls_iter_at_once_and_only_once) {
  class asked {
   public:
    auto iter() const {
      if (++times_ == 3) throw std::runtime_error("iter failed");
      return pariter::iter(std::views::iota(0, 10));
    }
    int times() const { return times_; }

   private:
    mutable std::atomic<int> times_ = 0;
  };
  const asked x;
  for (const int times : {1, 2}) {
    const auto s = share(x);
    EXPECT_EQ(x.times(), times);
    std::vector<int> all;
    for (auto a = s.iter(), b = s.iter(); const auto i = a.next(); (void)b) all.push_back(*i);
    EXPECT_EQ(all, numbers(10));
    EXPECT_EQ(x.times(), times);
  }
  EXPECT_THROW((void)share(x), std::runtime_error);
}

// Of what is handed out or given back, nothing is missing and nothing comes twice.
template <class S>
void expect_the_first(const S& s, int step) {
  std::vector<std::vector<int>> drawn(11);
  on_threads(10, [&](int t) {
    auto own = s.iter();
    for (int i = 0; i < 1'000; ++i) drawn[static_cast<std::size_t>(t)].push_back(*own.next());
  });
  auto rest = s.iter();
  for (auto given_back = s.left_over(); given_back != 0; --given_back) drawn[10].push_back(*rest.next());
  std::vector<int> all;
  for (const auto& one : drawn) all.insert(all.end(), one.begin(), one.end());
  std::ranges::sort(all);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], static_cast<int>(i) * step);
}
TEST(Share, of_a_count_without_end_is_exact_on_ten_threads) {
  expect_the_first(share(std::views::iota(0), {.at_once = 32}), 1);
  expect_the_first(share(std::views::iota(0) | std::views::transform([](int i) { return 3 * i; }), {.at_once = 32}), 3);
}

TEST(Share, continues_where_the_iterator_stands) {
  std::vector<int> v = numbers(10);
  auto it = pariter::iter(v);
  EXPECT_EQ(*it.next(), 0);
  EXPECT_EQ(*it.next(), 1);
  int expected = 2;
  for (const int x : share(std::move(it)).iter()) EXPECT_EQ(x, expected++);
  EXPECT_EQ(expected, 10);
}

TEST(Share, hands_move_only_items_over) {
  class boxes : public pariter::iterator_interface<boxes> {
   public:
    boxes() = default;
    std::optional<std::unique_ptr<int>> next() { return at_ < 100 ? std::optional(std::make_unique<int>(at_++)) : std::nullopt; }

   private:
    int at_ = 0;
  };
  const auto s = share(boxes());
  std::vector<std::vector<std::unique_ptr<int>>> drawn(2);
  on_threads(2, [&](int t) {
    for (auto& box : s.iter()) drawn[static_cast<std::size_t>(t)].push_back(std::move(box));
  });
  int sum = 0;
  for (const auto& one : drawn) {
    for (const auto& box : one) sum += *box;
  }
  EXPECT_EQ(sum, 4'950);
}

// An item that counts how many of it are alive.
struct counted {
  static inline std::atomic<int> alive = 0;
  int value;
  explicit counted(int v) : value(v) { ++alive; }
  counted(counted&& other) noexcept : value(other.value) { ++alive; }
  counted(const counted& other) : value(other.value) { ++alive; }
  counted& operator=(const counted&) = default;
  counted& operator=(counted&&) = default;
  ~counted() { --alive; }
};

TEST(Share, destroys_what_nobody_drew) {
  class factory : public pariter::iterator_interface<factory> {
   public:
    factory() = default;
    std::optional<counted> next() { return std::optional<counted>(std::in_place, at_++); }

   private:
    int at_ = 0;
  };
  {
    const auto s = share(factory());
    auto a = s.iter();
    auto b = s.iter();
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(a.next());
      EXPECT_TRUE(b.next());
    }
    { const auto gone = std::move(b); }
    EXPECT_GT(s.left_over(), 0u);
    EXPECT_GT(counted::alive, 0);
  }
  EXPECT_EQ(counted::alive, 0);
}

TEST(Share, copies_items_that_the_source_will_overwrite) {
  class reused : public pariter::iterator_interface<reused> {
   public:
    reused() = default;
    pariter::optional_ref<const std::string> next() {
      if (at_ == 1'000) return std::nullopt;
      line_ = "line " + std::to_string(at_++);
      return line_;
    }

   private:
    int at_ = 0;
    std::string line_;
  };
  const auto s = share(reused());
  static_assert(std::is_same_v<pariter::item_t<decltype(s.iter())>, std::string>);
  int expected = 0;
  for (const auto& line : s.iter()) EXPECT_EQ(line, "line " + std::to_string(expected++));
  EXPECT_EQ(expected, 1'000);
}

TEST(Share, over_an_input_range) {
  std::istringstream text("3 1 4 1 5 9 2 6");
  std::vector<int> all;
  for (const int x : share(std::ranges::istream_view<int>(text)).iter()) all.push_back(x);
  EXPECT_EQ(all, (std::vector{3, 1, 4, 1, 5, 9, 2, 6}));
}

TEST(Share, an_error_comes_after_all_items_before_it_and_to_every_drawer) {
  for (const int threads : {1, 2, 4, 16}) {
    const auto s = share(counting(2'000, 1'500));
    std::vector<std::vector<int>> drawn(static_cast<std::size_t>(threads));
    std::atomic<int> told = 0;
    on_threads(threads, [&](int t) {
      auto d = s.iter();
      try {
        while (auto x = d.next()) drawn[static_cast<std::size_t>(t)].push_back(*x);
        ADD_FAILURE() << "a drawer took a failed source for a finished one";
      } catch (const std::runtime_error& e) {
        EXPECT_STREQ(e.what(), "source failed");
        ++told;
      }
      EXPECT_THROW((void)d.next(), std::runtime_error) << "and stays failed";
    });
    EXPECT_EQ(told, threads);
    expect_exactly_once_and_in_order(drawn, 1'500);
    EXPECT_THROW((void)s.iter().next(), std::runtime_error) << "late comers are told as well";
  }
}

TEST(Share, errors_to_one_tells_one_drawer) {
  const auto s = share(counting(2'000, 1'500), {.errors = errors_to::one});
  std::atomic<int> told = 0;
  on_threads(8, [&](int) {
    auto d = s.iter();
    for (int i = 0; i < 2; ++i) {
      try {
        for (const int x : d) (void)x;
      } catch (const std::runtime_error&) {
        ++told;
      }
    }
  });
  EXPECT_EQ(told, 1);
}

TEST(Share, does_not_ask_a_source_again_that_ended) {
  class restarts : public pariter::iterator_interface<restarts> {
   public:
    restarts() = default;
    std::optional<int> next() { return ++at_ % 10 == 0 ? std::nullopt : std::optional(at_); }

   private:
    int at_ = 0;
  };
  const auto s = share(restarts());
  int count = 0;
  for (int round = 0; round < 3; ++round) {
    for (const int x : s.iter()) {
      (void)x;
      ++count;
    }
  }
  EXPECT_EQ(count, 9);
}

TEST(Share, releases_a_source_that_ended) {
  class holds : public pariter::iterator_interface<holds> {
   public:
    explicit holds(std::shared_ptr<int> what) : what_(std::move(what)) {}
    std::optional<int> next() { return left_-- > 0 ? std::optional(left_) : std::nullopt; }

   private:
    std::shared_ptr<int> what_;
    int left_ = 10;
  };
  const auto held = std::make_shared<int>(0);
  const auto s = share(holds(held));
  auto d = s.iter();
  EXPECT_EQ(held.use_count(), 2);
  while (d.next()) {
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Share, a_source_that_ended_is_destroyed_where_others_can_draw) {
  std::function<void()> at_its_end;
  const auto s = share(pariter::test::calls_at_its_end(at_its_end));
  auto a = s.iter();
  int told = 0;
  at_its_end = [&] {
    ++told;
    EXPECT_NO_THROW(EXPECT_FALSE(s.iter().next())) << "under the lock, that would be refused";
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(*a.next(), i);
  EXPECT_FALSE(a.next());
  EXPECT_EQ(told, 1);
}

pariter::generator<int> endless(std::atomic<int>& alive) {
  struct here {
    explicit here(std::atomic<int>& a) : count(a) { ++count; }
    here(const here&) = delete;
    here& operator=(const here&) = delete;
    ~here() { --count; }
    std::atomic<int>& count;
  } const mark(alive);
  for (int i = 0;; ++i) co_yield i;
}

TEST(Share, the_last_of_several_threads_closes_the_source) {
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> alive = 0;
    std::vector<decltype(share(endless(alive)).iter())> drawers;
    {
      const auto s = share(endless(alive));
      for (int t = 0; t < 6; ++t) drawers.push_back(s.iter());
    }
    on_threads(6, [&](int t) {
      auto own = std::move(drawers[static_cast<std::size_t>(t)]);
      for (int i = 0; i <= t * round % 17; ++i) EXPECT_TRUE(own.next());
      EXPECT_EQ(alive, 1) << "closed before the last drawer was dropped";
    });
    EXPECT_EQ(alive, 0);
  }
}

TEST(Share, a_stop_token_ends_a_shared_generator_for_every_drawer) {
  const auto until_stopped = [](std::stop_token stop) -> pariter::generator<int> {
    for (int i = 0; !stop.stop_requested(); ++i) co_yield i;
  };
  for (int round = 1; round <= 50; ++round) {
    std::stop_source stop;
    const auto s = share(until_stopped(stop.get_token()));
    std::vector<std::vector<int>> drawn(4);
    std::atomic<int> count = 0;
    on_threads(4, [&](int t) {
      for (const int x : s.iter()) {
        drawn[static_cast<std::size_t>(t)].push_back(x);
        if (++count == 50 * round) stop.request_stop();
      }
    });
    EXPECT_GE(count, 50 * round);
    expect_exactly_once_and_in_order(drawn, count);
  }
}

TEST(Share, drawers_with_items_at_hand_go_on_and_leave_while_another_pulls) {
  held_up h(1'000, 300);
  const auto s = share(h.source());
  std::vector<int> all;
  auto leaver = std::optional(s.iter());
  for (int i = 0; i < 100; ++i) all.push_back(*leaver->next());
  leaver.reset();
  const std::size_t at_hand = s.left_over();
  ASSERT_GT(at_hand, 2u) << "the leaver had nothing at hand: the test shows nothing";
  leaver.emplace(s.iter());
  all.push_back(*leaver->next());
  EXPECT_EQ(s.left_over(), 0u) << "it took all of it";
  std::vector<int> pulled;
  std::thread puller([&] {
    for (const int x : s.iter()) pulled.push_back(x);
  });
  h.wait_until_inside();
  all.push_back(*leaver->next());
  leaver.reset();
  EXPECT_EQ(s.left_over(), at_hand - 2);
  auto heir = s.iter();
  for (std::size_t i = 2; i < at_hand; ++i) all.push_back(*heir.next());
  EXPECT_TRUE(h.go_on()) << "a drawer that needed nothing of the source has waited for it";
  for (const int x : heir) all.push_back(x);
  puller.join();
  all.insert(all.end(), pulled.begin(), pulled.end());
  std::ranges::sort(all);
  EXPECT_EQ(all, numbers(1'000));
}

TEST(Share, a_source_that_draws_from_its_own_share_is_told_and_fails) {
  std::function<std::optional<int>()> draw_from_own;
  int at = 0;
  const auto s = share(pariter::iter([&] { return ++at < 10 ? std::optional(at) : draw_from_own(); }, -1));
  draw_from_own = [&s] { return s.iter().next(); };
  std::atomic<int> told = 0;
  on_threads(2, [&](int) {
    auto d = s.iter();
    EXPECT_THROW(while (d.next()){}, pariter::would_deadlock);
    ++told;
  });
  EXPECT_EQ(told, 2) << "the source failed for all of them";
}

TEST(Share, would_deadlock_goes_to_the_caller_and_ends_nothing) {
  class from_any_thread_but : public pariter::iterator_interface<from_any_thread_but> {
   public:
    explicit from_any_thread_but(std::thread::id refused) : refused_(refused) {}
    std::optional<int> next() {
      if (std::this_thread::get_id() == refused_) throw pariter::would_deadlock();
      return at_ < 100 ? std::optional(at_++) : std::nullopt;
    }

   private:
    std::thread::id refused_;
    int at_ = 0;
  };
  const auto s = share(from_any_thread_but(std::this_thread::get_id()));
  auto refused = s.iter();
  EXPECT_THROW((void)refused.next(), pariter::would_deadlock);
  std::vector<int> all;
  std::thread([&] {
    for (const int x : s.iter()) all.push_back(x);
  }).join();
  EXPECT_EQ(all, numbers(100));
  EXPECT_FALSE(refused.next());
}

TEST(Share, hands_out_batches_of_what_lies_side_by_side) {
  const auto items = pariter::test::numbers(10'000);
  pariter::concurrent_log<int> log;
  log.append_range(items);
  const auto check = [&](const auto& s) {
    std::vector<std::vector<int>> drawn(3);
    pariter::test::on_threads(3, [&](int t) {
      auto d = s.iter();
      auto& own = drawn[static_cast<std::size_t>(t)];
      for (int i = 0; i < t; ++i) {
        if (const auto x = d.next()) own.push_back(*x);  // single ones before a batch
      }
      for (auto batch = d.next_batch(); !batch.empty(); batch = d.next_batch()) own.insert(own.end(), batch.begin(), batch.end());
      EXPECT_FALSE(d.next());
    });
    pariter::test::expect_exactly_once_and_in_order(drawn, 10'000);
  };
  check(pariter::share(items));
  check(pariter::share(log));
}

}  // namespace
