// SPDX-License-Identifier: Apache-2.0
#pragma once
// seed(): of this run; printed at its first use. --gtest_random_seed repeats one.

#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <random>

namespace pariter::test {

inline std::uint64_t seed() {
  static const std::uint64_t s = [] {
    const int given = testing::UnitTest::GetInstance()->random_seed();
    const std::uint64_t chosen = given != 0 ? static_cast<std::uint64_t>(given) : std::random_device()() % 99'999 + 1;
    std::cout << "seed " << chosen << " (--gtest_random_seed)\n";
    return chosen;
  }();
  return s;
}

}  // namespace pariter::test
