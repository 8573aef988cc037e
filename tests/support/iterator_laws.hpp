// SPDX-License-Identifier: Apache-2.0
#pragma once
// The laws of every iterator and iterable, once for all.

#include "support/fixture.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace pariter::test {

inline void delivers_what_it_should(const fixture_type& type) {
  for (int n : lengths_from(type.at_least)) {
    const auto f = type.make(n);
    const auto it = f->iter();
    const items expected = f->expected();
    EXPECT_EQ(take(*it, expected.size() + (type.endless ? 0u : 1u)), expected) << "of " << n;
  }
}

inline void is_at_its_end_for_ever(const fixture_type& type) {
  if (type.endless) return;
  for (int n : lengths_from(type.at_least)) {
    const auto f = type.make(n);
    const auto it = f->iter();
    (void)take(*it, 1000);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(it->next()) << "of " << n;
    f->grow();
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(it->next()) << "growth after the end revives it, of " << n;
    EXPECT_EQ(it->loop(1), items()) << "a loop found an item after the end";
    EXPECT_FALSE(it->next()) << "nor does a loop revive it";
    const auto moved = it->moved();
    EXPECT_FALSE(moved->next()) << "nor a move";
  }
}

// What is added while it is being walked is seen, or not, as its traits say.
inline void growth_is_seen_as_claimed(const fixture_type& type) {
  if (type.grows != growth::at_any_time) return;
  for (int n : lengths_from(type.at_least)) {
    const auto f = type.make(n);
    const auto it = f->iter();
    items expected = f->expected();
    const std::size_t taken = expected.empty() ? 0 : 1;
    EXPECT_EQ(take(*it, taken), first(expected, taken));
    f->grow();
    const items rest = take(*it, 1000);
    const items old = after(expected, taken);
    expected.push_back({n});
    const items all = after(expected, taken);
    switch (it->properties().sees) {
      case sight::snapshot: EXPECT_EQ(rest, old) << "of " << n; break;
      case sight::live: EXPECT_EQ(rest, all) << "of " << n; break;
      case sight::weak: EXPECT_TRUE(rest == old || rest == all) << "of " << n; break;
    }
  }
}

inline void iter_of_it_is_it(const fixture_type& type) {
  const auto f = type.make(2);
  EXPECT_TRUE(f->iter()->is_its_own_iterator());
}

inline void range_for_continues_after_break(const fixture_type& type) {
  for (int n : lengths_from(type.at_least)) {
    const items expected = type.make(n)->expected();
    for (std::size_t stop = 1; stop <= expected.size(); ++stop) {
      const auto f = type.make(n);
      const auto it = f->iter();
      EXPECT_EQ(it->loop(stop), first(expected, stop)) << "of " << n << ", stopped after " << stop;
      EXPECT_EQ(it->loop(expected.size() - stop + (type.endless ? 0u : 1u)), after(expected, stop)) << "of " << n << ", stopped after " << stop;
    }
  }
}

// `for (auto&& item : x)` over the iterable: all of it, each time from the beginning where it is repeatable.
inline void an_iterable_is_looped_over(const fixture_type& type) {
  if (!type.loops) return;
  for (int n : lengths_from(type.at_least)) {
    const auto f = type.make(n);
    const items expected = f->expected();
    const std::size_t limit = expected.size() + (type.endless ? 0u : 1u);
    if (type.repeatable) {
      EXPECT_EQ(f->loop(expected.size() / 2), first(expected, expected.size() / 2)) << "left by break, of " << n;
      EXPECT_EQ(f->loop(limit), expected) << "of " << n;
    }
    EXPECT_EQ(f->loop(limit), expected) << "of " << n;
  }
}

inline void a_moved_iterator_continues(const fixture_type& type) {
  for (int n : lengths_from(type.at_least)) {
    const items expected = type.make(n)->expected();
    for (std::size_t stop = 0; stop <= expected.size(); ++stop) {
      const auto f = type.make(n), g = type.make(n);
      const auto it = f->iter();
      EXPECT_EQ(take(*it, stop), first(expected, stop));
      const auto moved = it->moved();
      std::size_t rest = stop;
      if (rest < expected.size()) {
        EXPECT_EQ(moved->next(), expected[rest]) << "of " << n;
        ++rest;
      }
      const auto assigned = g->iter();
      (void)take(*assigned, stop / 2);
      assigned->assign_from(*moved);
      EXPECT_EQ(take(*assigned, expected.size() - rest), after(expected, rest)) << "of " << n << ", moved after " << stop;
    }
  }
}

