// SPDX-License-Identifier: Apache-2.0
#pragma once
// renew(object, make): the object anew, made in its own place by make().
//
// For what must not be assigned: an optional item may hold references (assignment would write through them) or const
// members (it cannot be assigned). The old value is gone before make() runs; if that throws, the object is as
// default constructed. Always inlined: an item whose address a loop hands out cannot stay in registers.

#include <memory>
#include <new>
#include <type_traits>

namespace pariter::detail {

template <class T, class Make>
[[gnu::always_inline]] constexpr void renew(T& object, Make&& make) {
  static_assert(std::is_nothrow_default_constructible_v<T>);
  std::destroy_at(std::addressof(object));
  try {
    ::new (static_cast<void*>(std::addressof(object))) T(make());
  } catch (...) {
    ::new (static_cast<void*>(std::addressof(object))) T();
    throw;
  }
}

}  // namespace pariter::detail
