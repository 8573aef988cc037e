// SPDX-License-Identifier: Apache-2.0
#pragma once
// adaptor_case: an adaptor over scripted sources, and what it should do, for the laws of every adaptor.
//
// It is written as a struct of its own, Case, that has
//   static auto make(const auto& source, int n)    the adaptor; source(n) makes one more source of n items, source.iterable(n) an iterable
//   static items model(int n, failure f)           what it should deliver if that pull fails; of an endless one the first few.
//                                                  {wrong_count_thrown} where a step throws wrong_count
//   static int pulls(int delivered, int n)         pulls that have happened when so many items were taken
//   traits                                         an adaptor_traits

#include "pariter/core/any_iterator.hpp"
#include "support/fixture.hpp"
#include "support/scripted.hpp"
#include "support/walker.hpp"

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace pariter::test {

inline constexpr int wrong_count_thrown = -7;

enum class hinting { as_the_source, never, sometimes };

struct adaptor_traits {
  bool endless = false;      // no end; model() gives the first few
  bool copies = false;       // needs items that can be copied
  bool assigns = false;      // needs items that can be assigned
  bool lends = false;        // is its source, which it does not own
  bool erases = false;       // its type tells nothing of its source
  bool unguarded = false;    // its step is its source's, which has the canary
  bool forks = true;         // if the sources can be forked and their items do not matter
  bool keeps_steps = false;  // holds items between two steps: no fork where they neither stay nor are handed over
  bool pairs = false;        // an item of the source is part of two items
  hinting hints = hinting::as_the_source;
  int at_least = 0;          // items of the source
};

using walker_maker = std::unique_ptr<walker> (*)(script& s, int n);
using stepper_maker = std::unique_ptr<stepper> (*)(script& s, int n);

struct adaptor_case {
  std::string name;
  adaptor_traits traits;
  items (*model)(int n, failure f);
  int (*pulls)(int delivered, int n);

  // Over sources of int, by how they hand them out; behind an any_iterator, and in one; of items that are counted.
  walker_maker values, reused, staying, erased, counting;
  stepper_maker throwing_ones;
  // Over items that are awkward otherwise.
  struct awkward {
    const char* what;
    stepper_maker make;
  };
  std::vector<awkward> awkward_ones;

  friend void PrintTo(const adaptor_case& c, std::ostream* out) { *out << c.name; }
};

// Sources behind any_iterator.
class erased_sources {
 public:
  explicit erased_sources(script& s) : sources_(s) {}

  auto operator()(int n) const { return any_iterator<int>(sources_(n)); }

  struct erased_iterable {
    sources<int> from;
    int n;
    auto iter() const { return any_iterator<int>(from(n)); }
  };
  auto iterable(int n) const { return erased_iterable{sources_, n}; }

 private:
  sources<int> sources_;
};

template <class Case, class T, hands_out Hands = hands_out::values>
std::unique_ptr<walker> walk_case(script& s, int n) {
  return walk_over(Case::make(sources<T, Hands>(s), n));
}
template <class Case, class T, hands_out Hands = hands_out::values>
std::unique_ptr<stepper> step_case(script& s, int n) {
  return step_over(Case::make(sources<T, Hands>(s), n));
}
template <class Case>
std::unique_ptr<walker> walk_erased(script& s, int n) {
  auto adaptor = Case::make(erased_sources(s), n);
  return walk_over(any_iterator<item_t<decltype(adaptor)>>(std::move(adaptor)));
}

template <class Case>
adaptor_case case_called(std::string name) {
  adaptor_case c{.name = std::move(name),
                 .traits = Case::traits,
                 .model = Case::model,
                 .pulls = Case::pulls,
                 .values = walk_case<Case, int>,
                 .reused = walk_case<Case, int, hands_out::reused>,
                 .staying = walk_case<Case, int, hands_out::staying>,
                 .erased = walk_erased<Case>,
                 .counting = walk_case<Case, counted>,
                 .throwing_ones = step_case<Case, throwing>,
                 .awkward_ones = {{"over_aligned", step_case<Case, over_aligned>}, {"rows of references", step_case<Case, int, hands_out::rows>}}};
  if constexpr (!Case::traits.assigns) c.awkward_ones.push_back({"no_default", step_case<Case, no_default>});
  if constexpr (!Case::traits.copies) c.awkward_ones.push_back({"move_only", step_case<Case, move_only>});
  return c;
}

// ------------------------------------------------------------------------------------------------------------- for models

// The pulls of a model's sources, one of which fails as told.
class model_pulls {
 public:
  explicit model_pulls(failure f) : fails_(f) {}

  // The next number of a source of n that stands at `at`; nothing at its end.
  std::optional<int> operator()(int& at, int n) {
    if (++pulls_ == fails_.at) {
      if (fails_.loses && at < n) ++at;
      throw planned_failure();
    }
    return at < n ? std::optional(at++) : std::nullopt;
  }

 private:
  int pulls_ = 0;
  failure fails_;
};

// What comes out of sources that are walked one after another, by somebody who asks again after a failure.
inline std::vector<int> numbers_of(const std::vector<int>& lengths_of_sources, failure f) {
  model_pulls pull(f);
  std::vector<int> out;
  for (int n : lengths_of_sources) {
    for (int at = 0;;) {
      try {
        const auto number = pull(at, n);
        if (!number) break;
        out.push_back(*number);
      } catch (const planned_failure&) {
      }
    }
  }
  return out;
}
inline std::vector<int> numbers_of(int n, failure f) { return numbers_of(std::vector{n}, f); }

}  // namespace pariter::test
