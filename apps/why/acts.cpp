// SPDX-License-Identifier: Apache-2.0

#include "acts.hpp"

#include "fused_box.hpp"

#include <pariter/core/iter.hpp>
#include <pariter/sharing/share.hpp>

#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace why {

namespace {

// Lets another thread go first, now and then: waits until one has taken a step. On one core, and where the others are done, a
// short sleep sees to it that all get their turn and nobody waits for long.
class hesitation {
 public:
  hesitation(std::atomic<std::size_t>& steps, std::uint64_t seed, std::size_t round, std::size_t thread)
      : steps_(steps), random_(seed * 1'000'003 + round * 1'009 + thread) {}

  void operator()() {
    const std::size_t now = steps_.fetch_add(1, std::memory_order_relaxed) + 1;  // relaxed: a hint
    if (random_() % 3 != 0) return;
    for (int tries = 0; tries < 4; ++tries) {
      if (steps_.load(std::memory_order_relaxed) != now) return;  // relaxed: a hint
      std::this_thread::yield();
    }
    std::this_thread::sleep_for(std::chrono::microseconds(1));
  }

 private:
  std::atomic<std::size_t>& steps_;
  std::mt19937_64 random_;
};

std::vector<std::size_t> numbered_items(const settings& s) {
  std::vector<std::size_t> items(s.items);
  std::iota(items.begin(), items.end(), std::size_t{0});
  return items;
}

// Runs the rounds. prepare(): what the threads of one round use. walk(it, hesitation, see): what each of them does; it calls
// see(item). judge(threads): the trouble of a round.
template <class Prepare, class Walk, class Judge>
result play(const settings& s, Prepare prepare, Walk walk, Judge judge) {
  result r;
  std::size_t most = 0;
  for (std::size_t round = 0; round < s.rounds; ++round) {
    auto box = prepare();
    std::vector<sightings> seen(s.threads, sightings(s.items));
    std::atomic<std::size_t> steps = 0;
    std::barrier start(static_cast<std::ptrdiff_t>(s.threads));
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < s.threads; ++t) {
      threads.emplace_back([&, t] {
        sightings mine(s.items);
        hesitation hesitate(steps, s.seed, round, t);
        start.arrive_and_wait();
        walk(box, hesitate, [&](std::size_t item) { ++mine[item]; });
        seen[t] = std::move(mine);
      });
    }
    threads.clear();  // joins
    const trouble now = judge(seen);
    r.total += now;
    r.bad_rounds += now.any();
    if (const std::size_t amount = now.lost + now.doubled; round == 0 || amount > most) {
      most = amount;
      r.one_round = std::move(seen);
    }
  }
  return r;
}

trouble of_full_walks(const std::vector<sightings>& threads) {
  trouble sum;
  for (const sightings& seen : threads) sum += of_full_walk(seen);
  return sum;
}

// The threads keep setting each other back, so a loop might go on for long; nobody needs to see that.
constexpr std::size_t patience = 20;

}  // namespace

result walk_fused(const settings& s) {
  return play(
      s, [&] { return std::make_unique<fused_box>(numbered_items(s)); },
      [&](auto& box, hesitation& hesitate, auto see) {
        hesitate();
        box->start_over();
        std::size_t item = 0;
        for (std::size_t steps = 0; steps < patience * s.items && box->next(item, std::ref(hesitate)); ++steps) {
          see(item);
          hesitate();
        }
      },
      of_full_walks);
}

result walk_own_iterators(const settings& s) {
  return play(
      s, [&] { return numbered_items(s); },
      [](const auto& box, hesitation& hesitate, auto see) {
        auto it = pariter::iter(box);
        while (auto item = it.next()) {
          see(*item);
          hesitate();
        }
      },
      of_full_walks);
}

result divide_fused(const settings& s) {
  return play(
      s, [&] { return std::make_unique<fused_box>(numbered_items(s)); },
      [&](auto& box, hesitation& hesitate, auto see) {
        std::size_t item = 0;
        for (std::size_t steps = 0; steps < patience * s.items && box->next(item, std::ref(hesitate)); ++steps) {
          see(item);
          hesitate();
        }
      },
      of_division);
}

result divide_shared(const settings& s) {
  return play(
      s, [&] { return pariter::share(numbered_items(s)); },
      [](const auto& box, hesitation& hesitate, auto see) {
        for (const std::size_t item : box.iter()) {
          see(item);
          hesitate();
        }
      },
      of_division);
}

}  // namespace why
