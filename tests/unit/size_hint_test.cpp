// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/size_hint.hpp"

#include "pariter/adaptors/accumulate.hpp"
#include "pariter/adaptors/batched.hpp"
#include "pariter/adaptors/chain.hpp"
#include "pariter/adaptors/sorted.hpp"
#include "pariter/adaptors/to.hpp"
#include "pariter/adaptors/zip.hpp"
#include "pariter/core/iter.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <list>
#include <ranges>
#include <vector>

namespace {

class hint_throws : public pariter::iterator_interface<hint_throws> {
 public:
  std::optional<int> next() { return std::nullopt; }
  std::optional<std::size_t> size_hint() const { throw pariter::test::planned_failure(); }
};

// Against the rule; a consumer must not depend on it.
class hint_lies : public pariter::iterator_interface<hint_lies> {
 public:
  explicit hint_lies(std::size_t claim) : claim_(claim) {}
  std::optional<int> next() { return at_ < 3 ? std::optional(at_++) : std::nullopt; }
  std::optional<std::size_t> size_hint() const { return claim_; }

 private:
  std::size_t claim_;
  int at_ = 0;
};

}  // namespace

TEST(SizeHint, is_nothing_where_only_walking_would_tell) {
  std::list<int> l{1, 2};
  EXPECT_EQ(pariter::size_hint(pariter::iter(l)), std::nullopt);
  EXPECT_EQ(pariter::size_hint(pariter::iter([] { return 1; }, 2)), std::nullopt);
}

TEST(SizeHint, an_error_in_it_passes_through_the_consumer) {
  EXPECT_THROW((void)pariter::to<std::vector>(hint_throws()), pariter::test::planned_failure);
  EXPECT_THROW((void)pariter::sorted(hint_throws()), pariter::test::planned_failure);
}

TEST(SizeHint, a_wrong_one_does_not_change_the_result) {
  EXPECT_EQ(pariter::to<std::vector>(hint_lies(0)), (std::vector{0, 1, 2}));
  EXPECT_EQ(pariter::to<std::vector>(hint_lies(30)), (std::vector{0, 1, 2}));
}

TEST(SizeHint, of_several_is_nothing_as_soon_as_one_cannot_tell) {
  const std::list<int> unknown{1, 2};
  const std::vector<int> three{1, 2, 3}, two{1, 2};
  EXPECT_EQ(pariter::size_hint(pariter::zip(three, two)), 2u);
  EXPECT_EQ(pariter::size_hint(pariter::zip(unknown, two)), std::nullopt);
  EXPECT_EQ(pariter::size_hint(pariter::zip(two, unknown)), std::nullopt);
  EXPECT_EQ(pariter::size_hint(pariter::zip(unknown, two, three)), std::nullopt);
}

TEST(SizeHint, of_more_items_than_can_be_counted_is_nothing) {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  const auto all = std::views::iota(std::size_t{0}, most);
  const auto one = std::views::iota(0, 1);
  EXPECT_EQ(pariter::size_hint(pariter::iter(all)), most);
  auto two = pariter::chain(all, all);
  EXPECT_EQ(pariter::size_hint(two), std::nullopt);
  auto with_initial = pariter::accumulate(all, std::plus<>(), std::size_t{0});
  EXPECT_EQ(pariter::size_hint(with_initial), std::nullopt);
  (void)with_initial.next();
  EXPECT_EQ(pariter::size_hint(with_initial), most);
  EXPECT_EQ(pariter::size_hint(pariter::batched(all, 2)), most / 2 + 1);
  EXPECT_EQ(pariter::size_hint(pariter::chain(one, all)), std::nullopt);
  auto later = pariter::chain(one, all);
  (void)later.next();
  EXPECT_EQ(pariter::size_hint(later), most);
}
