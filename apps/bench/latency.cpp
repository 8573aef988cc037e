// SPDX-License-Identifier: Apache-2.0
//
// How long does one item take from the thread that writes it to the thread that reads it? Items are sent one by one, far enough
// apart that the reader has gone to sleep (parked) or has been looking for a while (spinning).
//
// The item is the time at which it was sent. Reported are the median, the 99th and the 99.9th percentile of one run's items;
// a sleeping thread is woken by the system's scheduler, whose share is most of the parked rows.
//
#include <boost/lockfree/spsc_queue.hpp>
#include <emmintrin.h>
#include <tbb/concurrent_queue.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include <pariter/containers/broadcast.hpp>

#include "questions.hpp"
#include "support.hpp"

namespace bench {
namespace {

using stamp = steady::time_point;

struct pace {
  std::size_t items;
  std::chrono::microseconds gap;
  double percentile;
};

// One thread sends by `send(stamp)`, another receives by `receive()`. The requested percentile, in ns.
template <class Send, class Receive>
double hand_over(const pace& p, Send send, Receive receive) {
  std::vector<double> delays;
  delays.reserve(p.items);
  run_together(2, [&](unsigned thread) {
    if (thread == 0) {
      stamp next = steady::now();
      for (std::size_t i = 0; i < p.items; ++i) {
        next += p.gap;
        while (steady::now() < next) _mm_pause();
        send(steady::now());
      }
    } else {
      for (std::size_t i = 0; i < p.items; ++i) {
        const stamp sent = receive();
        delays.push_back(std::chrono::duration<double, std::nano>(steady::now() - sent).count());
      }
    }
  });
  const auto rank = static_cast<std::size_t>(p.percentile / 100 * static_cast<double>(delays.size() - 1));
  std::nth_element(delays.begin(), delays.begin() + static_cast<std::ptrdiff_t>(rank), delays.end());
  return delays[rank];
}

using channel = pariter::broadcast<stamp, pariter::writers::single>;

double broadcast_parked(const pace& p) {
  channel c{{.capacity = 1024}};
  auto it = c.iter();
  return hand_over(p, [&](stamp s) { c.append(s); }, [&] { return *it.next(); });
}

double broadcast_spinning(const pace& p) {
  channel c{{.capacity = 1024}};
  auto it = c.iter();
  return hand_over(p, [&](stamp s) { c.append(s); }, [&] {
    for (;;) {
      if (auto answer = it.try_next()) return *answer;
      _mm_pause();
    }
  });
}

double condition_variable_queue(const pace& p) {
  std::mutex mutex;
  std::condition_variable not_empty;
  std::deque<stamp> items;
  return hand_over(p, [&](stamp s) {
    {
      std::lock_guard lock(mutex);
      items.push_back(s);
    }
    not_empty.notify_one();
  }, [&] {
    std::unique_lock lock(mutex);
    not_empty.wait(lock, [&] { return !items.empty(); });
    const stamp s = items.front();
    items.pop_front();
    return s;
  });
}

double tbb_queue(const pace& p) {
  tbb::concurrent_bounded_queue<stamp> queue;
  return hand_over(p, [&](stamp s) { queue.push(s); }, [&] {
    stamp s;
    queue.pop(s);
    return s;
  });
}

double spsc_queue_spinning(const pace& p) {
  boost::lockfree::spsc_queue<stamp, boost::lockfree::capacity<1024>> queue;
  return hand_over(p, [&](stamp s) {
    while (!queue.push(s)) _mm_pause();
  }, [&] {
    stamp s;
    while (!queue.pop(s)) _mm_pause();
    return s;
  });
}

}  // namespace

void add_latency(suite& s) {
  struct point {
    const char* name;
    double percentile;
  };
  for (const point& q : {point{"p50", 50}, point{"p99", 99}, point{"p99.9", 99.9}}) {
    s.add(std::string("containers/latency/parked_") + q.name, "ns", [percentile = q.percentile](race& r) {
      const pace p{r.scaled(3000), std::chrono::microseconds(100), percentile};
      r.ours([p] { return broadcast_parked(p); });
      r.rival("queue with mutex and condition variable", [p] { return condition_variable_queue(p); }, no_bar());
      r.rival("tbb::concurrent_bounded_queue", [p] { return tbb_queue(p); }, no_bar());
    });
    s.add(std::string("containers/latency/spinning_") + q.name, "ns", [percentile = q.percentile](race& r) {
      const pace p{r.scaled(20000), std::chrono::microseconds(5), percentile};
      r.ours([p] { return broadcast_spinning(p); });
      r.rival("boost::lockfree::spsc_queue, spin", [p] { return spsc_queue_spinning(p); }, no_bar());
    });
  }
}

}  // namespace bench
