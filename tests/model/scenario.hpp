// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the scenarios have in common: one object of the model per schedule, made before its threads start and ended after them.
//
// Derived has make(), which returns what its threads share, thread(index), and perhaps finish(), which looks at what came of it.

#include "relacy_platform.hpp"

#include <memory>

namespace model {

template <class Derived, class Shared, unsigned Threads>
struct scenario : rl::test_suite<Derived, Threads> {
  std::unique_ptr<model::pins> pins;
  std::shared_ptr<Shared> shared;
  void before() {
    ++of_this_run->begun;
    pins = std::make_unique<model::pins>();
    pins_of_this_schedule = pins.get();
    shared = static_cast<Derived*>(this)->make();
  }
  void after() {
    static_cast<Derived*>(this)->finish();
    shared.reset();
    pins.reset();
  }
  void finish() {}
};

}  // namespace model
