// SPDX-License-Identifier: Apache-2.0
#pragma once
// The global operator new of a program that includes this, in one file: the allocation that a test chose fails.
//
//   pariter::test::allocations_left = 3;        // of this thread: the third from now on throws std::bad_alloc; 0: none does
//   pariter::test::living_allocations           // of this thread: allocated minus freed
//
// All forms: a sanitizer brings its own of each that is left out, and takes a mixture for an error.

#include <cstddef>
#include <cstdlib>
#include <new>

namespace pariter::test {

inline thread_local int allocations_left = 0;
inline thread_local long living_allocations = 0;

// Not looked through: g++ would miss the match of new and free.
[[gnu::noinline]] inline void* allocate(std::size_t size, std::size_t alignment) {
  if (allocations_left > 0 && --allocations_left == 0) throw std::bad_alloc();
  void* const p = alignment <= alignof(std::max_align_t) ? std::malloc(size) : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc();
  ++living_allocations;
  return p;
}
[[gnu::noinline]] inline void* allocate_or_null(std::size_t size) noexcept try {
  return allocate(size, 0);
} catch (const std::bad_alloc&) {
  return nullptr;
}
[[gnu::noinline]] inline void release(void* p) noexcept {
  if (p == nullptr) return;
  --living_allocations;
  std::free(p);
}

}  // namespace pariter::test

void* operator new(std::size_t size) { return pariter::test::allocate(size, 0); }
void* operator new[](std::size_t size) { return pariter::test::allocate(size, 0); }
void* operator new(std::size_t size, std::align_val_t a) { return pariter::test::allocate(size, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t size, std::align_val_t a) { return pariter::test::allocate(size, static_cast<std::size_t>(a)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return pariter::test::allocate_or_null(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return pariter::test::allocate_or_null(size); }
void operator delete(void* p) noexcept { pariter::test::release(p); }
void operator delete[](void* p) noexcept { pariter::test::release(p); }
void operator delete(void* p, std::size_t) noexcept { pariter::test::release(p); }
void operator delete[](void* p, std::size_t) noexcept { pariter::test::release(p); }
void operator delete(void* p, std::align_val_t) noexcept { pariter::test::release(p); }
void operator delete[](void* p, std::align_val_t) noexcept { pariter::test::release(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { pariter::test::release(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { pariter::test::release(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { pariter::test::release(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { pariter::test::release(p); }
