// SPDX-License-Identifier: Apache-2.0
#pragma once

// How much a stress test does. A test states the count that is right for one run under a sanitizer;
// builds without one do PARITER_STRESS_SCALE times as much:
//
//     for (std::size_t round = 0; round < pariter::test::scaled(2'000); ++round) ...
//
// A longer soak needs no rebuild: the environment variable PARITER_STRESS_SCALE (1, 2, ... 1000000)
// takes the place of the constant.

#include <cstddef>
#include <cstdlib>

#ifndef PARITER_STRESS_SCALE
#  if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#    define PARITER_STRESS_SCALE 1
#  elif defined(__has_feature)
#    if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#      define PARITER_STRESS_SCALE 1
#    endif
#  endif
#endif
#ifndef PARITER_STRESS_SCALE
#  define PARITER_STRESS_SCALE 10
#endif

namespace pariter::test {

// The multiplier in force; read from the environment once.
inline std::size_t stress_scale() noexcept {
  static const std::size_t scale = [] {
    constexpr unsigned long long most = 1'000'000;
    const char* text = std::getenv("PARITER_STRESS_SCALE");
    const unsigned long long asked = text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
    return static_cast<std::size_t>(asked >= 1 && asked <= most ? asked : PARITER_STRESS_SCALE);
  }();
  return scale;
}

inline std::size_t scaled(std::size_t under_a_sanitizer) noexcept {
  return under_a_sanitizer * stress_scale();
}

}  // namespace pariter::test
