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
