// SPDX-License-Identifier: Apache-2.0
//
// How fast does one writer reach 1, 2 and 4 readers, each of which sees every item? broadcast with gating iterators that
// park when idle, against a queue per reader.
//
// Everyone has the same window. Readers check count and sum. The cost is wall time per item of the stream, from the common
// start until the last reader is done. On two cores three or five threads are more than the cores: that is part of the
// question, and the spinning rival, which loses its core only at the end of a time slice, walks a shorter stream there.
//
#include <boost/lockfree/spsc_queue.hpp>
#include <emmintrin.h>
#include <sys/resource.h>
#include <tbb/concurrent_queue.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <pariter/containers/broadcast.hpp>

#include "questions.hpp"
#include "rivals/chunk_fan_out.hpp"
#include "support.hpp"

namespace bench {
namespace {

using item = std::int64_t;

constexpr std::size_t window = 4096;  // items that a reader may lie behind
constexpr std::size_t batch_size = 64;
constexpr item end_of_stream = -1;

void expect_stream(std::size_t count, item sum, std::size_t n) {
  expect_equal(count, n, "items of a reader");
  expect_equal(sum, static_cast<item>(n * (n - 1) / 2), "sum of a reader");
}

// Thread 0 writes, threads 1 ... readers read.
template <class Write, class Read>
double stream(unsigned readers, std::size_t n, Write write, Read read) {
  const double wall = run_together(readers + 1, [&](unsigned thread) {
    if (thread == 0) write();
    else read(thread - 1);
  });
  return ns_per(wall, n);
}

// ---- ours

template <class Write, class Read>
double through_broadcast(unsigned readers, std::size_t n, Write write, Read read) {
  pariter::broadcast<item, pariter::writers::single> channel{{.capacity = window}};
  using iterator = decltype(channel.iter());
  std::vector<iterator> iterators;
  for (unsigned i = 0; i < readers; ++i) iterators.push_back(channel.iter());
  return stream(readers, n, [&] {
    write(channel);
    channel.close();
  }, [&](unsigned reader) { read(iterators[reader]); });
}

double broadcast_in_batches(unsigned readers, std::size_t n) {
  return through_broadcast(readers, n, [n](auto& channel) {
    std::array<item, batch_size> batch;
    for (std::size_t i = 0; i < n;) {
      const std::size_t count = n - i < batch_size ? n - i : batch_size;
      for (std::size_t k = 0; k < count; ++k) batch[k] = static_cast<item>(i + k);
      channel.append_range(std::span<const item>(batch.data(), count));
      i += count;
    }
  }, [n](auto& it) {
    std::size_t count = 0;
    item sum = 0;
    for (auto batch = it.next_batch(); !batch.empty(); batch = it.next_batch()) {
      for (const item x : batch) sum += x;
      count += batch.size();
    }
    expect_stream(count, sum, n);
  });
}

double broadcast_item_by_item(unsigned readers, std::size_t n) {
  return through_broadcast(readers, n, [n](auto& channel) {
    for (std::size_t i = 0; i < n; ++i) channel.append(static_cast<item>(i));
  }, [n](auto& it) {
    std::size_t count = 0;
    item sum = 0;
    while (auto x = it.next()) {
      sum += *x;
      ++count;
    }
    expect_stream(count, sum, n);
  });
}

// ---- rivals

double tbb_queue_per_reader(unsigned readers, std::size_t n) {
  std::vector<std::unique_ptr<tbb::concurrent_bounded_queue<item>>> queues;
  for (unsigned i = 0; i < readers; ++i) {
    queues.push_back(std::make_unique<tbb::concurrent_bounded_queue<item>>());
    queues.back()->set_capacity(window);
  }
  return stream(readers, n, [&] {
    for (std::size_t i = 0; i < n; ++i)
      for (auto& q : queues) q->push(static_cast<item>(i));
    for (auto& q : queues) q->push(end_of_stream);
  }, [&](unsigned reader) {
    std::size_t count = 0;
    item sum = 0;
    for (item x = 0;;) {
      queues[reader]->pop(x);
      if (x == end_of_stream) break;
      sum += x;
      ++count;
    }
    expect_stream(count, sum, n);
  });
}

double chunks_per_reader(unsigned readers, std::size_t n) {
  chunk_fan_out<item> fan_out(readers, window);
  return stream(readers, n, [&] {
    for (std::size_t i = 0; i < n; ++i) fan_out.push(static_cast<item>(i));
    fan_out.close();
  }, [&](unsigned reader) {
    std::size_t count = 0;
    item sum = 0;
    while (const auto chunk = fan_out.pop(reader)) {
      for (const item x : *chunk) sum += x;
      count += chunk->size();
    }
    expect_stream(count, sum, n);
  });
}

struct spin {
  static void wait() { _mm_pause(); }
};
struct yield {
  static void wait() { std::this_thread::yield(); }
};

template <class Wait>
double spsc_queue_per_reader(unsigned readers, std::size_t n) {
  using queue = boost::lockfree::spsc_queue<item, boost::lockfree::capacity<window>>;
  std::vector<std::unique_ptr<queue>> queues;
  for (unsigned i = 0; i < readers; ++i) queues.push_back(std::make_unique<queue>());
  const auto push = [&](item x) {
    for (auto& q : queues)
      while (!q->push(x)) Wait::wait();
  };
  return stream(readers, n, [&] {
    for (std::size_t i = 0; i < n; ++i) push(static_cast<item>(i));
    push(end_of_stream);
  }, [&](unsigned reader) {
    queue& q = *queues[reader];
    std::size_t count = 0;
    item sum = 0;
    for (item x = 0;;) {
      while (!q.pop(x)) Wait::wait();
      if (x == end_of_stream) break;
      sum += x;
      ++count;
    }
    expect_stream(count, sum, n);
  });
}

// ---- readers of different speed

// Blocks large enough that a thread works on one for tens to hundreds of microseconds, and a window of a few of them: readers
// that wait for the slowest are of no use, and should not be in its way.
using heavy = std::shared_ptr<const std::vector<char>>;

constexpr std::size_t heavy_window = 24;
constexpr std::array<int, 5> rounds_per_block{1, 2, 5, 10, 3};

void work_on(const heavy& block, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    unsigned sum = 0;
    for (const char c : *block) {
      sum += static_cast<unsigned char>(c);
      opaque(sum);
    }
    expect_equal(sum, static_cast<unsigned>(block->size()), "sum of a block");
  }
}

// How often the threads of this process lost their cores, by waiting or because others were to run.
double context_switches() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_nvcsw + used.ru_nivcsw);
}

