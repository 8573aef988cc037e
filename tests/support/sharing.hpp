// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of share() and tee() have in common: a source that watches itself, threads that start together, what they drew.

#include "pariter/core/iter.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/sharing/tee_core.hpp"

#include "numbers.hpp"
#include "seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace pariter::test {

// A single-pass source of 0, 1, … that can fail, and that reports two threads in it at once, and a pull after its end.
class counting : public iterator_interface<counting> {
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

// A single-pass source of 0, 1, … whose step number `at` takes until go_on() is called; or until it has waited for that in vain.
class held_up {
 public:
  held_up(int count, int at) : count_(count), at_(at) {}

  auto source() {
    return pariter::iter([this, i = 0]() mutable { return i == at_ ? hold_up(i++) : i++; }, count_);
  }
  void wait_until_inside() const {
    while (!inside_) std::this_thread::yield();
  }
  // True: the step was still going on.
  [[nodiscard]] bool go_on() {
    go_on_ = true;
    return !in_vain_;
  }

 private:
  int hold_up(int i) {
    inside_ = true;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!go_on_ && !in_vain_) {
      std::this_thread::yield();
      in_vain_ = std::chrono::steady_clock::now() > until;
    }
    return i;
  }

  int count_;
  int at_;
  std::atomic<bool> inside_ = false;
  std::atomic<bool> go_on_ = false;
  std::atomic<bool> in_vain_ = false;
};

// A single-pass source of 0, 1, … 9 that calls a function when it is destroyed.
class calls_at_its_end : public iterator_interface<calls_at_its_end> {
 public:
  explicit calls_at_its_end(const std::function<void()>& f) : end_(nullptr, [&f](void*) { f(); }) {}
  std::optional<int> next() { return at_ < 10 ? std::optional(at_++) : std::nullopt; }

 private:
  std::shared_ptr<void> end_;
  int at_ = 0;
};

// While it lives, a thread that waits for a branch of a tee that it read last itself is told at once.
class no_tee_patience {
 public:
  no_tee_patience() { detail::tee_patience = std::chrono::milliseconds(0); }
  no_tee_patience(const no_tee_patience&) = delete;
  no_tee_patience& operator=(const no_tee_patience&) = delete;
  ~no_tee_patience() { detail::tee_patience = before_; }

 private:
  std::chrono::milliseconds before_ = detail::tee_patience;
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

inline void expect_exactly_once_and_in_order(const std::vector<std::vector<int>>& drawn, int count) {
  std::vector<int> all;
  for (const auto& one : drawn) {
    EXPECT_TRUE(std::ranges::is_sorted(one)) << "a drawer got its items out of order";
    all.insert(all.end(), one.begin(), one.end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(all, numbers(count));
}

}  // namespace pariter::test
