// SPDX-License-Identifier: Apache-2.0

// The laws of support/adaptor_laws.hpp and support/iterator_laws.hpp over every adaptor. What is particular to one stands in its own test.

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
#include "pariter/core/any_iterable.hpp"
#include "pariter/core/any_iterator.hpp"
#include "pariter/core/iterator_ref.hpp"
#include "support/adaptor_laws.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using pariter::test::adaptor_case;
using pariter::test::adaptor_traits;
using pariter::test::failure;
using pariter::test::flat_item;
using pariter::test::hinting;
using pariter::test::items;
using pariter::test::model_pulls;
using pariter::test::number;
using pariter::test::numbers_of;
using pariter::test::planned_failure;
using pariter::test::wrong_count_thrown;

// make(number, index) of each.
template <class Make>
items each(const std::vector<int>& numbers, Make make) {
  items out;
  for (std::size_t i = 0; i < numbers.size(); ++i) out.push_back(make(numbers[i], static_cast<int>(i)));
  return out;
}
items each(const std::vector<int>& numbers) {
  return each(numbers, [](int i, int) { return flat_item{i}; });
}

struct of_enumerate {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::enumerate(source(n), 5); }
  static items model(int n, failure f) {
    return each(numbers_of(n, f), [](int i, int at) { return flat_item{5 + at, i}; });
  }
  static int pulls(int delivered, int) { return delivered; }
};

// Rows of sources of these lengths, one pull after the other; a failure loses the row.
enum class until { first_ends, last_ends, all_end };
items rows_of(const std::vector<int>& lengths, until end, failure f) {
  model_pulls pull(f);
  std::vector<int> at(lengths.size(), 0);
  std::vector<bool> ended(lengths.size(), false);
  const auto pulled = [&](std::size_t i) {
    const auto number = ended[i] ? std::nullopt : pull(at[i], lengths[i]);
    if (!number) ended[i] = true;
    return number;
  };
  items out;
  for (;;) {
    try {
      flat_item row;
      for (std::size_t i = 0; i < lengths.size(); ++i) {
        const auto number = pulled(i);
        row.push_back(number.value_or(-1));
        if (number || end == until::last_ends) continue;
        if (end == until::first_ends) return out;
        bool differs = i > 0;
        for (std::size_t k = i + 1; k < lengths.size() && !differs; ++k) differs = pulled(k).has_value();
        if (differs) out.push_back({wrong_count_thrown});
        return out;
      }
      if (std::all_of(ended.begin(), ended.end(), [](bool b) { return b; })) return out;
      out.push_back(row);
    } catch (const planned_failure&) {
    }
  }
}

struct of_zip {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::zip(source(n), source(n + 1), source(n)); }
  static items model(int n, failure f) { return rows_of({n, n + 1, n}, until::first_ends, f); }
  static int pulls(int delivered, int) { return 3 * delivered; }
};
struct of_zip_of_one {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::zip(source(n)); }
  static items model(int n, failure f) { return rows_of({n}, until::first_ends, f); }
  static int pulls(int delivered, int) { return delivered; }
};
struct of_zip_of_none {
  static constexpr adaptor_traits traits{.unguarded = true};
  static auto make(const auto&, int) { return pariter::zip(); }
  static items model(int, failure) { return {}; }
  static int pulls(int, int) { return 0; }
};
struct of_zip_strict {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::zip_strict(source(n), source(n), source(n)); }
  static items model(int n, failure f) { return rows_of({n, n, n}, until::all_end, f); }
  static int pulls(int delivered, int) { return 3 * delivered; }
};
struct of_zip_longest {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::zip_longest(source(n), source(n + 2)); }
  static items model(int n, failure f) { return rows_of({n, n + 2}, until::last_ends, f); }
  static int pulls(int delivered, int n) { return delivered + std::min(delivered, n + 1); }
};

struct of_chain {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::chain(source(n), source(0), source(n)); }
  static items model(int n, failure f) { return each(numbers_of({n, 0, n}, f)); }
  static int pulls(int delivered, int n) { return delivered <= n ? delivered : delivered + 2; }
};
struct of_chain_over_iterables {
  static constexpr adaptor_traits traits{.hints = hinting::sometimes};
  static auto make(const auto& source, int n) { return pariter::chain(source.iterable(n), source.iterable(0), source.iterable(n)); }
  static items model(int n, failure f) { return of_chain::model(n, f); }
  static int pulls(int delivered, int n) { return of_chain::pulls(delivered, n); }
};

