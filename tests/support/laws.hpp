// SPDX-License-Identifier: Apache-2.0
#pragma once
// The laws of iteration, once for all, and what they need.
//
// A *fixture* sets up an iterator with a known content. It has
//   explicit fixture(int n)        a content made from the numbers 0 .. n-1
//   auto iter()                    the iterator
//   items expected() const         what it should deliver, each item as a list of numbers (flat())
//   static constexpr bool repeatable = true/false    whether iter() may be called again for an independent one
//
// `adapted<Case, T>` is the fixture of an adaptor over `scripted<T>` sources, which count and can fail. A *case* has
//   static auto make(auto& source, int n)      the adaptor; source(n) makes one more source of n items
//   static items model(int n)                  as expected(); of an endless one the first few
//   static int pulls(int delivered, int n)     pulls that have happened when so many items were taken
//   traits                                     an adaptor_traits
//
// Each law is a function template over a fixture or a case; laws_test.cpp runs them over everything.

#include "pariter/core/any_iterator.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/next.hpp"
#include "pariter/core/size_hint.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace pariter::test {

using flat_item = std::vector<int>;
using items = std::vector<flat_item>;

template <class X>
void flatten(X&& x, flat_item& out);

template <iterator I>
void flatten_all(I& it, flat_item& out) {
  while (auto s = it.next()) flatten(*s, out);
}

// An item of any kind as numbers. Drains an item that is an iterator.
template <class X>
void flatten(X&& x, flat_item& out) {
  using value = std::remove_cvref_t<X>;
  if constexpr (std::convertible_to<value, int>) out.push_back(static_cast<int>(x));
  else if constexpr (requires { x.value; }) out.push_back(x.value);
  else if constexpr (iterator<value>) flatten_all(x, out);
  else if constexpr (detail::step_result<value>::value) x ? flatten(*x, out) : out.push_back(-1);
  else if constexpr (requires { std::tuple_size<value>::value; }) std::apply([&](auto&... part) { (flatten(part, out), ...); }, x);
  else if constexpr (requires { std::visit([](auto&) {}, x); }) std::visit([&](auto& part) { flatten(part, out); }, x);
  else if constexpr (requires { x.pieces(); }) for (const auto& piece : x.pieces()) flatten(piece.bytes, out);
  else for (auto&& part : x) flatten(part, out);
}

template <class X>
flat_item flat(X&& x) {
  flat_item out;
  flatten(x, out);
  return out;
}

// Up to `limit` items.
template <class I>
items take(I& it, std::size_t limit) {
  items out;
  while (out.size() < limit) {
    auto s = it.next();
    if (!s) break;
    out.push_back(flat(*s));
  }
  return out;
}

inline items first(const items& all, std::size_t n) { return items(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)); }
inline items after(const items& all, std::size_t n) { return items(all.begin() + static_cast<std::ptrdiff_t>(n), all.end()); }

inline constexpr int lengths[] = {0, 1, 2, 7};

// ------------------------------------------------------------------------------------------------ laws of every iterator

template <class Fixture>
void delivers_what_it_should() {
  for (int n : lengths) {
    Fixture f(n);
    auto&& it = f.iter();
    const items expected = f.expected();
    EXPECT_EQ(take(it, expected.size() + (Fixture::endless ? 0u : 1u)), expected) << "of " << n;
  }
}

template <class Fixture>
void is_at_its_end_for_ever() {
  if (Fixture::endless) return;
  for (int n : lengths) {
    Fixture f(n);
    auto&& it = f.iter();
    (void)take(it, 1000);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(it.next()) << "of " << n;
    for (auto&& item : it) ADD_FAILURE() << "a loop found an item after the end: " << flat(item).size();
    EXPECT_FALSE(it.next()) << "nor does a loop revive it";
  }
}

template <class Fixture>
void iter_of_it_is_it() {
  Fixture f(2);
  auto&& it = f.iter();
  EXPECT_EQ(std::addressof(pariter::iter(it)), std::addressof(it));
}

template <class Fixture>
void range_for_continues_after_break() {
  for (int n : lengths) {
    const items expected = Fixture(n).expected();
    for (std::size_t stop = 1; stop <= expected.size(); ++stop) {
      Fixture f(n);
      auto&& it = f.iter();
      items seen;
      for (auto&& item : it) {
        seen.push_back(flat(item));
        if (seen.size() == stop) break;
      }
      if (Fixture::endless && stop == expected.size()) continue;
      for (auto&& item : it) {
        seen.push_back(flat(item));
        if (Fixture::endless && seen.size() == expected.size()) break;
      }
      EXPECT_EQ(seen, expected) << "of " << n << ", stopped after " << stop;
    }
  }
}

