// SPDX-License-Identifier: Apache-2.0
#pragma once
// Deadlines by any clock, in any unit: what arithmetic on them would overflow is as far as the clock goes.
//
//   deadline_in(time)         the moment that is `time` from now by the steady clock, no earlier; the last moment that the clock can tell
//                             where `time` goes beyond it (hours::max(), for example), now where it is negative
//   on_its_clock(deadline)    the same moment, no earlier, in the unit of its clock; the last or the first one that the clock can tell
//                             where it lies beyond
//   time_left(deadline, now, most)   how far two moments of one clock are apart, which are in order; or `most`, if that is less

#include <chrono>
#include <type_traits>

namespace pariter::detail {

using any_seconds = std::chrono::duration<double>;  // of any size
inline constexpr std::chrono::hours rounding{1};    // more than these may take from where a clock ends

template <class Clock, class D>
constexpr typename Clock::time_point on_its_clock(std::chrono::time_point<Clock, D> deadline) {
  using moment = typename Clock::time_point;
  using unit = typename moment::duration;
  const auto since = deadline.time_since_epoch();
  if constexpr (std::is_same_v<D, unit>) {
    return moment(since);
  } else {
    constexpr any_seconds first = unit::min() < unit::zero() ? any_seconds(unit::min()) + rounding : any_seconds(0);
    if (!(any_seconds(since) < any_seconds(unit::max()) - rounding)) return moment::max();  // also what is no number
    if (any_seconds(since) <= first) return moment::min();
    if constexpr (std::chrono::treat_as_floating_point_v<typename unit::rep>) return moment(unit(since));
    else return moment(std::chrono::ceil<unit>(since));
  }
}

template <class Deadline, class Now>
constexpr std::chrono::nanoseconds time_left(Deadline deadline, Now now, std::chrono::seconds most) {
  const any_seconds left = any_seconds(deadline.time_since_epoch()) - any_seconds(now.time_since_epoch());
  return left < most ? std::chrono::ceil<std::chrono::nanoseconds>(deadline - now) : std::chrono::nanoseconds(most);
}

template <class Rep, class Period>
std::chrono::steady_clock::time_point deadline_in(std::chrono::duration<Rep, Period> time) {
  using clock = std::chrono::steady_clock;
  constexpr auto last = clock::time_point::max();
  const auto now = clock::now();
  if (time <= time.zero()) return now;
  if (!(any_seconds(time) < any_seconds(last - now) - rounding)) return last;
  return now + std::chrono::ceil<clock::duration>(time);
}

}  // namespace pariter::detail
