// SPDX-License-Identifier: Apache-2.0
#include "pariter/detail/latched.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/iterator_interface.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using pariter::detail::latched;

// 1, 2, then an error, 3, the end; and after that it would go on with 4. Holds something that others can see go.
class awkward : public pariter::iterator_interface<awkward> {
 public:
  explicit awkward(std::shared_ptr<int> steps) : steps_(std::move(steps)) {}

  std::optional<int> next() {
    switch (++*steps_) {
      case 3: throw std::runtime_error("once");
      case 5: return std::nullopt;
      default: return *steps_ < 3 ? *steps_ : *steps_ - 1;
    }
  }
  std::optional<std::size_t> size_hint() const { return *steps_ < 2 ? std::optional<std::size_t>(7) : std::nullopt; }

 private:
  std::shared_ptr<int> steps_;
};

TEST(Latched, is_at_its_end_for_ever_and_lets_go_of_the_source) {
  const auto steps = std::make_shared<int>(0);
  const auto made = std::make_unique<latched<awkward>>(awkward(steps));  // on the stack g++ 12 takes it for uninitialised
  latched<awkward>& source = *made;
  EXPECT_EQ(source.size_hint(), 7u);
  EXPECT_EQ(source.next(), 1);
  EXPECT_EQ(source.next(), 2);
  EXPECT_EQ(source.size_hint(), std::nullopt);
  EXPECT_THROW((void)source.next(), std::runtime_error);
  EXPECT_TRUE(source) << "an error is no end";
  EXPECT_EQ(source.next(), 3);
  EXPECT_EQ(steps.use_count(), 2);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(source.next(), std::nullopt);
    EXPECT_FALSE(source);
    EXPECT_EQ(source.size_hint(), 0u);
    EXPECT_EQ(steps.use_count(), 1);
  }
  EXPECT_EQ(*steps, 5) << "asked again after its end";
}

TEST(Latched, released_is_at_its_end) {
  const auto steps = std::make_shared<int>(0);
  const auto made = std::make_unique<latched<awkward>>(awkward(steps));
  latched<awkward>& source = *made;
  source.release();
  EXPECT_EQ(steps.use_count(), 1);
  EXPECT_EQ(source.next(), std::nullopt);
  EXPECT_EQ(source.size_hint(), 0u);
  EXPECT_EQ(*steps, 0);
}

TEST(Latched, a_copy_is_a_fork) {
  static_assert(!std::is_copy_constructible_v<latched<awkward>>, "its source cannot fork");
  const std::vector<int> numbers{1, 2, 3};
  latched source{pariter::iter(numbers)};
  EXPECT_EQ(*source.next(), 1);
  latched fork = source;
  EXPECT_EQ(*source.next(), 2);
  EXPECT_EQ(*source.next(), 3);
  EXPECT_FALSE(source.next().has_value());
  EXPECT_EQ(*fork.next(), 2);
  latched ended = source;
  EXPECT_FALSE(ended);
}

}  // namespace
