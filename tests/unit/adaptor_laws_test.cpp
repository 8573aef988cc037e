// SPDX-License-Identifier: Apache-2.0

// The laws of support/laws.hpp over every adaptor. What is particular to one stands in its own test.

#define PARITER_CANARY 1  // also in release builds: that it is there is one of the laws

#include "pariter/adaptors/accumulate.hpp"
#include "pariter/adaptors/batched.hpp"
#include "pariter/adaptors/chain.hpp"
#include "pariter/adaptors/chain_from.hpp"
#include "pariter/adaptors/cycle.hpp"
#include "pariter/adaptors/dropwhile.hpp"
#include "pariter/adaptors/enumerate.hpp"
#include "pariter/adaptors/groupby.hpp"
#include "pariter/adaptors/pairwise.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/takewhile.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/adaptors/zip_longest.hpp"
#include "pariter/adaptors/zip_strict.hpp"
#include "pariter/core/any_iterator.hpp"
#include "pariter/core/iterator_ref.hpp"
#include "support/laws.hpp"

#include <algorithm>

using pariter::test::adaptor_traits;
using listing = std::vector<pariter::test::flat_item>;

namespace {

// A number in each item, and the item back.
template <class T>
int number(const T& item) {
  if constexpr (std::same_as<T, int>) return item;
  else return item.value;
}

template <class Make>
listing model_of(int count, Make make) {
  listing out;
  for (int i = 0; i < count; ++i) out.push_back(make(i));
  return out;
}

struct of_enumerate {
  static constexpr adaptor_traits traits{};
  static auto make(auto& source, int n) { return pariter::enumerate(source(n), 5); }
  static listing model(int n) {
    return model_of(n, [](int i) { return std::vector{5 + i, i}; });
  }
  static int pulls(int delivered, int) { return delivered; }
};

struct of_zip {
  static constexpr adaptor_traits traits{.gathers = true};
  static auto make(auto& source, int n) { return pariter::zip(source(n), source(n + 1), source(n)); }
  static listing model(int n) {
    return model_of(n, [](int i) { return std::vector{i, i, i}; });
  }
  static int pulls(int delivered, int) { return 3 * delivered; }
};

struct of_zip_strict {
  static constexpr adaptor_traits traits{.gathers = true};
  static auto make(auto& source, int n) { return pariter::zip_strict(source(n), source(n)); }
  static listing model(int n) {
    return model_of(n, [](int i) { return std::vector{i, i}; });
  }
  static int pulls(int delivered, int) { return 2 * delivered; }
};

struct of_zip_longest {
  static constexpr adaptor_traits traits{.gathers = true};
  static auto make(auto& source, int n) { return pariter::zip_longest(source(n), source(n + 2)); }
  static listing model(int n) {
    return model_of(n + 2, [n](int i) { return std::vector{i < n ? i : -1, i}; });
  }
  static int pulls(int delivered, int n) { return delivered + std::min(delivered, n + 1); }
};

struct of_chain {
  static constexpr adaptor_traits traits{};
  static auto make(auto& source, int n) { return pariter::chain(source(n), source(0), source(n)); }
  static listing model(int n) {
    return model_of(2 * n, [n](int i) { return std::vector{i % n}; });
  }
  static int pulls(int delivered, int n) { return delivered <= n ? delivered : delivered + 2; }
};

struct of_chain_from {
  static constexpr adaptor_traits traits{.lends = true};
  static auto make(auto& source, int n) {
    std::vector<decltype(source(0))> sources;
    sources.push_back(source(n));
    sources.push_back(source(0));
    sources.push_back(source(n));
    return pariter::chain_from(std::move(sources));
  }
  static listing model(int n) { return of_chain::model(n); }
  static int pulls(int delivered, int n) { return of_chain::pulls(delivered, n); }
};

struct of_slice {
  static constexpr adaptor_traits traits{};
  static auto make(auto& source, int n) { return pariter::slice(source(n), 5); }
  static listing model(int n) {
    return model_of(std::min(n, 5), [](int i) { return std::vector{i}; });
  }
  static int pulls(int delivered, int) { return delivered; }
};

struct of_slice_with_steps {
  static constexpr adaptor_traits traits{};
  static auto make(auto& source, int n) { return pariter::slice(source(n), 1, std::nullopt, 2); }
  static listing model(int n) {
    return model_of(n / 2, [](int i) { return std::vector{1 + 2 * i}; });
  }
  static int pulls(int delivered, int) { return 2 * delivered; }
};

struct of_batched {
  static constexpr adaptor_traits traits{};
  static auto make(auto& source, int n) { return pariter::batched(source(n), 3); }
  static listing model(int n) {
    listing out;
    for (int i = 0; i < n; ++i) {
      if (i % 3 == 0) out.emplace_back();
      out.back().push_back(i);
    }
    return out;
  }
  static int pulls(int delivered, int n) { return 3 * delivered <= n ? 3 * delivered : n + 1; }
};

struct of_pairwise {
  static constexpr adaptor_traits traits{.copies = true};
  static auto make(auto& source, int n) { return pariter::pairwise(source(n)); }
  static listing model(int n) {
    return model_of(std::max(n - 1, 0), [](int i) { return std::vector{i, i + 1}; });
  }
  static int pulls(int delivered, int) { return delivered == 0 ? 0 : delivered + 1; }
};

struct of_accumulate {
  static constexpr adaptor_traits traits{.copies = true, .assigns = true, .keeps = 1};
  static auto make(auto& source, int n) {
    using T = pariter::value_t<decltype(source(0))>;
    return pariter::accumulate(source(n), [](const T& a, const T& b) { return T(number(a) + number(b)); });
  }
  static listing model(int n) {
    return model_of(n, [](int i) { return std::vector{i * (i + 1) / 2}; });
  }
  static int pulls(int delivered, int) { return delivered; }
};

struct of_takewhile {
  static constexpr adaptor_traits traits{};
  static auto make(auto& source, int n) {
    return pariter::takewhile(source(n), [](const auto& item) { return number(item) < 5; });
  }
  static listing model(int n) { return of_slice::model(n); }
  static int pulls(int delivered, int) { return delivered; }
};

struct of_dropwhile {
  static constexpr adaptor_traits traits{};
  static auto make(auto& source, int n) {
    return pariter::dropwhile(source(n), [](const auto& item) { return number(item) < 2; });
  }
  static listing model(int n) {
    return model_of(std::max(n - 2, 0), [](int i) { return std::vector{i + 2}; });
  }
  static int pulls(int delivered, int) { return delivered == 0 ? 0 : delivered + 2; }
};

struct of_groupby {
  static constexpr adaptor_traits traits{.gathers = true};
  static auto make(auto& source, int n) {
    return pariter::groupby(source(n), [](const auto& item) { return number(item) / 3; });
  }
  static listing model(int n) {
    listing out = of_batched::model(n);
    for (int key = 0; auto& run : out) run.insert(run.begin(), key++);
    return out;
  }
  static int pulls(int delivered, int n) { return std::min(3 * delivered, n) + 1; }  // the group was drained, too
};

struct of_cycle {
  static constexpr adaptor_traits traits{.endless = true};
  static auto make(auto& source, int n) { return pariter::cycle(source(n)); }
  static listing model(int n) {
    return model_of(n == 0 ? 0 : 20, [n](int i) { return std::vector{i % n}; });
  }
  static int pulls(int delivered, int n) { return std::min(delivered, n + 1); }
};

struct of_any_iterator {
  static constexpr adaptor_traits traits{};
  static auto make(auto& source, int n) { return pariter::any_iterator<pariter::value_t<decltype(source(n))>>(source(n)); }
  static listing model(int n) {
    return model_of(n, [](int i) { return std::vector{i}; });
  }
  static int pulls(int delivered, int) { return delivered; }
};

// Too large for the room inside.
struct of_any_iterator_on_the_heap {
  static constexpr adaptor_traits traits{};
  static auto make(auto& source, int n) {
    using T = pariter::value_t<decltype(source(n))>;
    return pariter::any_iterator<T>(pariter::slice(pariter::chain(source(n), source(0)), std::nullopt));
  }
  static listing model(int n) { return of_any_iterator::model(n); }
  static int pulls(int delivered, int) { return delivered; }
};

// An adaptor over another that it shares with somebody else.
template <class I>
struct lent {
  std::unique_ptr<I> owner;
  pariter::iterator_ref<I> borrowed{*owner};

