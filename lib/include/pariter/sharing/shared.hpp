// SPDX-License-Identifier: Apache-2.0
#pragma once
// generator_function::shared(): what makes `generator_function(f, args...).shared()` work; coro/ itself knows no sharing.
//
//   const auto numbers = generator_function(count, 0, 1000).shared();   // calls count once
//   ... in each thread: for (int n : numbers.iter()) ...                // each number to exactly one thread
//
// It is share(f.iter()): see sharing/share.hpp for threads, errors and the end.

#include "pariter/coro/generator_function.hpp"
#include "pariter/sharing/share.hpp"

#include <utility>

namespace pariter::detail {

template <class G>
struct shared_by {
  static auto make(G generator) { return share(std::move(generator)); }
};

}  // namespace pariter::detail