template <class Fixture>
void a_moved_iterator_continues() {
  for (int n : lengths) {
    const items expected = Fixture(n).expected();
    for (std::size_t stop = 0; stop <= expected.size(); ++stop) {
      Fixture f(n), g(n);
      auto it = f.iter();
      EXPECT_EQ(take(it, stop), first(expected, stop));
      auto moved = std::move(it);
      if (stop < expected.size()) {
        auto s = moved.next();
        ASSERT_TRUE(s);
        EXPECT_EQ(flat(*s), expected[stop]);
      }
      auto assigned = g.iter();
      (void)take(assigned, stop / 2);
      assigned = std::move(moved);
      const std::size_t rest = stop + (stop < expected.size() ? 1u : 0u);
      EXPECT_EQ(take(assigned, expected.size() - rest), after(expected, rest)) << "of " << n << ", moved after " << stop;
    }
  }
}

template <class Fixture>
void a_size_hint_counts_what_is_left() {
  using I = std::remove_cvref_t<decltype(std::declval<Fixture&>().iter())>;
  for (int n : lengths) {
    Fixture f(n);
    auto&& it = f.iter();
    const items expected = f.expected();
    for (std::size_t left = expected.size(); left > 0; --left) {
      if (const auto hint = pariter::size_hint(it)) {
        EXPECT_FALSE(Fixture::endless);
        EXPECT_EQ(*hint, left) << "of " << n;
      } else {
        EXPECT_FALSE(iteration_traits<I>.sized) << "promised always to know";
      }
      (void)take(it, 1);
    }
    if (Fixture::endless) continue;
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(pariter::size_hint(it).value_or(0), 0u);
      EXPECT_FALSE(it.next());
    }
  }
}

template <class Fixture>
void several_iterators_are_independent() {
  if constexpr (Fixture::repeatable) {
    Fixture f(3);
    const items expected = f.expected();
    std::size_t rounds = 0;
    for (auto&& a : f.iter()) {
      (void)a;
      for (auto&& b : f.iter()) {
        (void)b;
        auto&& inner = f.iter();
        EXPECT_EQ(take(inner, 100), expected);
        ++rounds;
      }
    }
    EXPECT_EQ(rounds, expected.size() * expected.size());
  }
}

template <class Fixture>
void a_fork_goes_its_own_way() {
  using I = std::remove_cvref_t<decltype(std::declval<Fixture&>().iter())>;
  constexpr bool forks = requires(const I& it) { it.fork(); };
  static_assert(!iteration_traits<I>.forkable || forks, "promised, but not there");
  if constexpr (forks) {
    for (int n : lengths) {
      const items expected = Fixture(n).expected();
      for (std::size_t at = 0; at <= expected.size(); ++at) {
        Fixture f(n);
        auto&& it = f.iter();
        (void)take(it, at);
        auto twin = it.fork();
        const std::size_t rest = expected.size() - at + (Fixture::endless ? 0u : 1u);
        EXPECT_EQ(take(twin, rest), after(expected, at)) << "of " << n << ", forked after " << at;
        EXPECT_EQ(take(it, rest), after(expected, at)) << "of " << n << ", forked after " << at;
      }
    }
  }
}

// From any place, its end too, to any other.
template <class Fixture>
void a_seek_goes_where_it_is_told() {
  using I = std::remove_cvref_t<decltype(std::declval<Fixture&>().iter())>;
  constexpr bool seeks = requires(I& it) { it.seek(it.position()); };
  static_assert(!iteration_traits<I>.seekable || seeks, "promised, but not there");
  if constexpr (seeks) {
    for (int n : lengths) {
      const items expected = Fixture(n).expected();
      for (std::size_t from = 0; from <= expected.size() + 1; ++from) {
        for (std::size_t to = 0; to <= expected.size(); ++to) {
          Fixture f(n);
          auto&& it = f.iter();
          const auto start = it.position();
          (void)take(it, from);
          it.seek(start + to);
          EXPECT_EQ(it.position(), start + to);
          EXPECT_EQ(take(it, expected.size() + 1), after(expected, to)) << "of " << n << ", from " << from << " to " << to;
          EXPECT_FALSE(it.next());
        }
      }
    }
  }
}

template <class Fixture>
void is_a_standard_input_range() {
  using I = std::remove_cvref_t<decltype(std::declval<Fixture&>().iter())>;
  static_assert(pariter::iterator<I>);
  static_assert(std::ranges::input_range<I&>);
  static_assert(!std::copy_constructible<I>, "an iterator has one owner; a position is copied by fork() only");
  static_assert(pariter::iterable<I&> && !pariter::shared_iterable<I>, "an iterator is its own iterable and nobody else's");
}

// ------------------------------------------------------------------------------------------------------ scripted sources

