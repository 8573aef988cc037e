// SPDX-License-Identifier: Apache-2.0
//
// What does a container cost that is iterated while it grows? concurrent_log against std::vector, which nobody may touch
// meanwhile, and tbb::concurrent_vector, which hands out items that are still under construction.
//
// Item i has the value i, so every walk checks its sum. Containers are built anew for each run where appending is measured.
//
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include <tbb/concurrent_vector.h>

#include <pariter/containers/concurrent_log.hpp>
#include <pariter/core/iter.hpp>
#include <pariter/core/next.hpp>

#include "questions.hpp"
#include "support.hpp"

namespace bench {
namespace {

using log = pariter::concurrent_log<unsigned>;
using single_writer_log = pariter::concurrent_log<unsigned, pariter::writers::single>;

unsigned sum_below(std::size_t n) { return static_cast<unsigned>(n * (n - 1) / 2); }

std::shared_ptr<log> filled_log(std::size_t n) {
  auto l = std::make_shared<log>();
  auto appender = l->appender();
  for (std::size_t i = 0; i < n; ++i) appender.append(static_cast<unsigned>(i));
  return l;
}

std::shared_ptr<std::vector<unsigned>> filled_vector(std::size_t n) {
  auto v = std::make_shared<std::vector<unsigned>>();
  for (std::size_t i = 0; i < n; ++i) v->push_back(static_cast<unsigned>(i));
  return v;
}

std::shared_ptr<tbb::concurrent_vector<unsigned>> filled_concurrent_vector(std::size_t n) {
  auto v = std::make_shared<tbb::concurrent_vector<unsigned>>();
  for (std::size_t i = 0; i < n; ++i) v->push_back(static_cast<unsigned>(i));
  return v;
}

// ---- walks: each returns {items seen, their sum}

struct tally {
  std::size_t items = 0;
  unsigned sum = 0;
};

// One item at a time; not vectorised on either side.
template <class Range>
tally walk_by_item(Range&& range) {
  tally t;
  for (const unsigned& x : range) {
    t.sum += x;
    opaque(t.sum);
    ++t.items;
  }
  return t;
}

tally walk_vector_by_item(const std::vector<unsigned>& v) {
  tally t;
  for (const unsigned& x : v) {
    t.sum += x;
    opaque(t.sum);
  }
  t.items = v.size();
  return t;
}

template <class Log>
tally walk_log_by_item(const Log& l) {
  tally t;
  auto it = l.iter();
  t.items = *it.size_hint();
  for (const unsigned& x : it) {
    t.sum += x;
    opaque(t.sum);
  }
  return t;
}

template <class Log>
tally walk_log_by_spans(const Log& l) {
  tally t;
  auto it = l.iter();
  for (auto batch = it.next_batch(); !batch.empty(); batch = it.next_batch()) {
    for (const unsigned x : batch) t.sum += x;
    t.items += batch.size();
  }
  return t;
}

tally walk_vector_vectorised(const std::vector<unsigned>& v) {
  tally t;
  for (const unsigned x : v) t.sum += x;
  t.items = v.size();
  return t;
}

constexpr std::size_t passes = 8;

// Every one of `threads` walks all of it, `passes` times: walk(number of the pass). ns per item of one thread.
template <class Walk>
double walk_together(unsigned threads, std::size_t n, Walk walk) {
  const double wall = run_together(threads, [&](unsigned) {
    for (std::size_t i = 0; i < passes; ++i) {
      const tally t = walk(i);
      expect_equal(t.items, n, "items");
      expect_equal(t.sum, sum_below(n), "sum");
    }
  });
  return ns_per(wall, n * passes);
}

// Takes the time of one reader; see time_of and processor_time_of.
using clock_of_reader = double (*)(const std::function<void()>&);
constexpr clock_of_reader by_the_wall = [](const std::function<void()>& f) { return time_of(f); };
constexpr clock_of_reader by_the_processor = [](const std::function<void()>& f) { return processor_time_of(f); };

// `readers` threads walk, again and again, while another appends; ns per item walked of one of them. `pause` is called between appends.
template <class Append, class Walk, class Pause>
double walk_beside_writer(unsigned readers, std::size_t n, Append append, Walk walk, Pause pause, clock_of_reader time = by_the_wall) {
  std::atomic<unsigned> reading{readers};
  std::vector<double> costs(readers);
  run_together(readers + 1, [&](unsigned thread) {
    if (thread == readers) {
      for (std::size_t i = n; reading.load(std::memory_order_relaxed) != 0; ++i) {  // relaxed: the join orders
        append(static_cast<unsigned>(i));
        pause(i);
      }
      return;
    }
    std::size_t items = 0;
    const double spent = time([&] {
      for (std::size_t i = 0; i < passes; ++i) {
        const tally t = walk();
        expect_equal(t.sum, sum_below(t.items), "sum");
        items += t.items;
      }
    });
    costs[thread] = ns_per(spent, items);
    reading.fetch_sub(1, std::memory_order_relaxed);  // relaxed: see above
  });
  return std::accumulate(costs.begin(), costs.end(), 0.0) / readers;
}

void flat_out(std::size_t) {}

// Waits, without leaving its core, so that about a million items per second are appended.
class one_million_per_second {
 public:
  void operator()(std::size_t) {
    next_ += std::chrono::microseconds(1);
    while (steady::now() < next_) {}
  }