struct of_chain_from {  // iterators that something else keeps
  static constexpr adaptor_traits traits{.forks = false, .hints = hinting::never};
  static auto make(const auto& source, int n) {
    std::vector<decltype(source(0))> sources;
    for (int length : {n, 0, n}) sources.push_back(source(length));
    return pariter::chain_from(std::move(sources));
  }
  static items model(int n, failure f) { return of_chain::model(n, f); }
  static int pulls(int delivered, int n) { return of_chain::pulls(delivered, n); }
};
// Hands over iterables of one item each, out of a source that is an adaptor's to release.
template <class I>
class of_ones : public pariter::iterator_interface<of_ones<I>> {
 public:
  static constexpr pariter::iteration_properties properties{.forkable = pariter::iteration_traits<I>.forkable};

  explicit of_ones(I source) : source_(std::move(source)) {}
  std::optional<std::array<pariter::value_t<I>, 1>> next() {
    auto s = source_.next();
    if (!s) return std::nullopt;
    return std::array<pariter::value_t<I>, 1>{*std::move(s)};
  }
  of_ones fork() const
    requires(properties.forkable)
  {
    return of_ones(source_.fork());
  }

 private:
  I source_;
};
struct of_chain_from_handed_over {
  static constexpr adaptor_traits traits{.forks = false, .hints = hinting::never};
  static auto make(const auto& source, int n) { return pariter::chain_from(of_ones(source(n))); }
  static items model(int n, failure f) { return each(numbers_of(n, f)); }
  static int pulls(int delivered, int) { return delivered; }
};

// start, start + step, ... before stop.
items sliced(const std::vector<int>& numbers, std::size_t start, std::size_t stop, std::size_t step) {
  items out;
  for (std::size_t i = start; i < std::min(stop, numbers.size()); i += step) out.push_back({numbers[i]});
  return out;
}
struct of_slice {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::slice(source(n), 5); }
  static items model(int n, failure f) { return sliced(numbers_of(n, f), 0, 5, 1); }
  static int pulls(int delivered, int) { return delivered; }
};
struct of_slice_with_steps {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::slice(source(n), 1, std::nullopt, 2); }
  static items model(int n, failure f) { return sliced(numbers_of(n, f), 1, 1000, 2); }
  static int pulls(int delivered, int) { return 2 * delivered; }
};
struct of_slice_that_starts_behind_its_stop {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::slice(source(n), 4, 2); }
  static items model(int, failure) { return {}; }
  static int pulls(int, int) { return 0; }
};

items in_batches(const std::vector<int>& numbers) {
  items out;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i % 3 == 0) out.emplace_back();
    out.back().push_back(numbers[i]);
  }
  return out;
}
struct of_batched {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::batched(source(n), 3); }
  static items model(int n, failure f) { return in_batches(numbers_of(n, f)); }
  static int pulls(int delivered, int n) { return 3 * delivered <= n ? 3 * delivered : n + 1; }
};
struct of_batched_strict {
  static constexpr adaptor_traits traits{};
  static auto make(const auto& source, int n) { return pariter::batched_strict(source(3 * n), 3); }
  static items model(int n, failure f) {
    items out = in_batches(numbers_of(3 * n, f));
    if (!out.empty() && out.back().size() < 3) out.back() = {wrong_count_thrown};
    return out;
  }
  static int pulls(int delivered, int) { return 3 * delivered; }
};

struct of_pairwise {
  static constexpr adaptor_traits traits{.copies = true, .pairs = true};
  static auto make(const auto& source, int n) { return pariter::pairwise(source(n)); }
  static items model(int n, failure f) {
    const std::vector<int> numbers = numbers_of(n, f);
    items out;
    for (std::size_t i = 1; i < numbers.size(); ++i) out.push_back({numbers[i - 1], numbers[i]});
    return out;
  }
  static int pulls(int delivered, int) { return delivered == 0 ? 0 : delivered + 1; }
};

