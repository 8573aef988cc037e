// SPDX-License-Identifier: Apache-2.0
//
// The lock-free cores of the containers, as shipped, under Relacy: publish, snapshot, segments, pins and clear, gate, park and
// wake, close, fail; first as they are (no schedule may fail), then with one planted bug at a time (one must).
//
// Prints the table of mutants and the number of schedules until each was found. Exit code 0: the cores passed and every
// mutant was found.

#include "run.hpp"
#include "scenario.hpp"

namespace {

using namespace pariter;
using model::item;
using model::scenario;

struct planned : std::exception {};

using log_core = detail::log_core<item, writers::locked, std::allocator<item>, model::atomic>;
using sole_log_core = detail::log_core<item, writers::single, std::allocator<item>, model::atomic>;
using broadcast_core = detail::broadcast_core<item, writers::locked, std::allocator<item>, model::atomic>;
using sole_broadcast_core = detail::broadcast_core<item, writers::single, std::allocator<item>, model::atomic>;

// ---- the log

template <class Core, log_walk Walk>
log_iterator<item, Core, Walk> iterate(Core& core) {
  auto pinned = core.pin_current();
  const auto count = pinned->published().count();
  return {core, std::move(pinned), 0, count};
}

// A writer crosses a segment's border and closes; a follower parks, sees all in order, and ends.
template <class Core>
struct log_follow : scenario<log_follow<Core>, Core, 2> {
  static std::unique_ptr<Core> make() { return std::make_unique<Core>(std::allocator<item>()); }
  void thread(unsigned index) {
    Core& log = *this->shared;
    if (index == 0) {
      for (int i = 0; i < 5; ++i) log.emplace(i);
      log.end(nullptr);
    } else {
      auto it = iterate<Core, log_walk::follow>(log);
      int expected = 0;
      while (auto x = it.next()) MODEL_CHECK(x->value() == expected++);
      MODEL_CHECK(expected == 5);
    }
  }
};

// Two writers; a third thread takes two snapshots: the second extends the first, and what each writer wrote is in order.
struct log_two_writers : scenario<log_two_writers, log_core, 3> {
  static std::unique_ptr<log_core> make() { return std::make_unique<log_core>(std::allocator<item>()); }
  void thread(unsigned index) {
    if (index < 2) {
      for (int i = 0; i < 3; ++i) shared->emplace(static_cast<int>(index) * 10 + i);
      return;
    }
    std::vector<int> first;
    std::vector<int> second;
    for (auto* seen : {&first, &second}) {
      auto it = iterate<log_core, log_walk::snapshot>(*shared);
      while (auto x = it.next()) seen->push_back(x->value());
    }
    MODEL_CHECK(first.size() <= second.size());
    int next[2] = {0, 10};
    for (std::size_t i = 0; i < second.size(); ++i) {
      MODEL_CHECK(i >= first.size() || first[i] == second[i]);
      MODEL_CHECK(second[i] == next[second[i] / 10]++);
    }
  }
  void finish() { MODEL_CHECK(shared->pin_current()->published().count() == 6); }
};

// The log fails: the follower gets the error after the items.
struct log_fail : scenario<log_fail, log_core, 2> {
  static std::unique_ptr<log_core> make() { return std::make_unique<log_core>(std::allocator<item>()); }
  void thread(unsigned index) {
    if (index == 0) {
      shared->emplace(0);
      shared->end(std::make_exception_ptr(planned()));
    } else {
      auto it = iterate<log_core, log_walk::follow>(*shared);
      for (int got = 0;;) {
        const auto o = it.try_next();
        if (o.has_item()) ++got;
        MODEL_CHECK(!o.is_closed());
        if (o.is_failed()) {
          MODEL_CHECK(got == 1);
          MODEL_CHECK(o.error() != nullptr);
          return;
        }
        if (o.is_empty()) shared->parking().wait([&] { return it.ready(); });
      }
    }
  }
};

// clear() while two others walk what was there, with snapshots and their copies.
template <class Core, bool ThreadsAreEnding>
struct log_clear : scenario<log_clear<Core, ThreadsAreEnding>, Core, 3> {
  static std::unique_ptr<Core> make() {
    model::pins_of_this_schedule->threads_are_ending = ThreadsAreEnding;
    auto log = std::make_unique<Core>(std::allocator<item>());
    log->emplace(7);
    return log;
  }
  void thread(unsigned index) {
    Core& log = *this->shared;
    if (index == 0) {
      log.clear();
      log.emplace(8);
      log.clear();
    } else {
      auto it = iterate<Core, log_walk::snapshot>(log);
      auto twin = it.fork();
      MODEL_CHECK(!log.is_ended());
      if (auto x = it.next()) MODEL_CHECK(x->value() == 7 || x->value() == 8);
      it = iterate<Core, log_walk::snapshot>(log);
      if (auto x = twin.next()) MODEL_CHECK(x->value() == 7 || x->value() == 8);
    }
  }
};

// The same, as small as it gets: one clear() against one slot, used twice.
template <class Core>
struct log_pin : scenario<log_pin<Core>, Core, 2> {
  static std::unique_ptr<Core> make() {
    auto log = std::make_unique<Core>(std::allocator<item>());
    log->emplace(7);
    return log;
  }
  void thread(unsigned index) {
    if (index == 0) {
      this->shared->clear();
    } else {
      for (int times = 0; times < 2; ++times) {
        auto it = iterate<Core, log_walk::snapshot>(*this->shared);
        if (auto x = it.next()) MODEL_CHECK(x->value() == 7);
      }
    }
  }
};

// A slot that no thread owns goes from one to the next. Whoever then finds the address nowhere comes after what the first one read.
struct borrowed_slot : rl::test_suite<borrowed_slot, 3> {
  struct state {
    model::registry pins;
    model::item thing{7};
    model::atomic<const void*>* slot = nullptr;
    ~state() { pins.free_all_lines(); }
  };
  std::unique_ptr<state> shared;
  void before() {
    ++model::of_this_run->begun;
    shared = std::make_unique<state>();
    shared->slot = &shared->pins.borrow();
    shared->slot->store(&shared->thing, std::memory_order_release);
  }
  void thread(unsigned index) {
    if (index == 0) {
      if (!shared->pins.is_pinned(&shared->thing)) shared->thing.poison();
    } else if (index == 1) {
      MODEL_CHECK(shared->thing.value() == 7);
      shared->slot->store(nullptr, std::memory_order_release);
    } else {
      (void)shared->pins.borrow();
    }
  }
  void after() { shared.reset(); }
};

// A snapshot, and a follower from its end: together each item once, or told how many were missed, whatever is cleared meanwhile.
template <class Core>
struct log_snapshot_and_follow : scenario<log_snapshot_and_follow<Core>, Core, 2> {
  static std::unique_ptr<Core> make() { return std::make_unique<Core>(std::allocator<item>()); }
  void thread(unsigned index) {
    Core& log = *this->shared;
    if (index == 0) {
      log.emplace(0);
      log.emplace(1);
      log.clear();
      log.emplace(2);
      log.end(nullptr);
    } else {
      const auto pinned = log.pin_current();
      const auto count = pinned->published().count();
      std::uint64_t at = pinned->base();
      log_iterator<item, Core, log_walk::snapshot> now(log, pinned, 0, count);
      log_iterator<item, Core, log_walk::follow> then(log, pinned, count, count);
      while (auto x = now.next()) MODEL_CHECK(x->value() == static_cast<int>(at++));
      for (;;) {
        const auto o = then.try_next();
        if (o.is_closed()) break;
        if (o.is_empty()) log.parking().wait([&] { return then.ready(); });
        if (o.is_gap()) at += o.missed();
        if (o.has_item()) MODEL_CHECK((*o).value() == static_cast<int>(at++));
      }
      MODEL_CHECK(at == 3);
    }
  }
};

// One writer appends many at a time, another single ones: each writer's items are in order, and a batch lies together unless a segment ends.
struct log_batches : scenario<log_batches, log_core, 3> {
  static std::unique_ptr<log_core> make() { return std::make_unique<log_core>(std::allocator<item>()); }
  void thread(unsigned index) {
    if (index == 0) {
      std::vector<item> batch;
      for (int i = 0; i < 3; ++i) batch.emplace_back(i);
      std::size_t taken = 0;
      shared->append_n(batch.data(), batch.size(), taken);
      MODEL_CHECK(taken == 3);
      shared->end(nullptr);
    } else if (index == 1) {
      try {
        shared->emplace(10);
      } catch (const closed&) {
      }
    } else {
      auto it = iterate<log_core, log_walk::follow>(*shared);
      int expected = 0;
      while (auto x = it.next()) {
        MODEL_CHECK(x->value() == 10 || x->value() == expected);
        MODEL_CHECK(x->value() != 10 || expected == 0 || expected == 3);
        if (x->value() != 10) ++expected;
      }
      MODEL_CHECK(expected == 3);
    }
  }
};

// The sole writer appends while another thread closes.
template <class Core>
struct log_visitor : scenario<log_visitor<Core>, Core, 2> {
  static std::unique_ptr<Core> make() { return std::make_unique<Core>(std::allocator<item>()); }
  int written = 0;
  void thread(unsigned index) {
    Core& log = *this->shared;
    if (index == 0) {
      try {
        for (; written < 4; ++written) log.emplace(written);
      } catch (const closed&) {
      }
    } else {
      log.end(nullptr);
    }
  }
  void finish() {
    const auto seen = this->shared->pin_current()->published();
    MODEL_CHECK(seen.sealed());
    MODEL_CHECK(seen.count() == static_cast<std::uint64_t>(written));
  }
};

// ---- the broadcast

template <class Core>
using walker = broadcast_iterator<item, Core>;

template <class Core>
walker<Core> subscribe(Core& core, policy how) {
  std::uint64_t position = 0;
  auto& own = core.subscribe(start::oldest, how, position);
  return walker<Core>(core, own, position, how);
}

// A window of Capacity; the writer waits for the slowest of Readers gating iterators, which park; poison shows reuse too soon.
template <class Core, std::size_t Capacity, unsigned Readers>
struct gated : scenario<gated<Core, Capacity, Readers>, Core, Readers + 1> {
  static constexpr int items = Readers == 1 ? 5 : 4;
  std::vector<std::optional<walker<Core>>> readers;
  std::unique_ptr<Core> make() {
    auto core = std::make_unique<Core>(Capacity, std::allocator<item>(), detail::fences::automatic);
    readers.resize(Readers);
    for (auto& r : readers) r.emplace(subscribe(*core, policy::gating));
    return core;
  }
  void thread(unsigned index) {
    if (index == Readers) {
      for (int i = 0; i < items; ++i) this->shared->emplace(i);
      this->shared->end(nullptr);
    } else {
      int expected = 0;
      while (auto x = readers[index]->next()) MODEL_CHECK(x->value() == expected++);
      MODEL_CHECK(expected == items);
      readers[index].reset();
    }
  }
  void finish() { readers.clear(); }
};

// Without a gate: the writer never waits. Derived has read().
template <class Derived, policy Policy>
struct ungated : scenario<Derived, broadcast_core, 2> {
  std::optional<walker<broadcast_core>> reader;
  std::unique_ptr<broadcast_core> make() {
    auto core = std::make_unique<broadcast_core>(1, std::allocator<item>(), detail::fences::automatic);
    reader.emplace(subscribe(*core, Policy));
    return core;
  }
  void thread(unsigned index) {
    if (index == 0) {
      for (int i = 0; i < 4; ++i) this->shared->emplace(i);
      this->shared->end(nullptr);
    } else {
      static_cast<Derived*>(this)->read();
      reader.reset();
    }
  }
  void wait() {
    this->shared->parking().wait([this] { return reader->ready(); });
  }
  void finish() { reader.reset(); }
};

// The reader is told what it missed, and what it holds is not reused.
struct lossy : ungated<lossy, policy::lossy> {
  void read() {
    std::uint64_t at = 0;
    for (;;) {
      const auto o = reader->try_next();
      if (o.is_closed()) break;
      if (o.is_empty()) wait();
      if (o.is_gap()) at += o.missed();
      if (o.has_item()) MODEL_CHECK((*o).value() == static_cast<int>(at++));
    }
    MODEL_CHECK(at == 4);
  }
};

// Who is kicked sees what there was in order, then the kick, for ever; or the end, if it was quick enough.
struct kicked_off : ungated<kicked_off, policy::kicked> {
  void read() {
    for (int expected = 0;;) {
      const auto o = reader->try_next();
      if (o.is_closed()) {
        MODEL_CHECK(expected == 4);
        break;
      }
      if (o.is_failed()) {
        MODEL_CHECK(reader->try_next().is_failed());
        break;
      }
      MODEL_CHECK(!o.is_gap());
      if (o.is_empty()) wait();
      if (o.has_item()) MODEL_CHECK((*o).value() == expected++);
    }
  }
};

// A reader joins beside a writer that has to wait for it, forks, leaves, and goes on by the fork: from where it joined it sees all.
template <class Core>
struct join_and_leave : scenario<join_and_leave<Core>, Core, 2> {
  static std::unique_ptr<Core> make() { return std::make_unique<Core>(1, std::allocator<item>(), detail::fences::automatic); }
  void thread(unsigned index) {
    if (index == 0) {
      for (int i = 0; i < 4; ++i) this->shared->emplace(i);
      this->shared->end(nullptr);
    } else {
      std::optional<walker<Core>> first(subscribe(*this->shared, policy::gating));
      auto at = static_cast<int>(first->position());
      if (auto x = first->next()) MODEL_CHECK(x->value() == at++);
      {
        auto gone = subscribe(*this->shared, policy::gating);  // never takes a step
      }
      auto second = first->fork();
      first.reset();
      while (auto x = second.next()) MODEL_CHECK(x->value() == at++);
      MODEL_CHECK(at == 4);
    }
  }
};

// A wait is cancelled while somebody wakes it: it ends once, by the one or the other, and is not touched afterwards.
struct park_and_cancel : rl::test_suite<park_and_cancel, 2> {
  using lot = detail::basic_parking_lot<model::atomic>;
  struct waiter : lot::waiter {
    waiter() {
      this->wake = [](lot::waiter& w) noexcept { static_cast<waiter&>(w).signal.raise(); };
    }
    ~waiter() { alive($) = 0; }
    model::signal signal;
    rl::var<int> alive{1};
  };
  struct state {
    lot parked;
    model::atomic<int> ready{0};
  };
  std::unique_ptr<state> shared;
  void before() {
    ++model::of_this_run->begun;
    shared = std::make_unique<state>();
  }
  void thread(unsigned index) {
    if (index == 0) {
      shared->ready.store(1, std::memory_order_release);
      shared->parked.notify_all();
    } else {
      waiter w;
      const auto is_ready = [&] { return shared->ready.load(std::memory_order_acquire) != 0; };
      if (!shared->parked.park(w, is_ready)) return;
      if (!shared->parked.cancel(w)) w.signal.wait();  // its wake is on its way
    }
  }
  void after() { shared.reset(); }
};

// The broadcast fails, and a second thread tries to write meanwhile.
struct broadcast_fail : scenario<broadcast_fail, broadcast_core, 3> {
  std::optional<walker<broadcast_core>> reader;
  std::unique_ptr<broadcast_core> make() {
    auto core = std::make_unique<broadcast_core>(1, std::allocator<item>(), detail::fences::automatic);
    reader.emplace(subscribe(*core, policy::gating));
    return core;
  }
  void thread(unsigned index) {
    if (index == 0) {
      shared->end(std::make_exception_ptr(planned()));
    } else if (index == 1) {
      try {
        shared->emplace(0);
        shared->emplace(1);
      } catch (const closed&) {
      }
    } else {
      for (;;) {
        const auto o = reader->try_next();
        MODEL_CHECK(!o.is_closed());
        if (o.is_failed()) {
          MODEL_CHECK(o.error() != nullptr);
          break;
        }
        if (o.is_empty()) shared->parking().wait([&] { return reader->ready(); });
      }
      reader.reset();
    }
  }
  void finish() { reader.reset(); }
};

// ---- what is run

constexpr model::check checks[] = {
    {"log: publish, segments, park, close", false, model::schedules_until_failure<log_follow<log_core>>},
    {"log, sole writer: the same", false, model::schedules_until_failure<log_follow<sole_log_core>>},
    {"log: two writers, snapshots", false, model::schedules_until_failure<log_two_writers>},
    {"log: fail", false, model::schedules_until_failure<log_fail>},
    {"log: clear, pins", false, model::schedules_until_failure<log_clear<log_core, false>>},
    {"log: one clear, one slot", true, model::schedules_until_failure<log_pin<log_core>>},
    {"log: clear, pins of threads that end", false, model::schedules_until_failure<log_clear<log_core, true>>},
    {"pins: a slot that no thread owns", true, model::schedules_until_failure<borrowed_slot>},
    {"log: snapshot, then follow, and a clear", false, model::schedules_until_failure<log_snapshot_and_follow<log_core>>},
    {"log, sole writer: snapshot, then follow", false, model::schedules_until_failure<log_snapshot_and_follow<sole_log_core>>},
    {"log: batches and single items", false, model::schedules_until_failure<log_batches>},
    {"log, sole writer: close by a visitor", true, model::schedules_until_failure<log_visitor<sole_log_core>>},
    {"broadcast: gate, park, capacity 1", false, model::schedules_until_failure<gated<broadcast_core, 1, 1>>},
    {"broadcast, sole writer: the same", false, model::schedules_until_failure<gated<sole_broadcast_core, 1, 1>>},
    {"broadcast: two gates, capacity 2", false, model::schedules_until_failure<gated<broadcast_core, 2, 2>>},
    {"broadcast: lossy, pins", false, model::schedules_until_failure<lossy>},
    {"broadcast: kicked", false, model::schedules_until_failure<kicked_off>},
    {"broadcast: join and leave", false, model::schedules_until_failure<join_and_leave<broadcast_core>>},
    {"broadcast, sole writer: join and leave", false, model::schedules_until_failure<join_and_leave<sole_broadcast_core>>},
    {"park and cancel", true, model::schedules_until_failure<park_and_cancel>},
    {"broadcast: fail", false, model::schedules_until_failure<broadcast_fail>},
};

constexpr model::planted mutants[] = {
    {2, "park: no heavy fence"},
    {3, "notify, symmetric: relaxed"},
    {4, "park, symmetric: count relaxed"},
    {5, "cancel: leaves the waiter in the list", "park"},
    {20, "writer lock: taken without acquire"},
    {21, "writer lock: left without release"},
    {23, "sole writer: left without release"},
    {24, "visitor: no heavy fence"},
    {25, "visitor: left without release"},
    {26, "sole writer: visitor looked for without order"},
    {30, "log: count read without acquire"},
    {31, "log: published without release"},
    {32, "log: sealed without release"},
    {33, "log: sealed before the reason is there"},
    {34, "log: published before the item is constructed"},
    {50, "broadcast: count read without acquire"},
    {51, "broadcast: published without release"},
    {52, "broadcast: sealed without release"},
    {53, "broadcast: pin stored without order", "broadcast"},
    {54, "broadcast: pin not checked again"},
    {55, "broadcast: gate moved without release"},
    {56, "broadcast: gate read without acquire"},
    {57, "broadcast: sealed before the error is there"},
    {58, "broadcast: published before the item is constructed"},
    {59, "broadcast: segment reused while in the directory"},
    {60, "broadcast: pins read without acquire"},
    {61, "broadcast: a gating iterator leaves and wakes nobody", "broadcast"},
    {70, "log: pins read without acquire"},
    {71, "clear: retired before the heavy fence"},
    {72, "clear: no heavy fence"},
    {75, "pin: not checked again"},
    {76, "pin: given up without release"},
    {77, "log: a clear taken for the end"},
    {78, "pins: a new line looked for without order"},
    {79, "pins: a borrowed slot is not marked"},
    {80, "pins: a borrowed slot is marked without release"},
};

}  // namespace

int main(int argc, char** argv) { return model::run(checks, mutants, 20'000, argc, argv); }
