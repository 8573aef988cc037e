// SPDX-License-Identifier: Apache-2.0
//
// share() of sources that may have to wait: consumer groups.
//
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/detail/parking.hpp"
#include "pariter/sharing/draw_live.hpp"
#include "pariter/sharing/share.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace {

using pariter::share;
using pariter::test::drain_on;
using pariter::test::expect_exactly_once_and_in_order;
using pariter::test::numbers;
using pariter::test::on_threads;

TEST(ShareLive, hands_out_what_a_writer_appends_meanwhile) {
  for (const int threads : {1, 2, 4, 16}) {
    pariter::concurrent_log<int> log;
    const auto s = share(log.follow());
    std::thread writer([&] {
      for (int i = 0; i < 20'000; ++i) log.append(i);
      log.close();
    });
    expect_exactly_once_and_in_order(drain_on(threads, s), 20'000);
    writer.join();
  }
}

TEST(ShareLive, claims_nothing_that_is_not_there) {
  pariter::concurrent_log<int> log;
  const auto s = share(log.follow());
  auto a = s.iter();
  auto b = s.iter();
  EXPECT_TRUE(a.try_next().is_empty());
  EXPECT_TRUE(b.try_next().is_empty());
  EXPECT_FALSE(a.ready());
  log.append(0);
  EXPECT_TRUE(a.ready());
  EXPECT_EQ(*b.try_next(), 0) << "the drawer that asked first holds no claim";
  EXPECT_TRUE(a.try_next().is_empty());
  log.append(1);
  EXPECT_EQ(*a.try_next(), 1);
  log.close();
  EXPECT_TRUE(a.ready());
  EXPECT_TRUE(a.try_next().is_closed());
  EXPECT_TRUE(b.try_next().is_closed());
}

TEST(ShareLive, items_of_a_log_are_not_copied) {
  pariter::concurrent_log<std::string> log;
  const std::string& first = log.append("first");
  const auto s = share(log.follow());
  auto d = s.iter();
  EXPECT_EQ(std::addressof(*d.next()), std::addressof(first));
}

TEST(ShareLive, items_at_hand_survive_a_clear) {
  pariter::concurrent_log<std::string> log;
  for (int i = 0; i < 1'000; ++i) log.append("an item that is long enough for the heap: " + std::to_string(i));
  const auto s = share(log.follow());
  auto a = s.iter();
  auto b = s.iter();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(a.next());  // a holds more at hand now
  log.clear();
  log.append("new");
  log.close();
  int olds = 100;
  bool gap = false;
  std::string last;
  for (auto* d : {&b, &a}) {  // b sees the group's position move on, a's items must stay
    for (bool ended = false; !ended;) {
      try {
        const auto x = d->next();
        ended = !x;
        if (x && x->starts_with("an item")) ++olds;
        else if (x) last = *x;
      } catch (const pariter::missed_items&) {
        gap = true;
      }
    }
  }
  EXPECT_EQ(olds, 1'000);
  EXPECT_FALSE(gap) << "the cleared items were all delivered";
  EXPECT_EQ(last, "new");
}

TEST(ShareLive, what_is_given_back_wakes_a_waiting_drawer) {
  pariter::concurrent_log<int> log;
  log.append_range(numbers(1'000));
  const auto s = share(log.follow());
  {
    auto first = s.iter();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(first.next());
  }
  const int at_hand = static_cast<int>(s.left_over());
  ASSERT_GT(at_hand, 1);
  std::optional leaver(s.iter());
  EXPECT_TRUE(leaver->next());  // takes what the first one left
  EXPECT_EQ(s.left_over(), 0u);
  std::atomic<int> drawn = 0;
  std::thread other([&] {
    for (const int x : s.iter()) {
      (void)x;
      ++drawn;
    }
  });
  while (drawn != 1'000 - 10 - at_hand) std::this_thread::yield();
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();  // it sleeps by now
  leaver.reset();
  while (drawn != 1'000 - 10 - 1) std::this_thread::yield();
  log.close();
  other.join();
  EXPECT_EQ(drawn, 1'000 - 10 - 1);
}

TEST(ShareLive, a_failure_comes_after_all_items_and_to_every_drawer) {
  pariter::concurrent_log<int> log;
  const auto s = share(log.follow());
  std::atomic<int> told = 0;
  std::vector<std::vector<int>> drawn(4);
  std::thread writer([&] {
    for (int i = 0; i < 5'000; ++i) log.append(i);
    log.fail(std::make_exception_ptr(std::runtime_error("log failed")));
  });
  on_threads(4, [&](int t) {
    auto d = s.iter();
    EXPECT_THROW(while (auto x = d.next()) drawn[static_cast<std::size_t>(t)].push_back(*x);, std::runtime_error);
    ++told;
    EXPECT_THROW((void)d.next(), std::runtime_error) << "and stays failed";
  });
  writer.join();
  EXPECT_EQ(told, 4);
  expect_exactly_once_and_in_order(drawn, 5'000);
}

TEST(ShareLive, one_subscription_of_a_broadcast_shared_beside_one_that_is_not) {
  for (const std::size_t capacity : {1u, 2u, 64u, 1'024u}) {
    pariter::broadcast<std::string> stream({.capacity = capacity});
    const auto s = share(stream.iter());
    auto alone = stream.iter();
    std::thread writer([&] {
      for (int i = 0; i < 3'000; ++i) stream.append(std::to_string(i));
      stream.close();
    });
    int seen = 0;
    std::thread reader([&] {
      for (const std::string& x : alone) EXPECT_EQ(x, std::to_string(seen++));
    });
    std::vector<std::vector<int>> drawn(3);
    on_threads(3, [&](int t) {
      for (const std::string& x : s.iter()) drawn[static_cast<std::size_t>(t)].push_back(std::stoi(x));
    });
    writer.join();
    reader.join();
    EXPECT_EQ(seen, 3'000);
    expect_exactly_once_and_in_order(drawn, 3'000);
  }
}

TEST(ShareLive, a_dropped_share_gates_the_writers_no_more) {
  pariter::broadcast<int> stream({.capacity = 4});
  {
    const auto s = share(stream.iter());
    int written = 0;
    while (stream.try_append(written)) ++written;
    EXPECT_GE(written, 4);
    EXPECT_EQ(*s.iter().next(), 0);
    while (stream.try_append(written)) ASSERT_LT(++written, 100);
  }
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(stream.try_append(i));
}

// A waiting source with a script: what each step answers. It reuses the room of its items.
struct fragile {
  int value = -1;
  static inline std::atomic<int> copies_until_throw = -1;
  fragile(int v) : value(v) {}
  fragile(const fragile& other) : value(other.value) {
    if (copies_until_throw.load() >= 0 && copies_until_throw.fetch_sub(1) == 0) throw std::runtime_error("copy failed");
  }
  fragile& operator=(const fragile&) = default;
  ~fragile() = default;
};
struct gap_of {
  std::uint64_t count;
};
struct script {
  using line = std::variant<std::vector<int>, gap_of, std::exception_ptr>;
  pariter::detail::parking_lot lot;
  std::mutex mutex;
  std::deque<line> lines;
  bool closed = false;
  int looks_in_vain = 0;

  void say(line l) {
    {
      const std::lock_guard hold(mutex);
      lines.push_back(std::move(l));
    }
    lot.notify_all();
  }
  void close() {
    {
      const std::lock_guard hold(mutex);
      closed = true;
    }
    lot.notify_all();
  }
};

class scripted : public pariter::iterator_interface<scripted> {
 public:
  explicit scripted(script& s) : script_(&s) {}

  pariter::optional_ref<const fragile> next() { throw std::logic_error("share() never waits inside the source"); }

  pariter::outcome<std::span<const fragile>> try_next_batch() {
    using answer = pariter::outcome<std::span<const fragile>>;
    for (auto& old : room_) old.value = -1;
    const std::lock_guard hold(script_->mutex);
    if (script_->lines.empty() && !script_->closed) ++script_->looks_in_vain;
    if (script_->lines.empty()) return script_->closed ? answer::closed() : answer::empty();
    const script::line l = std::move(script_->lines.front());
    script_->lines.pop_front();
    if (const auto* gap = std::get_if<gap_of>(&l)) return answer::gap(gap->count);
    if (const auto* error = std::get_if<std::exception_ptr>(&l)) return answer::failed(*error);
    const int copies = fragile::copies_until_throw.exchange(-1);  // these copies are not share's
    const auto& values = std::get<0>(l);
    room_.assign(values.begin(), values.end());
    fragile::copies_until_throw = copies;
    return answer::item(std::span<const fragile>(room_));
  }
  bool ready() const noexcept {
    const std::lock_guard hold(script_->mutex);
    return !script_->lines.empty() || script_->closed;
  }
  pariter::detail::parking_lot& parking() const noexcept { return script_->lot; }

 private:
  script* script_;
  std::vector<fragile> room_;
};

TEST(ShareLive, copies_items_whose_room_is_reused) {
  script text;
  const auto s = share(scripted(text));
  static_assert(std::is_same_v<pariter::item_t<decltype(s.iter())>, fragile>);
  std::thread writer([&] {
    const auto all = numbers(10'000);
    for (auto from = all.begin(); from != all.end(); from += 100) text.say(std::vector(from, from + 100));
    text.close();
  });
  std::vector<std::vector<int>> drawn(4);
  on_threads(4, [&](int t) {
    for (const fragile& x : s.iter()) drawn[static_cast<std::size_t>(t)].push_back(x.value);
  });
  writer.join();
  expect_exactly_once_and_in_order(drawn, 10'000);
}

TEST(ShareLive, an_item_wakes_one_of_many_that_wait) {
  constexpr int drawers = 16;
  constexpr int items = 500;
  script text;
  const auto s = share(scripted(text));
  std::atomic<int> drawn = 0;
  std::thread writer([&] {
    for (int i = 0; i < items; ++i) {
      text.say(std::vector{i});
      while (drawn <= i) std::this_thread::yield();
    }
    text.close();
  });
  on_threads(drawers, [&](int) {
    for (const fragile& x : s.iter()) EXPECT_EQ(x.value, drawn++);
  });
  writer.join();
  EXPECT_EQ(drawn, items);
  EXPECT_LT(text.looks_in_vain, items * drawers / 2) << "of them: one by who is woken next, one by who took the item";
}

TEST(ShareLive, cleared_items_are_destroyed_where_others_can_draw) {
  struct other_hand {
    std::atomic<bool> asked = false;
    std::atomic<bool> drew = false;
    std::atomic<int> kept_waiting = 0;
  };
  static other_hand other;
  struct item {
    explicit item(bool t) : tells(t) {}
    item(item&& o) noexcept : tells(std::exchange(o.tells, false)) {}
    ~item() {
      if (!tells) return;
      other.drew = false;
      other.asked = true;
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
      while (!other.drew && std::chrono::steady_clock::now() < until) std::this_thread::yield();
      if (!other.drew) ++other.kept_waiting;
    }
    bool tells;
  };
  std::atomic<bool> done = false;
  pariter::concurrent_log<item> log;
  const auto s = share(log.follow(), pariter::unbuffered);
  std::thread helper([&] {
    auto d = s.iter();
    while (!done) {
      if (!other.asked.exchange(false)) {
        std::this_thread::yield();
        continue;
      }
      (void)d.try_next();
      other.drew = true;
    }
  });
  auto a = s.iter();
  auto b = s.iter();
  for (int round = 0; round < 3; ++round) {
    log.emplace(true);
    log.emplace(false);
    EXPECT_TRUE(a.try_next().has_item());  // keeps the first generation
    EXPECT_TRUE(b.try_next().has_item());
    log.clear();
    log.emplace(false);
    EXPECT_TRUE(a.try_next().has_item());  // the group leaves it; b holds it still
    EXPECT_TRUE(b.try_next().is_empty());  // and no more
  }
  done = true;
  helper.join();
  EXPECT_EQ(other.kept_waiting, 0);
}

TEST(ShareLive, waits_until_a_deadline) {
  using namespace std::chrono_literals;
  pariter::concurrent_log<int> log;
  const auto s = share(log.follow());
  auto a = s.iter();
  auto b = s.iter();
  EXPECT_TRUE(a.next_for(0s).is_empty());
  EXPECT_TRUE(a.next_for(1ms).is_empty());
  EXPECT_TRUE(a.next_until(std::chrono::system_clock::now() - 1h).is_empty());
  std::atomic<int> waiting = 2;
  std::vector<int> got;
  std::mutex mutex;
  std::thread others[2];
  for (std::size_t t = 0; t < 2; ++t) {
    others[t] = std::thread([&, &d = t == 0 ? a : b] {
      --waiting;
      for (;;) {
        const auto o = d.next_for(std::chrono::hours::max());
        if (o.is_closed()) break;
        ASSERT_TRUE(o.has_item());
        const std::lock_guard hold(mutex);
        got.push_back(*o);
      }
    });
  }
  while (waiting != 0) std::this_thread::yield();
  for (int i = 0; i < 1'000; ++i) {
    log.append(i);
    if (i % 100 == 0) {  // one that gives up hands the watch on
      auto c = s.iter();
      const auto o = c.next_for(50us);
      if (o.has_item()) {
        const std::lock_guard hold(mutex);
        got.push_back(*o);
      }
    }
  }
  log.close();
  for (auto& t : others) t.join();
  std::ranges::sort(got);
  EXPECT_EQ(got, numbers(1'000));
}

template <class D>
concept has_batches = requires(D& d) { d.next_batch(); };

TEST(ShareLive, hands_out_batches_where_the_items_stay) {
  pariter::concurrent_log<int> log;
  const auto s = share(log.follow());
  auto a = s.iter();
  EXPECT_TRUE(a.try_next_batch().is_empty());
  log.append_range(numbers(10'000));
  log.close();
  std::vector<int> got;
  auto b = s.iter();
  EXPECT_EQ(*b.next(), 0);
  while (true) {
    const auto batch = a.try_next_batch();
    if (!batch.has_item()) break;
    ASSERT_FALSE(batch->empty());
    got.insert(got.end(), batch->begin(), batch->end());
    const auto more = b.next_batch();
    got.insert(got.end(), more.begin(), more.end());
  }
  EXPECT_TRUE(a.try_next_batch().is_closed());
  EXPECT_TRUE(a.next_batch().empty());
  std::ranges::sort(got);
  EXPECT_EQ(got, numbers(1, 10'000));
  EXPECT_EQ(s.left_over(), 0u);
  using copies = decltype(share(std::declval<pariter::broadcast<int>&>().iter()).iter());
  static_assert(has_batches<decltype(a)> && !has_batches<copies>);
}

TEST(ShareLive, looking_in_vain_changes_no_pace) {
  pariter::concurrent_log<int> log;
  const auto s = share(log.follow());
  auto d = s.iter();
  log.append(0);
  EXPECT_TRUE(d.try_next().has_item());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(d.try_next().is_empty());
  log.append_range(numbers(1'000));
  EXPECT_TRUE(d.try_next().has_item());
  auto other = s.iter();
  EXPECT_LE(*other.try_next(), 2) << "it took two at most, since it had one before";
}

TEST(ShareLive, a_gap_is_told_to_one_drawer_and_the_group_goes_on) {
  script text;
  text.say(std::vector{0, 1});
  text.say(gap_of{7});
  text.say(std::vector{9});
  text.close();
  const auto s = share(scripted(text), pariter::unbuffered);
  auto a = s.iter();
  auto b = s.iter();
  EXPECT_EQ(a.next()->value, 0);
  EXPECT_EQ(b.next()->value, 1);
  try {
    (void)a.next();
    ADD_FAILURE() << "the gap was swallowed";
  } catch (const pariter::missed_items& gap) {
    EXPECT_EQ(gap.count(), 7u);
  }
  EXPECT_EQ(b.next()->value, 9);
  EXPECT_FALSE(a.next());
  EXPECT_FALSE(b.next());
}

TEST(ShareLive, try_next_reports_gaps_and_failures_as_values) {
  script text;
  text.say(gap_of{3});
  text.say(std::make_exception_ptr(std::runtime_error("failed")));
  const auto s = share(scripted(text));
  auto d = s.iter();
  const auto gap = d.try_next();
  ASSERT_TRUE(gap.is_gap());
  EXPECT_EQ(gap.missed(), 3u);
  EXPECT_TRUE(d.try_next().is_failed());
  EXPECT_TRUE(d.try_next().is_failed()) << "for ever";
  EXPECT_TRUE(s.iter().try_next().is_failed()) << "but every drawer";
}

TEST(ShareLive, an_item_whose_copy_failed_is_still_there) {
  for (int fails_at = 0; fails_at < 100; ++fails_at) {
    script text;
    text.say(std::vector(100, 5));
    text.say(std::vector(100, 6));
    text.close();
    const auto s = share(scripted(text));
    fragile::copies_until_throw = fails_at;
    int sum = 0;
    int failures = 0;
    for (auto d = s.iter();;) {
      try {
        // by hand, since a loop's variable may be a copy of its own
        const auto x = d.next();
        if (!x) break;
        sum += x->value;
      } catch (const std::runtime_error&) {
        ++failures;
      }
    }
    fragile::copies_until_throw = -1;
    EXPECT_LE(failures, 1);
    if (sum != 1'100) {
      // `next()` itself copies a fragile, which has no move: that copy is the drawer's own, and its item is not lost either
      ADD_FAILURE() << "lost an item when copy " << fails_at << " failed: " << sum;
    }
  }
}

}  // namespace
