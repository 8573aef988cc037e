// SPDX-License-Identifier: Apache-2.0
#pragma once
// The laws of every adaptor, beside those of every iterator.

#include "pariter/core/errors.hpp"
#include "support/adaptor_case.hpp"
#include "support/iterator_laws.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace pariter::test {

// ---------------------------------------------------------------------------------------------------------- what is walked

// An adaptor and its script; the script outlives it.
class subject {
 public:
  subject(const adaptor_case& c, walker_maker make, int n, failure f = {}) {
    said.restarts = !c.traits.lends;
    said.fails = f;
    it = make(said, n);
  }

  script said;
  std::unique_ptr<walker> it;
};

// f(make) for each way in which sources hand out their items.
inline void over_all_sources(const adaptor_case& c, const std::function<void(walker_maker)>& f) {
  const std::pair<const char*, walker_maker> ways[] = {
      {"values", c.values}, {"references to one object", c.reused}, {"references that stay", c.staying}};
  for (const auto& [what, make] : ways) {
    SCOPED_TRACE(what);
    f(make);
  }
}

// All items, or `limit` of them, by who asks again after each exception.
struct survived {
  items seen;
  int thrown = 0;  // planned failures
};
inline survived drain(stepper& it, std::size_t limit) {
  survived out;
  failures_inside = 0;
  for (int steps = 0; steps < 100 && out.seen.size() < limit; ++steps) {
    try {
      auto s = it.next();
      if (!s) break;
      out.seen.push_back(std::move(*s));
    } catch (const planned_failure&) {
      ++out.thrown;
    } catch (const wrong_count&) {
      out.seen.push_back({wrong_count_thrown});
    }
  }
  out.thrown += failures_inside;
  return out;
}

inline std::size_t limit_of(const adaptor_case& c, const items& expected) { return expected.size() + (c.traits.endless ? 0u : 1u); }

// The adaptor as a fixture of the laws of every iterator.
inline fixture_type as_fixture(const adaptor_case& c, walker_maker make) {
  class over_script final : public fixture {
   public:
    over_script(const adaptor_case& c, walker_maker make, int n) : case_(c), make_(make), n_(n) {}
    std::unique_ptr<walker> iter() override {
      said_.restarts = !case_.traits.lends;
      return make_(said_, n_);
    }
    items expected() const override { return case_.model(n_, {}); }
    items loop(std::size_t) override { return {}; }
    void grow() override {}

   private:
    const adaptor_case& case_;
    walker_maker make_;
    int n_;
    script said_;
  };
  return {.name = c.name,
          .repeatable = false,
          .endless = c.traits.endless,
          .loops = false,
          .grows = growth::none,
          .make = [&c, make](int n) -> std::unique_ptr<fixture> { return std::make_unique<over_script>(c, make, n); },
          .at_least = c.traits.at_least};
}

// -------------------------------------------------------------------------------------------------------------------- laws

inline void making_it_pulls_nothing(const adaptor_case& c) {
  over_all_sources(c, [&](walker_maker make) {
    subject s(c, make, 7);
    EXPECT_EQ(s.said.pulls, c.pulls(0, 7));
    EXPECT_NO_THROW((void)s.it->size_hint());
    EXPECT_EQ(s.said.pulls, c.pulls(0, 7));
  });
}

// Nor after the end.
inline void nothing_is_read_ahead(const adaptor_case& c) {
  over_all_sources(c, [&](walker_maker make) {
    for (int n : lengths_from(c.traits.at_least)) {
      subject s(c, make, n);
      const int count = static_cast<int>(c.model(n, {}).size());
      for (int delivered = 1; delivered <= count; ++delivered) {
        (void)s.it->next();
        EXPECT_EQ(s.said.pulls, c.pulls(delivered, n)) << "after " << delivered << " of " << n;
      }
      if (c.traits.endless || c.traits.lends) continue;
      EXPECT_FALSE(s.it->next());
      const int all = s.said.pulls;
      EXPECT_FALSE(s.it->next());
      EXPECT_EQ(s.said.pulls, all) << "a source was asked after the end, of " << n;
    }
  });
}