template <class T>
constexpr auto plus = [](const T& a, const T& b) { return T(number(a) + number(b)); };
struct of_accumulate {
  static constexpr adaptor_traits traits{.copies = true, .assigns = true};
  static auto make(const auto& source, int n) { return pariter::accumulate(source(n), plus<pariter::value_t<decltype(source(0))>>); }
  static items model(int n, failure f) {
    return each(numbers_of(n, f), [total = 0](int i, int) mutable { return flat_item{total += i}; });
  }
  static int pulls(int delivered, int) { return delivered; }
};
struct of_accumulate_with_initial {
  static constexpr adaptor_traits traits = of_accumulate::traits;
  static auto make(const auto& source, int n) {
    using T = pariter::value_t<decltype(source(0))>;
    return pariter::accumulate(source(n), plus<T>, T(10));
  }
  static items model(int n, failure f) {
    items out = of_accumulate::model(n, f);
    for (auto& total : out) total.front() += 10;
    out.insert(out.begin(), {10});
    return out;
  }
  static int pulls(int delivered, int) { return std::max(delivered - 1, 0); }
};

struct of_takewhile {
  static constexpr adaptor_traits traits{.hints = hinting::never};
  static auto make(const auto& source, int n) {
    return pariter::takewhile(source(n), [](const auto& item) { return number(item) < 5; });
  }
  static items model(int n, failure f) {
    items out = each(numbers_of(n, f));
    out.erase(std::find_if(out.begin(), out.end(), [](const flat_item& i) { return i.front() >= 5; }), out.end());
    return out;
  }
  static int pulls(int delivered, int) { return delivered; }
};
struct of_dropwhile {
  static constexpr adaptor_traits traits{.hints = hinting::never};
  static auto make(const auto& source, int n) {
    return pariter::dropwhile(source(n), [](const auto& item) { return number(item) < 2; });
  }
  static items model(int n, failure f) {
    items out = each(numbers_of(n, f));
    out.erase(out.begin(), std::find_if(out.begin(), out.end(), [](const flat_item& i) { return i.front() >= 2; }));
    return out;
  }
  static int pulls(int delivered, int) { return delivered == 0 ? 0 : delivered + 2; }
};

struct of_groupby {  // each group is drained, too
  static constexpr adaptor_traits traits{.keeps_steps = true, .hints = hinting::never};
  static auto make(const auto& source, int n) {
    return pariter::groupby(source(n), [](const auto& item) { return number(item) / 3; });
  }
  static items model(int n, failure f) {
    items out;
    for (int i : numbers_of(n, f)) {
      if (out.empty() || out.back().front() != i / 3) out.push_back({i / 3});
      out.back().push_back(i);
    }
    return out;
  }
  static int pulls(int delivered, int n) { return delivered == 0 ? 0 : std::min(3 * delivered, n) + 1; }
};
struct of_group {  // the only one
  static constexpr adaptor_traits traits{.keeps_steps = true, .hints = hinting::never, .at_least = 1};
  static auto make(const auto& source, int n) {
    auto groups = pariter::groupby(source(n), [](const auto&) { return 0; });
    return std::get<1>(*groups.next());
  }
  static items model(int n, failure f) { return each(numbers_of(n, f)); }
  static int pulls(int delivered, int) { return std::max(delivered, 1); }
};

constexpr int some = 20;
struct of_cycle {
  static constexpr adaptor_traits traits{.endless = true, .hints = hinting::never};
  static auto make(const auto& source, int n) { return pariter::cycle(source(n)); }
  static items model(int n, failure f) {
    const std::vector<int> numbers = numbers_of(n, f);
    items out;
    for (std::size_t i = 0; i < some && !numbers.empty(); ++i) out.push_back({numbers[i % numbers.size()]});
    return out;
  }
  static int pulls(int delivered, int n) { return std::min(delivered, n + 1); }
};
struct of_cycle_over_iterable {
  static constexpr adaptor_traits traits{.endless = true, .forks = false, .hints = hinting::never};
  static auto make(const auto& source, int n) { return pariter::cycle(source.iterable(n)); }
  static items model(int n, failure f) {
    model_pulls pull(f);
    items out;
    for (int at = 0; n > 0 && out.size() < some;) {
      try {
        if (const auto number = pull(at, n)) out.push_back({*number});
        else at = 0;
      } catch (const planned_failure&) {
      }
    }
    return out;
  }
  static int pulls(int delivered, int n) { return delivered == 0 ? 0 : delivered + (delivered - 1) / n; }
};