 private:
  steady::time_point next_ = steady::now();
};

// ---- appends

template <class Append>
double append_together(unsigned threads, std::size_t n, Append append) {
  const double wall = run_together(threads, [&](unsigned thread) { append(thread, n / threads); });
  return ns_per(wall, n / threads * threads);
}

template <class Log>
double append_to_log(std::size_t n) {
  Log l;
  const double cost = append_together(1, n, [&](unsigned, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) l.append(static_cast<unsigned>(i));
  });
  expect_equal(walk_log_by_spans(l).sum, sum_below(n), "sum");
  return cost;
}

double append_to_vector(std::size_t n) {
  std::vector<unsigned> v;
  const double cost = append_together(1, n, [&](unsigned, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      v.push_back(static_cast<unsigned>(i));
      keep(v);
    }
  });
  expect_equal(walk_vector_vectorised(v).sum, sum_below(n), "sum");
  return cost;
}

double append_to_concurrent_vector(unsigned threads, std::size_t n) {
  tbb::concurrent_vector<unsigned> v;
  const double cost = append_together(threads, n, [&](unsigned, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) v.push_back(static_cast<unsigned>(i));
  });
  expect_equal(walk_by_item(v).sum, threads * sum_below(n / threads), "sum");
  return cost;
}

double append_to_log_in_batches(unsigned threads, std::size_t n) {
  log l;
  const double cost = append_together(threads, n, [&](unsigned, std::size_t count) {
    auto appender = l.appender(64);
    for (std::size_t i = 0; i < count; ++i) appender.append(static_cast<unsigned>(i));
  });
  expect_equal(walk_log_by_spans(l).sum, threads * sum_below(n / threads), "sum");
  return cost;
}

double append_to_vector_with_mutex(unsigned threads, std::size_t n) {
  std::vector<unsigned> v;
  std::mutex mutex;
  const double cost = append_together(threads, n, [&](unsigned, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      std::lock_guard lock(mutex);
      v.push_back(static_cast<unsigned>(i));
    }
  });
  expect_equal(walk_vector_vectorised(v).sum, threads * sum_below(n / threads), "sum");
  return cost;
}

// ---- cases

constexpr std::size_t ten_million = 10'000'000;

// A walk is as fast as memory, and what was filled later lies better by some percent (a vector beside a vector, too): two of each, of
// which one was filled before and one behind the other's.
struct places {
  explicit places(std::size_t n) {
    log[0] = filled_log(n);
    vector[0] = filled_vector(n);
    vector[1] = filled_vector(n);
    log[1] = filled_log(n);
  }
  std::array<std::shared_ptr<bench::log>, 2> log;
  std::array<std::shared_ptr<std::vector<unsigned>>, 2> vector;
};

