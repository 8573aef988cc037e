// SPDX-License-Identifier: Apache-2.0

// What every consumer promises, over sources of each kind. What is particular to one stands in consumers_test.cpp.
//
// A case is a struct that has
//   static auto ask(auto&& x)                 the answer
//   static flat_item model(int n)             what it should be over 0 .. n-1; {thrown} where it should throw
//   static int pulls(int n)                   pulls that it takes
//   traits                                    what items it needs

#include "pariter/adaptors/any_all.hpp"
#include "pariter/adaptors/contains.hpp"
#include "pariter/adaptors/fold.hpp"
#include "pariter/adaptors/min_max.hpp"
#include "pariter/adaptors/sorted.hpp"
#include "pariter/adaptors/to.hpp"
#include "pariter/adaptors/unpack.hpp"
#include "support/fixture.hpp"
#include "support/flat_items.hpp"
#include "support/scripted.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace {

using pariter::test::counted;
using pariter::test::flat;
using pariter::test::flat_item;
using pariter::test::hands_out;
using pariter::test::lengths_from;
using pariter::test::number;
using pariter::test::planned_failure;
using pariter::test::script;
using pariter::test::sources;
using pariter::test::throwing;

constexpr int thrown = -8;
constexpr auto number_of = [](const auto& item) { return number(item); };

flat_item all_of(int n) {
  flat_item out;
  for (int i = 0; i < n; ++i) out.push_back(i);
  return out;
}

struct consumer_traits {
  bool adds = false;     // needs items that can be added
  bool copies = false;   // ... copied
  bool assigns = false;  // ... assigned
};

template <class X>
using value_of = pariter::value_t<pariter::detail::source_t<X>>;

struct of_contains {
  static constexpr consumer_traits traits{};
  template <class X>
  static auto ask(X&& x) {
    return pariter::contains(std::forward<X>(x), value_of<X>(3));
  }
  static flat_item model(int n) { return {n > 3}; }
  static int pulls(int n) { return n > 3 ? 4 : n + 1; }
};
struct of_index_of {
  static constexpr consumer_traits traits{};
  template <class X>
  static auto ask(X&& x) {
    return pariter::index_of(std::forward<X>(x), value_of<X>(3));
  }
  static flat_item model(int n) { return {n > 3 ? 3 : -1}; }
  static int pulls(int n) { return of_contains::pulls(n); }
};
struct of_count_of {
  static constexpr consumer_traits traits{};
  template <class X>
  static auto ask(X&& x) {
    return pariter::count_of(std::forward<X>(x), value_of<X>(1));
  }
  static flat_item model(int n) { return {n > 1}; }
  static int pulls(int n) { return n + 1; }
};
struct of_any {
  static constexpr consumer_traits traits{};
  static auto ask(auto&& x) {
    return pariter::any(std::forward<decltype(x)>(x), [](const auto& item) { return number(item) == 3; });
  }
  static flat_item model(int n) { return {n > 3}; }
  static int pulls(int n) { return of_contains::pulls(n); }
};
struct of_all {
  static constexpr consumer_traits traits{};
  static auto ask(auto&& x) {
    return pariter::all(std::forward<decltype(x)>(x), [](const auto& item) { return number(item) != 3; });
  }
  static flat_item model(int n) { return {n <= 3}; }
  static int pulls(int n) { return of_contains::pulls(n); }
};
struct of_min {
  static constexpr consumer_traits traits{};
  static auto ask(auto&& x) { return pariter::min(std::forward<decltype(x)>(x), std::less<>(), number_of); }
  static flat_item model(int n) { return {n > 0 ? 0 : thrown}; }
  static int pulls(int n) { return n + 1; }
};
struct of_max {
  static constexpr consumer_traits traits{};
  static auto ask(auto&& x) { return pariter::max(std::forward<decltype(x)>(x), std::less<>(), number_of); }
  static flat_item model(int n) { return {n > 0 ? n - 1 : thrown}; }
  static int pulls(int n) { return n + 1; }
};
struct of_max_or {
  static constexpr consumer_traits traits{};
  template <class X>
  static auto ask(X&& x) {
    return pariter::max_or(std::forward<X>(x), value_of<X>(-1), std::less<>(), number_of);
  }
  static flat_item model(int n) { return {n - 1}; }
  static int pulls(int n) { return n + 1; }
};
struct of_fold {
  static constexpr consumer_traits traits{};
  static auto ask(auto&& x) {
    return pariter::fold(std::forward<decltype(x)>(x), 100, [](int total, const auto& item) { return total - number(item); });
  }
  static flat_item model(int n) { return {100 - n * (n - 1) / 2}; }
  static int pulls(int n) { return n + 1; }
};
struct of_sum {
  static constexpr consumer_traits traits{.adds = true};
  static auto ask(auto&& x) { return pariter::sum(std::forward<decltype(x)>(x)); }
  static flat_item model(int n) { return {n * (n - 1) / 2}; }
  static int pulls(int n) { return n + 1; }
};
struct of_sorted {
  static constexpr consumer_traits traits{.assigns = true};
  static auto ask(auto&& x) { return pariter::sorted(std::forward<decltype(x)>(x), std::greater<>(), number_of); }
  static flat_item model(int n) {
    flat_item out = all_of(n);
    std::reverse(out.begin(), out.end());
    return out;
  }
  static int pulls(int n) { return n + 1; }
};
struct of_to_vector {
  static constexpr consumer_traits traits{};
  static auto ask(auto&& x) { return pariter::to<std::vector>(std::forward<decltype(x)>(x)); }
  static flat_item model(int n) { return all_of(n); }
  static int pulls(int n) { return n + 1; }
};
struct of_unpack {
  static constexpr consumer_traits traits{};
  static auto ask(auto&& x) { return pariter::unpack<2>(std::forward<decltype(x)>(x)); }
  static flat_item model(int n) { return n == 2 ? all_of(2) : flat_item{thrown}; }
  static int pulls(int n) { return std::min(n + 1, 3); }
};
struct of_unpack_rest {
  static constexpr consumer_traits traits{};
  static auto ask(auto&& x) { return pariter::unpack_rest<2>(std::forward<decltype(x)>(x)); }
  static flat_item model(int n) { return n >= 2 ? all_of(n) : flat_item{thrown}; }
  static int pulls(int n) { return n + 1; }
};

