// SPDX-License-Identifier: Apache-2.0
#pragma once
// PARITER_ASSERT: a contract with the caller, checked in every build.
//
// A broken contract is reported on stderr (expression, place, what to do instead) and the program is aborted. It is never
// an assumption handed to the optimiser. Use it where the check is cheap; where the caller can handle the mistake, throw
// one of core/errors.hpp instead.

#include <cstdio>
#include <cstdlib>

namespace pariter::detail {

[[noreturn]] inline void contract_broken(const char* expression, const char* advice, const char* file, int line) noexcept {
  std::fprintf(stderr, "pariter: contract broken: %s\n  at %s:%d\n  %s\n", expression, file, line, advice);
  std::fflush(stderr);
  std::abort();
}

}  // namespace pariter::detail

#define PARITER_ASSERT(condition, advice)                    \
  (static_cast<bool>(condition) ? static_cast<void>(0)       \
                                : ::pariter::detail::contract_broken(#condition, advice, __FILE__, __LINE__))
