// SPDX-License-Identifier: Apache-2.0
#include "pariter/core/iterator_ref.hpp"

#include "pariter/adaptors/enumerate.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/to.hpp"

#include <gtest/gtest.h>

#include <vector>

using pariter::enumerate;
using pariter::iter;
using pariter::slice;
using pariter::to;

TEST(IteratorRef, an_adaptor_borrows_an_lvalue_iterator) {
  std::vector<int> v{1, 2, 3, 4, 5};
  auto it = iter(v);
  EXPECT_EQ(to<std::vector>(slice(it, 2)), (std::vector{1, 2}));
  EXPECT_EQ(it.next(), 3);
  {
    auto numbered = enumerate(it);
    (void)numbered.next();
  }
  EXPECT_EQ(it.next(), 5);
}

TEST(IteratorRef, an_adaptor_owns_a_moved_iterator) {
  auto make = [] {
    std::vector<int> v{1, 2, 3};
    auto it = iter(std::move(v));
    return slice(std::move(it), 2);
  };
  EXPECT_EQ(to<std::vector>(make()), (std::vector{1, 2}));
}

TEST(IteratorRef, an_adaptor_over_an_iterable_has_an_iterator_of_its_own) {
  const std::vector<int> v{1, 2, 3};
  auto a = slice(v, 2), b = slice(v, 2);
  (void)a.next();
  EXPECT_EQ(b.next(), 1);
}
