// SPDX-License-Identifier: Apache-2.0
#pragma once
// start: where an iterator of a log or a broadcast begins.
//
//   start::oldest   the oldest item that the container still holds
//   start::next     the next item that will be written
//   a position      exactly there; a number that `position()` of another iterator gave, for example

#include <cstdint>

namespace pariter {

class start {
 public:
  static const start oldest;
  static const start next;

  constexpr start(std::uint64_t position) noexcept : what_(at), position_(position) {}

  constexpr bool is_oldest() const noexcept { return what_ == from_oldest; }
  constexpr bool is_next() const noexcept { return what_ == from_next; }
  // Requires neither of the two.
  constexpr std::uint64_t position() const noexcept { return position_; }

  friend constexpr bool operator==(const start&, const start&) = default;

 private:
  enum kind : unsigned char { at, from_oldest, from_next };
  constexpr explicit start(kind k) noexcept : what_(k), position_(0) {}

  kind what_;
  std::uint64_t position_;
};

inline constexpr start start::oldest{start::from_oldest};
inline constexpr start start::next{start::from_next};

}  // namespace pariter
