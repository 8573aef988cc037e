// SPDX-License-Identifier: Apache-2.0
//
// What does it cost that several threads draw from one iterator, each item going to exactly one of them? share() over a
// vector and over a generator, with 1, 2 and 4 threads and a body of about 0, 100 and 1,000 ns per item.
//
// The body is a chain of multiplications, calibrated once. Longer bodies get fewer items, so that each run takes about as
// long. "ideal" is the same bodies over fixed parts, with nothing shared at all. Every run checks the count and the sum of
// all that was drawn.
//
#include <tbb/global_control.h>
#include <tbb/parallel_for_each.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include <pariter/core/iter.hpp>
#include <pariter/coro/generator.hpp>
#include <pariter/sharing/share.hpp>

#include "questions.hpp"
#include "rivals/input_iterator.hpp"
#include "rivals/mutex_draw.hpp"
#include "support.hpp"

namespace bench {
namespace {

pariter::generator<unsigned> count_to(std::size_t n) {
  for (unsigned i = 0; i < n; ++i) co_yield i;
}

using numbers = std::shared_ptr<const std::vector<unsigned>>;

numbers make_numbers(std::size_t n) {
  auto v = std::make_shared<std::vector<unsigned>>(n);
  std::iota(v->begin(), v->end(), 0U);
  return v;
}

// One run's work: how many items on how many threads, with how long a body.
struct work {
  unsigned threads;
  std::size_t items;
  std::uint64_t steps;
};

// What one thread drew, and did with it.
struct drawn {
  explicit drawn(const work& w) : body(w.steps) {}

  void operator()(unsigned x) {
    ++count;
    sum += x;
    opaque(sum);
    body(x);
  }

  std::size_t count = 0;
  std::uint64_t sum = 0;
  busy_body body;
};

void expect_all(const work& w, const drawn& total) {
  expect_equal(total.count, w.items, "items drawn");
  expect_equal(total.sum, std::uint64_t{w.items} * (w.items - 1) / 2, "sum of the items drawn");
}

// Calls draw(thread, drawn&) on each thread; checks what they drew together.
template <class Draw>
double draw_together(const work& w, Draw draw) {
  std::vector<drawn> parts(w.threads, drawn(w));
  const double wall = run_together(w.threads, [&](unsigned thread) {
    drawn mine(w);
    draw(thread, mine);
    parts[thread] = mine;
  });
  drawn total(w);
  for (const drawn& part : parts) {
    total.count += part.count;
    total.sum += part.sum;
  }
  expect_all(w, total);
  return ns_per(wall, w.items);
}

// ---- ours

template <class Shared>
double draw_from(const work& w, const Shared& shared) {
  return draw_together(w, [&](unsigned, drawn& mine) {
    for (const unsigned x : shared.iter()) mine(x);
  });
}

// ---- rivals

double mutex_1(const work& w) {
  mutex_draw source(count_to(w.items));
  return draw_together(w, [&](unsigned, drawn& mine) {
    while (auto x = source.next()) mine(*x);
  });
}

double mutex_64(const work& w) {
  mutex_draw source(count_to(w.items));
  return draw_together(w, [&](unsigned, drawn& mine) {
    std::vector<unsigned> items;
    items.reserve(64);
    while (source.next_batch(items, 64))
      for (const unsigned x : items) mine(x);
  });
}

double tbb_for_each(const work& w) {
  const tbb::global_control allowed(tbb::global_control::max_allowed_parallelism, std::max(w.threads, 2U));
  tbb::task_arena arena(static_cast<int>(w.threads));
  arena.initialize();
  auto source = count_to(w.items);
  using position = input_iterator<unsigned, pariter::generator<unsigned>>;
  std::vector<drawn> parts(w.threads, drawn(w));
  const double wall = time_of([&] {
    arena.execute([&] {
      tbb::parallel_for_each(position(source), position(), [&](unsigned x) {
        parts[static_cast<std::size_t>(tbb::this_task_arena::current_thread_index())](x);
      });
    });
  });
  drawn total(w);
  for (const drawn& part : parts) {
    total.count += part.count;
    total.sum += part.sum;
  }
  expect_all(w, total);
  return ns_per(wall, w.items);
}

double atomic_index_256(const work& w, const std::vector<unsigned>& v) {
  alignas(128) std::atomic<std::size_t> next{0};
  return draw_together(w, [&](unsigned, drawn& mine) {
    for (;;) {
      const std::size_t begin = next.fetch_add(256, std::memory_order_relaxed);  // relaxed: the vector does not change
      if (begin >= w.items) break;
      const std::size_t end = std::min(begin + 256, w.items);
      for (std::size_t i = begin; i < end; ++i) mine(v[i]);
    }
  });
}

double fixed_parts(const work& w) {
  return draw_together(w, [&](unsigned thread, drawn& mine) {
    const std::size_t begin = w.items * thread / w.threads, end = w.items * (thread + 1) / w.threads;
    for (std::size_t i = begin; i < end; ++i) mine(static_cast<unsigned>(i));
  });
}

}  // namespace

void add_draw(suite& s) {
  struct length {
    unsigned ns;
    std::size_t items;
  };
  for (const auto [ns, items] : {length{0, 10'000'000}, length{100, 2'000'000}, length{1000, 200'000}})
    for (const unsigned threads : {1U, 2U, 4U}) {
      std::ostringstream suffix_text;
      suffix_text << '_' << ns << "ns_" << threads << (threads == 1 ? "_thread" : "_threads");
      const std::string suffix = suffix_text.str();
      const bool judged = ns == 0 && threads == 2;
      const bar against_ideal = ns == 100 ? at_least(0.95) : no_bar();
      const auto bar_if_judged = [judged](double times) { return judged ? at_least(times) : no_bar(); };
      const std::size_t slow_factor = ns == 0 ? 5 : 1;  // the slow rivals walk fewer items where that is all they do

      s.add("containers/draw/generator" + suffix, "ns/item", [=](race& r) {
        const work w{threads, r.scaled(items), ns == 0 ? 0 : busy_body::steps_for(ns)};
        const work fewer{threads, r.scaled(items / slow_factor), w.steps};
        r.ours([w] { return draw_from(w, pariter::share(count_to(w.items))); });
        r.rival("mutex around the generator", [=] { return mutex_1(fewer); }, bar_if_judged(20));
        r.rival("mutex around the generator, 64 at a time", [=] { return mutex_64(w); }, bar_if_judged(0.9));
        r.rival("tbb::parallel_for_each over input iterators", [=] { return tbb_for_each(fewer); }, bar_if_judged(20));
        r.rival("ideal: fixed parts", [=] { return fixed_parts(w); }, against_ideal);
      });
      s.add("containers/draw/indexed" + suffix, "ns/item", [=](race& r) {
        const work w{threads, r.scaled(items), ns == 0 ? 0 : busy_body::steps_for(ns)};
        const numbers v = make_numbers(w.items);
        r.ours([=] { return draw_from(w, pariter::share(pariter::iter(*v))); });
        r.rival("atomic index, chunks of 256", [=] { return atomic_index_256(w, *v); }, bar_if_judged(0.8));
        r.rival("ideal: fixed parts", [=] { return fixed_parts(w); }, against_ideal);
      });
    }
}

}  // namespace bench
