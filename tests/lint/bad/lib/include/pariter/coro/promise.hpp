// SPDX-License-Identifier: Apache-2.0
#pragma once

struct promise_type {
  bool flag_ = false;
};
