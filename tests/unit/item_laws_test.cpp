// SPDX-License-Identifier: Apache-2.0

// Awkward items in everything that delivers items: each source is walked with items that count themselves, want alignment,
// cannot be copied, cannot be assigned, or throw. The adaptors have the same laws in adaptor_laws_test.cpp.

#include "pariter/async/async_generator.hpp"
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"
#include "pariter/core/any_iterable.hpp"
#include "pariter/core/any_iterator.hpp"
#include "pariter/core/fields.hpp"
#include "pariter/coro/expression.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/coro/generator_function.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/split.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/archetypes.hpp"
#include "support/fixture.hpp"
#include "support/walker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <ostream>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using pariter::test::counted;
using pariter::test::flat_item;
using pariter::test::items;
using pariter::test::lengths_from;
using pariter::test::move_only;
using pariter::test::no_default;
using pariter::test::over_aligned;
using pariter::test::planned_failure;
using pariter::test::stepper;
using pariter::test::take;
using pariter::test::throwing;

struct source_traits {
  bool copies = false;          // needs items that can be copied
  bool repeats = false;         // iter() may be called again, and gives the same items
  bool endless = false;         // makes as many as are asked for
  bool error_stays = false;     // what the source has thrown is thrown by every further step
  int at_least = 0;             // items
  int at_most = 1'000'000'000;

  constexpr int possible(int n) const { return std::clamp(n, at_least, at_most); }
};

template <class T, class C>
C filled(int n) {
  C c;
  for (int i = 0; i < n; ++i) c.emplace_back(i);
  return c;
}

template <template <class> class C>
struct in_range {
  static constexpr source_traits traits{.repeats = true};
  template <class T>
  struct of {
    explicit of(int n) : range(filled<T, C<T>>(n)) {}
    auto iter() { return pariter::iter(range); }
    C<T> range;
  };
};
template <class T>
using vector_of = std::vector<T>;
template <class T>
using list_of = std::list<T>;
template <class T>
using deque_of = std::deque<T>;

struct in_temporary {
  static constexpr source_traits traits{};
  template <class T>
  struct of {
    explicit of(int n) : n_(n) {}
    auto iter() { return pariter::iter(filled<T, std::vector<T>>(n_)); }
    int n_;
  };
};
struct in_optional {
  static constexpr source_traits traits{.at_most = 1};
  template <class T>
  struct of {
    explicit of(int n) {
      if (n > 0) optional_.emplace(0);
    }
    auto iter() { return pariter::iter(std::move(optional_)); }
    std::optional<T> optional_;
  };
};
struct in_optional_ref {
  static constexpr source_traits traits{.repeats = true, .at_most = 1};
  template <class T>
  struct of {
    explicit of(int n) {
      if (n > 0) optional_.emplace(0);
    }
    auto iter() { return pariter::iter(optional_ ? pariter::optional_ref<T>(*optional_) : pariter::optional_ref<T>()); }
    std::optional<T> optional_;
  };
};
constexpr source_traits two{.at_least = 2, .at_most = 2};
constexpr source_traits two_that_stay{.repeats = true, .at_least = 2, .at_most = 2};
struct in_tuple {
  static constexpr source_traits traits = two_that_stay;
  template <class T>
  struct of {
    explicit of(int) : tuple(0, 1) {}
    auto iter() { return pariter::iter(tuple); }
    std::tuple<T, T> tuple;
  };
};
struct in_temporary_tuple {
  static constexpr source_traits traits = two;
  template <class T>
  struct of {
    explicit of(int) {}
    auto iter() { return pariter::iter(std::tuple<T, T>(0, 1)); }
  };
};
struct stranger {
  int value;
};
struct in_mixed_tuple {  // each item a variant, moved out of the tuple
  static constexpr source_traits traits = two;
  template <class T>
  struct of {
    explicit of(int) {}
    auto iter() { return pariter::iter(std::tuple<T, stranger>(0, stranger{1})); }
  };
};
struct in_fields {
  static constexpr source_traits traits = two_that_stay;
  template <class T>
  struct of {
    explicit of(int) {}
    auto iter() { return pariter::iter(pariter::fields(aggregate)); }
    struct {
      T a{0};
      T b{1};
    } aggregate;
  };
};
struct in_any_iterable {
  static constexpr source_traits traits{.repeats = true};
  template <class T>
  struct of {
    explicit of(int n) : iterable(filled<T, std::vector<T>>(n)) {}
    auto iter() { return iterable.iter(); }
    pariter::any_iterable<const T&> iterable;
  };
};
struct in_any_iterable_of_values {
  static constexpr source_traits traits{.copies = true, .repeats = true};
  template <class T>
  struct of {
    explicit of(int n) : iterable(filled<T, std::vector<T>>(n)) {}
    auto iter() { return iterable.iter(); }
    pariter::any_iterable<T> iterable;
  };
};
struct in_part {
  static constexpr source_traits traits{.repeats = true};
  template <class T>
  struct of : in_range<vector_of>::of<T> {
    using in_range<vector_of>::of<T>::of;
    auto iter() { return pariter::iter(pariter::split(this->range, 1).front()); }
  };
};
struct by_index {
  static constexpr source_traits traits{.repeats = true};
  template <class T>
  struct of : in_range<deque_of>::of<T> {
    using in_range<deque_of>::of<T>::of;
    struct indexed {
      const std::deque<T>* items;
      const T& at(std::size_t i) const { return items->at(i); }
    };
    auto iter() { return pariter::iter(indexed{&this->range}); }
  };
};
struct by_function {
  static constexpr source_traits traits{.endless = true};
  template <class T>
  struct of {
    explicit of(int n) : n_(n) {}
    auto iter() {
      return pariter::iter([i = 0, n = n_]() mutable { return i < n ? std::optional<T>(i++) : std::nullopt; }, T(-1));
    }
    int n_;
  };
};

