// SPDX-License-Identifier: Apache-2.0
#include "pariter/detail/append_range.hpp"

#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/writers.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <list>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace pariter;

// Calls a function, once, when it is copied. Moves are silent and cannot throw.
class nosy {
 public:
  nosy(int v) : value(v) {}
  nosy(const nosy& other) : value(other.value) {
    if (on_copy) std::exchange(on_copy, nullptr)();
  }
  nosy(nosy&&) noexcept = default;
  nosy& operator=(const nosy&) = delete;
  ~nosy() = default;

  int value;
  static inline std::function<void()> on_copy;
};

template <class C>
class AppendRange : public testing::Test {};
using containers = testing::Types<concurrent_log<nosy>, concurrent_log<nosy, writers::single>, broadcast<nosy>, broadcast<nosy, writers::single>>;
TYPED_TEST_SUITE(AppendRange, containers);

// Under the lock of the writers it would wait for itself.
TYPED_TEST(AppendRange, copies_before_the_lock_is_taken_so_that_a_copy_may_use_the_container) {
  TypeParam c;
  const auto appends_first = [&](const auto& range) {
    nosy::on_copy = [&] { c.append(nosy(-1)); };
    c.append_range(range);
    EXPECT_EQ(nosy::on_copy, nullptr) << "nothing was copied";
  };
  appends_first(std::vector<nosy>{1, 2});
  appends_first(std::list<nosy>{3, 4});
  c.close();
  std::vector<int> values;
  for (const nosy& x : c.iter()) values.push_back(x.value);
  EXPECT_EQ(values, (std::vector{-1, 1, 2, -1, 3, 4}));
}

// Where they lie, they could be appended in one copy: what that saves is only worth having if it runs nobody's code.
TEST(AppendRangeInPlace, copies_what_runs_no_code_or_may_throw_anyway) {
  struct moves_may_throw {
    moves_may_throw(const moves_may_throw&) {}
  };
  static_assert(detail::copied_in_place<int> && detail::copied_in_place<void*> && detail::copied_in_place<moves_may_throw>);
  static_assert(!detail::copied_in_place<nosy> && !detail::copied_in_place<std::shared_ptr<int>>);
}

TEST(AppendRangeInPlace, takes_truth_values_from_everywhere) {
  concurrent_log<bool> log;
  log.append_range(std::initializer_list<bool>{true, false});
  log.append_range(std::vector<bool>{true, true});
  log.append_range(std::list<bool>{false});
  const auto now = log.snapshot();
  EXPECT_EQ(std::vector<bool>(now.begin(), now.end()), (std::vector<bool>{true, false, true, true, false}));
  broadcast<bool> b;
  b.append_range(std::vector<bool>{true, false, true});
  auto it = b.iter();
  for (const bool expected : {true, false, true}) EXPECT_EQ(*it.next(), expected);
}

}  // namespace
