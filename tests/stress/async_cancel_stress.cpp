// SPDX-License-Identifier: Apache-2.0
// Waits that are cancelled at random moments, of everything that waits: no item is lost, doubled or out of order. And errors:
// one that leaves the body of a generator reaches one pull, of whatever kind, once. And stops: of what a body awaits they reach what is
// pending, and nothing that is over.
#include "pariter/async/async_generator.hpp"
#include "pariter/async/async_next.hpp"

#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/sharing/share.hpp"
#include "support/async.hpp"
#include "support/scale.hpp"
#include "support/seed.hpp"
#include "support/sharing.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using pariter::async_generator;
using pariter::async_next;
using pariter::policy;
using pariter::test::result_of;
using pariter::test::scaled;

unsigned seed() { return static_cast<unsigned>(pariter::test::seed()); }

// ---- cancelled waits --------------------------------------------------------------------------------------------------

struct tally {
  std::uint64_t items = 0;
  std::uint64_t missed = 0;
  std::size_t cancelled = 0;
  bool kicked = false;
  bool ended = false;
};

void is_the_next(std::uint64_t i, const tally& before) { EXPECT_EQ(i, before.items + before.missed); }

// Reads `it` to its end, or until `most` items came, one operation after the other, each of which may be cancelled by its strand.
// `check(item, tally before it)`. If there is a `begin`, the first is cancelled for certain before that lets the writer go.
template <class I, class Check>
tally read_with_cancellations(I& it, asio::thread_pool& pool, unsigned from, std::latch* begin, Check check, std::uint64_t most = ~std::uint64_t{0}) {
  std::minstd_rand random(from);
  const auto strand = asio::make_strand(pool.get_executor());
  tally t;
  while (!t.ended && t.items < most) {
    asio::cancellation_signal cancel;
    std::promise<void> over;
    auto future = over.get_future();
    const bool do_cancel = random() % 2 == 0 || begin != nullptr;
    const bool at_once = random() % 4 == 0;
    const auto delay = random() % 20;
    asio::post(strand, [&] {
      async_next(it, asio::bind_executor(strand, asio::bind_cancellation_slot(cancel.slot(), [&, do_cancel, at_once](auto o) {
        if (o.has_item()) {
          check(*o, t);
          ++t.items;
        } else if (o.is_gap()) {
          t.missed += o.missed();
        } else if (o.is_empty()) {
          EXPECT_TRUE(do_cancel || at_once) << "nobody cancelled it";
          ++t.cancelled;
        } else {
          t.kicked = o.is_failed();
          t.ended = true;
        }
        over.set_value();
      })));
      if (at_once) cancel.emit(asio::cancellation_type::terminal);
    });
    for (unsigned i = 0; i < delay; ++i) std::this_thread::yield();
    if (do_cancel) asio::post(strand, asio::use_future([&] { cancel.emit(asio::cancellation_type::terminal); })).get();
    result_of(std::move(future));
    asio::post(strand, asio::use_future([] {})).get();  // whoever cancels is out
    if (begin != nullptr) std::exchange(begin, nullptr)->count_down();
  }
  return t;
}

TEST(AsyncCancelStress, follow_a_log) {
  asio::thread_pool pool(2);
  std::size_t cancelled = 0;
  for (unsigned round = 0; round < scaled(10); ++round) {
    pariter::concurrent_log<std::uint64_t> log;
    std::latch begin(1);
    std::jthread writer([&] {
      begin.wait();
      for (std::uint64_t i = 0; i < 200; ++i) {
        log.append(i);
        if (i % 3 == 0) std::this_thread::yield();
      }
      log.close();
    });
    auto it = log.follow();
    const tally t = read_with_cancellations(it, pool, seed() + round, &begin, is_the_next);
    EXPECT_EQ(t.items, 200u);
    EXPECT_FALSE(t.kicked);
    cancelled += t.cancelled;
  }
  EXPECT_GE(cancelled, scaled(10));
}

