// SPDX-License-Identifier: Apache-2.0
#pragma once

struct promise_type {
  bool flag_ = false;
  void initial_suspend() noexcept {}
};

struct innocent {
  explicit promise_type();
};