enum class cost { switches, time };

template <class Write, class Read>
double readers_of_different_speed(cost of, std::size_t n, Write write, Read read) {
  const double before = context_switches();
  const double wall = run_together(1 + rounds_per_block.size(), [&](unsigned thread) {
    if (thread == 0) {
      const auto block = std::make_shared<const std::vector<char>>(200'000, char{1});
      write([&](auto append) {
        for (std::size_t i = 0; i < n; ++i) {
          work_on(block, 1);
          append(block);
        }
      });
    } else {
      std::size_t count = 0;
      read(thread - 1, [&](const heavy& block) {
        work_on(block, rounds_per_block[thread - 1]);
        ++count;
      });
      expect_equal(count, n, "blocks of a reader");
    }
  });
  return of == cost::time ? ns_per(wall, n) / 1000 : (context_switches() - before) / static_cast<double>(n);
}

double heavy_broadcast(cost of, std::size_t n) {
  pariter::broadcast<heavy> channel{{.capacity = heavy_window}};
  std::vector<pariter::broadcast<heavy>::iterator> iterators;
  for (std::size_t i = 0; i < rounds_per_block.size(); ++i) iterators.push_back(channel.iter());
  return readers_of_different_speed(of, n, [&](auto all) {
    all([&](const heavy& block) { channel.append(block); });
    channel.close();
  }, [&](unsigned reader, auto take) {
    while (auto block = iterators[reader].next()) take(*block);
  });
}

double heavy_tbb_queues(cost of, std::size_t n) {
  std::array<tbb::concurrent_bounded_queue<heavy>, rounds_per_block.size()> queues;
  for (auto& q : queues) q.set_capacity(heavy_window);
  return readers_of_different_speed(of, n, [&](auto all) {
    all([&](const heavy& block) {
      for (auto& q : queues) q.push(block);
    });
    for (auto& q : queues) q.push(nullptr);
  }, [&](unsigned reader, auto take) {
    for (heavy block;;) {
      queues[reader].pop(block);
      if (block == nullptr) return;
      take(block);
    }
  });
}

}  // namespace

void add_broadcast(suite& s) {
  for (const unsigned readers : {1U, 2U, 4U}) {
    const std::string suffix = std::to_string(readers) + (readers == 1 ? "_reader" : "_readers");
    s.add("containers/broadcast/batches_" + suffix, "ns/item", [readers](race& r) {
      const std::size_t n = r.scaled(20'000'000), fewer = r.scaled(2'000'000);
      r.ours([=] { return broadcast_in_batches(readers, n); });
      r.rival("tbb::concurrent_bounded_queue per reader", [=] { return tbb_queue_per_reader(readers, fewer); }, at_least(20));
      r.rival("shared_ptr chunks of 256, mutex and condvar queue per reader",
              [=] { return chunks_per_reader(readers, n); }, at_least(1.5));
    });
    s.add("containers/broadcast/items_" + suffix, "ns/item", [readers](race& r) {
      const std::size_t n = r.scaled(8'000'000), fewer = r.scaled(2'000'000);
      const std::size_t few = readers == 1 ? n : r.scaled(500'000);
      const bar against_spsc = at_least(readers == 1 ? 0.7 : 1.0);
      r.ours([=] { return broadcast_item_by_item(readers, n); });
      r.rival("tbb::concurrent_bounded_queue per reader", [=] { return tbb_queue_per_reader(readers, fewer); }, at_least(10));
      r.rival("boost::lockfree::spsc_queue per reader, spin", [=] { return spsc_queue_per_reader<spin>(readers, few); },
              against_spsc);
      r.rival("boost::lockfree::spsc_queue per reader, yield", [=] { return spsc_queue_per_reader<yield>(readers, n); },
              against_spsc);
    });
  }
  for (const auto& [name, unit, of] : {std::tuple("time", "us/block", cost::time), std::tuple("switches", "switches/block", cost::switches)}) {
    s.add(std::string("containers/broadcast/5_readers_of_different_speed_") + name, unit, [kind = of](race& r) {
      const std::size_t n = r.scaled(2'000);
      r.ours([=] { return heavy_broadcast(kind, n); });
      r.rival("tbb::concurrent_bounded_queue per reader", [=] { return heavy_tbb_queues(kind, n); }, no_bar());
    });
  }
}

}  // namespace bench