template <class T>
pariter::generator<T> made(int n) {
  for (int i = 0; i < n; ++i) co_yield T(i);
}
template <class T>
pariter::generator<const T&> referred_to(int n) {
  for (int i = 0; i < n; ++i) {
    const auto item = std::make_unique<T>(i);  // a variable of the body would stand in its frame, which is aligned for pointers
    co_yield *item;
  }
}
template <class T>
pariter::generator<T> delegated(int from, int to) {
  if (from >= to) co_return;
  co_yield T(from);
  auto rest = delegated<T>(from + 1, to);
  co_yield pariter::elements_of(std::move(rest));
}
template <class T>
pariter::generator<T, int, int> told(int n) {
  for (int i = 0; i < n; ++i) co_yield T(i);
  co_return n;
}

template <class T>
pariter::async_generator<T> made_by_async(int n) {
  for (int i = 0; i < n; ++i) co_yield T(i);
}

template <auto Make, source_traits Traits = source_traits{.endless = true}>
struct lazily {
  static constexpr source_traits traits = Traits;
  template <class T>
  struct of {
    explicit of(int n) : n_(n) {}
    auto iter() { return Make.template operator()<T>(n_); }
    int n_;
  };
};
using by_generator = lazily<[]<class T>(int n) { return made<T>(n); }>;
using by_generator_of_references = lazily<[]<class T>(int n) { return referred_to<T>(n); }>;
using by_delegation = lazily<[]<class T>(int n) { return delegated<T>(0, n); }>;
using by_receiving_generator = lazily<[]<class T>(int n) { return told<T>(n); }>;
using by_async_generator = lazily<[]<class T>(int n) { return made_by_async<T>(n); }>;
using by_generator_function = lazily<[]<class T>(int n) { return pariter::generator_function(made<T>, n).iter(); }>;
struct by_generator_function_that_keeps {
  static constexpr source_traits traits{.repeats = true};
  template <class T>
  struct of {
    static pariter::generator<const T&> walk(const std::vector<T>& kept) { co_yield pariter::elements_of(kept); }
    explicit of(int n) : kept(std::make_shared<const std::vector<T>>(filled<T, std::vector<T>>(n))) {}
    auto iter() {
      return pariter::generator_function([](const std::shared_ptr<const std::vector<T>>& argument) { return walk(*argument); }, kept).iter();
    }
    std::shared_ptr<const std::vector<T>> kept;
  };
};
using by_expression = lazily<[]<class T>(int n) {
  return pariter::expression(std::views::iota(0, n), [](int i) { return T(i); });
}>;
using by_any_iterator = lazily<[]<class T>(int n) { return pariter::any_iterator<T>(made<T>(n)); }>;
constexpr source_traits shared_lazily{.endless = true, .error_stays = true};
using by_share = lazily<[]<class T>(int n) { return pariter::share(made<T>(n)).iter(); }, shared_lazily>;
using by_unbuffered_share = lazily<[]<class T>(int n) { return pariter::share(made<T>(n), pariter::unbuffered).iter(); }, shared_lazily>;
using by_tee = lazily<[]<class T>(int n) { return std::move(pariter::tee(made<T>(n), 1).front()); }, shared_lazily>;

