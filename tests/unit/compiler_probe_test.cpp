// SPDX-License-Identifier: Apache-2.0
// What the compiler at hand does to temporaries inside `co_yield`.
//
// g++ before 13 copies some temporaries of a full-expression that suspends as bytes, and destroys them twice: aggregates, closures that
// capture, and the two arms of `?:`. No header, example or other test of ours has such a shape. The probes here print which are broken and do
// not fail for it; the shapes to write instead must be right everywhere.

#include "pariter/coro/generator.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <utility>

namespace {

using pariter::generator;

int made = 0;
int destroyed = 0;

// Counts; owns nothing, so that destroying it twice does no harm.
class probe {
 public:
  probe() noexcept { ++made; }
  probe(const probe&) noexcept { ++made; }
  probe& operator=(const probe&) = default;
  ~probe() { ++destroyed; }
};

struct aggregate {
  probe p;
  int number;
};

class with_constructor {
 public:
  with_constructor(const probe& p, int number) : p_(p), number_(number) {}
  int number() const { return number_; }

 private:
  probe p_;
  int number_;
};

generator<aggregate> yields_an_aggregate() { co_yield aggregate{probe(), 1}; }
generator<std::function<int()>> yields_a_closure() {
  const probe p;
  co_yield [p] { return 1; };
}
generator<int> yields_the_result_of_a_closure() {
  const probe p;
  co_yield [p] { return 1; }();
}
int number_of(const aggregate& a) { return a.number; }
generator<int> yields_what_takes_an_aggregate() { co_yield number_of(aggregate{probe(), 1}); }

generator<aggregate> yields_a_named_aggregate() {
  const aggregate named{probe(), 1};
  co_yield named;
}
aggregate make() { return {probe(), 1}; }
generator<aggregate> yields_a_made_aggregate() { co_yield make(); }
generator<std::function<int()>> yields_a_named_closure() {
  const probe p;
  std::function<int()> named = [p] { return 1; };
  co_yield std::move(named);
}
generator<with_constructor> yields_a_class_with_a_constructor() { co_yield with_constructor(probe(), 1); }
generator<int> a_statement_of_its_own() {
  const probe p;
  const int n = [p] { return 1; }();
  co_yield n;
}

template <class G>
bool right(G (*body)()) {
  made = destroyed = 0;
  {
    auto g = body();
    while (g.next()) {
    }
  }
  return made == destroyed;
}

TEST(CompilerProbe, shapes_that_some_compilers_break) {
  const auto report = [](const char* shape, bool is_right) {
    std::cout << "  " << (is_right ? "right " : "BROKEN") << "  " << shape << "\n";
    ::testing::Test::RecordProperty(shape, is_right ? "right" : "broken");
  };
  report("co_yield aggregate{...}", right(yields_an_aggregate));
  report("co_yield [capture] {...}", right(yields_a_closure));
  report("co_yield [capture] {...}()", right(yields_the_result_of_a_closure));
  report("co_yield f(aggregate{...})", right(yields_what_takes_an_aggregate));
}

TEST(CompilerProbe, the_shapes_to_write_instead_are_right) {
  EXPECT_TRUE(right(yields_a_named_aggregate));
  EXPECT_TRUE(right(yields_a_made_aggregate));
  EXPECT_TRUE(right(yields_a_named_closure));
  EXPECT_TRUE(right(yields_a_class_with_a_constructor));
  EXPECT_TRUE(right(a_statement_of_its_own));
}

}  // namespace
