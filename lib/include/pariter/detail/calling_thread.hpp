// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>

namespace pariter::detail {

// Which thread calls, also in a coroutine that has moved since it last asked: no optimiser looks through it. Models bring their own.
struct calling_thread {
  using id = std::thread::id;
  [[gnu::noinline]] static id now() noexcept {
    id self = std::this_thread::get_id();
    asm volatile("" : "+m"(self));
    return self;
  }
  static void yield() noexcept { std::this_thread::yield(); }
};

}  // namespace pariter::detail
