// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/errors.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {
template <class E>
std::string message_of(const E& e) {
  try {
    throw e;
  } catch (const pariter::error& caught) {  // all are caught as pariter::error
    return caught.what();
  }
}
}  // namespace

TEST(Errors, each_names_itself_and_says_what_to_do) {
  EXPECT_EQ(message_of(pariter::busy()).rfind("busy: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::not_started()).rfind("not_started: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::ignored_close()).rfind("ignored_close: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::would_deadlock()).rfind("would_deadlock: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::closed()).rfind("closed: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::kicked()).rfind("kicked: ", 0), 0u);
}

TEST(Errors, missed_items_counts) {
  const pariter::missed_items e(12);
  EXPECT_EQ(e.count(), 12u);
  EXPECT_NE(std::string(e.what()).find("12 items"), std::string::npos);
}
