// SPDX-License-Identifier: Apache-2.0
#pragma once
// frame_allocation: the base class of a promise that lets the coroutine's caller choose where the frame lives.
//
//   generator<int> numbers(std::allocator_arg_t, std::pmr::polymorphic_allocator<> where, int n);
//
// A coroutine whose first parameters are `std::allocator_arg` and an allocator (for members and lambdas: right after the
// object) takes its frame from that allocator; every other one from `::operator new`. The allocator's type appears nowhere
// in the generator's: behind each frame stands the function that frees it, and behind that a copy of the allocator.
//
//   | frame (size bytes, rounded up) | free function, or null: ::operator delete | allocator, if any |
//
// Of lambdas: g++ passes the closure as the first argument, clang does not; both forms are accepted.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace pariter::detail {

class frame_allocation {
 public:
  // Not inlined: g++ would pair the inner ::operator new with our operator delete and warn in the user's coroutine.
  [[gnu::noinline]] static void* operator new(std::size_t size) {
    void* const frame = ::operator new(behind(size) + sizeof(free_function));
    ::new (trailer(frame, size)) free_function(nullptr);
    return frame;
  }

  template <class Alloc, class... Args>
  static void* operator new(std::size_t size, std::allocator_arg_t, const Alloc& alloc, const Args&...) {
    return allocate(size, alloc);
  }

  template <class Object, class Alloc, class... Args>
  static void* operator new(std::size_t size, const Object&, std::allocator_arg_t, const Alloc& alloc, const Args&...) {
    return allocate(size, alloc);
  }

  static void operator delete(void* frame, std::size_t size) noexcept {
    if (const free_function f = *static_cast<free_function*>(trailer(frame, size))) f(frame, size);
    else ::operator delete(frame, behind(size) + sizeof(free_function));
  }

 private:
  using free_function = void (*)(void* frame, std::size_t size) noexcept;
  struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) chunk {
    std::byte bytes[__STDCPP_DEFAULT_NEW_ALIGNMENT__];
  };
  template <class Alloc>
  using chunk_allocator = typename std::allocator_traits<Alloc>::template rebind_alloc<chunk>;

  static constexpr std::size_t behind(std::size_t size) {
    return (size + alignof(free_function) - 1) & ~(alignof(free_function) - 1);
  }
  static void* trailer(void* frame, std::size_t size) { return static_cast<std::byte*>(frame) + behind(size); }

  template <class A>
  static constexpr std::size_t allocator_offset(std::size_t size) {
    return (behind(size) + sizeof(free_function) + alignof(A) - 1) & ~(alignof(A) - 1);
  }
  template <class A>
  static constexpr std::size_t chunks(std::size_t size) {
    return (allocator_offset<A>(size) + sizeof(A) + sizeof(chunk) - 1) / sizeof(chunk);
  }

  template <class Alloc>
  static void* allocate(std::size_t size, const Alloc& given) {
    using A = chunk_allocator<Alloc>;
    static_assert(std::is_pointer_v<typename std::allocator_traits<A>::pointer>, "a frame needs an allocator with plain pointers");
    static_assert(alignof(A) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__, "the allocator is copied behind the frame and must not be over-aligned");
    A alloc(given);
    void* const frame = std::allocator_traits<A>::allocate(alloc, chunks<A>(size));
    ::new (trailer(frame, size)) free_function(&deallocate<A>);
    ::new (static_cast<std::byte*>(frame) + allocator_offset<A>(size)) A(std::move(alloc));
    return frame;
  }

  template <class A>
  static void deallocate(void* frame, std::size_t size) noexcept {
    A* const kept = std::launder(reinterpret_cast<A*>(static_cast<std::byte*>(frame) + allocator_offset<A>(size)));
    A alloc(std::move(*kept));
    kept->~A();
    std::allocator_traits<A>::deallocate(alloc, static_cast<chunk*>(frame), chunks<A>(size));
  }
};

}  // namespace pariter::detail