struct in_shared_vector {
  static constexpr source_traits traits{};
  template <class T>
  struct of : in_range<vector_of>::of<T> {
    using in_range<vector_of>::of<T>::of;
    auto iter() { return pariter::share(this->range).iter(); }
  };
};

template <auto Iter, source_traits Traits = source_traits{}>
struct in_log {
  static constexpr source_traits traits = Traits;
  template <class T>
  struct of {
    explicit of(int n) {
      for (int i = 0; i < n; ++i) log_.emplace(i);
      log_.close();
    }
    auto iter() { return Iter(log_); }
    pariter::concurrent_log<T> log_;
  };
};
constexpr source_traits again{.repeats = true};
using in_history = in_log<[](auto& log) { return log.iter(); }, again>;
using in_live_log = in_log<[](auto& log) { return log.live(); }, again>;
using in_followed_log = in_log<[](auto& log) { return log.follow(); }, again>;
using in_snapshot = in_log<[](auto& log) { return pariter::iter(log.snapshot()); }, again>;
using in_shared_log = in_log<[](auto& log) { return pariter::share(log.follow()).iter(); }>;
using in_tee_of_log = in_log<[](auto& log) { return std::move(pariter::tee(log.follow(), 1).front()); }, source_traits{.copies = true, .error_stays = true}>;

template <enum pariter::policy Policy>
struct in_broadcast {
  static constexpr source_traits traits = again;
  template <class T>
  struct of {
    explicit of(int n) {
      for (int i = 0; i < n; ++i) broadcast_.append(T(i));
      broadcast_.close();
    }
    auto iter() { return broadcast_.iter({.policy = Policy}); }
    pariter::broadcast<T> broadcast_{{.capacity = 64}};
  };
};
struct in_versions {
  static constexpr source_traits traits = again;
  template <class T>
  struct of {
    explicit of(int n) : versions_(filled<T, std::vector<T>>(n)) {}
    auto iter() { return versions_.iter(); }
    pariter::copy_on_write<std::vector<T>> versions_;
  };
};

// A source of one item type, and an iterator over it.
class subject : public stepper {
 public:
  virtual std::unique_ptr<stepper> again() = 0;  // another iterator over the same source; nullptr where there is none
};
template <class Source, class T>
class subject_of final : public subject {
  using of = typename Source::template of<T>;

 public:
  explicit subject_of(int n) : of_(n), it_(of_.iter()) {}
  std::unique_ptr<stepper> again() override {
    if constexpr (Source::traits.repeats) return pariter::test::step_over(of_.iter());
    else return nullptr;
  }

 private:
  bool step(flat_item& out) override { return pariter::test::flat_step(it_, out); }

  of of_;
  decltype(of_.iter()) it_;
};
using subject_maker = std::unique_ptr<subject> (*)(int n);
template <class Source, class T>
std::unique_ptr<subject> make_subject(int n) {
  return std::unique_ptr<subject>(new subject_of<Source, T>(n));
}

struct source_type {
  std::string name;
  source_traits traits;
  subject_maker counted_ones, throwing_ones;
  struct awkward {
    const char* what;
    subject_maker make;
  };
  std::vector<awkward> awkward_ones;

  friend void PrintTo(const source_type& source, std::ostream* out) { *out << source.name; }
};
template <class Source>
source_type source_called(std::string name) {
  source_type source{.name = std::move(name),
                     .traits = Source::traits,
                     .counted_ones = make_subject<Source, counted>,
                     .throwing_ones = make_subject<Source, throwing>,
                     .awkward_ones = {{"counted", make_subject<Source, counted>},
                                      {"over_aligned", make_subject<Source, over_aligned>},
                                      {"no_default", make_subject<Source, no_default>}}};
  if constexpr (!Source::traits.copies) source.awkward_ones.push_back({"move_only", make_subject<Source, move_only>});
  return source;
}