  explicit lent(I it) : owner(std::make_unique<I>(std::move(it))) {}
  auto next() { return borrowed.next(); }
  auto size_hint() const { return borrowed.size_hint(); }
  auto begin() { return borrowed.begin(); }
  static auto end() { return std::default_sentinel; }
};
struct of_iterator_ref {
  static constexpr adaptor_traits traits{.unguarded = true};
  static auto make(auto& source, int n) { return lent(source(n)); }
  static listing model(int n) { return of_any_iterator::model(n); }
  static int pulls(int delivered, int) { return delivered; }
};

using cases = testing::Types<of_enumerate, of_zip, of_zip_strict, of_zip_longest, of_chain, of_chain_from, of_slice, of_slice_with_steps,
                             of_batched, of_pairwise, of_accumulate, of_takewhile, of_dropwhile, of_groupby, of_cycle, of_any_iterator,
                             of_any_iterator_on_the_heap, of_iterator_ref>;

// Which of them can be forked: where the law would have nothing to do, nobody would notice that it has not.
template <class... Case>
constexpr bool all_fork(testing::Types<Case...>*) {
  return (pariter::iteration_traits<decltype(std::declval<pariter::test::adapted<Case>&>().iter())>.forkable && ...);
}
static_assert(all_fork(static_cast<testing::Types<of_enumerate, of_zip, of_zip_strict, of_zip_longest, of_chain, of_slice, of_slice_with_steps,
                                                  of_batched, of_pairwise, of_accumulate, of_takewhile, of_dropwhile, of_groupby, of_cycle>*>(nullptr)));
using numbers = std::vector<int>;
static_assert(pariter::iteration_traits<decltype(pariter::chain(std::declval<numbers&>(), std::declval<numbers&>()))>.forkable);
static_assert(pariter::iteration_traits<decltype(pariter::chain_from(std::declval<std::vector<numbers>&>()))>.forkable);
static_assert(pariter::iteration_traits<decltype(pariter::cycle(std::declval<numbers&>()))>.forkable);
static_assert(!pariter::iteration_traits<decltype(pariter::slice(std::declval<numbers>(), 1))>.forkable, "it points into what it owns");
static_assert(!pariter::iteration_traits<decltype(pariter::slice(std::declval<pariter::any_iterator<int>>(), 1))>.forkable);
static_assert(!pariter::iteration_traits<decltype(pariter::slice(std::declval<pariter::iterator_of_t<numbers&>&>(), 1))>.forkable,
              "the position is somebody else's");

}  // namespace

