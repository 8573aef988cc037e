// SPDX-License-Identifier: Apache-2.0
// generator<T>: items of every kind, how they are handed over, and the frame that they lie in, also from an allocator.

#include "pariter/coro/generator.hpp"

#include "pariter/core/iterator.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory_resource>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using pariter::generator;
using pariter::test::counted;
using pariter::test::planned_failure;

static_assert(std::same_as<pariter::item_t<generator<int>>, int>);
static_assert(std::same_as<pariter::item_t<generator<int&>>, int&>);
static_assert(std::same_as<pariter::item_t<generator<const int&>>, const int&>);

generator<int> count(int from, int to) {
  for (; from < to; ++from) co_yield from;
}

template <class G>
auto drain(G&& g) {
  std::vector<pariter::value_t<std::remove_cvref_t<G>>> all;
  for (auto&& item : g) all.push_back(std::move(item));
  return all;
}

template <class T>
generator<T> rvalues(int n) {
  for (int i = 0; i < n; ++i) co_yield T(i);
}
template <class T>
generator<T> lvalues(int n) {
  for (int i = 0; i < n; ++i) {
    T item(i);
    co_yield item;
    if (!(item == T(i))) throw std::logic_error("the body's own variable was moved from");
  }
}

template <class T>
class GeneratorItems : public testing::Test {};
using archetypes = testing::Types<int, counted, pariter::test::move_only, pariter::test::over_aligned, pariter::test::no_default, pariter::test::throwing>;
TYPED_TEST_SUITE(GeneratorItems, archetypes);

TYPED_TEST(GeneratorItems, rvalues_are_moved_out) {
  auto g = rvalues<TypeParam>(3);
  for (int i = 0; i < 3; ++i) {
    auto item = g.next();
    ASSERT_TRUE(item);
    EXPECT_EQ(*item, TypeParam(i));
  }
  EXPECT_FALSE(g.next());
}

TYPED_TEST(GeneratorItems, lvalues_are_copied_and_stay_whole) {
  if constexpr (std::copy_constructible<TypeParam>) {
    auto g = lvalues<TypeParam>(3);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(*g.next(), TypeParam(i));
    EXPECT_FALSE(g.next());
  }
}

TYPED_TEST(GeneratorItems, a_loop_refers_to_each_item) {
  int expected = 0;
  for (auto& item : rvalues<TypeParam>(4)) EXPECT_EQ(item, TypeParam(expected++));
  EXPECT_EQ(expected, 4);
}

TYPED_TEST(GeneratorItems, every_early_stop_leaves_nothing) {
  for (int stop = 0; stop <= 4; ++stop) {
    auto g = rvalues<TypeParam>(3);
    for (int i = 0; i < stop; ++i) static_cast<void>(g.next());
  }
  EXPECT_EQ(counted::living, 0);
  EXPECT_EQ(pariter::test::throwing::living, 0);
}

// Copied as bytes, says its type, but only to where it is moved.
struct descriptor {
  explicit descriptor(int n) : number(n) {}
  descriptor(descriptor&&) = default;
  descriptor& operator=(descriptor&&) = default;
  int number;
};
static_assert(std::is_trivially_copyable_v<descriptor> && !std::copy_constructible<descriptor>);

generator<descriptor> descriptors() {
  co_yield descriptor(3);
  co_yield descriptor(4);
}

TEST(Generator, small_items_that_only_move_are_stepped_and_looped_over) {
  auto g = descriptors();
  EXPECT_EQ(g.next()->number, 3);
  for (auto& item : g) EXPECT_EQ(item.number, 4);
  EXPECT_FALSE(g.next());
}

// Small, copied as bytes, and never assigned.
static_assert(std::is_trivially_copyable_v<pariter::test::no_default> && !std::is_move_assignable_v<pariter::test::no_default>);
static_assert(std::ranges::input_range<generator<pariter::test::no_default>>);

TEST(Generator, a_cursor_of_small_items_that_cannot_be_assigned_is_assigned) {
  auto g = rvalues<pariter::test::no_default>(2), h = rvalues<pariter::test::no_default>(3);
  static_cast<void>(h.next());
  auto a = g.begin(), b = h.begin();
  EXPECT_EQ((*a).value, 0);
  a = std::move(b);
  EXPECT_EQ((*a).value, 1);
  EXPECT_EQ((*++a).value, 2);
  EXPECT_TRUE(++a == std::default_sentinel);
}

TEST(Generator, a_loop_may_write_to_small_items_and_the_body_does_not_notice) {
  std::vector<int> seen;
  for (int& i : count(0, 3)) {
    seen.push_back(i);
    i = 100;
  }
  EXPECT_EQ(seen, (std::vector{0, 1, 2}));
}

