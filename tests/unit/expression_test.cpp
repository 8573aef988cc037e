// SPDX-License-Identifier: Apache-2.0
// expression(x, map, filter): what is evaluated when, lifetime, items.

#include "pariter/coro/expression.hpp"

#include "pariter/adaptors/chain_from.hpp"
#include "pariter/coro/generator_function.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using pariter::expression;

template <class G>
auto drain(G&& g) {
  std::vector<pariter::value_t<std::remove_cvref_t<G>>> all;
  for (auto&& item : g) all.push_back(std::move(item));
  return all;
}

const auto square = [](int i) { return i * i; };
const auto odd = [](int i) { return i % 2 == 1; };

TEST(Expression, maps_what_passes_the_filter) {
  const std::vector v{1, 2, 3, 4, 5};
  EXPECT_EQ(drain(expression(v, square, odd)), (std::vector{1, 9, 25}));
  EXPECT_EQ(drain(expression(v)), v);
  EXPECT_EQ(drain(expression("abc")), (std::vector{'a', 'b', 'c'}));
}

class opened_once {
 public:
  explicit opened_once(int& opened) : opened_(opened) {}
  pariter::generator<int> iter() const {
    ++opened_;
    return pariter::generator_function([]() -> pariter::generator<int> { co_yield 1; }).iter();
  }

 private:
  int& opened_;
};
class cannot_open {
 public:
  pariter::generator<int> iter() const { throw std::runtime_error("cannot open"); }
};

TEST(Expression, calls_iter_at_once_and_everything_else_in_the_steps) {
  int opened = 0, mapped = 0, filtered = 0;
  auto e = expression(
      opened_once(opened), [&mapped](int i) { ++mapped; return i; }, [&filtered](int) { ++filtered; return true; });
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(mapped + filtered, 0);
  EXPECT_EQ(e.next(), 1);
  EXPECT_EQ(mapped + filtered, 2);
}

TEST(Expression, fails_at_once_where_iter_does) { EXPECT_THROW(static_cast<void>(expression(cannot_open())), std::runtime_error); }

TEST(Expression, may_leave_the_scope_it_was_written_in) {
  const auto make = [] {
    std::vector<std::string> words(50, std::string(50, 'w'));
    const std::string suffix(50, 's');
    return expression(std::move(words), [suffix](const std::string& w) { return w + suffix; });
  };
  auto e = make();
  const auto all = drain(e);
  EXPECT_EQ(all.size(), 50U);
  EXPECT_EQ(all.back(), std::string(50, 'w') + std::string(50, 's'));
}

TEST(Expression, capture_by_reference_binds_late) {
  const std::vector v{1, 2};
  int factor = 1;
  auto e = expression(v, [&factor](int i) { return i * factor; });
  EXPECT_EQ(e.next(), 1);
  factor = 10;
  EXPECT_EQ(e.next(), 20);
}

TEST(Expression, is_a_generator) {
  const std::vector v{1, 2};
  auto e = expression(v);
  static_assert(std::same_as<decltype(e), pariter::generator<int>>);
  EXPECT_EQ(e.name(), "<expression>");
  EXPECT_EQ(drain(e), v);
  EXPECT_FALSE(e.next());
}

TEST(Expression, nests_and_continues_an_iterator) {
  std::vector v{1, 2, 3, 4};
  auto it = pariter::iter(v);
  static_cast<void>(it.next());
  EXPECT_EQ(drain(expression(expression(it, square), square)), (std::vector{16, 81, 256}));
  EXPECT_FALSE(it.next());
}

// [i for n in lengths for i in range(n)]
TEST(Expression, an_inner_loop_may_depend_on_the_outer_one) {
  const std::vector lengths{1, 3, 0, 2};
  const auto up_to = [](int n) { return expression(std::views::iota(0, n)); };
  EXPECT_EQ(drain(pariter::chain_from(expression(lengths, up_to))), (std::vector{0, 0, 1, 2, 0, 1}));
}

TEST(Expression, moves_what_is_handed_over) {
  std::vector<std::unique_ptr<int>> boxes;
  boxes.push_back(std::make_unique<int>(4));
  auto e = expression(std::move(boxes), [](std::unique_ptr<int>& b) { return std::move(b); });
  EXPECT_EQ(**e.next(), 4);
}

TEST(Expression, an_exception_of_a_function_ends_it) {
  const std::vector v{1, 0, 2};
  auto e = expression(v, [](int i) { return i == 0 ? throw std::domain_error("zero") : 2 / i; });
  EXPECT_EQ(e.next(), 2);
  EXPECT_THROW(static_cast<void>(e.next()), std::domain_error);
  EXPECT_FALSE(e.next());
}

}  // namespace
