// SPDX-License-Identifier: Apache-2.0
//
// Whether what threads do to a log and to a broadcast is linearizable (support/stream_history.hpp says what that means), by histories
// recorded from 2 up to 32 threads; and that the check refuses the histories of containers with one mistake each. Two of the
// mistakes are inside: a mutant of the container's own code that publishes an item before it is written.
//
#define PARITER_MUTANTS  // before the containers; no mutant is active unless a test says so
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"

#include "../support/scale.hpp"
#include "../support/sharing.hpp"
#include "../support/stream_history.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace pariter;

// Takes its time to be constructed, in the container's place for it. Written and read by atomic steps alone: to read it too early is a
// mistake of the container that the histories have to show, and no data race.
struct item {
  explicit item(std::uint32_t v) { write(v); }
  item(item&& other) noexcept { write(other.read()); }  // so comes an item into its place that was made outside the lock
  std::uint32_t read() const { return std::atomic_ref(const_cast<std::uint32_t&>(id)).load(std::memory_order_relaxed); }  // relaxed: as above

 private:
  void write(std::uint32_t v) {
    std::atomic_ref(id).store(0xFFFF'FFFF, std::memory_order_relaxed);  // relaxed: the container publishes it
    if (v % 8 == 0) std::this_thread::yield();
    std::atomic_ref(id).store(v, std::memory_order_relaxed);  // relaxed: as above
  }

  std::uint32_t id;
};

enum class mistake { none, publishes_early, returns_early, drops_an_item, gives_an_item_twice, swaps_two_items, hides_an_item };

// A step of a reader.
struct step {
  enum what { item, empty, gap, end } kind;
  std::uint32_t id = 0;
  std::uint64_t missed = 0;
};

// An iterator of C, perhaps with a mistake at place 100.
template <class It>
class reader {
 public:
  reader(It it, mistake m) : it_(std::move(it)), mistake_(m) {}

  step next() {
    if (hidden_ > 0) {
      --hidden_;
      std::this_thread::yield();
      return {step::empty};
    }
    if (pocket_) {
      const step s = *pocket_;
      pocket_.reset();
      return s;
    }
    const step s = take();
    if (s.kind != step::item || taken_++ != 100) return s;
    switch (mistake_) {
      case mistake::gives_an_item_twice: pocket_ = s; return s;
      case mistake::swaps_two_items: {
        step other = take();
        while (other.kind == step::empty) other = take();
        pocket_ = s;
        return other;
      }
      case mistake::hides_an_item:
        pocket_ = s;
        hidden_ = 200;
        return {step::empty};
      default: return s;
    }
  }

 private:
  step take() {
    const auto o = it_.try_next();
    if (o.has_item()) return {step::item, (*o).read()};
    if (o.is_gap()) return {step::gap, 0, o.missed()};
    return {o.is_empty() ? step::empty : step::end};
  }

  It it_;
  mistake mistake_;
  std::optional<step> pocket_;
  int hidden_ = 0;
  int taken_ = 0;
};

template <class C>
constexpr bool is_log = requires(C& c) { c.follow(); };

// A container of items, perhaps with a mistake.
template <class C>
class stream {
 public:
  explicit stream(mistake m) : mistake_(m) {
    if constexpr (is_log<C>) c_ = std::make_unique<C>();
    else c_ = std::make_unique<C>(broadcast_options{.capacity = 16});
    detail::active_mutant = m == mistake::publishes_early ? (is_log<C> ? 34 : 58) : 0;
  }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream() { detail::active_mutant = 0; }

  void append(std::uint32_t id) {
    if (mistake_ == mistake::drops_an_item && id == 50) return;
    if (mistake_ == mistake::returns_early) {  // hands over what the call before was given
      const std::lock_guard hold(mutex_);
      if (const auto before = std::exchange(late_, id)) c_->emplace(*before);
      return;
    }
    c_->emplace(id);
  }
  void close() {
    if (late_) c_->emplace(*late_);
    c_->close();
  }
  auto iter(policy how) {
    if constexpr (is_log<C>) return reader(c_->follow(), mistake_);
    else return reader(c_->iter({.policy = how}), mistake_);
  }