struct of_any_iterator {
  static constexpr adaptor_traits traits{.erases = true, .forks = false};
  static auto make(const auto& source, int n) { return pariter::any_iterator<pariter::item_t<decltype(source(n))>>(source(n)); }
  static items model(int n, failure f) { return each(numbers_of(n, f)); }
  static int pulls(int delivered, int) { return delivered; }
};
// Too large for the room inside.
struct of_any_iterator_on_the_heap {
  static constexpr adaptor_traits traits = of_any_iterator::traits;
  static auto make(const auto& source, int n) {
    return pariter::any_iterator<pariter::item_t<decltype(source(n))>>(pariter::slice(pariter::chain(source(n), source(0)), std::nullopt));
  }
  static items model(int n, failure f) { return each(numbers_of({n, 0}, f)); }
  static int pulls(int delivered, int) { return delivered; }
};
struct of_any_iterable {
  static constexpr adaptor_traits traits = of_any_iterator::traits;
  static auto make(const auto& source, int n) {
    return pariter::any_iterable<pariter::item_t<decltype(source(n))>>(source.iterable(n)).iter();
  }
  static items model(int n, failure f) { return each(numbers_of(n, f)); }
  static int pulls(int delivered, int) { return delivered; }
};

// An adaptor over another that it shares with somebody else.
template <class I>
struct lent {
  static constexpr pariter::iteration_properties properties = pariter::iterator_ref<I>::properties;
  std::unique_ptr<I> owner;
  pariter::iterator_ref<I> borrowed{*owner};

  explicit lent(I it) : owner(std::make_unique<I>(std::move(it))) {}
  auto next() { return borrowed.next(); }
  auto size_hint() const { return borrowed.size_hint(); }
  auto begin() { return borrowed.begin(); }
  static auto end() { return std::default_sentinel; }
};
struct of_iterator_ref {
  static constexpr adaptor_traits traits{.lends = true, .unguarded = true, .forks = false};
  static auto make(const auto& source, int n) { return lent(source(n)); }
  static items model(int n, failure f) { return each(numbers_of(n, f)); }
  static int pulls(int delivered, int) { return delivered; }
};

using pariter::test::case_called;
const std::vector<adaptor_case>& all_cases() {
  static const std::vector<adaptor_case> all{
      case_called<of_enumerate>("enumerate"),
      case_called<of_zip>("zip"),
      case_called<of_zip_of_one>("zip_of_one"),
      case_called<of_zip_of_none>("zip_of_none"),
      case_called<of_zip_strict>("zip_strict"),
      case_called<of_zip_longest>("zip_longest"),
      case_called<of_chain>("chain"),
      case_called<of_chain_over_iterables>("chain_over_iterables"),
      case_called<of_chain_from>("chain_from"),
      case_called<of_chain_from_handed_over>("chain_from_handed_over"),
      case_called<of_slice>("slice"),
      case_called<of_slice_with_steps>("slice_with_steps"),
      case_called<of_slice_that_starts_behind_its_stop>("slice_that_starts_behind_its_stop"),
      case_called<of_batched>("batched"),
      case_called<of_batched_strict>("batched_strict"),
      case_called<of_pairwise>("pairwise"),
      case_called<of_accumulate>("accumulate"),
      case_called<of_accumulate_with_initial>("accumulate_with_initial"),
      case_called<of_takewhile>("takewhile"),
      case_called<of_dropwhile>("dropwhile"),
      case_called<of_groupby>("groupby"),
      case_called<of_group>("group"),
      case_called<of_cycle>("cycle"),
      case_called<of_cycle_over_iterable>("cycle_over_iterable"),
      case_called<of_any_iterator>("any_iterator"),
      case_called<of_any_iterator_on_the_heap>("any_iterator_on_the_heap"),
      case_called<of_any_iterable>("any_iterable"),
      case_called<of_iterator_ref>("iterator_ref"),
  };
  return all;
}

// Which of them can be forked over iterables, by type alone.
using numbers = std::vector<int>;
static_assert(pariter::iteration_traits<decltype(pariter::chain(std::declval<numbers&>(), std::declval<numbers&>()))>.forkable);
static_assert(pariter::iteration_traits<decltype(pariter::chain_from(std::declval<std::vector<numbers>&>()))>.forkable);
static_assert(pariter::iteration_traits<decltype(pariter::cycle(std::declval<numbers&>()))>.forkable);
static_assert(!pariter::iteration_traits<decltype(pariter::slice(std::declval<numbers>(), 1))>.forkable, "it points into what it owns");
static_assert(!pariter::iteration_traits<decltype(pariter::slice(std::declval<pariter::any_iterator<int>>(), 1))>.forkable);
static_assert(!pariter::iteration_traits<decltype(pariter::slice(std::declval<pariter::iterator_of_t<numbers&>&>(), 1))>.forkable,
              "the position is somebody else's");

}  // namespace