void read_a_broadcast(policy p) {
  asio::thread_pool pool(2);
  std::size_t cancelled = 0;
  for (unsigned round = 0; round < scaled(10); ++round) {
    const bool overtaken = p != policy::kicked || round % 2 != 0;  // one that is kicked at once shows little
    pariter::broadcast<std::uint64_t> stream{{.capacity = overtaken ? 8u : 256u}};
    auto it = stream.iter({.policy = p});
    std::latch begin(1);
    std::jthread writer([&] {
      begin.wait();
      for (std::uint64_t i = 0; i < 200; ++i) {
        stream.append(i);
        if (i % 3 == 0) std::this_thread::yield();
      }
      stream.close();
    });
    const tally t = read_with_cancellations(it, pool, seed() + round, &begin, is_the_next);
    if (!t.kicked) {
      EXPECT_EQ(t.items + t.missed, 200u);
    }
    EXPECT_TRUE(p == policy::lossy || t.missed == 0);
    EXPECT_TRUE((p == policy::kicked && overtaken) || !t.kicked);
    cancelled += t.cancelled;
  }
  EXPECT_GE(cancelled, scaled(10));
}

TEST(AsyncCancelStress, gating_iterator) { read_a_broadcast(policy::gating); }
TEST(AsyncCancelStress, lossy_iterator) { read_a_broadcast(policy::lossy); }
TEST(AsyncCancelStress, kicked_iterator) { read_a_broadcast(policy::kicked); }

