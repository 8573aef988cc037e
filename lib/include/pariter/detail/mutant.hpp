// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mutants: bugs that the model tests plant to show that they would catch them.
//
// `order(n, o)` is the memory order o, and `mutant(n)` is false, except in a model test that defines PARITER_MUTANTS: there
// the test chooses one n, whose order is weakened to relaxed or whose step is left out or swapped. tests/model says for
// each n which test finds it and after how many schedules. In programs both are constants.

#include <atomic>

namespace pariter::detail {

#if defined(PARITER_MUTANTS)

inline int active_mutant = 0;
inline bool mutant(int n) noexcept { return n == active_mutant; }
inline std::memory_order order(int n, std::memory_order o) noexcept { return mutant(n) ? std::memory_order_relaxed : o; }

#else

constexpr bool mutant(int) noexcept { return false; }
constexpr std::memory_order order(int, std::memory_order o) noexcept { return o; }

#endif

}  // namespace pariter::detail