class AdaptorLaws : public testing::TestWithParam<adaptor_case> {
 protected:
  // A law of every iterator, over each way in which sources hand out their items.
  static void over_all_sources(void (*law)(const pariter::test::fixture_type&)) {
    pariter::test::over_all_sources(GetParam(), [&](pariter::test::walker_maker make) { law(pariter::test::as_fixture(GetParam(), make)); });
  }
};
class AdaptorLawsDeathTest : public AdaptorLaws {};
INSTANTIATE_TEST_SUITE_P(, AdaptorLaws, testing::ValuesIn(all_cases()), pariter::test::name_of);
INSTANTIATE_TEST_SUITE_P(, AdaptorLawsDeathTest, testing::ValuesIn(all_cases()), pariter::test::name_of);

// Those of every iterator.
TEST_P(AdaptorLaws, delivers_what_it_should) { over_all_sources(pariter::test::delivers_what_it_should); }
TEST_P(AdaptorLaws, is_at_its_end_for_ever) { over_all_sources(pariter::test::is_at_its_end_for_ever); }
TEST_P(AdaptorLaws, iter_of_it_is_it) { over_all_sources(pariter::test::iter_of_it_is_it); }
TEST_P(AdaptorLaws, range_for_continues_after_break) { over_all_sources(pariter::test::range_for_continues_after_break); }
TEST_P(AdaptorLaws, a_moved_iterator_continues) { over_all_sources(pariter::test::a_moved_iterator_continues); }
TEST_P(AdaptorLaws, a_size_hint_counts_what_is_left) { over_all_sources(pariter::test::a_size_hint_counts_what_is_left); }
TEST_P(AdaptorLaws, a_fork_goes_its_own_way) { over_all_sources(pariter::test::a_fork_goes_its_own_way); }
TEST_P(AdaptorLaws, items_that_stay_stay) { over_all_sources(pariter::test::items_that_stay_stay); }
TEST_P(AdaptorLaws, is_a_standard_input_range) { pariter::test::is_a_standard_input_range(pariter::test::as_fixture(GetParam(), GetParam().values)); }

// Their own.
TEST_P(AdaptorLaws, making_it_pulls_nothing) { pariter::test::making_it_pulls_nothing(GetParam()); }
TEST_P(AdaptorLaws, nothing_is_read_ahead) { pariter::test::nothing_is_read_ahead(GetParam()); }
TEST_P(AdaptorLaws, an_exception_of_the_source_ends_nothing) { pariter::test::an_exception_of_the_source_ends_nothing(GetParam()); }
TEST_P(AdaptorLaws, everything_is_freed_wherever_it_stops) { pariter::test::everything_is_freed_wherever_it_stops(GetParam()); }
TEST_P(AdaptorLaws, at_the_end_the_source_is_released) { pariter::test::at_the_end_the_source_is_released(GetParam()); }
TEST_P(AdaptorLaws, it_forks_where_it_can) { pariter::test::it_forks_where_it_can(GetParam()); }
TEST_P(AdaptorLaws, forks_leave_nothing_behind) { pariter::test::forks_leave_nothing_behind(GetParam()); }
TEST_P(AdaptorLaws, a_size_hint_is_there) { pariter::test::a_size_hint_is_there(GetParam()); }
TEST_P(AdaptorLaws, no_hint_of_the_source_is_no_hint) { pariter::test::no_hint_of_the_source_is_no_hint(GetParam()); }
TEST_P(AdaptorLaws, walks_awkward_items) { pariter::test::walks_awkward_items(GetParam()); }
TEST_P(AdaptorLaws, an_item_that_throws_leaks_nothing_and_ends_nothing) {
  pariter::test::an_item_that_throws_leaks_nothing_and_ends_nothing(GetParam());
}
TEST_P(AdaptorLaws, goes_in_and_out_of_an_any_iterator) { pariter::test::goes_in_and_out_of_an_any_iterator(GetParam()); }
TEST_P(AdaptorLaws, walks_a_source_without_end) { pariter::test::walks_a_source_without_end(GetParam()); }
TEST_P(AdaptorLawsDeathTest, a_step_inside_a_step_is_reported) { pariter::test::a_step_inside_a_step_is_reported(GetParam()); }
