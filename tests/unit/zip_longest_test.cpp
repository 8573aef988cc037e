// SPDX-License-Identifier: Apache-2.0
#include "pariter/adaptors/zip_longest.hpp"

#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using pariter::zip_longest;

namespace {
// One item; holds something for as long as it is there, also after its end.
struct holder {
  std::shared_ptr<int> held;
  int left;
  std::optional<int> next() { return left-- > 0 ? std::optional(1) : std::nullopt; }
};
}  // namespace

TEST(ZipLongest, who_has_ended_gives_an_empty_step) {
  std::vector<int> a{1, 2, 3}, b{10};
  int sum = 0;
  for (auto [x, y] : zip_longest(a, b)) sum += x.value_or(0) + y.value_or(100);
  EXPECT_EQ(sum, 1 + 10 + 2 + 100 + 3 + 100);
  EXPECT_FALSE(zip_longest().next());
}

TEST(ZipLongest, the_end_of_one_source_does_not_hide_the_error_of_another) {
  std::vector<int> empty;
  auto it = zip_longest(empty, pariter::iter([]() -> int { throw pariter::test::planned_failure(); }, 0));
  EXPECT_THROW((void)it.next(), pariter::test::planned_failure);
}

TEST(ZipLongest, releases_each_source_at_its_own_end) {
  const auto a = std::make_shared<int>(), b = std::make_shared<int>();
  auto it = zip_longest(holder{a, 1}, holder{b, 2});
  EXPECT_TRUE(it.next());
  EXPECT_TRUE(it.next());
  EXPECT_EQ(a.use_count(), 1);
  EXPECT_EQ(b.use_count(), 2);
  EXPECT_FALSE(it.next());
  EXPECT_EQ(b.use_count(), 1);
}

TEST(ZipLongest, of_one_iterator_with_itself_gives_neighbours_and_has_no_hint) {
  auto it = pariter::iter([letter = std::string(), n = 0]() mutable -> pariter::optional_ref<std::string> {
    if (n == 5) return std::nullopt;
    letter = static_cast<char>('a' + n++);
    return letter;  // one object for all
  }, "");
  std::vector<std::string> seen;
  for (auto [a, b] : zip_longest(it, it)) seen.push_back(a.value_or("-") + b.value_or("-"));
  EXPECT_EQ(seen, (std::vector<std::string>{"ab", "cd", "e-"}));

  std::vector<int> v{1, 2, 3};
  auto numbers = pariter::iter(v);
  auto pairs = zip_longest(numbers, numbers);
  EXPECT_EQ(pariter::size_hint(pairs), std::nullopt);
  EXPECT_FALSE(pariter::iteration_traits<decltype(pairs)>.sized);
  while (pairs.next()) continue;
  EXPECT_EQ(pariter::size_hint(pairs), 0u);
}
