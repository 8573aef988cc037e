// SPDX-License-Identifier: Apache-2.0
#pragma once
// policy: what happens when an iterator of a broadcast is slower than its writers.

namespace pariter {

enum class policy : unsigned char {
  gating,  // the writers wait for it: it sees every item
  lossy,   // the writers go on: it is told how many items it missed, and goes on after them
  kicked,  // the writers go on: it is ended with the error `kicked`
};

}  // namespace pariter
