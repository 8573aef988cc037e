// SPDX-License-Identifier: Apache-2.0
//
// share() and tee(), as shipped, under Relacy: draws, give-back, the lock in front of a source, the end, segments that are let
// go, waiting for the slowest branch; first as they are (no schedule may fail), then with one planted bug at a time (one must).
//
// Prints the table of mutants and the number of schedules until each was found. Exit code 0: all passed and every mutant was
// found.

#include "run.hpp"
#include "scenario.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/sharing/draw_indexed.hpp"
#include "pariter/sharing/draw_live.hpp"
#include "pariter/sharing/draw_pulled.hpp"
#include "pariter/sharing/tee.hpp"

namespace {

using namespace pariter;
using model::item;
using model::scenario;

// 0, 1, … from a position that the model watches: two threads in the source are a race.
class watched_source : public iterator_interface<watched_source> {
 public:
  struct failure {};
  explicit watched_source(int count, bool fails = false) : count_(count), fails_(fails), at_(std::make_unique<rl::var<int>>()) { (*at_)($) = 0; }
  std::optional<item> next() {
    const int i = (*at_)($);
    if (i == count_ && fails_) throw failure();
    if (i == count_) return std::nullopt;
    (*at_)($) = i + 1;
    return std::optional<item>(std::in_place, i);
  }

