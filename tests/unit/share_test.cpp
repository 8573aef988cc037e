// SPDX-License-Identifier: Apache-2.0
#include "pariter/sharing/share.hpp"

// Tested through share(), which is the only way to them.
#include "pariter/sharing/draw_indexed.hpp"
#include "pariter/sharing/draw_live.hpp"
#include "pariter/sharing/draw_pace.hpp"
#include "pariter/sharing/draw_pulled.hpp"
#include "pariter/sharing/drawer.hpp"
#include "pariter/sharing/item_buffer.hpp"
#include "pariter/sharing/share_options.hpp"

#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/detail/parking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace {

using pariter::errors_to;
using pariter::share;

// A single-pass source of 0, 1, … that can fail, and that reports whether two threads were ever inside it at once.
class counting : public pariter::iterator_interface<counting> {
 public:
  explicit counting(int count, int fails_at = -1) : count_(count), fails_at_(fails_at) {}

  std::optional<int> next() {
    EXPECT_EQ(inside_->fetch_add(1), 0) << "two threads are inside the source";
    const int i = at_++;
    EXPECT_LE(i, count_) << "pulled after the end";
    inside_->fetch_sub(1);
    if (i == fails_at_) throw std::runtime_error("source failed");
    return i < count_ ? std::optional(i) : std::nullopt;
  }

 private:
  int count_;
  int fails_at_;
  int at_ = 0;
  std::unique_ptr<std::atomic<int>> inside_ = std::make_unique<std::atomic<int>>(0);
};

// Runs `f(index)` on that many threads, which start together.
template <class F>
void on_threads(int count, F f) {
  std::barrier start(count);
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      f(t);
    });
  }
  for (auto& t : threads) t.join();
}

// What each of several threads drew from s.
template <class S>
std::vector<std::vector<int>> drain_on(int threads, const S& s) {
  std::vector<std::vector<int>> drawn(static_cast<std::size_t>(threads));
  on_threads(threads, [&](int t) {
    auto& mine = drawn[static_cast<std::size_t>(t)];
    for (const auto& x : s.iter()) mine.push_back(static_cast<int>(x));
  });
  return drawn;
}