 private:
  std::unique_ptr<C> c_;
  mistake mistake_;
  std::mutex mutex_;
  std::optional<std::uint32_t> late_;
};

constexpr std::uint32_t items = 1'920;

// Writers and as many readers, of which every third is told of gaps where the container has such.
template <class C>
test::stream_history history_of(mistake m, int writers, int readers) {
  stream<C> s(m);
  test::stream_history h;
  h.appends.resize(items);
  h.readers.resize(static_cast<std::size_t>(readers));
  std::atomic<std::uint64_t> clock{1};
  std::atomic<int> writing{writers};
  std::vector<decltype(s.iter(policy::gating))> own;
  for (int r = 0; r < readers; ++r) own.push_back(s.iter(r % 3 == 2 ? policy::lossy : policy::gating));
  test::on_threads(writers + readers, [&](int t) {
    if (t < writers) {
      for (std::uint32_t id = static_cast<std::uint32_t>(t); id < items; id += static_cast<std::uint32_t>(writers)) {
        const std::uint64_t began = clock.fetch_add(1);
        s.append(id);
        h.appends[id] = {began, clock.fetch_add(1)};
        if (id % 64 == 0) std::this_thread::yield();
      }
      if (writing.fetch_sub(1) == 1) {
        for (int i = 0; i < 20; ++i) std::this_thread::yield();  // so that readers ask once more before the end
        s.close();
      }
      return;
    }
    auto& it = own[static_cast<std::size_t>(t - writers)];
    auto& notes = h.readers[static_cast<std::size_t>(t - writers)];
    std::uint64_t last_empty = 0;
    for (;;) {
      const std::uint64_t began = clock.fetch_add(1);
      const step now = it.next();
      const std::uint64_t returned = clock.fetch_add(1);
      if (now.kind == step::end) return;
      if (now.kind == step::gap) {
        notes.told_of_gaps = true;
        notes.end += now.missed;
        last_empty = 0;
      } else if (now.kind == step::empty) {
        last_empty = began;
        std::this_thread::yield();
      } else {
        notes.items.push_back({notes.end++, now.id, returned, std::exchange(last_empty, 0)});
      }
    }
  });
  return h;
}

template <class C>
void is_linearizable(bool one_writer_only) {
  for (std::size_t round = 0; round < test::scaled(1); ++round) {
    for (const int threads : {2, 4, 8, 32}) {
      const int writers = one_writer_only ? 1 : threads / 2;
      EXPECT_EQ(test::fault_of(history_of<C>(mistake::none, writers, threads - writers)), "") << threads << " threads";
    }
  }
}
TEST(ContainerHistory, a_log_is_linearizable) { is_linearizable<concurrent_log<item>>(false); }
TEST(ContainerHistory, a_log_with_a_sole_writer_is_linearizable) { is_linearizable<concurrent_log<item, writers::single>>(true); }
TEST(ContainerHistory, a_broadcast_is_linearizable) { is_linearizable<broadcast<item>>(false); }
TEST(ContainerHistory, a_broadcast_with_a_sole_writer_is_linearizable) { is_linearizable<broadcast<item, writers::single>>(true); }

template <class C>
void mistakes_are_found() {
  for (const mistake m : {mistake::publishes_early, mistake::returns_early, mistake::drops_an_item, mistake::gives_an_item_twice,
                          mistake::swaps_two_items, mistake::hides_an_item}) {
    for (const int threads : {2, 4}) {
      std::string fault;
      for (int round = 0; round < 100 && fault.empty(); ++round) fault = test::fault_of(history_of<C>(m, threads / 2, threads / 2));
      EXPECT_NE(fault, "") << "mistake " << static_cast<int>(m) << ", " << threads << " threads";
    }
  }
}
TEST(ContainerHistory, the_check_refuses_every_broken_log) { mistakes_are_found<concurrent_log<item>>(); }
TEST(ContainerHistory, the_check_refuses_every_broken_broadcast) { mistakes_are_found<broadcast<item>>(); }

}  // namespace