// At every pull; also what is lost on the way is what the model says.
inline void an_exception_of_the_source_ends_nothing(const adaptor_case& c) {
  over_all_sources(c, [&](walker_maker make) {
    for (int n : lengths_from(c.traits.at_least)) {
      subject whole(c, make, n);
      (void)drain(*whole.it, limit_of(c, c.model(n, {})));
      for (failure f{.at = c.pulls(0, n) + 1}; f.at <= whole.said.pulls; ++f.at) {
        const items expected = c.model(n, f);
        subject s(c, make, n, f);
        const survived result = drain(*s.it, limit_of(c, expected));
        EXPECT_EQ(result.seen, expected) << "of " << n << ", failed at pull " << f.at;
        EXPECT_EQ(result.thrown, 1) << "of " << n << ", failed at pull " << f.at;
        if (!c.traits.endless) {
          EXPECT_FALSE(s.it->next());
        }
      }
    }
  });
}

inline void everything_is_freed_wherever_it_stops(const adaptor_case& c) {
  ASSERT_EQ(counted::living, 0);
  for (int n : lengths_from(c.traits.at_least)) {
    const std::size_t count = c.model(n, {}).size();
    for (std::size_t stop = 0; stop <= count; ++stop) {
      {
        subject s(c, c.counting, n);
        (void)take(*s.it, stop);
      }
      EXPECT_EQ(counted::living, 0) << "of " << n << ", stopped after " << stop;
    }
    for (int at = c.pulls(0, n) + 1; at <= c.pulls(static_cast<int>(count), n); ++at) {
      {
        subject s(c, c.counting, n, {.at = at});
        int thrown = failures_inside = 0;
        try {
          (void)take(*s.it, count + 1);
        } catch (const planned_failure&) {
          ++thrown;
        }
        EXPECT_EQ(thrown + failures_inside, 1);
      }
      EXPECT_EQ(counted::living, 0) << "of " << n << ", failed at pull " << at;
    }
  }
}

inline void at_the_end_the_source_is_released(const adaptor_case& c) {
  if (c.traits.endless || c.traits.lends) return;
  for (int n : lengths_from(c.traits.at_least)) {
    subject s(c, c.counting, n);
    (void)take(*s.it, 1000);
    EXPECT_EQ(counted::living, 0) << "of " << n;
  }
}

inline void it_forks_where_it_can(const adaptor_case& c) {
  const bool of_steps = c.traits.forks && !c.traits.keeps_steps;
  const int n = c.traits.at_least;
  EXPECT_EQ(subject(c, c.values, n).it->properties().forkable, c.traits.forks);
  EXPECT_EQ(subject(c, c.staying, n).it->properties().forkable, c.traits.forks);
  EXPECT_EQ(subject(c, c.reused, n).it->properties().forkable, of_steps) << "what it holds would be the other one's";
}

// Forked after each number of items, and either twin dropped first.
inline void forks_leave_nothing_behind(const adaptor_case& c) {
  if (!c.traits.forks) return;
  ASSERT_EQ(counted::living, 0);
  for (int n : lengths_from(c.traits.at_least)) {
    for (std::size_t at = 0; at <= c.model(n, {}).size(); ++at) {
      subject s(c, c.counting, n);
      (void)take(*s.it, at);
      const auto twin = s.it->fork();
      ASSERT_TRUE(twin);
      (void)take(*twin, 1);
      s.it.reset();
      (void)take(*twin, 1);
    }
    EXPECT_EQ(counted::living, 0) << "of " << n;
  }
}

