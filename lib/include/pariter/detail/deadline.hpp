// SPDX-License-Identifier: Apache-2.0
#pragma once
// deadline_in(time): the moment that is `time` from now by the steady clock, no earlier; the last moment that the clock can tell where
// `time` goes beyond it (hours::max(), for example), now where it is negative.

#include <chrono>

namespace pariter::detail {

template <class Rep, class Period>
std::chrono::steady_clock::time_point deadline_in(std::chrono::duration<Rep, Period> time) {
  using clock = std::chrono::steady_clock;
  using seconds = std::chrono::duration<double>;  // of any size
  constexpr auto last = clock::time_point::max();
  const auto now = clock::now();
  if (time <= time.zero()) return now;
  if (seconds(time) >= seconds(last - now - std::chrono::hours(1))) return last;  // an hour: more than what rounding may take
  return now + std::chrono::ceil<clock::duration>(time);
}

}  // namespace pariter::detail
