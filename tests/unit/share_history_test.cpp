// SPDX-License-Identifier: Apache-2.0
//
// Whether draws from share() are linearizable: each seems to happen at one moment between its call and its return. Threads note when
// each draw began and ended, and what it gave. With one item per draw the specification is a line of numbered items and its end:
//
//   1. each item is drawn once;
//   2. of two draws, one of which ended before the other began, the earlier one has the smaller number;
//   3. no draw that began after somebody was told of the end gives an item.
//
// The check is run on wrong shares, too, and must find each of them.
//
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/share.hpp"
#include "support/scale.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <ranges>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pariter::test::on_threads;
using pariter::test::scaled;

struct draw {
  std::uint64_t began, ended;
  int item;  // -1: the end
};

// Draws on that many threads until each was told of the end. A counter is the clock: what ended before something else began has a
// smaller number.
template <class Shared>
std::vector<draw> history_of(const Shared& shared, int threads) {
  std::atomic<std::uint64_t> clock = 0;
  std::vector<std::vector<draw>> noted(static_cast<std::size_t>(threads));
  on_threads(threads, [&](int t) {
    auto own = shared.iter();
    auto& mine = noted[static_cast<std::size_t>(t)];
    for (;;) {
      draw d{.began = clock.fetch_add(1), .ended = 0, .item = -1};
      if (const auto x = own.next()) d.item = static_cast<int>(*x);
      d.ended = clock.fetch_add(1);
      mine.push_back(d);
      if (d.item == -1) return;
      if (d.item % 32 == 0) std::this_thread::yield();  // or, with fewer cores than threads, one draws all before the next has begun
    }
  });
  std::vector<draw> all;
  for (const auto& one : noted) all.insert(all.end(), one.begin(), one.end());
  return all;
}

// What is wrong with the history of `count` items; empty: nothing.
std::string fault_of(std::vector<draw> all, int count) {
  std::ranges::sort(all, [](const draw& a, const draw& b) { return static_cast<unsigned>(a.item) < static_cast<unsigned>(b.item); });  // the end is last
  std::uint64_t ended = UINT64_MAX;  // the first draw that is later in the line
  int expected = count;
  for (const draw& d : all | std::views::reverse) {
    if (d.item != -1) {
      --expected;
      if (d.item > expected) return "item " + std::to_string(d.item) + " was drawn twice";
      if (d.item < expected) return "item " + std::to_string(expected) + " was not drawn";
      if (d.began > ended) return "item " + std::to_string(d.item) + " was drawn too late";
    }
    ended = std::min(ended, d.ended);
  }
  return expected == 0 ? "" : "item 0 was not drawn";
}

pariter::generator<int> count_to(int n) {
  for (int i = 0; i < n; ++i) co_yield i;
}

constexpr int items = 2'000;

TEST(ShareHistory, draws_are_linearizable) {
  for (std::size_t round = 0; round < scaled(1); ++round) {
    for (const int threads : {1, 2, 4, 8, 32}) {
      EXPECT_EQ(fault_of(history_of(pariter::share(count_to(items), pariter::unbuffered), threads), items), "") << "pulled";
      EXPECT_EQ(fault_of(history_of(pariter::share(std::views::iota(0, items), pariter::unbuffered), threads), items), "") << "indexed";
      pariter::concurrent_log<int> log;
      const auto group = pariter::share(log.follow(), pariter::unbuffered);
      std::thread writer([&] {
        for (int i = 0; i < items; ++i) log.append(i);
        log.close();
      });
      EXPECT_EQ(fault_of(history_of(group, threads), items), "") << "a log while it grows";
      writer.join();
    }
  }
}

// Shares with one mistake each.
enum class mistake { none, same_item_twice, an_item_left_out, hands_out_late, items_after_the_end };

class wrong_share {
 public:
  wrong_share(int count, mistake m) : count_(count), mistake_(m) {}

  struct drawer {
    const wrong_share* from;
    std::optional<int> pocket;
    std::optional<int> next() {
      if (from->mistake_ == mistake::hands_out_late) {  // one that it drew at the call before
        const auto before = std::exchange(pocket, from->take());
        if (before || !pocket) return before;
        const auto first = std::exchange(pocket, from->take());
        return first;
      }
      return from->take();
    }
  };
  drawer iter() const { return {this, {}}; }

 private:
  std::optional<int> take() const {
    const std::lock_guard hold(mutex_);
    ++draws_;
    if (mistake_ == mistake::same_item_twice && draws_ == count_ / 2) return at_ - 1;
    if (mistake_ == mistake::an_item_left_out && draws_ == count_ / 2) ++at_;
    if (mistake_ == mistake::items_after_the_end && draws_ == count_ - 1) return std::nullopt;
    return at_ < count_ ? std::optional(at_++) : std::nullopt;
  }

  int count_;
  mistake mistake_;
  mutable std::mutex mutex_;
  mutable int at_ = 0, draws_ = 0;
};

TEST(ShareHistory, the_check_finds_planted_mistakes) {
  for (const int threads : {2, 4}) {
    EXPECT_EQ(fault_of(history_of(wrong_share(items, mistake::none), threads), items), "");
    for (const mistake m : {mistake::same_item_twice, mistake::an_item_left_out, mistake::hands_out_late, mistake::items_after_the_end}) {
      bool found = false;
      for (int round = 0; round < 50 && !found; ++round) found = !fault_of(history_of(wrong_share(items, m), threads), items).empty();
      EXPECT_TRUE(found) << "mistake " << static_cast<int>(m) << ", " << threads << " threads";
    }
  }
}

}  // namespace
