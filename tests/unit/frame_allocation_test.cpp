// SPDX-License-Identifier: Apache-2.0
#include "pariter/coro/frame_allocation.hpp"

#include "pariter/coro/generator.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <string>

using pariter::generator;

namespace {

class counting_memory : public std::pmr::memory_resource {
 public:
  int allocated = 0;
  int freed = 0;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    ++allocated;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    ++freed;
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

using allocator = std::pmr::polymorphic_allocator<>;

generator<int> by_value(std::allocator_arg_t, allocator, int n) { co_yield n; }
generator<int> by_reference(const std::allocator_arg_t&, const allocator&, const int& n) { co_yield n; }
generator<int> of_nothing_else(const std::allocator_arg_t&, allocator) { co_yield 7; }
struct object {
  generator<int> member(const std::allocator_arg_t&, const allocator&, int n) const { co_yield n; }
};

template <class Make>
void takes_its_frame_from_there(Make make) {
  counting_memory memory;
  {
    auto g = make(allocator(&memory));
    EXPECT_EQ(memory.allocated, 1);
    EXPECT_EQ(g.next(), 7);
  }
  EXPECT_EQ(memory.freed, 1);
}

}  // namespace

TEST(FrameAllocation, the_tag_and_the_allocator_may_be_references) {
  const object o;
  const int seven = 7;
  const auto lambda = [](const std::allocator_arg_t&, const allocator&, int n) -> generator<int> { co_yield n; };
  takes_its_frame_from_there([&](allocator where) { return by_value(std::allocator_arg, where, 7); });
  takes_its_frame_from_there([&](allocator where) { return by_reference(std::allocator_arg, where, seven); });
  takes_its_frame_from_there([&](allocator where) { return of_nothing_else(std::allocator_arg, where); });
  takes_its_frame_from_there([&](allocator where) { return o.member(std::allocator_arg, where, 7); });
  takes_its_frame_from_there([&](allocator where) { return lambda(std::allocator_arg, where, 7); });
}