enum class handed { over, as_lvalue };
using asker = flat_item (*)(script& s, int n, handed how);

struct consumer_case {
  std::string name;
  flat_item (*model)(int n);
  int (*pulls)(int n);
  struct source {
    const char* what;
    asker ask;
  };
  std::vector<source> over;
  asker over_counted = nullptr, over_throwing = nullptr;

  friend void PrintTo(const consumer_case& c, std::ostream* out) { *out << c.name; }
};

template <class Case, class T, hands_out Hands = hands_out::values>
flat_item answer(script& s, int n, handed how) {
  auto it = sources<T, Hands>(s)(n);
  try {
    return how == handed::over ? flat(Case::ask(std::move(it))) : flat(Case::ask(it));
  } catch (const pariter::error&) {
    return {thrown};
  }
}

template <class Case>
consumer_case case_called(std::string name) {
  consumer_case c{.name = std::move(name),
                  .model = Case::model,
                  .pulls = Case::pulls,
                  .over = {{"values", answer<Case, int>},
                           {"references to one object", answer<Case, int, hands_out::reused>},
                           {"references that stay", answer<Case, int, hands_out::staying>}}};
  if constexpr (!Case::traits.adds) {
    c.over_counted = answer<Case, counted>;
    c.over_throwing = answer<Case, throwing>;
    c.over.push_back({"rows of references", answer<Case, int, hands_out::rows>});
    c.over.push_back({"over_aligned", answer<Case, pariter::test::over_aligned>});
    if constexpr (!Case::traits.copies) c.over.push_back({"move_only", answer<Case, pariter::test::move_only>});
    if constexpr (!Case::traits.assigns) c.over.push_back({"no_default", answer<Case, pariter::test::no_default>});
  }
  return c;
}

const std::vector<consumer_case>& all_cases() {
  static const std::vector<consumer_case> all{
      case_called<of_contains>("contains"), case_called<of_index_of>("index_of"),       case_called<of_count_of>("count_of"),
      case_called<of_any>("any"),           case_called<of_all>("all"),                 case_called<of_min>("min"),
      case_called<of_max>("max"),           case_called<of_max_or>("max_or"),           case_called<of_fold>("fold"),
      case_called<of_sum>("sum"),           case_called<of_sorted>("sorted"),           case_called<of_to_vector>("to_vector"),
      case_called<of_unpack>("unpack"),     case_called<of_unpack_rest>("unpack_rest"),
  };
  return all;
}

}  // namespace

class ConsumerLaws : public testing::TestWithParam<consumer_case> {};
INSTANTIATE_TEST_SUITE_P(, ConsumerLaws, testing::ValuesIn(all_cases()), pariter::test::name_of);

TEST_P(ConsumerLaws, answers_over_every_source_after_so_many_pulls) {
  for (const auto& [what, ask] : GetParam().over) {
    for (int n : lengths_from(0)) {
      for (handed how : {handed::over, handed::as_lvalue}) {
        script s;
        EXPECT_EQ(ask(s, n, how), GetParam().model(n)) << what << ", of " << n;
        EXPECT_EQ(s.pulls, GetParam().pulls(n)) << what << ", of " << n;
      }
    }
  }
}

TEST_P(ConsumerLaws, an_exception_of_the_source_passes_through_and_frees_everything) {
  const asker ask = GetParam().over_counted;
  if (ask == nullptr) return;
  ASSERT_EQ(counted::living, 0);
  for (int n : lengths_from(0)) {
    for (handed how : {handed::over, handed::as_lvalue}) {
      for (int at = 1; at <= GetParam().pulls(n); ++at) {
        script s;
        s.fails = {.at = at};
        EXPECT_THROW((void)ask(s, n, how), planned_failure);
        EXPECT_EQ(s.pulls, at) << "it was asked again";
        EXPECT_EQ(counted::living, 0) << "of " << n << ", failed at pull " << at;
      }
      script s;
      (void)ask(s, n, how);
      EXPECT_EQ(counted::living, 0) << "of " << n;
    }
  }
}

TEST_P(ConsumerLaws, an_item_that_throws_passes_through_and_leaks_nothing) {
  const asker ask = GetParam().over_throwing;
  if (ask == nullptr) return;
  for (int k = 1; k <= 40; ++k) {
    for (handed how : {handed::over, handed::as_lvalue}) {
      script s;
      throwing::fail_at(k);
      bool failed = false;
      try {
        EXPECT_EQ(ask(s, 4, how), GetParam().model(4)) << "failed at " << k;
      } catch (const planned_failure&) {
        failed = true;
      }
      EXPECT_EQ(failed, throwing::left == 0) << "a failure at " << k << " was swallowed";
      throwing::fail_at(0);
      EXPECT_EQ(throwing::living, 0) << "failed at " << k;
    }
  }
}