void add_iterate(suite& s, unsigned threads) {
  const std::string suffix = threads == 1 ? "_1_thread" : "_2_threads";
  s.add("containers/iterate/range_for" + suffix, "ns/item", [threads](race& r) {
    const std::size_t n = r.scaled(ten_million);
    const places in(n);
    const auto c = filled_concurrent_vector(n);
    r.ours([=] { return walk_together(threads, n, [&](std::size_t pass) { return walk_log_by_item(*in.log[pass % 2]); }); });
    r.rival("std::vector loop, not vectorised",
            [=] { return walk_together(threads, n, [&](std::size_t pass) { return walk_vector_by_item(*in.vector[pass % 2]); }); }, at_most(1.1));
    r.rival("tbb::concurrent_vector", [=] { return walk_together(threads, n, [&](std::size_t) { return walk_by_item(*c); }); },
            no_bar());
  });
  s.add("containers/iterate/spans" + suffix, "ns/item", [threads](race& r) {
    const std::size_t n = r.scaled(ten_million);
    const places in(n);
    r.ours([=] { return walk_together(threads, n, [&](std::size_t pass) { return walk_log_by_spans(*in.log[pass % 2]); }); });
    r.rival("std::vector loop, vectorised",
            [=] { return walk_together(threads, n, [&](std::size_t pass) { return walk_vector_vectorised(*in.vector[pass % 2]); }); }, at_most(1.05));
  });
}

template <class Walk>
void add_iterate_beside_writer(suite& s, const std::string& way, Walk walk) {
  const auto alone = [walk](std::size_t n) {
    const auto l = filled_log(n);
    return walk_together(1, n, [&](std::size_t) { return walk(*l); });
  };
  s.add("containers/iterate/" + way + "_beside_writer", "ns/item", [=](race& r) {
    const std::size_t n = r.scaled(ten_million);
    r.ours([=] {
      const auto l = filled_log(n);
      return walk_beside_writer(1, n, [&](unsigned x) { l->append(x); }, [&] { return walk(*l); }, one_million_per_second());
    });
    r.rival("itself, no writer", [=] { return alone(n); }, at_most(1.15));
  });
  s.add("containers/iterate/" + way + "_beside_writer_flat_out", "ns/item", [=](race& r) {
    const std::size_t n = r.scaled(ten_million);
    r.ours([=] {
      const auto l = filled_log(n);
      return walk_beside_writer(1, n, [&](unsigned x) { l->append(x); }, [&] { return walk(*l); }, flat_out);
    });
    r.rival("itself, no writer", [=] { return alone(n); }, at_most(1.15));
  });
  // Three threads: where there are two cores, what the readers spend is told by their processor time.
  s.add("containers/iterate/" + way + "_beside_writer_2_threads", "ns/item", [=](race& r) {
    const std::size_t n = r.scaled(ten_million);
    r.ours([=] {
      const auto l = filled_log(n);
      return walk_beside_writer(2, n, [&](unsigned x) { l->append(x); }, [&] { return walk(*l); }, one_million_per_second(), by_the_processor);
    });
    r.rival("itself, no writer", [=] {
      const auto l = filled_log(n);
      std::array<double, 2> costs{};
      run_together(2, [&](unsigned thread) {
        costs[thread] = ns_per(processor_time_of([&] {
          for (std::size_t i = 0; i < passes; ++i) expect_equal(walk(*l).sum, sum_below(n), "sum");
        }), n * passes);
      });
      return (costs[0] + costs[1]) / 2;
    }, at_most(1.15));
  });
}

}  // namespace

