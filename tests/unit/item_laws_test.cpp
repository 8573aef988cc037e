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
#include "support/laws.hpp"

#include <algorithm>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <ranges>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using pariter::test::counted;
using pariter::test::flat_item;
using pariter::test::items;
using pariter::test::lengths;
using pariter::test::move_only;
using pariter::test::no_default;
using pariter::test::over_aligned;
using pariter::test::planned_failure;
using pariter::test::take;
using pariter::test::throwing;

struct source_traits {
  bool copies = false;          // needs items that can be copied
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
  static constexpr source_traits traits{};
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
constexpr source_traits two{.at_least = 2, .at_most = 2};
struct in_tuple {
  static constexpr source_traits traits = two;
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
struct in_mixed_tuple {  // each item a variant, moved out of the tuple
  static constexpr source_traits traits = two;
  template <class T>
  struct of {
    explicit of(int) {}
    auto iter() { return pariter::iter(std::tuple<T, stranger>(0, stranger{1})); }
    struct stranger {
      int value;
    };
  };
};
struct in_fields {
  static constexpr source_traits traits = two;
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
  static constexpr source_traits traits{};
  template <class T>
  struct of {
    explicit of(int n) : iterable(filled<T, std::vector<T>>(n)) {}
    auto iter() { return iterable.iter(); }
    pariter::any_iterable<const T&> iterable;
  };
};
struct in_any_iterable_of_values {
  static constexpr source_traits traits{.copies = true};
  template <class T>
  struct of {
    explicit of(int n) : iterable(filled<T, std::vector<T>>(n)) {}
    auto iter() { return iterable.iter(); }
    pariter::any_iterable<T> iterable;
  };
};
struct in_part {
  static constexpr source_traits traits{};
  template <class T>
  struct of : in_range<vector_of>::of<T> {
    using in_range<vector_of>::of<T>::of;
    auto iter() { return pariter::iter(pariter::split(this->range, 1).front()); }
  };
};
struct by_index {
  static constexpr source_traits traits{};
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
using by_expression = lazily<[]<class T>(int n) {
  return pariter::expression(std::views::iota(0, n), [](int i) { return T(i); });
}>;
using by_any_iterator = lazily<[]<class T>(int n) { return pariter::any_iterator<T>(made<T>(n)); }>;
constexpr source_traits shared_lazily{.endless = true, .error_stays = true};
using by_share = lazily<[]<class T>(int n) { return pariter::share(made<T>(n)).iter(); }, shared_lazily>;
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
using in_history = in_log<[](auto& log) { return log.iter(); }>;
using in_live_log = in_log<[](auto& log) { return log.live(); }>;
using in_followed_log = in_log<[](auto& log) { return log.follow(); }>;
using in_snapshot = in_log<[](auto& log) { return pariter::iter(log.snapshot()); }>;
using in_shared_log = in_log<[](auto& log) { return pariter::share(log.follow()).iter(); }>;
using in_tee_of_log = in_log<[](auto& log) { return std::move(pariter::tee(log.follow(), 1).front()); }, source_traits{.copies = true, .error_stays = true}>;

template <enum pariter::policy Policy>
struct in_broadcast {
  static constexpr source_traits traits{};
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
  static constexpr source_traits traits{};
  template <class T>
  struct of {
    explicit of(int n) : versions_(filled<T, std::vector<T>>(n)) {}
    auto iter() { return versions_.iter(); }
    pariter::copy_on_write<std::vector<T>> versions_;
  };
};

using sources = testing::Types<in_range<vector_of>, in_range<list_of>, in_range<deque_of>, in_temporary, in_optional, in_tuple, in_temporary_tuple,
                               in_mixed_tuple, in_fields, in_any_iterable, in_any_iterable_of_values, in_part, by_index, by_function,
                               by_generator, by_generator_of_references, by_delegation, by_receiving_generator, by_async_generator,
                               by_generator_function, by_expression, by_any_iterator, by_share, by_tee, in_shared_vector, in_history,
                               in_live_log, in_followed_log, in_snapshot, in_shared_log, in_tee_of_log, in_broadcast<pariter::policy::gating>, in_broadcast<pariter::policy::lossy>,
                               in_broadcast<pariter::policy::kicked>, in_versions>;

template <class Source, class T>
void walks_items_of() {
  for (int n : lengths) {
    n = Source::traits.possible(n);
    typename Source::template of<T> f(n);
    auto&& it = f.iter();
    items expected;
    for (int i = 0; i < n; ++i) expected.push_back({i});
    EXPECT_EQ(take(it, expected.size() + 1), expected) << "of " << n;
    EXPECT_FALSE(it.next());
  }
}

// Where it throws: nothing is left, what was delivered is in order, and one failure is thrown once.
template <class Source>
void fails_at(int k, bool when_made) {
  int thrown = 0;
  try {
    if (when_made) throwing::fail_at(k);
    typename Source::template of<throwing> f(Source::traits.possible(4));
    auto&& it = f.iter();
    throwing::fail_at(k);
    int before = -1;
    for (int step = 0; step < 8; ++step) {
      try {
        auto s = it.next();
        if (!s) break;
        const int number = pariter::test::flat(*s).front();
        EXPECT_GT(number, before) << "failed at " << k;
        before = number;
      } catch (const planned_failure&) {
        if (thrown == 0 || !Source::traits.error_stays) ++thrown;
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

template <class Source>
class ItemLaws : public testing::Test {};
TYPED_TEST_SUITE(ItemLaws, sources);

TYPED_TEST(ItemLaws, walks_awkward_items) {
  walks_items_of<TypeParam, counted>();
  walks_items_of<TypeParam, over_aligned>();
  if constexpr (!TypeParam::traits.copies) walks_items_of<TypeParam, move_only>();
  walks_items_of<TypeParam, no_default>();
}

TYPED_TEST(ItemLaws, everything_is_freed_wherever_it_stops) {
  ASSERT_EQ(counted::living, 0);
  for (int n : lengths) {
    n = TypeParam::traits.possible(n);
    for (int stop = 0; stop <= n + 1; ++stop) {
      {
        typename TypeParam::template of<counted> f(n);
        auto&& it = f.iter();
        (void)take(it, static_cast<std::size_t>(stop));
      }
      EXPECT_EQ(counted::living, 0) << "of " << n << ", stopped after " << stop;
    }
  }
}

TYPED_TEST(ItemLaws, an_item_that_throws_leaks_nothing_and_repeats_nothing) {
  for (int k = 1; k <= 24; ++k) {
    fails_at<TypeParam>(k, true);
    fails_at<TypeParam>(k, false);
  }
}

TYPED_TEST(ItemLaws, walks_a_source_without_end) {
  if constexpr (TypeParam::traits.endless) {
    typename TypeParam::template of<counted> f(1'000'000'000);
    auto&& it = f.iter();
    EXPECT_EQ(take(it, 3), (items{{0}, {1}, {2}}));
  }
}
