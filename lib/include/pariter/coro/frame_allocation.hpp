// SPDX-License-Identifier: Apache-2.0
#pragma once
// with_allocator<Promise, ...>: a promise whose frame lives where the coroutine's caller says.
//
//   generator<int> numbers(std::allocator_arg_t, std::pmr::polymorphic_allocator<> where, int n);
//
// A coroutine whose first parameters are `std::allocator_arg_t` and an allocator, each by value or by reference (of members and lambdas: the first after the object) gets
// this promise from std::coroutine_traits; every other coroutine gets `Promise` itself, and `::operator new`. So an
// allocator costs nothing where none is named, and shows in no generator's type. A copy of it stands behind the frame:
//
//   | frame (size bytes, rounded up to the allocator's alignment) | Alloc |
//
// The allocator is asked for the alignment that the promise names in `frame_alignment`, or else for that of `operator new`.
//
// To the promise of a lambda g++ passes the closure as the first argument, clang does not; both forms are accepted. The
// operators are no templates, since g++ would take a template new and a plain delete for mismatched, and warn.

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <class Promise>
inline constexpr std::size_t frame_alignment_of = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
template <class Promise>
  requires requires { Promise::frame_alignment; }
inline constexpr std::size_t frame_alignment_of<Promise> = Promise::frame_alignment;

template <class Promise, class Object, class Alloc, class... Rest>
class with_allocator : public Promise {
  static constexpr std::size_t alignment = frame_alignment_of<Promise>;
  struct alignas(alignment) chunk {
    std::byte bytes[alignment];
  };
  using allocator = typename std::allocator_traits<Alloc>::template rebind_alloc<chunk>;
  using traits = std::allocator_traits<allocator>;
  static_assert(std::is_pointer_v<typename traits::pointer>, "a coroutine's frame needs an allocator with plain pointers");
  static_assert(alignof(allocator) <= alignof(chunk), "the allocator is kept behind the frame and must not be over-aligned");

 public:
  with_allocator() = default;

  static void* operator new(std::size_t size, std::allocator_arg_t, const Alloc& alloc, const Rest&...) { return allocate(size, alloc); }
  static void* operator new(std::size_t size, const Object&, std::allocator_arg_t, const Alloc& alloc, const Rest&...) {
    return allocate(size, alloc);
  }
  static void operator delete(void* frame, std::size_t size) noexcept {
    allocator* const kept = std::launder(reinterpret_cast<allocator*>(static_cast<std::byte*>(frame) + offset(size)));
    allocator alloc(std::move(*kept));
    std::destroy_at(kept);
    traits::deallocate(alloc, static_cast<chunk*>(frame), chunks(size));
  }

 private:
  static constexpr std::size_t offset(std::size_t size) { return (size + alignof(allocator) - 1) & ~(alignof(allocator) - 1); }
  static constexpr std::size_t chunks(std::size_t size) { return (offset(size) + sizeof(allocator) + sizeof(chunk) - 1) / sizeof(chunk); }

  static void* allocate(std::size_t size, const Alloc& given) {
    allocator alloc(given);
    void* const frame = traits::allocate(alloc, chunks(size));
    ::new (static_cast<std::byte*>(frame) + offset(size)) allocator(std::move(alloc));
    return frame;
  }
};

struct no_object {};

template <class Parameter>
concept allocator_tag = std::is_same_v<std::remove_cvref_t<Parameter>, std::allocator_arg_t>;

// The promise of a coroutine with these parameters.
template <class Promise, class... Parameters>
struct choose_promise {
  using type = Promise;
};
template <class Promise, allocator_tag Tag, class Alloc, class... Rest>
struct choose_promise<Promise, Tag, Alloc, Rest...> {
  using type = with_allocator<Promise, no_object, std::remove_cvref_t<Alloc>, Rest...>;
};
template <class Promise, class Object, allocator_tag Tag, class Alloc, class... Rest>
struct choose_promise<Promise, Object, Tag, Alloc, Rest...> {
  using type = with_allocator<Promise, Object, std::remove_cvref_t<Alloc>, Rest...>;
};

}  // namespace pariter::detail
