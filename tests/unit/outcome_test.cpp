// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/outcome.hpp"

#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <memory>

using pariter::outcome;

TEST(Outcome, keeps_its_five_answers_apart) {
  const auto error = std::make_exception_ptr(pariter::test::planned_failure());
  const outcome<int> answers[] = {outcome<int>::item(1), outcome<int>::empty(), outcome<int>::gap(3), outcome<int>::closed(), outcome<int>::failed(error)};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(answers[i].has_item(), i == 0);
    EXPECT_EQ(static_cast<bool>(answers[i]), i == 0);
    EXPECT_EQ(answers[i].is_empty(), i == 1);
    EXPECT_EQ(answers[i].is_gap(), i == 2);
    EXPECT_EQ(answers[i].is_closed(), i == 3);
    EXPECT_EQ(answers[i].is_failed(), i == 4);
  }
  EXPECT_EQ(*answers[0], 1);
  EXPECT_EQ(answers[2].missed(), 3u);
  EXPECT_EQ(answers[4].error(), error);
}

TEST(Outcome, of_a_reference_is_the_item_itself) {
  int x = 1;
  auto o = outcome<int&>::item(x);
  *o = 2;
  EXPECT_EQ(x, 2);
  const auto c = outcome<const int&>::item(x);
  EXPECT_EQ(&*c, &x);
}

TEST(Outcome, hands_over_a_move_only_item) {
  auto o = outcome<std::unique_ptr<int>>::item(std::make_unique<int>(4));
  std::unique_ptr<int> p = *std::move(o);
  EXPECT_EQ(*p, 4);
}

TEST(Outcome, an_exception_can_be_an_item) {
  auto o = outcome<std::exception_ptr>::item(std::make_exception_ptr(1));
  EXPECT_TRUE(o.has_item());
  EXPECT_FALSE(o.is_failed());
}

TEST(OutcomeDeathTest, asking_for_what_is_not_there_is_reported) {
  EXPECT_DEATH((void)*outcome<int>::empty(), "has_item");
  EXPECT_DEATH((void)outcome<int>::closed().missed(), "is_gap");
  EXPECT_DEATH((void)outcome<int>::failed(nullptr), "needs an exception");
}
