// SPDX-License-Identifier: Apache-2.0
// wait_word: who goes on with the body, in every order of body, completion and stop. (Threads: tests/model/async.cpp.)
#include "pariter/async/wait_word.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace {

using pariter::detail::wait_word;
using initiation = wait_word::initiation;

TEST(WaitWord, a_completion_after_the_initiation_resumes_the_body) {
  wait_word w;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(w.initiated(), initiation::pending);
    EXPECT_TRUE(w.completed());
  }
}

TEST(WaitWord, a_completion_during_the_initiation_lets_the_body_go_on) {
  wait_word w;
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(w.completed());
    EXPECT_EQ(w.initiated(), initiation::complete);
  }
}

TEST(WaitWord, a_stop_cancels_what_is_pending_once) {
  wait_word w;
  EXPECT_EQ(w.initiated(), initiation::pending);
  EXPECT_TRUE(w.request_stop());
  EXPECT_FALSE(w.request_stop());
  EXPECT_FALSE(w.emitted());
  EXPECT_TRUE(w.completed());
  EXPECT_EQ(w.initiated(), initiation::pending);
  EXPECT_TRUE(w.completed());
  EXPECT_TRUE(w.stop_requested());
}

TEST(WaitWord, a_completion_inside_the_cancellation_is_left_to_the_stop) {
  wait_word w;
  EXPECT_EQ(w.initiated(), initiation::pending);
  EXPECT_TRUE(w.request_stop());
  EXPECT_FALSE(w.completed());
  EXPECT_TRUE(w.emitted());
  EXPECT_EQ(w.initiated(), initiation::pending);
}

TEST(WaitWord, a_completion_waits_for_the_end_of_a_cancellation_on_another_thread) {
  wait_word w;
  EXPECT_EQ(w.initiated(), initiation::pending);
  EXPECT_TRUE(w.request_stop());
  bool over = false;  // not atomic: the word orders it
  std::thread completion([&] {
    EXPECT_TRUE(w.completed());
    EXPECT_TRUE(over);
  });
  for (int i = 0; i < 100; ++i) std::this_thread::yield();
  over = true;
  EXPECT_FALSE(w.emitted());
  completion.join();
}

TEST(WaitWord, a_stop_while_nothing_is_pending_cancels_the_next_operation) {
  wait_word w;
  EXPECT_FALSE(w.request_stop());
  EXPECT_FALSE(w.completed());
  EXPECT_EQ(w.initiated(), initiation::complete) << "there is nothing to cancel";
  EXPECT_EQ(w.initiated(), initiation::stopped);
  EXPECT_EQ(w.initiated(), initiation::pending);
  EXPECT_TRUE(w.completed());
}

TEST(WaitWord, a_stop_that_was_polled_cancels_nothing) {
  wait_word w;
  EXPECT_FALSE(w.take_stop());
  EXPECT_FALSE(w.request_stop());
  EXPECT_TRUE(w.take_stop());
  EXPECT_TRUE(w.take_stop());
  EXPECT_EQ(w.initiated(), initiation::pending);
}

}  // namespace
