// SPDX-License-Identifier: Apache-2.0
#include "pariter/sharing/tee.hpp"
#include "pariter/sharing/tee_core.hpp"

#include "pariter/containers/concurrent_log.hpp"
#include "pariter/coro/generator.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pariter::tee;
using pariter::test::held_up;
using pariter::test::seed;

// 0, 1, … up to count; counts how often it was asked, and notices two threads in it.
class counting : public pariter::iterator_interface<counting> {
 public:
  struct log {
    std::atomic<int> pulls = 0;
    std::atomic<int> inside = 0;
    std::atomic<bool> alive = false;
  };
  counting(int count, log& l, int fails_at = -1) : count_(count), fails_at_(fails_at), log_(&l, [](log* x) { x->alive = false; }) { l.alive = true; }

  std::optional<int> next() {
    EXPECT_EQ(log_->inside.fetch_add(1), 0) << "two threads are inside the source";
    ++log_->pulls;
    const int i = at_++;
    EXPECT_LE(i, count_) << "pulled after the end";
    --log_->inside;
    if (i == fails_at_) throw std::runtime_error("source failed");
    return i < count_ ? std::optional(i) : std::nullopt;
  }

 private:
  int count_;
  int fails_at_;
  int at_ = 0;
  std::shared_ptr<log> log_;
};

pariter::generator<int> count_to(int n) {
  for (int i = 0; i < n; ++i) co_yield i;
}

template <class B>
std::vector<int> rest_of(B& branch) {
  std::vector<int> all;
  while (const auto x = branch.next()) all.push_back(static_cast<int>(*x));
  return all;
}

std::vector<int> numbers(int from, int to) {
  std::vector<int> v(static_cast<std::size_t>(to - from));
  std::iota(v.begin(), v.end(), from);
  return v;
}

TEST(Tee, models_the_concepts) {
  auto [a, b] = tee<2>(count_to(1));
  using branch = decltype(a);
  static_assert(pariter::iterator<branch>);
  static_assert(!std::copy_constructible<branch>);
  static_assert(std::ranges::input_range<branch>);
  static_assert(!pariter::shared_iterable<branch>);
  static_assert(std::is_same_v<pariter::item_t<branch>, const int&>);
}

