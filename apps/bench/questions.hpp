// SPDX-License-Identifier: Apache-2.0
#pragma once
//
// The questions: one source file each, of the same name. Each function adds its cases to the suite.
//
#include "harness.hpp"

namespace bench {

// What this program prints when it is the plain loop of ptree.cpp.
int print_plain_counts(const std::string& tree);

// shape, protocol, containers: the groups in which results are reported
void add_ptree(suite&);
void add_generator(suite&);
void add_walk(suite&);
void add_recursion(suite&);
void add_canary(suite&);
void add_log(suite&);
void add_copy_on_write(suite&);
void add_broadcast(suite&);
void add_draw(suite&);
void add_tee(suite&);
void add_latency(suite&);
void add_memory(suite&);
void add_async(suite&);

inline suite all_questions() {
  suite s;
  add_ptree(s);
  add_generator(s);
  add_walk(s);
  add_recursion(s);
  add_canary(s);
  add_log(s);
  add_copy_on_write(s);
  add_broadcast(s);
  add_draw(s);
  add_tee(s);
  add_latency(s);
  add_memory(s);
  add_async(s);
  return s;
}

}  // namespace bench
