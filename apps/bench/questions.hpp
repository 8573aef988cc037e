// SPDX-License-Identifier: Apache-2.0
#pragma once
//
// The questions: one source file each, of the same name. Each function adds its cases to the suite.
//
#include "harness.hpp"

namespace bench {

void add_walk(suite&);
void add_canary(suite&);

inline suite all_questions() {
  suite s;
  add_walk(s);
  add_canary(s);
  return s;
}

}  // namespace bench