TEST(Generator, an_lvalue_item_is_copied_once) {
  counted::copies = 0;
  auto g = lvalues<counted>(1);
  EXPECT_EQ(g.next()->value, 0);
  EXPECT_EQ(counted::copies, 1);
}

generator<int&> references(std::vector<int>& v) {
  for (int& i : v) co_yield i;
}
generator<const std::string&> texts() {
  const std::string own = "own";
  co_yield own;
  co_yield "temporary";
}

TEST(Generator, references_stay_where_they_are) {
  std::vector v{1, 2, 3};
  auto g = references(v);
  EXPECT_EQ(&*g.next(), &v[0]);
  for (int& i : g) i *= 10;
  EXPECT_EQ(v, (std::vector{1, 20, 30}));
  auto t = texts();
  EXPECT_EQ(*t.next(), "own");
  EXPECT_EQ(*t.next(), "temporary");
  EXPECT_FALSE(t.next());
}

generator<std::optional<int>> optionals() {
  co_yield 1;
  co_yield std::nullopt;
  co_yield 2;
}

TEST(Generator, an_empty_item_is_not_the_end) {
  auto g = optionals();
  EXPECT_EQ(*g.next(), 1);
  const auto empty = g.next();
  ASSERT_TRUE(empty.has_value());
  EXPECT_FALSE(empty->has_value());
  EXPECT_EQ(*g.next(), 2);
  EXPECT_FALSE(g.next().has_value());
}

// ---- when copying or moving one throws ----

generator<pariter::test::throwing> copies_that_may_throw(bool& caught) {
  const pariter::test::throwing item(1);
  try {
    co_yield item;
  } catch (const planned_failure&) {
    caught = true;
  }
  co_yield pariter::test::throwing(2);
}

TEST(Generator, a_copy_that_throws_throws_in_the_body) {
  bool caught = false;
  auto g = copies_that_may_throw(caught);
  pariter::test::throwing::fail_at(2);
  const auto item = g.next();
  pariter::test::throwing::fail_at(0);
  EXPECT_TRUE(caught);
  EXPECT_EQ(item->value, 2);
}

TEST(Generator, a_move_that_throws_loses_the_item_and_no_more) {
  auto g = rvalues<pariter::test::throwing>(3);
  EXPECT_EQ(g.next()->value, 0);
  pariter::test::throwing::fail_at(2);
  EXPECT_THROW(static_cast<void>(g.next()), planned_failure);
  pariter::test::throwing::fail_at(0);
  EXPECT_EQ(g.next()->value, 2);
}

// ---- allocators ----

class counting_resource : public std::pmr::memory_resource {
 public:
  int made = 0, freed = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    ++made;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* p, std::size_t size, std::size_t alignment) override {
    ++freed;
    std::pmr::new_delete_resource()->deallocate(p, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

generator<int> allocated(std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int n) {
  for (int i = 0; i < n; ++i) co_yield i;
}
struct with_member {
  generator<int> walk(std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int n) const {
    for (int i = 0; i < n; ++i) co_yield i * factor;
  }
  int factor;
};

TEST(Generator, takes_its_frame_from_the_allocator_that_it_is_given) {
  counting_resource memory;
  EXPECT_EQ(drain(allocated(std::allocator_arg, &memory, 3)), (std::vector{0, 1, 2}));
  const with_member m{10};
  EXPECT_EQ(drain(m.walk(std::allocator_arg, &memory, 3)), (std::vector{0, 10, 20}));
  const auto lambda = [](std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int n) -> generator<int> { co_yield n; };
  EXPECT_EQ(drain(lambda(std::allocator_arg, &memory, 5)), (std::vector{5}));
  EXPECT_EQ(memory.made, 3);
  EXPECT_EQ(memory.freed, 3);
}

// Hands out what is aligned as asked and never better.
class exact_resource : public std::pmr::memory_resource {
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    std::byte* const p = static_cast<std::byte*>(std::pmr::new_delete_resource()->allocate(size + alignment, 2 * alignment));
    return p + alignment;
  }
  void do_deallocate(void* p, std::size_t size, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(static_cast<std::byte*>(p) - alignment, size + alignment, 2 * alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

template <class T>
generator<T> allocated_items(std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int n) {
  for (int i = 0; i < n; ++i) co_yield T(i);
}

TYPED_TEST(GeneratorItems, lie_aligned_in_a_frame_from_an_allocator) {
  exact_resource memory;
  for (int stop = 0; stop <= 4; ++stop) {
    auto g = allocated_items<TypeParam>(std::allocator_arg, &memory, 3);
    for (int i = 0; i < stop; ++i) EXPECT_EQ(g.next(), i < 3 ? std::optional<TypeParam>(i) : std::nullopt);
  }
}

}  // namespace