struct script {
  int pulls = 0;    // of all sources together
  int fail_at = 0;  // this pull throws, once
  bool sized = true;
  std::function<void()> inside;  // what the next pull does first, once
};

// 0, 1, ... n-1. Holds something as long as it has not ended, as a generator holds its frame; but it can be forked.
template <class T>
class scripted : public iterator_interface<scripted<T>> {
 public:
  static constexpr iteration_properties properties{.sees = sight::live, .forkable = true};

  scripted(script& s, int n) : script_(&s), n_(n), frame_(std::make_unique<counted>()) {}

  std::optional<T> next() {
    if (script_->inside) std::exchange(script_->inside, nullptr)();
    if (at_ < n_ && !frame_) ADD_FAILURE() << "a source was asked that had been moved from";
    if (++script_->pulls == script_->fail_at) throw planned_failure();
    if (at_ == n_) {
      frame_.reset();
      return std::nullopt;
    }
    return std::optional<T>(std::in_place, at_++);
  }
  std::optional<std::size_t> size_hint() const {
    if (!script_->sized) return std::nullopt;
    return static_cast<std::size_t>(n_ - at_);
  }
  scripted fork() const {
    scripted twin(*script_, n_);
    twin.at_ = at_;
    if (!frame_) twin.frame_.reset();
    return twin;
  }

 private:
  script* script_;
  int n_;
  int at_ = 0;
  std::unique_ptr<counted> frame_;
};

struct adaptor_traits {
  bool endless = false;      // no end; model() gives the first few
  bool copies = false;       // needs items that can be copied
  bool assigns = false;      // needs items that can be assigned
  bool gathers = false;      // an item is made of several pulls, some of which an exception loses
  int keeps = 0;             // counted objects that stay alive after the end
  bool lends = false;        // walks a source that it does not own
  bool unguarded = false;    // its step is its source's, which has the canary
};

template <class Case, class T = int>
struct adapted {
  static constexpr bool repeatable = false;
  static constexpr bool endless = Case::traits.endless;

  explicit adapted(int n) : n_(n) {}
  auto iter() {
    auto source = [this](int n) { return scripted<T>(script_, n); };
    return Case::make(source, n_);
  }
  items expected() const { return Case::model(n_); }

  int n_;
  script script_;
};

// ------------------------------------------------------------------------------------------------------ laws of adaptors

template <class Case>
void making_it_pulls_nothing() {
  adapted<Case> f(7);
  [[maybe_unused]] auto it = f.iter();
  EXPECT_EQ(f.script_.pulls, 0);
  EXPECT_NO_THROW((void)pariter::size_hint(it));
  EXPECT_EQ(f.script_.pulls, 0);
}

template <class Case>
void nothing_is_read_ahead() {
  for (int n : lengths) {
    adapted<Case> f(n);
    auto it = f.iter();
    const int count = static_cast<int>(f.expected().size());
    for (int delivered = 1; delivered <= count; ++delivered) {
      (void)take(it, 1);
      EXPECT_EQ(f.script_.pulls, Case::pulls(delivered, n)) << "after " << delivered << " of " << n;
    }
  }
}

template <class Case>
void an_exception_of_the_source_ends_nothing_and_loses_nothing() {
  for (int n : lengths) {
    const items expected = Case::model(n);
    for (int fail_at = 1; fail_at <= Case::pulls(static_cast<int>(expected.size()), n); ++fail_at) {
      adapted<Case> f(n);
      f.script_.fail_at = fail_at;
      auto it = f.iter();
      items seen;
      int thrown = 0;
      for (;;) {
        try {
          auto s = it.next();
          if (!s) break;
          seen.push_back(flat(*s));
          if (seen.size() == expected.size() && Case::traits.endless) break;
        } catch (const planned_failure&) {
          ++thrown;
        } catch (const error&) {
          EXPECT_TRUE(Case::traits.gathers);
        }
        ASSERT_LT(thrown, 3);
      }
      EXPECT_EQ(thrown, 1) << "of " << n << ", failed at pull " << fail_at;
      if (!Case::traits.gathers) {
        EXPECT_EQ(seen, expected) << "of " << n << ", failed at pull " << fail_at;
      }
      if (!Case::traits.endless) {
        EXPECT_FALSE(it.next());
      }
    }
  }
}

template <class Case>
void everything_is_freed_wherever_it_stops() {
  ASSERT_EQ(counted::living, 0);
  for (int n : lengths) {
    const std::size_t count = Case::model(n).size();
    for (std::size_t stop = 0; stop <= count; ++stop) {
      {
        adapted<Case, counted> f(n);
        auto it = f.iter();
        (void)take(it, stop);
      }
      EXPECT_EQ(counted::living, 0) << "of " << n << ", stopped after " << stop;
      for (int fail_at = 1; fail_at <= Case::pulls(static_cast<int>(stop), n); ++fail_at) {
        adapted<Case, counted> f(n);
        f.script_.fail_at = fail_at;
        auto it = f.iter();
        EXPECT_THROW((void)take(it, count + 1), planned_failure);
      }
      EXPECT_EQ(counted::living, 0) << "of " << n << ", failed on the way to " << stop;
    }
  }
}

