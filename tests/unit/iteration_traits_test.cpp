// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/iteration_traits.hpp"

#include "pariter/core/iterator.hpp"
#include "pariter/core/row.hpp"

#include <gtest/gtest.h>

#include <string>

using pariter::iteration_traits;
using pariter::sight;

namespace {

struct silent {
  std::optional<int> next() { return std::nullopt; }
};
struct snapshot {
  static constexpr pariter::iteration_properties properties{.sees = sight::snapshot, .sized = true, .forkable = true, .seekable = true, .stable = true, .outliving = true};
  pariter::optional_ref<const std::string> next() { return {}; }
};
struct owner {
  static constexpr pariter::iteration_properties properties{.stable = true};
  pariter::optional_ref<const std::string> next() { return {}; }
};
struct rows {
  std::optional<pariter::row<int&, const std::string&>> next() { return std::nullopt; }
};
struct no_step {
  int next() { return 0; }
};

}  // namespace

static_assert(pariter::iterator<silent> && pariter::iterator<snapshot> && !pariter::iterator<no_step> && !pariter::iterator<silent&>);
static_assert(std::same_as<pariter::item_t<snapshot>, const std::string&> && std::same_as<pariter::value_t<snapshot>, std::string>);
static_assert(std::same_as<pariter::value_t<rows>, pariter::row<int, std::string>>);

TEST(IterationTraits, who_states_nothing_claims_the_least) {
  EXPECT_EQ(iteration_traits<silent>, pariter::iteration_properties{});
  EXPECT_EQ(iteration_traits<silent>.sees, sight::live);
}

TEST(IterationTraits, an_adaptor_claims_no_more_than_the_weakest_of_its_sources) {
  constexpr auto one = pariter::detail::passed_on<snapshot>;
  EXPECT_TRUE(one.sized && one.stable && one.ordered && one.lossless && one.sees == sight::snapshot);
  EXPECT_FALSE(one.forkable || one.seekable) << "it has none of its own";
  constexpr auto both = pariter::detail::passed_on<snapshot, silent>;
  EXPECT_FALSE(both.sized || both.stable);
  EXPECT_EQ(both.sees, sight::live);
  constexpr auto owned = pariter::detail::passed_on<owner>;
  EXPECT_FALSE(owned.stable) << "the items go with the source, which goes at its end";
}