 private:
  int count_;
  bool fails_;
  std::unique_ptr<rl::var<int>> at_;
};

int value_of(int x) { return x; }
int value_of(const item& x) { return x.value(); }

// Three threads draw; the first leaves after its second item, with more at hand, and comes back. Each item comes once.
template <class Derived, class Draw, int Items>
struct drawing : scenario<Derived, Draw, 3> {
  int times[Items] = {};
  void draw_up_to(int most) {
    auto seat = Draw::sit_down(this->shared);
    detail::run<typename Draw::cursor> at_hand;
    for (; most != 0; --most) {
      if (at_hand.first == at_hand.last) at_hand = Draw::draw(*seat);
      if (at_hand.first == at_hand.last) break;
      const auto step = Draw::take(at_hand.first);
      const int x = value_of(*step);
      MODEL_CHECK(x >= 0 && x < Items);
      if (x >= 0 && x < Items) ++times[x];
    }
    Draw::leave(std::move(seat), at_hand.first, at_hand.last);
  }
  void thread(unsigned index) {
    if (index == 0) draw_up_to(2);
    draw_up_to(-1);
  }
  void finish() {
    draw_up_to(-1);  // what was given back after the others had seen the end
    for (const int n : times) MODEL_CHECK(n == 1);
    MODEL_CHECK(this->shared->left_over() == 0);
  }
};

using numbers = std::vector<int>;
using indexed = detail::indexed_draw<detail::range_access<decltype(iter(std::declval<numbers>()))>, model::atomic>;
struct draw_indexed : drawing<draw_indexed, indexed, 7> {
  std::shared_ptr<indexed> make() {
    std::fill(std::begin(times), std::end(times), 0);
    return std::make_shared<indexed>(detail::range_access(iter(numbers{0, 1, 2, 3, 4, 5, 6})), 3);
  }
};

// The source fails after its last item: each drawer is told, after everything that was drawn before.
using pulled = detail::pulled_draw<watched_source, model::atomic>;
struct draw_failing : scenario<draw_failing, pulled, 2> {
  int times[3] = {};
  int told = 0;
  std::shared_ptr<pulled> make() {
    std::fill(std::begin(times), std::end(times), 0);
    told = 0;
    return std::make_shared<pulled>(watched_source(3, true), share_options{.at_once = 2});
  }
  void thread(unsigned) {
    auto seat = pulled::sit_down(shared);
    detail::run<pulled::cursor> at_hand;
    try {
      for (;;) {
        at_hand = pulled::draw(*seat);
        MODEL_CHECK(at_hand.first != at_hand.last);
        if (at_hand.first == at_hand.last) break;
        while (at_hand.first != at_hand.last) ++times[value_of(*pulled::take(at_hand.first))];
      }
    } catch (const watched_source::failure&) {
      ++told;
    }
    pulled::leave(std::move(seat), at_hand.first, at_hand.last);
  }
  void finish() {
    MODEL_CHECK(told == 2);
    for (const int n : times) MODEL_CHECK(n == 1);
  }
};
struct draw_pulled : drawing<draw_pulled, pulled, 6> {
  std::shared_ptr<pulled> make() {
    std::fill(std::begin(times), std::end(times), 0);
    return std::make_shared<pulled>(watched_source(6), share_options{.at_once = 2});
  }
};

// A follower of a log that grows meanwhile, two drawers that park; one gives back.
using log_core = detail::log_core<item, writers::locked, std::allocator<item>, model::atomic>;
using follower = log_iterator<item, log_core, log_walk::follow>;
using live = detail::live_draw<follower, model::atomic>;
struct draw_live : scenario<draw_live, live, 3> {
  std::unique_ptr<log_core> log;
  int times[4] = {};
  std::shared_ptr<live> make() {
    std::fill(std::begin(times), std::end(times), 0);
    log = std::make_unique<log_core>(std::allocator<item>());
    for (int i = 0; i < 3; ++i) log->emplace(i);
    auto pinned = log->pin_current();
    const auto count = pinned->published().count();
    return std::make_shared<live>(follower(*log, std::move(pinned), 0, count), share_options{.at_once = 2});
  }
  // Stops after `most` items.
  void draw_up_to(int most) {
    auto seat = live::sit_down(shared);
    detail::run<live::cursor> at_hand;
    for (; most != 0; --most) {
      if (at_hand.first == at_hand.last) at_hand = live::draw(*seat);
      if (at_hand.first == at_hand.last) break;
      ++times[(*live::take(at_hand.first)).value()];
    }
    live::leave(std::move(seat), at_hand.first, at_hand.last);
  }
  void thread(unsigned index) {
    if (index == 0) {
      log->emplace(3);
      log->end(nullptr);
    } else {
      draw_up_to(index == 1 ? 2 : -1);
    }
  }
  void finish() {
    draw_up_to(-1);
    for (const int n : times) MODEL_CHECK(n == 1);
    shared.reset();
    log.reset();
  }
};

// The log is not closed: the drawer that sleeps must be woken by what the other gives back.
struct give_back_wakes : scenario<give_back_wakes, live, 2> {
  std::unique_ptr<log_core> log;
  std::unique_ptr<live::seat> leaver;
  detail::run<live::cursor> at_hand;
  std::shared_ptr<live> make() {
    log = std::make_unique<log_core>(std::allocator<item>());
    for (int i = 0; i < 2; ++i) log->emplace(i);
    auto pinned = log->pin_current();
    const auto count = pinned->published().count();
    auto draw = std::make_shared<live>(follower(*log, std::move(pinned), 0, count), share_options{.at_once = 2});
    leaver = live::sit_down(draw);
    at_hand = live::draw(*leaver);
    if (at_hand.last - at_hand.first == 1) {  // the first chunk is of one item
      (void)live::take(at_hand.first);
      at_hand = live::draw(*leaver);
    }
    return draw;
  }
  void thread(unsigned index) {
    if (index == 0) {
      live::leave(std::move(leaver), at_hand.first, at_hand.last);
    } else {
      auto seat = live::sit_down(shared);
      auto got = live::draw(*seat);
      MODEL_CHECK((*live::take(got.first)).value() == 1);
      live::leave(std::move(seat), got.first, got.last);
    }
  }
  void finish() {
    shared.reset();
    log.reset();
  }
};

// Branches on threads of their own over several segments (of 4 items), with the room of `Capacity`. With 6 items the last one leaves
// after one item, when the first has gone as far as it can without it; with more, and without a bound, it lets the first run to the end
// ahead of it. With more and a bound, segments are used again.
using branch = tee_branch<watched_source, model::atomic>;
template <std::size_t Capacity, unsigned Branches, int Items = 6>
struct teeing : scenario<teeing<Capacity, Branches, Items>, int, Branches> {
  static constexpr int items = Items;
  static constexpr int lead = Capacity == unbounded ? 0 : static_cast<int>(Capacity) + (Branches == 2 ? 1 : 0);
  model::atomic<int> first_has{0};
  model::atomic<int> second_has{0};
  std::vector<branch> branches;
  std::shared_ptr<int> make() {
    branches.clear();
    detail::tee_maker::make<model::atomic>(watched_source(items), Branches, {.capacity = Capacity}, [&](auto b) { branches.push_back(std::move(b)); });
    return nullptr;
  }
  static void wait_for(model::atomic<int>& has, int items_at_least) {
    while (has.load(std::memory_order_relaxed) < items_at_least) rl::yield(1, $);  // relaxed: orders nothing
  }
  // Until the first branch has so many items, and has had time to fall asleep.
  void wait_for_first(int items_at_least) {
    wait_for(first_has, items_at_least);
    for (int i = 0; i < 60; ++i) rl::yield(1, $);
  }
  // The first branch begins a segment when the second has just let one go, and neither has told the other by anything else.
  void hand_over_segments(unsigned index, int has) {
    if (index == 0 && has % 4 == 0) wait_for(second_has, has - 3);
    if (index == 1 && has % 4 == 1) wait_for(first_has, std::min(has + 4, Items));
  }
  void thread(unsigned index) {
    std::optional<branch> own(std::move(branches[index]));
    int expected = 0;
    const bool leaves = index != 0 && index == Branches - 1 && Items == 6;
    while (auto x = own->next()) {
      MODEL_CHECK(x->value() == expected);
      ++expected;
      if (Capacity == unbounded && Items > 6 && index == 1 && expected == 4) wait_for_first(Items);  // at the end of a segment that only it needs
      if (index <= 1) (index == 0 ? first_has : second_has).store(expected, std::memory_order_relaxed);  // relaxed: orders nothing
      if (Capacity != unbounded && Items > 6) hand_over_segments(index, expected);
      if (leaves) break;
    }
    if (leaves) wait_for_first(lead);
    MODEL_CHECK(expected == (leaves ? 1 : items));
    own.reset();
  }
  void finish() { branches.clear(); }
};

// The source fails while the branches wait for each other: each has all items before it, and is told.
struct teeing_failing : scenario<teeing_failing, int, 2> {
  std::vector<branch> branches;
  std::shared_ptr<int> make() {
    branches.clear();
    detail::tee_maker::make<model::atomic>(watched_source(3, true), 2, {.capacity = 1}, [&](auto b) { branches.push_back(std::move(b)); });
    return nullptr;
  }
  void thread(unsigned index) {
    std::optional<branch> own(std::move(branches[index]));
    int expected = 0;
    bool told = false;
    try {
      while (auto x = own->next()) {
        MODEL_CHECK(x->value() == expected);
        ++expected;
      }
    } catch (const watched_source::failure&) {
      told = true;
    }
    MODEL_CHECK(told && expected == 3);
    own.reset();
  }
  void finish() { branches.clear(); }
};

// Threads take turns, and the lock gets one owner after the other; what is inside is watched for races. The first one waits until it
// may get in, the others go away after some attempts in vain.
template <unsigned Threads, int Turns>
struct turns : scenario<turns<Threads, Turns>, detail::basic_turn_lock<model::atomic>, Threads> {
  using lock = detail::basic_turn_lock<model::atomic>;
  std::unique_ptr<rl::var<int>> inside;
  std::vector<lock::caller> callers;
  int times[Threads] = {};
  int tries[Threads] = {};
  std::shared_ptr<lock> make() {
    inside = std::make_unique<rl::var<int>>();
    (*inside)($) = 0;
    callers.assign(Threads, {});
    std::fill(std::begin(times), std::end(times), 0);
    std::fill(std::begin(tries), std::end(tries), 12);
    return std::make_shared<lock>();
  }
  void thread(unsigned index) {
    lock& l = *this->shared;
    while (times[index] != Turns) {
      if (const typename lock::turn turn(l, callers[index]); turn) {
        const int before = (*inside)($);
        for (int i = 0; i < 3; ++i) rl::yield(1, $);  // time for others to come
        (*inside)($) = before + 1;
        ++times[index];
        continue;
      }
      if (index != 0) {
        if (--tries[index] == 0) break;
        continue;
      }
      l.parking().wait([&l] { return l.is_free(); });
    }
    l.leave(callers[index]);
  }
  void finish() {
    int all = 0;
    for (const int n : times) all += n;
    MODEL_CHECK(times[0] == Turns);
    MODEL_CHECK((*inside)($) == all);
    inside.reset();
  }
};

constexpr model::check checks[] = {
    {"turn lock: two threads", false, model::schedules_until_failure<turns<2, 12>>},
    {"turn lock: three threads", false, model::schedules_until_failure<turns<3, 8>>},
    {"share: indexed, give-back", false, model::schedules_until_failure<draw_indexed>},
    {"share: single pass, give-back", false, model::schedules_until_failure<draw_pulled>},
    {"share: single pass, the source fails", false, model::schedules_until_failure<draw_failing>},
    {"share: live log, park, give-back", false, model::schedules_until_failure<draw_live>},
    {"share: give-back wakes a sleeper", true, model::schedules_until_failure<give_back_wakes>},
    {"tee: two branches, capacity 1", false, model::schedules_until_failure<teeing<1, 2>>},
    {"tee: two branches, three segments", false, model::schedules_until_failure<teeing<unbounded, 2, 10>>},
    {"tee: two branches, segments used again", false, model::schedules_until_failure<teeing<8, 2, 18>>},
    {"tee: three branches, unbounded", false, model::schedules_until_failure<teeing<unbounded, 3>>},
    {"tee: three branches, capacity 2", false, model::schedules_until_failure<teeing<2, 3>>},
    {"tee: two branches, the source fails", false, model::schedules_until_failure<teeing_failing>},
};

constexpr model::planted mutants[] = {
    {201, "tee: count read without acquire"},
    {202, "tee: published without release"},
    {203, "tee: segment to be used again let go without release"},
    {204, "tee: segment to be used again taken without acquire"},
    {205, "tee: segment let go without acquire or release"},
    {206, "tee: segment let go before the next one is held"},
    {207, "tee: a branch leaves and wakes nobody"},
    {208, "share: a live drawer gives back and wakes nobody"},
    {209, "share: a claim is not cut at the size"},
    {210, "share: what is at hand is not given back"},
    {226, "share: a live drawer that has waited goes and wakes nobody"},
    {211, "draw lock: taken without acquire"},
    {212, "draw lock: left without release"},
    {213, "turn lock: left by its owner without release", "turn lock"},
    {214, "turn lock: taken from its owner without a fence", "turn lock"},
    {215, "turn lock: shows itself, gives up, and tells nobody", "turn lock"},
    {216, "turn lock: the owner goes in without a second look", "turn lock"},
    {218, "turn lock: the last owner's desk is not looked at", "turn lock"},
    {219, "turn lock: the last owner's desk read without acquire", "turn lock"},
    {221, "turn lock: the owner is not removed", "turn lock"},
    {222, "turn lock: taken without acquire", "turn lock"},
    {223, "turn lock: left without release", "turn lock"},
    {224, "turn lock: the fence comes before the owner is removed", "turn lock"},
    {225, "turn lock: who was the last owner is not noted", "turn lock"},
};

}  // namespace

int main(int argc, char** argv) { return model::run(checks, mutants, 15'000, argc, argv); }
