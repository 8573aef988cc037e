// SPDX-License-Identifier: Apache-2.0
//
// Memory runs out at every place in turn, whoever asks for it: the containers' own bookkeeping, their items, the items' own
// memory, the versions of copy_on_write. After each failure the container is as it was, and goes on; nothing leaks.
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"
#include "pariter/core/errors.hpp"

#include "../support/failing_new.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace pariter;
using test::allocations_left;
using test::living_allocations;

std::string text(int i) { return "long enough to be stored outside of the object: " + std::to_string(i); }

// Calls f, in which the allocation number `at` fails; true if it came to that.
template <class F>
bool fails(int at, F f) {
  allocations_left = at;
  try {
    f();
  } catch (const std::bad_alloc&) {
    allocations_left = 0;
    return true;
  }
  allocations_left = 0;
  return false;
}

// Does `step` again and again, on what `make` gives, with its first, second, ... allocation failing, until none fails.
template <class Make, class Step, class Check>
void every_allocation_fails(Make make, Step step, Check check) {
  {
    auto made = make();  // what a thread allocates once and keeps, as its first pin
    step(*made);
    check(*made, false);
  }
  int failures = 0;
  for (int at = 1;; ++at) {
    ASSERT_LT(at, 1'000);
    const long before = living_allocations;
    bool failed = false;
    {
      auto made = make();
      failed = fails(at, [&] { step(*made); });
      check(*made, failed);
    }
    EXPECT_EQ(living_allocations, before) << "allocation " << at;
    if (!failed) break;
    ++failures;
  }
  EXPECT_GT(failures, 0) << "the test would say nothing";
}

using strings = broadcast<std::string>;

TEST(BroadcastFaults, when_an_iterator_joins) {
  for (const policy how : {policy::gating, policy::lossy, policy::kicked}) {
    every_allocation_fails(
        [] {
          auto b = std::make_unique<strings>(broadcast_options{.capacity = 16});
          b->append(text(0));
          return b;
        },
        [how](strings& b) { auto it = b.iter({.policy = how}), twin = it.fork(); },
        [how](strings& b, bool) {
          EXPECT_TRUE(b.stats().iterators.empty());
          auto it = b.iter({.policy = how});
          EXPECT_EQ(*it.next(), text(0));
          for (int i = 1; i < 50; ++i) {
            EXPECT_TRUE(b.try_append(text(i))) << "nobody holds the writers up";
            EXPECT_EQ(*it.next(), text(i));
          }
        });
  }
}

TEST(BroadcastFaults, when_items_are_written) {
  for (const int already : {0, 1, 16, 40}) {
    every_allocation_fails(
        [already] {
          auto b = std::make_unique<strings>(broadcast_options{.capacity = 16});
          for (int i = 0; i < already; ++i) b->append(text(i));
          return b;
        },
        [already](strings& b) {
          for (int i = already; i < already + 5; ++i) b.append(text(i));
        },
        [](strings& b, bool) {
          const int written = static_cast<int>(b.end_position());
          for (int i = written; i < written + 30; ++i) b.append(text(i));
          b.close();
          auto it = b.iter();
          for (int i = written + 14; i < written + 30; ++i) EXPECT_EQ(*it.next(), text(i));
          EXPECT_FALSE(it.next());
        });
  }
}

// A lossy iterator holds a segment that has left the window: the writer needs another in its place.
TEST(BroadcastFaults, when_a_segment_is_held_back) {
  every_allocation_fails(
      [] {
        struct held {
          strings b{{.capacity = 16}};
          strings::iterator it = b.iter({.policy = policy::lossy});
        };
        auto h = std::make_unique<held>();
        for (int i = 0; i < 16; ++i) h->b.append(text(i));
        (void)h->it.next();
        return h;
      },
      [](auto& h) {
        for (int i = 16; i < 40; ++i) h.b.append(text(i));
      },
      [](auto& h, bool) {
        EXPECT_EQ(*h.it.next(), text(1)) << "what is in its hand stays";
        for (int i = static_cast<int>(h.b.end_position()); i < 60; ++i) h.b.append(text(i));
        const auto gap = h.it.try_next();
        ASSERT_TRUE(gap.is_gap());
        EXPECT_EQ(*h.it.next(), text(2 + static_cast<int>(gap.missed())));
      });
}

// The iterator moves its pin from the segment that was held back to the oldest in the window, which is the next to leave it.
TEST(BroadcastFaults, when_one_segment_after_another_is_held_back) {
  every_allocation_fails(
      [] {
        struct held {
          strings b{{.capacity = 16}};
          strings::iterator it = b.iter({.policy = policy::lossy});
        };
        auto h = std::make_unique<held>();
        for (int i = 0; i < 16; ++i) h->b.append(text(i));
        (void)h->it.next();
        for (int i = 16; i < 21; ++i) h->b.append(text(i));
        EXPECT_EQ(*h->it.next(), text(1));
        EXPECT_EQ(h->it.try_next().missed(), 3u);
        EXPECT_EQ(*h->it.next(), text(5));
        return h;
      },
      [](auto& h) {
        for (int i = 21; i < 40; ++i) h.b.append(text(i));
      },
      [](auto& h, bool failed) {
        EXPECT_LE(h.b.stats().allocated, 20u) << "a segment is two items";
        const int written = static_cast<int>(h.b.end_position());
        EXPECT_TRUE(failed || written == 40);
        for (int i = written; i < 60; ++i) h.b.append(text(i));
        EXPECT_TRUE(h.it.try_next().is_gap());
        EXPECT_EQ(*h.it.next(), text(44));
      });
}

// What cannot be told for want of memory is told by the next step.
TEST(BroadcastFaults, when_a_gap_is_told) {
  every_allocation_fails(
      [] {
        struct overtaken {
          strings b{{.capacity = 16}};
          strings::iterator it = b.iter({.policy = policy::lossy});
          std::uint64_t told = 0;
        };
        auto o = std::make_unique<overtaken>();
        for (int i = 0; i < 100; ++i) o->b.append(text(i));
        return o;
      },
      [](auto& o) {
        try {
          (void)o.it.next();
        } catch (const missed_items& gap) {
          o.told = gap.count();
        }
      },
      [](auto& o, bool failed) {
        EXPECT_EQ(o.told, failed ? 0u : 84u);
        if (failed) {
          const auto gap = o.it.try_next();
          ASSERT_TRUE(gap.is_gap());
          EXPECT_EQ(gap.missed(), 84u);
        }
        EXPECT_EQ(*o.it.next(), text(84));
      });
}

// Where the standard library's own code calls another operator new, the messages of exceptions are not our business.
bool messages_are_allocated_here() {
  const long before = living_allocations;
  const std::runtime_error probe(text(0));
  return living_allocations > before;
}

TEST(BroadcastFaults, when_a_reader_is_told_that_it_was_kicked) {
  if (!messages_are_allocated_here()) GTEST_SKIP() << "nothing of ours is allocated";
  every_allocation_fails(
      [] {
        struct overtaken {
          strings b{{.capacity = 16}};
          strings::iterator it = b.iter({.policy = policy::kicked});
        };
        auto o = std::make_unique<overtaken>();
        for (int i = 0; i < 100; ++i) o->b.append(text(i));
        return o;
      },
      [](auto& o) {
        try {
          (void)o.it.next();
        } catch (const kicked&) {
        }
      },
      [](auto& o, bool) {
        EXPECT_TRUE(o.it.try_next().is_failed());
        EXPECT_THROW((void)o.it.next(), kicked);
      });
}

TEST(BroadcastFaults, when_an_appender_hands_over) {
  every_allocation_fails([] { return std::make_unique<strings>(broadcast_options{.capacity = 64}); },
                         [](strings& b) {
                           auto out = b.appender(4);
                           try {
                             for (int i = 0; i < 10; ++i) out.append(text(i));
                             out.flush();
                           } catch (...) {
                             allocations_left = 0;  // what the appender holds goes over when it goes
                             throw;
                           }
                         },
                         [](strings& b, bool) {
                           auto it = b.iter();
                           b.close();
                           int i = 0;
                           while (auto x = it.next()) EXPECT_EQ(*x, text(i++));
                         });
}

using log = concurrent_log<std::string>;

// A thread keeps its pins for its next iterators; they are no leak.
TEST(LogFaults, when_a_thread_has_its_first_iterators) {
  log l;
  l.append(text(0));
  bool failed = true;
  for (int at = 1; failed; ++at) {
    std::thread([&] {
      failed = fails(at, [&] {
        std::vector<log::follower> held;
        held.reserve(100);
        for (int i = 0; i < 100; ++i) held.push_back(l.follow());
      });
      EXPECT_EQ(*l.iter().next(), text(0));
    }).join();
    EXPECT_TRUE(failed || at > 2) << "the test would say nothing";
  }
}

// It has to pin what it goes on with.
TEST(LogFaults, when_a_follower_goes_on_after_a_clear) {
  log l;
  l.append(text(0));
  auto it = l.follow();
  EXPECT_EQ(*it.next(), text(0));
  l.clear();
  l.append(text(1));
  std::thread([&] {
    std::vector<log::follower> held;  // all pins that there are
    held.reserve(10'000);
    while (!fails(1, [&] { held.push_back(l.follow()); })) ASSERT_LT(held.size(), 10'000u);
    EXPECT_TRUE(fails(1, [&] { (void)it.try_next(); }));
    EXPECT_TRUE(fails(1, [&] { (void)it.next(); }));
    EXPECT_EQ(it.position(), 1u);
    EXPECT_EQ(*it.next(), text(1)) << "with memory it goes on";
  }).join();
}

TEST(LogFaults, when_a_gap_is_told) {
  every_allocation_fails(
      [] {
        struct cleared {
          log l;
          log::follower it = l.follow();
          std::uint64_t told = 0;
        };
        auto c = std::make_unique<cleared>();
        for (int i = 0; i < 3; ++i) {
          c->l.append(text(i));
          c->l.clear();
        }
        EXPECT_EQ(*c->it.next(), text(0));
        c->l.append(text(3));
        return c;
      },
      [](auto& c) {
        try {
          (void)c.it.next();
        } catch (const missed_items& gap) {
          c.told = gap.count();
        }
      },
      [](auto& c, bool failed) {
        EXPECT_EQ(c.told, failed ? 0u : 2u);
        if (failed) {
          const auto gap = c.it.try_next();
          ASSERT_TRUE(gap.is_gap());
          EXPECT_EQ(gap.missed(), 2u);
        }
        EXPECT_EQ(*c.it.next(), text(3));
      });
}

TEST(LogFaults, when_items_are_written_and_cleared) {
  for (const int already : {0, 1, 7, 100}) {
    every_allocation_fails(
        [already] {
          auto l = std::make_unique<log>();
          for (int i = 0; i < already; ++i) l->append(text(i));
          return l;
        },
        [already](log& l) {
          for (int i = already; i < already + 200; ++i) l.append(text(i));
          l.clear();
          l.append(text(already + 200));
        },
        [](log& l, bool) {
          const auto s = l.snapshot();
          int i = static_cast<int>(s.first_position());
          for (const auto& x : s) EXPECT_EQ(x, text(i++));
          EXPECT_EQ(static_cast<std::uint64_t>(i), l.end_position());
          EXPECT_EQ(l.append(text(i)), text(i));
          EXPECT_EQ(l.snapshot().back(), text(i));
        });
  }
}

TEST(LogFaults, when_a_range_is_appended) {
  every_allocation_fails([] { return std::make_unique<log>(); },
                         [](log& l) {
                           std::vector<std::string> items;
                           for (int i = 0; i < 40; ++i) items.push_back(text(i));
                           l.append_range(items);
                         },
                         [](log& l, bool failed) {
                           int i = 0;
                           for (const auto& x : l) EXPECT_EQ(x, text(i++));
                           EXPECT_TRUE(failed || i == 40);
                         });
}

TEST(CopyOnWriteFaults, when_a_version_is_made) {
  using box = copy_on_write<std::vector<std::string>>;
  every_allocation_fails(
      [] {
        auto b = std::make_unique<box>();
        b->publish({text(0), text(1)});
        return b;
      },
      [](box& b) { b.update([](auto& v) { v.push_back(text(2)); }); },
      [](box& b, bool failed) {
        EXPECT_EQ(b.snapshot()->size(), failed ? 2u : 3u);
        EXPECT_EQ(b.snapshot().number(), failed ? 1u : 2u);
        b.update([](auto& v) { v.push_back(text(9)); });
        EXPECT_EQ(b.snapshot()->back(), text(9));
      });
  every_allocation_fails([] { return std::make_unique<box>(); },
                         [](box& b) { b.publish({text(0), text(1)}); },
                         [](box& b, bool failed) {
                           EXPECT_EQ(b.snapshot()->size(), failed ? 0u : 2u);
                           EXPECT_TRUE(b.compare_and_publish(b.snapshot(), {text(5)}));
                           EXPECT_EQ(b.snapshot()->front(), text(5));
                         });
}

}  // namespace