void expect_exactly_once_and_in_order(const std::vector<std::vector<int>>& drawn, int count) {
  std::vector<int> all;
  for (const auto& one : drawn) {
    EXPECT_TRUE(std::ranges::is_sorted(one)) << "a drawer got its items out of order";
    all.insert(all.end(), one.begin(), one.end());
  }
  std::ranges::sort(all);
  std::vector<int> expected(static_cast<std::size_t>(count));
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

std::vector<int> numbers(int count) {
  std::vector<int> v(static_cast<std::size_t>(count));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

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

// ---- sources that wait ----

TEST(ShareLive, hands_out_what_a_writer_appends_meanwhile) {
  for (const int threads : {1, 2, 4, 16}) {
    pariter::concurrent_log<int> log;
    const auto s = share(log.follow());
    std::thread writer([&] {
      for (int i = 0; i < 20'000; ++i) log.append(i);
      log.close();
    });
    expect_exactly_once_and_in_order(drain_on(threads, s), 20'000);
    writer.join();
  }
}

TEST(ShareLive, claims_nothing_that_is_not_there) {
  pariter::concurrent_log<int> log;
  const auto s = share(log.follow());
  auto a = s.iter();
  auto b = s.iter();
  EXPECT_TRUE(a.try_next().is_empty());
  EXPECT_TRUE(b.try_next().is_empty());
  EXPECT_FALSE(a.ready());
  log.append(0);
  EXPECT_TRUE(a.ready());
  EXPECT_EQ(*b.try_next(), 0) << "the drawer that asked first holds no claim";
  EXPECT_TRUE(a.try_next().is_empty());
  log.append(1);
  EXPECT_EQ(*a.try_next(), 1);
  log.close();
  EXPECT_TRUE(a.ready());
  EXPECT_TRUE(a.try_next().is_closed());
  EXPECT_TRUE(b.try_next().is_closed());
}

TEST(ShareLive, items_of_a_log_are_not_copied) {
  pariter::concurrent_log<std::string> log;
  const std::string& first = log.append("first");
  const auto s = share(log.follow());
  auto d = s.iter();
  EXPECT_EQ(std::addressof(*d.next()), std::addressof(first));
}

TEST(ShareLive, items_at_hand_survive_a_clear) {
  pariter::concurrent_log<std::string> log;
  for (int i = 0; i < 1'000; ++i) log.append("an item that is long enough for the heap: " + std::to_string(i));
  const auto s = share(log.follow());
  auto a = s.iter();
  auto b = s.iter();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(a.next());  // a holds more at hand now
  log.clear();
  log.append("new");
  log.close();
  int olds = 100;
  bool gap = false;
  std::string last;
  for (auto* d : {&b, &a}) {  // b sees the group's position move on, a's items must stay
    for (bool ended = false; !ended;) {
      try {
        const auto x = d->next();
        ended = !x;
        if (x && x->starts_with("an item")) ++olds;
        else if (x) last = *x;
      } catch (const pariter::missed_items&) {
        gap = true;
      }
    }
  }
  EXPECT_EQ(olds, 1'000);
  EXPECT_FALSE(gap) << "the cleared items were all delivered";
  EXPECT_EQ(last, "new");
}

TEST(ShareLive, what_is_given_back_wakes_a_waiting_drawer) {
  pariter::concurrent_log<int> log;
  log.append_range(numbers(1'000));
  const auto s = share(log.follow());
  {
    auto first = s.iter();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(first.next());
  }
  const int at_hand = static_cast<int>(s.left_over());
  ASSERT_GT(at_hand, 1);
  std::optional leaver(s.iter());
  EXPECT_TRUE(leaver->next());  // takes what the first one left
  EXPECT_EQ(s.left_over(), 0u);
  std::atomic<int> drawn = 0;
  std::thread other([&] {
    for (const int x : s.iter()) {
      (void)x;
      ++drawn;
    }
  });
  while (drawn != 1'000 - 10 - at_hand) std::this_thread::yield();
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();  // it sleeps by now
  leaver.reset();
  while (drawn != 1'000 - 10 - 1) std::this_thread::yield();
  log.close();
  other.join();
  EXPECT_EQ(drawn, 1'000 - 10 - 1);
}

TEST(ShareLive, a_failure_comes_after_all_items_and_to_every_drawer) {
  pariter::concurrent_log<int> log;
  const auto s = share(log.follow());
  std::atomic<int> told = 0;
  std::vector<std::vector<int>> drawn(4);
  std::thread writer([&] {
    for (int i = 0; i < 5'000; ++i) log.append(i);
    log.fail(std::make_exception_ptr(std::runtime_error("log failed")));
  });
  on_threads(4, [&](int t) {
    auto d = s.iter();
    EXPECT_THROW(while (auto x = d.next()) drawn[static_cast<std::size_t>(t)].push_back(*x);, std::runtime_error);
    ++told;
    EXPECT_THROW((void)d.next(), std::runtime_error) << "and stays failed";
  });
  writer.join();
  EXPECT_EQ(told, 4);
  expect_exactly_once_and_in_order(drawn, 5'000);
}

TEST(ShareLive, one_subscription_of_a_broadcast_shared_beside_one_that_is_not) {
  for (const std::size_t capacity : {1u, 2u, 64u, 1'024u}) {
    pariter::broadcast<std::string> stream({.capacity = capacity});
    const auto s = share(stream.iter());
    auto alone = stream.iter();
    std::thread writer([&] {
      for (int i = 0; i < 3'000; ++i) stream.append(std::to_string(i));
      stream.close();
    });
    int seen = 0;
    std::thread reader([&] {
      for (const std::string& x : alone) EXPECT_EQ(x, std::to_string(seen++));
    });
    std::vector<std::vector<int>> drawn(3);
    on_threads(3, [&](int t) {
      for (const std::string& x : s.iter()) drawn[static_cast<std::size_t>(t)].push_back(std::stoi(x));
    });
    writer.join();
    reader.join();
    EXPECT_EQ(seen, 3'000);
    expect_exactly_once_and_in_order(drawn, 3'000);
  }
}

TEST(ShareLive, a_dropped_share_gates_the_writers_no_more) {
  pariter::broadcast<int> stream({.capacity = 4});
  {
    const auto s = share(stream.iter());
    int written = 0;
    while (stream.try_append(written)) ++written;
    EXPECT_GE(written, 4);
    EXPECT_EQ(*s.iter().next(), 0);
    while (stream.try_append(written)) ASSERT_LT(++written, 100);
  }
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(stream.try_append(i));
}

// A waiting source with a script: what each step answers. It reuses the room of its items.
struct fragile {
  int value = -1;
  static inline std::atomic<int> copies_until_throw = -1;
  fragile(int v) : value(v) {}
  fragile(const fragile& other) : value(other.value) {
    if (copies_until_throw.load() >= 0 && copies_until_throw.fetch_sub(1) == 0) throw std::runtime_error("copy failed");
  }
  fragile& operator=(const fragile&) = default;
  ~fragile() = default;
};
struct gap_of {
  std::uint64_t count;
};
struct script {
  using line = std::variant<std::vector<int>, gap_of, std::exception_ptr>;
  pariter::detail::parking_lot lot;
  std::mutex mutex;
  std::deque<line> lines;
  bool closed = false;

  void say(line l) {
    {
      const std::lock_guard hold(mutex);
      lines.push_back(std::move(l));
    }
    lot.notify_all();
  }
  void close() {
    {
      const std::lock_guard hold(mutex);
      closed = true;
    }
    lot.notify_all();
  }
};

class scripted : public pariter::iterator_interface<scripted> {
 public:
  explicit scripted(script& s) : script_(&s) {}

  pariter::optional_ref<const fragile> next() { throw std::logic_error("share() never waits inside the source"); }

  pariter::outcome<std::span<const fragile>> try_next_batch() {
    using answer = pariter::outcome<std::span<const fragile>>;
    for (auto& old : room_) old.value = -1;
    const std::lock_guard hold(script_->mutex);
    if (script_->lines.empty()) return script_->closed ? answer::closed() : answer::empty();
    const script::line l = std::move(script_->lines.front());
    script_->lines.pop_front();
    if (const auto* gap = std::get_if<gap_of>(&l)) return answer::gap(gap->count);
    if (const auto* error = std::get_if<std::exception_ptr>(&l)) return answer::failed(*error);
    const int copies = fragile::copies_until_throw.exchange(-1);  // these copies are not share's
    const auto& values = std::get<0>(l);
    room_.assign(values.begin(), values.end());
    fragile::copies_until_throw = copies;
    return answer::item(std::span<const fragile>(room_));
  }
  bool ready() const noexcept {
    const std::lock_guard hold(script_->mutex);
    return !script_->lines.empty() || script_->closed;
  }
  pariter::detail::parking_lot& parking() const noexcept { return script_->lot; }

 private:
  script* script_;
  std::vector<fragile> room_;
};

TEST(ShareLive, copies_items_whose_room_is_reused) {
  script text;
  const auto s = share(scripted(text));
  static_assert(std::is_same_v<pariter::item_t<decltype(s.iter())>, fragile>);
  std::thread writer([&] {
    const auto all = numbers(10'000);
    for (auto from = all.begin(); from != all.end(); from += 100) text.say(std::vector(from, from + 100));
    text.close();
  });
  std::vector<std::vector<int>> drawn(4);
  on_threads(4, [&](int t) {
    for (const fragile& x : s.iter()) drawn[static_cast<std::size_t>(t)].push_back(x.value);
  });
  writer.join();
  expect_exactly_once_and_in_order(drawn, 10'000);
}

TEST(ShareLive, a_gap_is_told_to_one_drawer_and_the_group_goes_on) {
  script text;
  text.say(std::vector{0, 1});
  text.say(gap_of{7});
  text.say(std::vector{9});
  text.close();
  const auto s = share(scripted(text), pariter::unbuffered);
  auto a = s.iter();
  auto b = s.iter();
  EXPECT_EQ(a.next()->value, 0);
  EXPECT_EQ(b.next()->value, 1);
  try {
    (void)a.next();
    ADD_FAILURE() << "the gap was swallowed";
  } catch (const pariter::missed_items& gap) {
    EXPECT_EQ(gap.count(), 7u);
  }
  EXPECT_EQ(b.next()->value, 9);
  EXPECT_FALSE(a.next());
  EXPECT_FALSE(b.next());
}

TEST(ShareLive, try_next_reports_gaps_and_failures_as_values) {
  script text;
  text.say(gap_of{3});
  text.say(std::make_exception_ptr(std::runtime_error("failed")));
  const auto s = share(scripted(text));
  auto d = s.iter();
  const auto gap = d.try_next();
  ASSERT_TRUE(gap.is_gap());
  EXPECT_EQ(gap.missed(), 3u);
  EXPECT_TRUE(d.try_next().is_failed());
  EXPECT_TRUE(d.try_next().is_failed()) << "for ever";
  EXPECT_TRUE(s.iter().try_next().is_failed()) << "but every drawer";
}

TEST(ShareLive, an_item_whose_copy_failed_is_still_there) {
  for (int fails_at = 0; fails_at < 100; ++fails_at) {
    script text;
    text.say(std::vector(100, 5));
    text.say(std::vector(100, 6));
    text.close();
    const auto s = share(scripted(text));
    fragile::copies_until_throw = fails_at;
    int sum = 0;
    int failures = 0;
    for (auto d = s.iter();;) {
      try {
        // by hand, since a loop's variable may be a copy of its own
        const auto x = d.next();
        if (!x) break;
        sum += x->value;
      } catch (const std::runtime_error&) {
        ++failures;
      }
    }
    fragile::copies_until_throw = -1;
    EXPECT_LE(failures, 1);
    if (sum != 1'100) {
      // `next()` itself copies a fragile, which has no move: that copy is the drawer's own, and its item is not lost either
      ADD_FAILURE() << "lost an item when copy " << fails_at << " failed: " << sum;
    }
  }
}

}  // namespace