template <class Case>
class AdaptorLaws : public testing::Test {
 protected:
  using fixture = pariter::test::adapted<Case>;
};
TYPED_TEST_SUITE(AdaptorLaws, cases);

TYPED_TEST(AdaptorLaws, delivers_what_it_should) { pariter::test::delivers_what_it_should<typename TestFixture::fixture>(); }
TYPED_TEST(AdaptorLaws, is_at_its_end_for_ever) { pariter::test::is_at_its_end_for_ever<typename TestFixture::fixture>(); }
TYPED_TEST(AdaptorLaws, iter_of_it_is_it) { pariter::test::iter_of_it_is_it<typename TestFixture::fixture>(); }
TYPED_TEST(AdaptorLaws, range_for_continues_after_break) { pariter::test::range_for_continues_after_break<typename TestFixture::fixture>(); }
TYPED_TEST(AdaptorLaws, a_moved_iterator_continues) { pariter::test::a_moved_iterator_continues<typename TestFixture::fixture>(); }
TYPED_TEST(AdaptorLaws, a_size_hint_counts_what_is_left) { pariter::test::a_size_hint_counts_what_is_left<typename TestFixture::fixture>(); }
TYPED_TEST(AdaptorLaws, a_fork_goes_its_own_way) { pariter::test::a_fork_goes_its_own_way<typename TestFixture::fixture>(); }
TYPED_TEST(AdaptorLaws, forks_leave_nothing_behind) { pariter::test::forks_leave_nothing_behind<TypeParam>(); }
TYPED_TEST(AdaptorLaws, is_a_standard_input_range) { pariter::test::is_a_standard_input_range<typename TestFixture::fixture>(); }
TYPED_TEST(AdaptorLaws, making_it_pulls_nothing) { pariter::test::making_it_pulls_nothing<TypeParam>(); }
TYPED_TEST(AdaptorLaws, nothing_is_read_ahead) { pariter::test::nothing_is_read_ahead<TypeParam>(); }
TYPED_TEST(AdaptorLaws, an_exception_of_the_source_ends_nothing) {
  pariter::test::an_exception_of_the_source_ends_nothing_and_loses_nothing<TypeParam>();
}
TYPED_TEST(AdaptorLaws, everything_is_freed_wherever_it_stops) { pariter::test::everything_is_freed_wherever_it_stops<TypeParam>(); }
TYPED_TEST(AdaptorLaws, at_the_end_the_source_is_released) { pariter::test::at_the_end_the_source_is_released<TypeParam>(); }
TYPED_TEST(AdaptorLaws, no_hint_of_the_source_is_no_hint) { pariter::test::no_hint_of_the_source_is_no_hint<TypeParam>(); }
TYPED_TEST(AdaptorLaws, walks_awkward_items) { pariter::test::walks_awkward_items<TypeParam>(); }
TYPED_TEST(AdaptorLaws, an_item_that_throws_leaks_nothing_and_ends_nothing) {
  pariter::test::an_item_that_throws_leaks_nothing_and_ends_nothing<TypeParam>();
}
TYPED_TEST(AdaptorLaws, goes_in_and_out_of_an_any_iterator) { pariter::test::goes_in_and_out_of_an_any_iterator<TypeParam>(); }
TYPED_TEST(AdaptorLaws, walks_a_source_without_end) { pariter::test::walks_a_source_without_end<TypeParam>(); }

template <class Case>
class AdaptorLawsDeathTest : public testing::Test {};
TYPED_TEST_SUITE(AdaptorLawsDeathTest, cases);

TYPED_TEST(AdaptorLawsDeathTest, a_step_inside_a_step_is_reported) { pariter::test::a_step_inside_a_step_is_reported<TypeParam>(); }