TEST(Tee, gives_every_item_to_every_branch_on_threads_of_their_own) {
  for (const std::size_t branches : {1u, 2u, 3u, 8u}) {
    for (const std::size_t capacity : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100}, pariter::unbounded}) {
      for (const std::size_t read_ahead : {1u, 64u}) {
        counting::log log;
        std::vector<std::thread> threads;
        for (auto& branch : tee(counting(2'000, log), branches, {.capacity = capacity, .read_ahead = read_ahead})) {
          threads.emplace_back([own = std::move(branch)]() mutable { EXPECT_EQ(rest_of(own), numbers(0, 2'000)); });
        }
        for (auto& t : threads) t.join();
        EXPECT_EQ(log.pulls, 2'001) << "the source is pulled once per item";
        EXPECT_FALSE(log.alive);
      }
    }
  }
}

TEST(Tee, any_interleaving_on_one_thread_works) {
  for (unsigned round = 0; round < 50; ++round) {
    SCOPED_TRACE(testing::Message() << "seed " << seed() << ", round " << round);
    std::mt19937_64 random(seed() + round);
    counting::log log;
    auto branches = tee(counting(3'000, log), 4, {.capacity = pariter::unbounded});
    std::vector<int> expected(branches.size(), 0);
    int live = 4;
    while (live != 0) {
      const std::size_t b = random() % branches.size();
      for (auto steps = random() % (random() % 8 == 0 ? 2'000 : 5); steps != 0; --steps) {
        if (expected[b] == -1) break;
        if (const auto x = branches[b].next()) {
          ASSERT_EQ(*x, expected[b]++);
        } else {
          ASSERT_EQ(expected[b], 3'000);
          expected[b] = -1;
          --live;
        }
      }
    }
    EXPECT_EQ(log.pulls, 3'001);
  }
}

TEST(Tee, pulls_only_what_the_foremost_asks_for) {
  counting::log log;
  auto [a, b] = tee<2>(counting(100, log));
  EXPECT_EQ(log.pulls, 0);
  EXPECT_EQ(*a.next(), 0);
  EXPECT_EQ(log.pulls, 1);
  EXPECT_EQ(*b.next(), 0);
  EXPECT_EQ(log.pulls, 1) << "the one behind pulls nothing";
  EXPECT_EQ(*b.next(), 1);
  EXPECT_EQ(*b.next(), 2);
  EXPECT_EQ(*a.next(), 1);
  EXPECT_EQ(log.pulls, 3);
}

TEST(Tee, branches_may_walk_abreast_on_one_thread_however_small_the_capacity) {
  for (std::size_t capacity = 1; capacity < 40; ++capacity) {
    auto [a, b] = tee<2>(count_to(500), {.capacity = capacity});
    for (int i = 0; i < 500; ++i) {
      ASSERT_EQ(*a.next(), i);
      ASSERT_EQ(*b.next(), i);
    }
    EXPECT_FALSE(a.next());
    EXPECT_FALSE(b.next());
  }
}

TEST(Tee, a_thread_that_would_wait_for_itself_is_told) {
  const pariter::test::no_tee_patience none;
  for (const std::size_t capacity : {1u, 10u, 15u}) {  // up to there a branch takes up one item at a time, so the lead is exact
    auto [a, b] = tee<2>(count_to(1'000), {.capacity = capacity});
    EXPECT_EQ(*b.next(), 0);
    for (std::size_t i = 0; i < capacity + 1; ++i) EXPECT_EQ(*a.next(), static_cast<int>(i));
    EXPECT_THROW((void)a.next(), pariter::would_deadlock);
    EXPECT_EQ(*b.next(), 1) << "nothing was lost";
    EXPECT_EQ(*a.next(), static_cast<int>(capacity) + 1);
  }
}

TEST(Tee, a_branch_that_was_moved_is_waited_for_whoever_used_it_last) {
  const pariter::test::no_tee_patience none;
  for (const bool assigned : {false, true}) {
    auto [a, b] = tee<2>(count_to(1'000), {.capacity = 8});
    EXPECT_EQ(*a.next(), 0);
    std::atomic<int> seen = 0;
    std::optional<decltype(a)> owned;
    if (assigned) {
      owned = std::move(tee<1>(count_to(1)).front());
      *owned = std::move(a);
    } else {
      owned.emplace(std::move(a));
    }
    std::thread other([&seen, own = std::move(*owned)]() mutable {
      while (seen.load() <= 8) std::this_thread::yield();  // until the other branch can go no further
      for (int i = 1; i < 1'000; ++i) ASSERT_EQ(*own.next(), i);
    });
    for (int i = 0; i < 1'000; ++i) {
      const auto x = b.next();
      ASSERT_TRUE(x);
      EXPECT_EQ(*x, i);
      seen.fetch_add(1);
    }
    other.join();
  }
}

TEST(Tee, a_branch_that_is_lent_to_another_thread_is_waited_for_a_while) {
  auto [a, b] = tee<2>(count_to(1'000), {.capacity = 8});
  EXPECT_EQ(*a.next(), 0);
  std::atomic<int> seen = 0;
  std::thread other([&seen, &lent = a] {
    while (seen.load() <= 8) std::this_thread::yield();
    for (int i = 1; i < 1'000; ++i) ASSERT_EQ(*lent.next(), i);
  });
  for (int i = 0; i < 1'000; ++i, seen.fetch_add(1)) EXPECT_EQ(*b.next(), i);
  other.join();
}

TEST(Tee, a_thread_is_not_taken_for_one_that_has_ended) {
  const pariter::test::no_tee_patience none;
  auto [a, b] = tee<2>(count_to(1'000), {.capacity = 8});
  std::thread([&lent = a] { EXPECT_EQ(*lent.next(), 0); }).join();
  std::atomic<int> seen = 0;
  std::thread later([&seen, &lent = b] {  // where the first had its stack
    for (int i = 0; i < 1'000; ++i, seen.fetch_add(1)) ASSERT_EQ(*lent.next(), i);
  });
  while (seen.load() <= 8) std::this_thread::yield();
  for (int i = 1; i < 1'000; ++i) EXPECT_EQ(*a.next(), i);
  later.join();
}

TEST(Tee, the_foremost_waits_for_the_slowest) {
  counting::log log;
  auto [a, b] = tee<2>(counting(10'000, log), {.capacity = 100});
  std::atomic<int> seen = 0;
  std::thread ahead([own = std::move(a), &seen]() mutable {
    for (const int x : own) {
      (void)x;
      ++seen;
    }
  });
  while (seen < 50) std::this_thread::yield();
  for (int i = 0; i < 2'000; ++i) std::this_thread::yield();
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(*b.next(), i);
    ASSERT_LE(log.pulls, i + 1 + 100);
  }
  ahead.join();
  EXPECT_EQ(seen, 10'000);
}

TEST(Tee, dropping_the_slowest_frees_the_foremost) {
  auto [a, b] = tee<2>(count_to(1'000), {.capacity = 10});
  std::thread ahead([own = std::move(a)]() mutable { EXPECT_EQ(rest_of(own), numbers(0, 1'000)); });
  for (int i = 0; i < 2'000; ++i) std::this_thread::yield();
  { const auto gone = std::move(b); }
  ahead.join();
}

TEST(Tee, branches_behind_the_foremost_read_and_fork_while_another_one_pulls) {
  for (const std::size_t capacity : {std::size_t{900}, pariter::unbounded}) {
    held_up h(1'000, 700);
    auto [a, b] = tee<2>(h.source(), {.capacity = capacity});
    std::thread ahead([own = std::move(a)]() mutable { EXPECT_EQ(rest_of(own), numbers(0, 1'000)); });
    h.wait_until_inside();
    auto f = b.fork();
    for (int i = 0; i < 700; ++i) ASSERT_EQ(*b.next(), i);
    for (int i = 0; i < 700; ++i) ASSERT_EQ(*f.next(), i);
    EXPECT_TRUE(h.go_on()) << "a branch that had something to read has waited for the source";
    std::thread beside([own = std::move(f)]() mutable { EXPECT_EQ(rest_of(own), numbers(700, 1'000)); });
    EXPECT_EQ(rest_of(b), numbers(700, 1'000));
    ahead.join();
    beside.join();
  }
}

// The one that pulls would have had to wait for them: it goes on, and gets everything.
TEST(Tee, branches_leave_while_another_one_pulls) {
  for (const bool one_stays : {false, true}) {
    held_up h(1'000, 4);
    auto [a, b, c] = tee<3>(h.source(), {.capacity = 2});
    std::thread ahead([own = std::move(a)]() mutable { EXPECT_EQ(rest_of(own), numbers(0, 1'000)); });
    for (int i = 0; i < 4; ++i) {
      ASSERT_EQ(*b.next(), i);
      ASSERT_EQ(*c.next(), i);
    }
    h.wait_until_inside();
    std::optional<decltype(b)> f;
    if (one_stays) f = b.fork();
    { const auto gone = std::move(b); }
    { const auto gone = std::move(c); }
    EXPECT_TRUE(h.go_on()) << "a branch that left has waited for the source";
    if (f) {
      EXPECT_EQ(rest_of(*f), numbers(4, 1'000));
    }
    ahead.join();
  }
}

TEST(Tee, the_last_branch_of_several_threads_drops_the_source) {
  for (int round = 0; round < 100; ++round) {
    counting::log log;
    auto made = tee(counting(1'000'000, log), 6, {.capacity = pariter::unbounded});
    pariter::test::on_threads(6, [&](int t) {
      auto own = std::move(made[static_cast<std::size_t>(t)]);
      for (int i = 0; i <= t * round % 17; ++i) ASSERT_EQ(*own.next(), i);
      EXPECT_TRUE(log.alive) << "dropped before the last branch";
    });
    EXPECT_FALSE(log.alive);
  }
}

// An item that counts how many of it are alive.
struct counted {
  static inline std::atomic<int> alive = 0;
  int value;
  explicit counted(int v) : value(v) { ++alive; }
  counted(counted&& other) noexcept : value(other.value) { ++alive; }
  counted(const counted& other) = delete;
  counted& operator=(const counted&) = delete;
  counted& operator=(counted&&) = default;
  ~counted() { --alive; }
  explicit operator int() const { return value; }
};

pariter::generator<counted> make_counted(int n) {
  for (int i = 0; i < n; ++i) co_yield counted(i);
}

TEST(Tee, frees_what_only_a_dropped_branch_needed) {
  {
    auto branches = tee(make_counted(100'000), 3, {.capacity = pariter::unbounded});
    EXPECT_EQ(rest_of(branches[0]).size(), 100'000u);
    for (int i = 0; i < 90'000; ++i) ASSERT_TRUE(branches[1].next());
    EXPECT_EQ(counted::alive, 100'000);
    branches.pop_back();
    EXPECT_LT(counted::alive, 10'000 + 1'100) << "what lies behind the slowest branch is not freed";
    EXPECT_EQ(rest_of(branches[1]).size(), 10'000u);
    EXPECT_LT(counted::alive, 1'100);
  }
  EXPECT_EQ(counted::alive, 0);
}

// Of so many segments that one frame of a stack for each, however small, would be more than the thread has.
TEST(Tee, a_chain_of_any_length_is_freed_without_recursion) {
  constexpr std::size_t stack = 128 * 1024;
  constexpr int items = 80'000;
  struct large {  // 4 in a segment
    explicit large(int) noexcept {}
    large(const large&) noexcept {}  // its room is never touched
    large& operator=(const large&) = delete;
    ~large() {}
    char room[1'100];
  };
  auto [a, b] = tee<2>(std::views::iota(0, items) | std::views::transform([](int i) { return large(i); }), {.capacity = pariter::unbounded});
  for (int i = 0; i < items; ++i) ASSERT_TRUE(a.next());
  std::optional behind(std::move(b));
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, stack), 0);
  pthread_t dropper;
  ASSERT_EQ(pthread_create(&dropper, &attributes, [](void* it) -> void* { return static_cast<decltype(behind)*>(it)->reset(), nullptr; }, &behind), 0);
  pthread_attr_destroy(&attributes);
  EXPECT_EQ(pthread_join(dropper, nullptr), 0);
  EXPECT_FALSE(a.next());
}

TEST(Tee, forks_at_its_position) {
  counting::log log;
  auto [a, b] = tee<2>(counting(3'000, log), {.capacity = pariter::unbounded});
  std::vector<decltype(a.fork())> forks;
  std::vector<int> at;
  for (int i = 0; i < 3'000; ++i) {
    if (i % 97 == 0 || i % 512 < 2 || i % 1'024 < 2) {
      forks.push_back(a.fork());
      at.push_back(i);
    }
    ASSERT_EQ(*a.next(), i);
  }
  auto at_end = a.fork();
  EXPECT_FALSE(at_end.next());
  for (std::size_t f = 0; f < forks.size(); ++f) EXPECT_EQ(rest_of(forks[f]), numbers(at[f], 3'000));
  EXPECT_EQ(rest_of(b), numbers(0, 3'000));
  EXPECT_EQ(log.pulls, 3'001);
}

TEST(Tee, forks_at_its_position_behind_the_foremost) {
  auto [a, b] = tee<2>(count_to(3'000), {.capacity = pariter::unbounded});
  EXPECT_EQ(rest_of(a).size(), 3'000u);
  for (int i = 0; i < 3'000; ++i) {  // b takes up many at a time now
    if (i % 101 == 0 || i % 512 < 2) {
      auto f = b.fork();
      EXPECT_EQ(*f.next(), i);
      EXPECT_EQ(rest_of(f), numbers(i + 1, 3'000));
    }
    ASSERT_EQ(*b.next(), i);
  }
}

TEST(Tee, a_fork_gates_too) {
  const pariter::test::no_tee_patience none;
  auto [a] = tee<1>(count_to(1'000), {.capacity = 5});
  auto f = a.fork();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(a.next());
  EXPECT_EQ(*f.next(), 0);
  EXPECT_TRUE(a.next());
  EXPECT_THROW((void)a.next(), pariter::would_deadlock);
}

TEST(Tee, of_a_branch_gives_branches_of_the_same_tee) {
  counting::log log;
  auto [a, b] = tee<2>(counting(100, log), {.capacity = pariter::unbounded});
  EXPECT_TRUE(a.next());
  auto more = tee(std::move(a), 3);
  static_assert(std::is_same_v<decltype(more)::value_type, decltype(b)>);
  for (auto& branch : more) EXPECT_EQ(rest_of(branch), numbers(1, 100));
  EXPECT_EQ(rest_of(b), numbers(0, 100));
  EXPECT_EQ(log.pulls, 101);
}

TEST(Tee, no_branches_drop_the_source) {
  counting::log log;
  EXPECT_TRUE(tee(counting(100, log), 0).empty());
  EXPECT_FALSE(log.alive);
  EXPECT_THROW((void)tee(counting(100, log), 2, {.capacity = 0}), pariter::invalid_size);
}

TEST(Tee, releases_a_source_that_ended) {
  counting::log log;
  auto [a, b] = tee<2>(counting(10, log));
  EXPECT_TRUE(log.alive);
  EXPECT_EQ(rest_of(a).size(), 10u);
  EXPECT_FALSE(log.alive);
  EXPECT_EQ(rest_of(b).size(), 10u);
}

TEST(Tee, a_source_that_ended_is_destroyed_where_others_can_read) {
  std::function<void()> at_its_end;
  auto [a, b] = tee<2>(pariter::test::calls_at_its_end(at_its_end));
  int told = 0;
  at_its_end = [&, &other = b] {
    ++told;
    EXPECT_NO_THROW(EXPECT_EQ(rest_of(other), numbers(0, 10))) << "under the lock, that would be refused";
  };
  EXPECT_EQ(rest_of(a), numbers(0, 10));
  EXPECT_EQ(told, 1);
}

TEST(Tee, an_error_reaches_every_branch_after_the_items_before_it) {
  for (const std::size_t read_ahead : {1u, 100u}) {
    counting::log log;
    std::vector<std::thread> threads;
    std::atomic<int> told = 0;
    for (auto& branch : tee(counting(2'000, log, 1'500), 4, {.capacity = 50, .read_ahead = read_ahead})) {
      threads.emplace_back([own = std::move(branch), &told]() mutable {
        int seen = 0;
        EXPECT_THROW(while (own.next()) ++seen;, std::runtime_error);
        EXPECT_EQ(seen, 1'500);
        EXPECT_THROW((void)own.next(), std::runtime_error) << "and stays failed";
        ++told;
      });
    }
    for (auto& t : threads) t.join();
    EXPECT_EQ(told, 4);
    EXPECT_EQ(log.pulls, 1'501);
  }
}

TEST(Tee, a_source_that_reads_its_own_tee_is_told_and_fails) {
  std::function<std::optional<int>()> read_own;
  int at = 0;
  auto [a, b] = tee<2>(pariter::iter([&] { return ++at < 10 ? std::optional(at) : read_own(); }, -1));
  auto inner = a.fork();
  read_own = [&inner]() -> std::optional<int> {
    while (inner.next()) {
    }
    return std::nullopt;
  };
  EXPECT_THROW(while (a.next()){}, pariter::would_deadlock);
  EXPECT_THROW(while (b.next()){}, pariter::would_deadlock) << "the source failed for all";
}

TEST(Tee, items_of_a_container_keep_their_identity) {
  const std::list<std::string> l{"a", "b"};
  auto [a, b] = tee<2>(l);
  EXPECT_EQ(std::addressof(*a.next()), std::addressof(l.front()));
  EXPECT_EQ(std::addressof(*b.next()), std::addressof(l.front()));
}

TEST(Tee, hands_out_one_object_to_all) {
  auto [a, b] = tee<2>(make_counted(3));
  EXPECT_EQ(std::addressof(*a.next()), std::addressof(*b.next()));
}

TEST(Tee, over_a_live_log) {
  pariter::concurrent_log<int> log;
  std::vector<std::thread> threads;
  for (auto& branch : tee(log.follow(), 3, {.capacity = 64})) {
    threads.emplace_back([own = std::move(branch)]() mutable { EXPECT_EQ(rest_of(own), numbers(0, 10'000)); });
  }
  for (int i = 0; i < 10'000; ++i) log.append(i);
  log.close();
  for (auto& t : threads) t.join();
}

// A follower leaves what was cleared; a branch that lags behind has it still to come.
TEST(Tee, a_branch_behind_a_clear_of_the_log_gets_the_cleared_items) {
  pariter::concurrent_log<std::string> log;
  const auto text = [](int i) { return "an item that is long enough for the heap: " + std::to_string(i); };
  for (int i = 0; i < 10; ++i) log.append(text(i));
  auto [ahead, behind] = tee<2>(log.follow());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(*ahead.next(), text(i));
  log.clear();
  log.append(text(10));
  log.close();
  EXPECT_EQ(*ahead.next(), text(10));
  EXPECT_FALSE(ahead.next());
  for (int i = 0; i <= 10; ++i) EXPECT_EQ(*behind.next(), text(i));
  EXPECT_FALSE(behind.next());
}

TEST(Tee, a_branch_can_be_shared) {
  auto [a, b] = tee<2>(count_to(10'000));
  const auto s = pariter::share(std::move(a));
  std::atomic<long> sum = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (const int x : s.iter()) sum += x;
    });
  }
  EXPECT_EQ(rest_of(b), numbers(0, 10'000));
  for (auto& t : threads) t.join();
  EXPECT_EQ(sum, 49'995'000);
}

}  // namespace
