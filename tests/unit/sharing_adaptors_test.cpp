// SPDX-License-Identifier: Apache-2.0
//
// share() and tee() of every adaptor on six and on ten threads: each row is whole, comes to exactly one drawer, or to every branch, and in
// the order of the source. (Not of groupby: its groups have one position in common.)

#include "pariter/adaptors/accumulate.hpp"
#include "pariter/adaptors/batched.hpp"
#include "pariter/adaptors/chain.hpp"
#include "pariter/adaptors/chain_from.hpp"
#include "pariter/adaptors/cycle.hpp"
#include "pariter/adaptors/dropwhile.hpp"
#include "pariter/adaptors/enumerate.hpp"
#include "pariter/adaptors/pairwise.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/takewhile.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/adaptors/zip_longest.hpp"
#include "pariter/adaptors/zip_strict.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/flat_items.hpp"
#include "support/sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <ranges>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pariter::share;
using pariter::test::flat;
using pariter::test::flat_item;
using pariter::test::items;
using pariter::test::numbers;
using pariter::test::on_threads;

constexpr int n = 600;

template <class Row>
items rows(int count, Row row) {
  items out;
  for (int i = 0; i < count; ++i) out.push_back(row(i));
  return out;
}

// ---- adaptors over source(first, last), which gives first … last - 1, and what they should give ----

struct of_enumerate {
  static auto make(auto source) { return pariter::enumerate(source(0, n), 5); }
  static items model() { return rows(n, [](int i) { return flat_item{5 + i, i}; }); }
};
struct of_zip {
  static auto make(auto source) { return pariter::zip(source(0, n), source(n, 2 * n + 1), source(2 * n, 3 * n)); }
  static items model() { return rows(n, [](int i) { return flat_item{i, n + i, 2 * n + i}; }); }
};
struct of_zip_strict {
  static auto make(auto source) { return pariter::zip_strict(source(0, n), source(n, 2 * n)); }
  static items model() { return rows(n, [](int i) { return flat_item{i, n + i}; }); }
};
struct of_zip_longest {
  static auto make(auto source) { return pariter::zip_longest(source(0, n), source(n, 2 * n + 30)); }
  static items model() { return rows(n + 30, [](int i) { return flat_item{i < n ? i : -1, n + i}; }); }
};
struct of_chain {
  static auto make(auto source) { return pariter::chain(source(0, 200), source(0, 0), source(200, n)); }
  static items model() { return rows(n, [](int i) { return flat_item{i}; }); }
};
struct of_chain_from {
  static auto make(auto source) {
    return pariter::chain_from(std::views::iota(0, n / 50) | std::views::transform([source](int i) { return source(50 * i, 50 * i + 50); }));
  }
  static items model() { return of_chain::model(); }
};
struct of_slice {
  static auto make(auto source) { return pariter::slice(source(0, 2 * n), n); }
  static items model() { return of_chain::model(); }
};
struct of_slice_with_steps {
  static auto make(auto source) { return pariter::slice(source(0, 3 * n + 10), 10, std::nullopt, 3); }
  static items model() { return rows(n, [](int i) { return flat_item{10 + 3 * i}; }); }
};
struct of_batched {
  static auto make(auto source) { return pariter::batched(source(0, n), 7); }
  static items model() {
    items out;
    for (int i = 0; i < n; ++i) {
      if (i % 7 == 0) out.emplace_back();
      out.back().push_back(i);
    }
    return out;
  }
};
struct of_pairwise {
  static auto make(auto source) { return pariter::pairwise(source(0, n)); }
  static items model() { return rows(n - 1, [](int i) { return flat_item{i, i + 1}; }); }
};
struct of_accumulate {
  static auto make(auto source) { return pariter::accumulate(source(0, n)); }
  static items model() { return rows(n, [](int i) { return flat_item{i * (i + 1) / 2}; }); }
};
struct of_takewhile {
  static auto make(auto source) { return pariter::takewhile(source(0, 2 * n), [](int i) { return i < n; }); }
  static items model() { return of_chain::model(); }
};
struct of_dropwhile {
  static auto make(auto source) { return pariter::dropwhile(source(0, n), [](int i) { return i < 100; }); }
  static items model() { return rows(n - 100, [](int i) { return flat_item{100 + i}; }); }
};
struct of_cycle {
  static auto make(auto source) { return pariter::slice(pariter::enumerate(pariter::cycle(source(0, 10)), 0), n); }
  static items model() { return rows(n, [](int i) { return flat_item{i, i % 10}; }); }
};
struct of_cycle_of_an_iterable {
  static auto make(auto) { return pariter::slice(pariter::enumerate(pariter::cycle(numbers(10)), 0), n); }
  static items model() { return of_cycle::model(); }
};
struct of_reversed {
  static auto make(auto) { return pariter::iter(std::views::reverse(numbers(n))); }
  static items model() { return rows(n, [](int i) { return flat_item{n - 1 - i}; }); }
};

// ---- sources ----

constexpr auto handing_over = [](int first, int last) -> pariter::generator<int> {
  for (; first < last; ++first) co_yield first;
};
// What it hands out is overwritten by its next step, and gone after the last.
constexpr auto reusing_its_room = [](int first, int last) -> pariter::generator<const int&> {
  for (; first < last; ++first) co_yield first;
};

// ---- checks ----