void add_log(suite& s) {
  s.add("shape/log/append", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(ten_million);
    r.ours([n] { return append_to_log<single_writer_log>(n); });
    r.rival("std::vector::push_back, growing", [n] { return append_to_vector(n); }, no_bar());
    r.rival("tbb::concurrent_vector::push_back", [n] { return append_to_concurrent_vector(1, n); }, no_bar());
  });
  s.add("shape/log/append_2_writers", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(ten_million);
    r.ours([n] {
      log l;
      const double cost = append_together(2, n, [&](unsigned, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) l.append(static_cast<unsigned>(i));
      });
      expect_equal(walk_log_by_spans(l).sum, 2 * sum_below(n / 2), "sum");
      return cost;
    });
    r.rival("tbb::concurrent_vector::push_back", [n] { return append_to_concurrent_vector(2, n); }, no_bar());
    r.rival("std::vector::push_back under a mutex", [n] { return append_to_vector_with_mutex(2, n); }, no_bar());
  });
  s.add("shape/log/iterate", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(ten_million);
    const auto l = filled_log(n);
    const auto v = filled_vector(n);
    const auto c = filled_concurrent_vector(n);
    r.ours([=] { return walk_together(1, n, [&](std::size_t) { return walk_log_by_item(*l); }); });
    r.rival("std::vector loop, not vectorised", [=] { return walk_together(1, n, [&](std::size_t) { return walk_vector_by_item(*v); }); },
            no_bar());
    r.rival("tbb::concurrent_vector", [=] { return walk_together(1, n, [&](std::size_t) { return walk_by_item(*c); }); }, no_bar());
  });
  s.add("shape/log/iterate_beside_writer", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(ten_million);
    const auto v = filled_vector(n);
    r.ours([=] {
      const auto l = filled_log(n);
      return walk_beside_writer(1, n, [&](unsigned x) { l->append(x); }, [&] { return walk_log_by_item(*l); },
                                one_million_per_second());
    });
    r.rival("tbb::concurrent_vector, with the same writer", [=] {
      const auto c = filled_concurrent_vector(n);
      return walk_beside_writer(1, n, [&](unsigned x) { c->push_back(x); }, [&] {
        // Its end() may stand behind items that are still being constructed; all but the last are complete here.
        tally t;
        const auto end = c->end() - 1;
        for (auto at = c->begin(); at != end; ++at, ++t.items) {
          t.sum += *at;
          opaque(t.sum);
        }
        return t;
      }, one_million_per_second());
    }, no_bar());
    r.rival("std::vector loop, no writer (it must not have one)",
            [=] { return walk_together(1, n, [&](std::size_t) { return walk_vector_by_item(*v); }); }, no_bar());
  });

  add_iterate(s, 1);
  add_iterate(s, 2);
  add_iterate_beside_writer(s, "range_for", walk_log_by_item<log>);
  add_iterate_beside_writer(s, "spans", walk_log_by_spans<log>);

  s.add("containers/append/1_writer", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(ten_million);
    r.ours([n] { return append_to_log<single_writer_log>(n); });
    r.rival("std::vector::push_back, growing", [n] { return append_to_vector(n); }, at_least(1));
    r.rival("tbb::concurrent_vector::push_back", [n] { return append_to_concurrent_vector(1, n); }, no_bar());
  });
  s.add("containers/append/1_writer_with_lock", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(ten_million);
    r.ours([n] { return append_to_log<log>(n); });
    r.rival("std::vector::push_back, growing", [n] { return append_to_vector(n); }, no_bar());
    r.rival("tbb::concurrent_vector::push_back", [n] { return append_to_concurrent_vector(1, n); }, no_bar());
  });
  s.add("containers/append/2_writers_appender_64", "ns/item", [](race& r) {
    const std::size_t n = r.scaled(ten_million);
    r.ours([n] { return append_to_log_in_batches(2, n); });
    r.rival("tbb::concurrent_vector::push_back", [n] { return append_to_concurrent_vector(2, n); }, at_least(5));
  });

  s.add("containers/snapshot/first_item", "ns", [](race& r) {
    const std::size_t times = r.scaled(2'000'000);
    const auto l = filled_log(1000);
    const auto published = std::make_shared<std::atomic<std::shared_ptr<const std::vector<unsigned>>>>(
        std::make_shared<const std::vector<unsigned>>(1000, 7U));
    r.ours([=] {
      std::size_t first_items = 0;
      const double wall = time_of([&] {
        for (std::size_t i = 0; i < times; ++i) {
          const auto snapshot = l->snapshot();
          first_items += snapshot[0] + 1;
          opaque(first_items);
        }
      });
      expect_equal(first_items, times, "first items");
      return ns_per(wall, times);
    });
    r.rival("std::atomic<std::shared_ptr> copy", [=] {
      std::size_t first_items = 0;
      const double wall = time_of([&] {
        for (std::size_t i = 0; i < times; ++i) {
          const auto snapshot = published->load();
          first_items += (*snapshot)[0];
          opaque(first_items);
        }
      });
      expect_equal(first_items, times * 7, "first items");
      return ns_per(wall, times);
    }, at_least(10));
  });
}

}  // namespace bench
