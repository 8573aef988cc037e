// SPDX-License-Identifier: Apache-2.0
#pragma once
// What share(x, options) can be told.

#include <cstddef>

namespace pariter {

// Who is told when a shared source throws.
enum class errors_to {
  all,  // every drawer, at every further step: nobody takes a failed source for a finished one
  one,  // the drawer that comes first, once; all others see the end
};

struct share_options {
  // The most items that a drawer takes for itself at a time; 0: as many as is good for throughput. Drawers start with
  // one and take more only as long as they work them off within microseconds.
  std::size_t at_once = 0;
  errors_to errors = errors_to::all;
};

// Every item is pulled when it is asked for and not before: share(x, unbuffered). For sources whose items are late or depend
// on what was done with the item before.
inline constexpr share_options unbuffered{.at_once = 1};

}  // namespace pariter