const std::vector<source_type>& all_sources() {
  static const std::vector<source_type> all{
      source_called<in_range<vector_of>>("vector"),
      source_called<in_range<list_of>>("list"),
      source_called<in_range<deque_of>>("deque"),
      source_called<in_temporary>("temporary"),
      source_called<in_optional>("optional"),
      source_called<in_optional_ref>("optional_ref"),
      source_called<in_tuple>("tuple"),
      source_called<in_temporary_tuple>("temporary_tuple"),
      source_called<in_mixed_tuple>("mixed_tuple"),
      source_called<in_fields>("fields"),
      source_called<in_any_iterable>("any_iterable"),
      source_called<in_any_iterable_of_values>("any_iterable_of_values"),
      source_called<in_part>("part"),
      source_called<by_index>("index"),
      source_called<by_function>("function"),
      source_called<by_generator>("generator"),
      source_called<by_generator_of_references>("generator_of_references"),
      source_called<by_delegation>("delegation"),
      source_called<by_receiving_generator>("receiving_generator"),
      source_called<by_async_generator>("async_generator"),
      source_called<by_generator_function>("generator_function"),
      source_called<by_generator_function_that_keeps>("generator_function_that_keeps"),
      source_called<by_expression>("expression"),
      source_called<by_any_iterator>("any_iterator"),
      source_called<by_share>("share"),
      source_called<by_unbuffered_share>("unbuffered_share"),
      source_called<by_tee>("tee"),
      source_called<in_shared_vector>("shared_vector"),
      source_called<in_history>("history"),
      source_called<in_live_log>("live_log"),
      source_called<in_followed_log>("followed_log"),
      source_called<in_snapshot>("snapshot"),
      source_called<in_shared_log>("shared_log"),
      source_called<in_tee_of_log>("tee_of_log"),
      source_called<in_broadcast<pariter::policy::gating>>("gating_broadcast"),
      source_called<in_broadcast<pariter::policy::lossy>>("lossy_broadcast"),
      source_called<in_broadcast<pariter::policy::kicked>>("kicked_broadcast"),
      source_called<in_versions>("versions"),
  };
  return all;
}

items numbered(int n) {
  items out;
  for (int i = 0; i < n; ++i) out.push_back({i});
  return out;
}

// Where it throws: nothing is left, what was delivered is in order, and one failure is thrown once.
void fails_at(const source_type& source, int k, bool when_made) {
  int thrown = 0;
  try {
    if (when_made) throwing::fail_at(k);
    const auto it = source.throwing_ones(source.traits.possible(4));
    throwing::fail_at(k);
    int before = -1;
    for (int step = 0; step < 8; ++step) {
      try {
        const auto s = it->next();
        if (!s) break;
        EXPECT_GT(s->front(), before) << "failed at " << k;
        before = s->front();
      } catch (const planned_failure&) {
        if (thrown == 0 || !source.traits.error_stays) ++thrown;
      }
    }
    throwing::fail_at(0);
  } catch (const planned_failure&) {
    ++thrown;
  }
  throwing::fail_at(0);
  EXPECT_LE(thrown, 1) << "failed at " << k;
  EXPECT_EQ(throwing::living, 0) << "failed at " << k;
}

}  // namespace

class ItemLaws : public testing::TestWithParam<source_type> {};
INSTANTIATE_TEST_SUITE_P(, ItemLaws, testing::ValuesIn(all_sources()), pariter::test::name_of);

TEST_P(ItemLaws, walks_awkward_items) {
  for (const auto& [what, make] : GetParam().awkward_ones) {
    for (int n : lengths_from(0)) {
      n = GetParam().traits.possible(n);
      const auto it = make(n);
      EXPECT_EQ(take(*it, static_cast<std::size_t>(n) + 1), numbered(n)) << what << ", of " << n;
      EXPECT_FALSE(it->next());
    }
  }
}

// Nothing is moved out of what is referred to.
TEST_P(ItemLaws, what_is_walked_is_whole_afterwards) {
  if (!GetParam().traits.repeats) return;
  for (int n : lengths_from(0)) {
    n = GetParam().traits.possible(n);
    const auto it = GetParam().counted_ones(n);
    (void)take(*it, 1000);
    EXPECT_EQ(take(*it->again(), 1000), numbered(n)) << "of " << n;
  }
}

TEST_P(ItemLaws, everything_is_freed_wherever_it_stops) {
  ASSERT_EQ(counted::living, 0);
  for (int n : lengths_from(0)) {
    n = GetParam().traits.possible(n);
    for (int stop = 0; stop <= n + 1; ++stop) {
      (void)take(*GetParam().counted_ones(n), static_cast<std::size_t>(stop));
      EXPECT_EQ(counted::living, 0) << "of " << n << ", stopped after " << stop;
    }
  }
}

TEST_P(ItemLaws, an_item_that_throws_leaks_nothing_and_repeats_nothing) {
  for (int k = 1; k <= 24; ++k) {
    fails_at(GetParam(), k, true);
    fails_at(GetParam(), k, false);
  }
}

TEST_P(ItemLaws, walks_a_source_without_end) {
  if (GetParam().traits.endless) {
    EXPECT_EQ(take(*GetParam().counted_ones(1'000'000'000), 3), numbered(3));
  }
}
