// SPDX-License-Identifier: Apache-2.0
// The bare name out of what g++ and clang call a function.

#include "pariter/coro/coroutine_name.hpp"

#include <gtest/gtest.h>

namespace {

using pariter::detail::coroutine_name;

static_assert(coroutine_name("numbers") == "numbers");
static_assert(coroutine_name("") == "");

TEST(CoroutineName, is_the_last_part_without_types) {
  EXPECT_EQ(coroutine_name("gen numbers(int)"), "numbers");
  EXPECT_EQ(coroutine_name("pariter::generator<int, void, std::vector<int> > a::S::walk(const a::S&) const"), "walk");
  EXPECT_EQ(coroutine_name("gen a::S::tw(T) [with T = int]"), "tw");
  EXPECT_EQ(coroutine_name("gen a::S::tw(T) [T = std::vector<int>]"), "tw");
  EXPECT_EQ(coroutine_name("gen (anonymous namespace)::numbers(int)"), "numbers");
  EXPECT_EQ(coroutine_name("gen {anonymous}::numbers(void (*)(int))"), "numbers");
  EXPECT_EQ(coroutine_name("gen f<int>(int)"), "f");
  EXPECT_EQ(coroutine_name("gen main()::local::walk(int)"), "walk");
  EXPECT_EQ(coroutine_name("gen S::operator()(int) const"), "operator()");
}

TEST(CoroutineName, of_a_closure_is_lambda) {
  EXPECT_EQ(coroutine_name("main()::<lambda(int)>"), "<lambda>");
  EXPECT_EQ(coroutine_name("main()::<lambda(auto:1)> [with auto:1 = int]"), "<lambda>");
  EXPECT_EQ(coroutine_name("auto main()::(anonymous class)::operator()(int) const"), "<lambda>");
  EXPECT_EQ(coroutine_name("auto main()::(anonymous class)::operator()(auto) const [auto:1 = int]"), "<lambda>");
}

}  // namespace