// Four hands in one share: two that read with cancellations, one that waits as a thread, and one that reads with cancellations too and in
// every other round leaves after a few items, with what it has at hand, and comes again. Meanwhile 300 items are written.
template <class Container, class I>
tally draw_with_cancellations(Container& container, I it, asio::thread_pool& pool, unsigned round) {
  const auto s = pariter::share(std::move(it), {.at_once = 1 + round % 5});
  std::latch begin(4);
  std::jthread writer([&] {
    begin.wait();
    for (std::uint64_t i = 0; i < 300; ++i) {
      container.append(i);
      if (i % 3 == 0) std::this_thread::yield();
    }
    container.close();
  });

  std::vector<std::vector<std::uint64_t>> drawn(4);
  std::vector<tally> tallies(4);
  pariter::test::on_threads(4, [&](int hand) {
    auto& mine = drawn[static_cast<std::size_t>(hand)];
    tally& t = tallies[static_cast<std::size_t>(hand)];
    if (hand == 2) {
      begin.count_down();
      for (auto own = s.iter(); !t.ended;) {
        try {
          const auto x = own.next();
          if (x) mine.push_back(*x);
          t.ended = !x;
        } catch (const pariter::missed_items& gap) {
          t.missed += gap.count();
        }
      }
      return;
    }
    const bool leaves = hand == 3 && round % 2 == 1;
    std::minstd_rand random((seed() + round) * 4 + static_cast<unsigned>(hand));
    for (auto* first = &begin; !t.ended; first = nullptr) {
      auto own = s.iter();
      const tally some = read_with_cancellations(own, pool, static_cast<unsigned>(random()), first,
                                                 [&](std::uint64_t i, const tally&) { mine.push_back(i); }, leaves ? 1 + random() % 10 : 1'000);
      t.missed += some.missed;
      t.cancelled += some.cancelled;
      t.ended = some.ended;
      for (auto quick = leaves ? random() % 12 : 0; quick != 0; --quick) {  // and so takes several at a time
        const auto o = own.try_next();
        if (o.has_item()) mine.push_back(*o);
        if (o.is_gap()) t.missed += o.missed();
      }
    }
  });

  tally all;
  std::vector<std::uint64_t> once;
  for (std::size_t hand = 0; hand < drawn.size(); ++hand) {
    if (round % 2 == 0) {
      EXPECT_TRUE(std::ranges::is_sorted(drawn[hand])) << "hand " << hand;
    }
    once.insert(once.end(), drawn[hand].begin(), drawn[hand].end());
    all.missed += tallies[hand].missed;
    all.cancelled += tallies[hand].cancelled;
  }
  for (const auto x : s.iter()) once.push_back(x);  // what was given back after the others had seen the end
  std::ranges::sort(once);
  EXPECT_EQ(std::ranges::adjacent_find(once), once.end()) << "an item came twice";
  EXPECT_EQ(once.size() + all.missed, 300u);
  return all;
}

template <class Round>
void draw_in_rounds(Round one) {
  asio::thread_pool pool(2);
  std::size_t cancelled = 0;
  for (unsigned round = 0; round < scaled(10); ++round) {
    SCOPED_TRACE(testing::Message() << "seed " << seed() << ", round " << round);
    cancelled += one(pool, round).cancelled;
  }
  EXPECT_GT(cancelled, 3 * scaled(10)) << "none but the first of each hand";
}

TEST(AsyncCancelStress, drawers_of_a_followed_log) {
  draw_in_rounds([](asio::thread_pool& pool, unsigned round) {
    pariter::concurrent_log<std::uint64_t> log;
    const tally all = draw_with_cancellations(log, log.follow(), pool, round);
    EXPECT_EQ(all.missed, 0u);
    return all;
  });
}

TEST(AsyncCancelStress, drawers_of_a_gating_iterator) {
  draw_in_rounds([](asio::thread_pool& pool, unsigned round) {
    pariter::broadcast<std::uint64_t> stream{{.capacity = 1u << round % 7}};
    const tally all = draw_with_cancellations(stream, stream.iter(), pool, round);
    EXPECT_EQ(all.missed, 0u);
    return all;
  });
}

TEST(AsyncCancelStress, drawers_of_a_lossy_iterator) {
  draw_in_rounds([](asio::thread_pool& pool, unsigned round) {
    pariter::broadcast<std::uint64_t> stream{{.capacity = 8u << round % 3}};
    return draw_with_cancellations(stream, stream.iter({.policy = policy::lossy}), pool, round);
  });
}

// ---- errors -------------------------------------------------------------------------------------------------------------

// Says nothing: what a thread reads of an exception that another one frees is ordered by a count of the standard library, which race
// detectors do not see.
struct failure {};

// Waits in one of several ways, or not at all, before each item and before it fails. A stop ends it by operation_aborted, perhaps.
async_generator<int> failing(asio::thread_pool::executor_type a, asio::thread_pool::executor_type b, int at, unsigned from) {
  std::minstd_rand random(from);
  asio::steady_timer timer(a);
  for (int i = 0;; ++i) {
    switch (random() % 6) {
      case 0:
        timer.expires_after(1us);
        co_await timer.async_wait(asio::deferred);
        break;
      case 1: co_await asio::post(b, asio::deferred); break;
      case 2: co_await pariter::resume_on(a); break;
      default: break;
    }
    if (i == at) throw failure();
    co_yield i;
  }
}

// One pull of the given kind; all of them throw.
std::optional<int> pull(async_generator<int>& g, unsigned kind, asio::thread_pool::executor_type ex) {
  switch (kind) {
    case 0: return g.next();
    case 1: return result_of(g.async_next(asio::use_future));
    case 2: {
      std::promise<std::optional<int>> p;
      auto f = p.get_future();
      g.async_next(asio::bind_executor(ex, [&p](std::exception_ptr e, std::optional<int> i) {
        if (e) p.set_exception(e);
        else p.set_value(i);
      }));
      return result_of(std::move(f));
    }
    case 3: {
      auto one = [](async_generator<int>& from) -> asio::awaitable<std::optional<int>> {
        auto i = co_await from.async_next();
        co_return i;
      };
      return result_of(asio::co_spawn(ex, one(g), asio::use_future));
    }
    case 4: {
      auto one = [](async_generator<int>& from) -> async_generator<int> {
        if (auto i = co_await from.async_next()) co_yield *i;
      };
      auto outer = one(g);
      return outer.next();
    }
    default:
      for (;;) {
        auto o = kind == 5 ? g.next_for(1us) : g.try_next();
        if (o.is_failed()) std::rethrow_exception(o.error());
        if (o.has_item()) return *o;
        if (o.is_closed()) return std::nullopt;
        std::this_thread::yield();
      }
  }
}

TEST(AsyncErrorStress, reaches_one_pull_of_any_kind_also_when_it_is_stopped) {
  asio::thread_pool a(2), b(2);
  std::size_t failed = 0, aborted = 0;
  for (unsigned round = 0; round < scaled(150); ++round) {
    std::minstd_rand random(seed() + round);
    const int at = static_cast<int>(random() % 12);
    auto g = failing(a.get_executor(), b.get_executor(), at, seed() + round);
    const auto delay = random() % 60;
    std::jthread stopper;
    if (round % 4 == 0) {
      g.request_stop();
    } else if (round % 4 == 2) {
      stopper = std::jthread([&g, delay] {
        for (unsigned i = 0; i < delay; ++i) std::this_thread::yield();
        g.request_stop();
      });
    }
    int expected = 0;
    try {
      while (auto i = pull(g, static_cast<unsigned>(random() % 7), b.get_executor())) ASSERT_EQ(*i, expected++);
      ADD_FAILURE() << "the error was swallowed";
    } catch (const failure&) {
      EXPECT_EQ(expected, at);
      ++failed;
    } catch (const boost::system::system_error&) {
      EXPECT_EQ(round % 2, 0u) << "nobody stopped it";
      ++aborted;
    }
    for (unsigned kind = 0; kind < 7; ++kind) ASSERT_FALSE(pull(g, kind, b.get_executor())) << "after the error there is the end";
  }
  EXPECT_GT(failed, 0u);
  EXPECT_GT(aborted, 0u);
  a.join();
  b.join();
}

// ---- stops --------------------------------------------------------------------------------------------------------------

// An operation that says in its slot when it is cancelled after its handler was called; it can be cancelled by nothing.
auto watched(asio::thread_pool::executor_type ex, std::atomic<int>& late) {
  return asio::async_initiate<const asio::deferred_t, void()>(
      [ex, &late](auto handler) {
        const auto over = std::make_shared<std::atomic<bool>>(false);
        asio::get_associated_cancellation_slot(handler).assign([&late, over](asio::cancellation_type) { late += *over ? 1 : 0; });
        asio::post(ex, [over, h = std::move(handler)]() mutable {
          const auto steps = asio::get_associated_executor(h);
          asio::dispatch(steps, [over, h = std::move(h)]() mutable {
            std::move(h)();
            *over = true;
          });
        });
      },
      asio::deferred);
}

async_generator<int> awaiting_this_and_that(asio::thread_pool::executor_type a, asio::thread_pool::executor_type b, std::atomic<int>& late, unsigned from, std::shared_ptr<int>) {
  std::minstd_rand random(from);
  for (int i = 0; i < 20; ++i) {
    switch (random() % 5) {
      case 0: {
        const auto timer = std::make_unique<asio::steady_timer>(a, 1us);  // gone when the next one is awaited
        (void)co_await timer->async_wait(asio::as_tuple(asio::deferred));
        break;
      }
      case 1: co_await asio::post(b, asio::deferred); break;
      case 2: {
        auto operation = watched(b, late);
        co_await std::move(operation);
        break;
      }
      case 3: co_await pariter::resume_on(a); break;
      default: co_yield i;
    }
  }
}

TEST(AsyncStopStress, reaches_no_operation_that_is_over) {
  asio::thread_pool a(2), b(2);
  const pariter::test::lifetime life;
  std::atomic<int> late = 0;
  for (unsigned round = 0; round < scaled(400); ++round) {
    std::minstd_rand random(seed() + round);
    std::optional<async_generator<int>> g = awaiting_this_and_that(a.get_executor(), b.get_executor(), late, seed() + round, life.token());
    const auto delay = random() % 60;
    if (round % 2 == 0) {
      std::jthread stopper([&g, delay] {
        for (unsigned i = 0; i < delay; ++i) std::this_thread::yield();
        g->request_stop();
      });
      while (g->next()) {}
    } else {
      for (unsigned i = 0; i < delay; ++i) {
        if (g->try_next().is_closed()) break;
        std::this_thread::yield();
      }
      g.reset();
    }
  }
  while (!life.alone()) std::this_thread::yield();  // before the pools end: a body on the one may go on in the other
  a.join();
  b.join();
  EXPECT_EQ(late, 0);
}

}  // namespace