inline void a_size_hint_counts_what_is_left(const fixture_type& type) {
  for (int n : lengths_from(type.at_least)) {
    const auto f = type.make(n);
    const auto it = f->iter();
    const bool required = it->properties().sized;
    for (std::size_t left = f->expected().size(); left > 0; --left) {
      if (const auto hint = it->size_hint()) {
        EXPECT_FALSE(type.endless);
        EXPECT_EQ(*hint, left) << "of " << n;
      } else {
        EXPECT_FALSE(required) << "no hint where " << left << " of " << n << " are left";
      }
      (void)it->next();
    }
    if (type.endless) continue;
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(it->size_hint().value_or(required ? 1 : 0), 0u) << "at the end of " << n;
      EXPECT_FALSE(it->next());
    }
  }
}

inline void several_iterators_are_independent(const fixture_type& type) {
  if (!type.repeatable) return;
  const auto f = type.make(3);
  const items expected = f->expected();
  std::size_t rounds = 0;
  const auto a = f->iter();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(a->next(), expected[i]);
    const auto b = f->iter();
    for (std::size_t k = 0; k < expected.size(); ++k) {
      EXPECT_EQ(b->next(), expected[k]);
      const auto c = f->iter();
      EXPECT_EQ(take(*c, expected.size()), expected);
      ++rounds;
    }
  }
  EXPECT_EQ(rounds, expected.size() * expected.size());
}

inline void each_thread_with_its_own_iterator_sees_everything(const fixture_type& type) {
  if (!type.repeatable) return;
  const auto f = type.make(7);
  const items expected = f->expected();
  const std::size_t limit = expected.size() + (type.endless ? 0u : 1u);
  std::barrier start(6);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      for (int round = 0; round < 50; ++round) ASSERT_EQ(take(*f->iter(), limit), expected);
    });
  }
}

inline void a_fork_goes_its_own_way(const fixture_type& type) {
  for (int n : lengths_from(type.at_least)) {
    const items expected = type.make(n)->expected();
    for (std::size_t at = 0; at <= expected.size(); ++at) {
      const auto f = type.make(n);
      const auto it = f->iter();
      (void)take(*it, at);
      const auto twin = it->fork();
      if (!twin) return;
      const std::size_t rest = expected.size() - at + (type.endless ? 0u : 1u);
      const std::size_t before = rest / 2;
      items seen = take(*it, before);  // by turns, so that one that walks the other's items is found out
      EXPECT_EQ(take(*twin, rest), after(expected, at)) << "of " << n << ", forked after " << at;
      for (auto& item : take(*it, rest - before)) seen.push_back(std::move(item));
      EXPECT_EQ(seen, after(expected, at)) << "of " << n << ", forked after " << at;
    }
  }
}

// From any place, its end too, to any other.
inline void a_seek_goes_where_it_is_told(const fixture_type& type) {
  for (int n : lengths_from(type.at_least)) {
    const items expected = type.make(n)->expected();
    for (std::size_t from = 0; from <= expected.size() + 1; ++from) {
      for (std::size_t to = 0; to <= expected.size(); ++to) {
        const auto f = type.make(n);
        const auto it = f->iter();
        const auto start = it->position();
        if (!start) return;
        (void)take(*it, from);
        it->seek(*start + to);
        EXPECT_EQ(it->position(), *start + to);
        EXPECT_EQ(take(*it, expected.size() + 1), after(expected, to)) << "of " << n << ", from " << from << " to " << to;
        EXPECT_FALSE(it->next());
      }
    }
  }
}

// Who says that items stay hands out items that are what they were after all others have been pulled.
inline void items_that_stay_stay(const fixture_type& type) {
  if (type.endless) return;
  for (int n : lengths_from(type.at_least)) {
    const auto f = type.make(n);
    const auto it = f->iter();
    if (it->properties().stable) {
      EXPECT_EQ(it->kept(), f->expected()) << "of " << n;
    }
  }
}

inline void is_a_standard_input_range(const fixture_type& type) {
  const auto f = type.make(1);
  EXPECT_TRUE(f->iter()->models_what_an_iterator_models());
}

}  // namespace pariter::test