// Every row of the model came to one drawer, and to each drawer in the order of the model.
void expect_whole_rows_once_and_in_order(const std::vector<items>& drawn, const items& model) {
  std::map<flat_item, int> place;
  for (const auto& row : model) ASSERT_TRUE(place.emplace(row, static_cast<int>(place.size())).second) << "of the model, rows differ";
  std::vector<int> times(model.size(), 0);
  for (const items& one : drawn) {
    int last = -1;
    for (const auto& row : one) {
      const auto found = place.find(row);
      ASSERT_NE(found, place.end()) << "a row that is none: " << testing::PrintToString(row);
      ASSERT_GT(found->second, last) << "out of order: " << testing::PrintToString(row);
      last = found->second;
      ++times[static_cast<std::size_t>(last)];
    }
  }
  const auto wrong = std::ranges::find_if(times, [](int t) { return t != 1; });
  if (wrong != times.end()) {
    ADD_FAILURE() << "came " << *wrong << " times: " << testing::PrintToString(model[static_cast<std::size_t>(wrong - times.begin())]);
  }
}

template <class Make>
void expect_shared(Make make, const items& model) {
  for (const int threads : {6, 10}) {
    for (const std::size_t at_once : {0u, 1u, 7u}) {
      const auto s = share(make(), {.at_once = at_once});
      std::vector<items> drawn(static_cast<std::size_t>(threads));
      on_threads(threads, [&](int t) {
        for (auto own = s.iter(); auto row = own.next();) drawn[static_cast<std::size_t>(t)].push_back(flat(*row));
      });
      expect_whole_rows_once_and_in_order(drawn, model);
    }
  }
}

template <class Adaptor>
class SharedAdaptor : public testing::Test {};
using adaptors = testing::Types<of_enumerate, of_zip, of_zip_strict, of_zip_longest, of_chain, of_chain_from, of_slice, of_slice_with_steps, of_batched,
                                of_pairwise, of_accumulate, of_takewhile, of_dropwhile, of_cycle, of_cycle_of_an_iterable, of_reversed>;
TYPED_TEST_SUITE(SharedAdaptor, adaptors);

TYPED_TEST(SharedAdaptor, hands_out_whole_rows_once_and_in_order) {
  expect_shared([] { return TypeParam::make(handing_over); }, TypeParam::model());
}
TYPED_TEST(SharedAdaptor, hands_out_whole_rows_of_items_that_do_not_stay) {
  expect_shared([] { return TypeParam::make(reusing_its_room); }, TypeParam::model());
}
TYPED_TEST(SharedAdaptor, every_branch_of_a_tee_sees_whole_rows_of_items_that_do_not_stay) {
  for (const std::size_t capacity : {std::size_t{3}, pariter::unbounded}) {
    auto branches = pariter::tee(TypeParam::make(reusing_its_room), 6, {.capacity = capacity});
    on_threads(6, [&](int t) {
      items seen;
      for (auto own = std::move(branches[static_cast<std::size_t>(t)]); const auto row = own.next();) seen.push_back(flat(*row));
      EXPECT_EQ(seen, TypeParam::model());
    });
  }
}

// Over logs that another thread writes to, which the drawers wait for in the middle of a row.
template <class Make>
void expect_shared_beside_a_writer(Make make, const items& model) {
  for (const int threads : {6, 10}) {
    pariter::concurrent_log<int> a, b;
    const auto s = share(make(a, b));
    std::thread writer([&] {
      for (int i = 0; i < n; ++i) {
        a.append(i);
        std::this_thread::yield();
        b.append(n + i);
      }
      a.close();
      b.close();
    });
    std::vector<items> drawn(static_cast<std::size_t>(threads));
    on_threads(threads, [&](int t) {
      for (auto own = s.iter(); const auto row = own.next();) drawn[static_cast<std::size_t>(t)].push_back(flat(*row));
    });
    writer.join();
    expect_whole_rows_once_and_in_order(drawn, model);
  }
}
TEST(SharedAdaptorOfALog, zip_waits_for_whole_rows) {
  expect_shared_beside_a_writer([](auto& a, auto& b) { return pariter::zip(a.follow(), b.follow()); }, of_zip_strict::model());
}
TEST(SharedAdaptorOfALog, pairwise_waits_for_whole_rows) {
  expect_shared_beside_a_writer([](auto& a, auto&) { return pariter::pairwise(a.follow()); }, of_pairwise::model());
}
TEST(SharedAdaptorOfALog, batched_waits_for_whole_rows) {
  expect_shared_beside_a_writer([](auto& a, auto&) { return pariter::batched(a.follow(), 7); }, of_batched::model());
}

// A source without end that counts how often it was asked.
class counted_pulls : public pariter::iterator_interface<counted_pulls> {
 public:
  explicit counted_pulls(std::atomic<int>& pulls) : pulls_(&pulls) {}
  std::optional<int> next() { return pulls_->fetch_add(1); }

 private:
  std::atomic<int>* pulls_;
};

TEST(SharedSlice, hands_out_exactly_so_many_and_pulls_no_more) {
  for (int round = 0; round < 60; ++round) {
    const int stop = round * 37 % 400;
    std::atomic<int> pulls = 0;
    const auto s = share(pariter::slice(counted_pulls(pulls), static_cast<std::size_t>(stop)), {.at_once = static_cast<std::size_t>(round % 4)});
    const auto drawn = pariter::test::drain_on(8, s);
    pariter::test::expect_exactly_once_and_in_order(drawn, stop);
    EXPECT_EQ(pulls, stop);
    EXPECT_FALSE(s.iter().next());
  }
}

}  // namespace