// Where the source has one; and what always has one says so.
inline void a_size_hint_is_there(const adaptor_case& c) {
  for (int n : lengths_from(c.traits.at_least)) {
    for (walker_maker make : {c.values, c.reused}) {
      subject s(c, make, n);
      for (int i = 0; i <= n; ++i, (void)s.it->next()) {
        if (c.traits.hints == hinting::as_the_source) {
          EXPECT_TRUE(s.it->size_hint()) << i << " of " << n;
        }
        if (c.traits.hints == hinting::never) {
          EXPECT_FALSE(s.it->size_hint()) << i << " of " << n;
        }
      }
    }
    EXPECT_EQ(subject(c, c.staying, n).it->properties().sized, c.traits.hints == hinting::as_the_source && !c.traits.erases) << "its source says so";
  }
}

inline void no_hint_of_the_source_is_no_hint(const adaptor_case& c) {
  subject s(c, c.values, 7);
  if (c.pulls(1, 7) == c.pulls(0, 7) && c.model(7, {}).empty()) return;  // it asks no source
  s.said.sized = false;
  EXPECT_EQ(s.it->size_hint(), std::nullopt);
  (void)s.it->next();
  EXPECT_EQ(s.it->size_hint(), std::nullopt);
}

inline void walks_awkward_items(const adaptor_case& c) {
  for (const auto& [what, make] : c.awkward_ones) {
    for (int n : lengths_from(c.traits.at_least)) {
      const items expected = c.model(n, {});
      script said;
      said.restarts = !c.traits.lends;
      EXPECT_EQ(take(*make(said, n), limit_of(c, expected)), expected) << what << ", of " << n;
    }
  }
}

// Whether the items that came are those of the model, but for one item of a source or of the adaptor's own.
inline bool is_but_for_one(const adaptor_case& c, int n, int pulls, const items& seen) {
  const items whole = c.model(n, {});
  if (seen == whole) return true;
  for (failure f{.at = 1, .loses = true}; f.at <= pulls; ++f.at)
    if (seen == c.model(n, f)) return true;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    if (seen == without(whole, at)) return true;
    if (c.traits.pairs && at + 1 < whole.size() && seen == without(without(whole, at), at)) return true;
  }
  return false;
}

// The k-th construction, copy or move of an item throws. An item may be lost then, nothing else.
inline void an_item_that_throws_leaks_nothing_and_ends_nothing(const adaptor_case& c) {
  const int n = 4;
  const std::size_t limit = limit_of(c, c.model(n, {}));
  for (int k = 1; k <= 40; ++k) {
    {
      script said;
      said.restarts = !c.traits.lends;
      const auto it = c.throwing_ones(said, n);
      throwing::fail_at(k);
      const survived result = drain(*it, limit);
      throwing::fail_at(0);
      EXPECT_LE(result.thrown, 1);
      EXPECT_TRUE(is_but_for_one(c, n, said.pulls, result.seen)) << "failed at " << k << ": " << testing::PrintToString(result.seen);
    }
    EXPECT_EQ(throwing::living, 0) << "failed at " << k;
  }
}

// Over a source whose type is erased, and erased itself: one type, whatever stands behind it.
inline void goes_in_and_out_of_an_any_iterator(const adaptor_case& c) {
  for (int n : lengths_from(c.traits.at_least)) {
    const items expected = c.model(n, {});
    subject s(c, c.erased, n);
    EXPECT_EQ(take(*s.it, limit_of(c, expected)), expected) << "of " << n;
  }
}

// A second step comes while the first is inside the source, as from another thread. Needs PARITER_CANARY.
inline void a_step_inside_a_step_is_reported(const adaptor_case& c) {
  if (c.traits.unguarded) return;
  EXPECT_DEATH(
      {
        subject s(c, c.values, 7);
        s.said.inside = [&] { (void)s.it->next(); };
        for (int i = 0; i < 3; ++i) (void)s.it->next();
      },
      "two threads are inside one iterator");
}

inline void walks_a_source_without_end(const adaptor_case& c) {
  subject s(c, c.values, 100'000'000);
  const items some = c.model(20, {});
  const std::size_t count = std::min<std::size_t>(some.size(), 3);
  EXPECT_EQ(take(*s.it, count), first(some, count));
}

}  // namespace pariter::test