template <class Case>
void at_the_end_the_source_is_released() {
  if constexpr (!Case::traits.endless && !Case::traits.lends) {
    for (int n : lengths) {
      adapted<Case, counted> f(n);
      auto it = f.iter();
      (void)take(it, 1000);
      EXPECT_LE(counted::living, Case::traits.keeps) << "of " << n;
    }
  }
}

// Forked after each number of items, and either twin dropped first.
template <class Case>
void forks_leave_nothing_behind() {
  using I = decltype(std::declval<adapted<Case, counted>&>().iter());
  if constexpr (iteration_traits<I>.forkable) {
    ASSERT_EQ(counted::living, 0);
    for (int n : lengths) {
      for (std::size_t at = 0; at <= Case::model(n).size(); ++at) {
        adapted<Case, counted> f(n);
        std::optional<I> it(f.iter());
        (void)take(*it, at);
        std::optional<I> twin(it->fork());
        (void)take(*twin, 1);
        it.reset();
        (void)take(*twin, 1);
      }
      EXPECT_EQ(counted::living, 0) << "of " << n;
    }
  }
}

template <class Case>
void no_hint_of_the_source_is_no_hint() {
  adapted<Case> f(7);
  f.script_.sized = false;
  auto it = f.iter();
  EXPECT_EQ(pariter::size_hint(it), std::nullopt);
  (void)take(it, 1);
  EXPECT_EQ(pariter::size_hint(it), std::nullopt);
}

template <class Case, class T>
void walks_items_of() {
  for (int n : lengths) {
    adapted<Case, T> f(n);
    auto it = f.iter();
    EXPECT_EQ(take(it, f.expected().size()), f.expected()) << "of " << n;
  }
}

template <class Case>
void walks_awkward_items() {
  walks_items_of<Case, counted>();
  walks_items_of<Case, over_aligned>();
  if constexpr (!Case::traits.assigns) walks_items_of<Case, no_default>();
  if constexpr (!Case::traits.copies) walks_items_of<Case, move_only>();
}

// The k-th construction, copy or move of an item throws. An item may be lost then, nothing else.
template <class Case>
void an_item_that_throws_leaks_nothing_and_ends_nothing() {
  const std::size_t count = Case::model(4).size();
  for (int k = 1; k <= 40; ++k) {
    {
      adapted<Case, throwing> f(4);
      auto it = f.iter();
      throwing::fail_at(k);
      std::size_t taken = 0;
      int thrown = 0;
      for (int step = 0; step < 40 && taken < count; ++step) {
        try {
          if (auto s = it.next()) ++taken, (void)flat(*s);
          else break;
        } catch (const planned_failure&) {
          ++thrown;
        } catch (const error&) {
          EXPECT_TRUE(Case::traits.gathers);
        }
      }
      EXPECT_LE(thrown, 1);
      EXPECT_GE(taken + 2 * static_cast<std::size_t>(thrown), count) << "failed at " << k;
      throwing::fail_at(0);
    }
    EXPECT_EQ(throwing::living, 0) << "failed at " << k;
  }
}

// Over a source whose type is erased, and erased itself: one type, whatever stands behind it.
template <class Case>
void goes_in_and_out_of_an_any_iterator() {
  for (int n : lengths) {
    script s;
    auto source = [&s](int length) { return any_iterator<int>(scripted<int>(s, length)); };
    auto adaptor = Case::make(source, n);
    any_iterator<item_t<decltype(adaptor)>> it(std::move(adaptor));
    const items expected = Case::model(n);
    EXPECT_EQ(take(it, expected.size() + (Case::traits.endless ? 0u : 1u)), expected) << "of " << n;
  }
}

// A second step comes while the first is inside the source, as from another thread. Needs PARITER_CANARY.
template <class Case>
void a_step_inside_a_step_is_reported() {
  if constexpr (!Case::traits.unguarded) {
    EXPECT_DEATH(
        {
          adapted<Case> f(7);
          auto it = f.iter();
          f.script_.inside = [&] { (void)it.next(); };
          (void)take(it, 1);
        },
        "two threads are inside one iterator");
  }
}

template <class Case>
void walks_a_source_without_end() {
  adapted<Case> f(1'000'000'000);
  auto it = f.iter();
  EXPECT_EQ(take(it, 3), first(Case::model(20), 3));
}

}  // namespace pariter::test
