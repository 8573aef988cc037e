// SPDX-License-Identifier: Apache-2.0
#pragma once
// Item types that are awkward in one way each, for typed suites.
//
//   counted         counts its living objects; knows whether it was moved from
//   move_only       cannot be copied
//   over_aligned    wants 64 bytes of alignment, checks it
//   no_default      has no default constructor, cannot be assigned
//   throwing        throws `planned_failure` at the k-th copy, move or construction after `fail_at(k)`
//
// All hold an int, compare by it, and are made from an int.

#include <compare>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace pariter::test {

class counted {
 public:
  counted(int v = 0) noexcept : value(v) { ++living; }
  counted(const counted& other) noexcept : value(other.value) { ++living, ++copies; }
  counted(counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++living; }
  counted& operator=(const counted& other) noexcept = default;
  counted& operator=(counted&& other) noexcept {
    value = std::exchange(other.value, -1);
    return *this;
  }
  ~counted() {
    value = -2;
    --living;
  }
  friend bool operator==(const counted& a, const counted& b) noexcept { return a.value == b.value; }

  int value;
  static inline thread_local int living = 0;  // single-threaded tests only
  static inline thread_local int copies = 0;
};

class move_only {
 public:
  move_only(int v = 0) noexcept : value(v) {}
  move_only(move_only&& other) noexcept : value(std::exchange(other.value, -1)) {}
  move_only& operator=(move_only&& other) noexcept {
    value = std::exchange(other.value, -1);
    return *this;
  }
  ~move_only() = default;
  friend bool operator==(const move_only& a, const move_only& b) noexcept { return a.value == b.value; }

  int value;
};

class alignas(64) over_aligned {
 public:
  over_aligned(int v = 0) : value(v) {
    if (reinterpret_cast<std::uintptr_t>(this) % 64 != 0) throw std::logic_error("over_aligned: misaligned");
  }
  friend bool operator==(const over_aligned& a, const over_aligned& b) noexcept { return a.value == b.value; }

  int value;
};

class no_default {
 public:
  explicit no_default(int v) noexcept : value(v) {}
  friend bool operator==(const no_default& a, const no_default& b) noexcept { return a.value == b.value; }

  const int value;
};

struct planned_failure : std::runtime_error {
  planned_failure() : std::runtime_error("planned failure") {}
};

class throwing {
 public:
  throwing(int v = 0) : value(v) { count_down(), ++living; }
  throwing(const throwing& other) : value(other.value) { count_down(), ++living; }
  throwing(throwing&& other) : value(other.value) { count_down(), ++living; }
  throwing& operator=(const throwing& other) {
    count_down();
    value = other.value;
    return *this;
  }
  ~throwing() { --living; }
  friend bool operator==(const throwing& a, const throwing& b) noexcept { return a.value == b.value; }

  // The k-th construction, copy or move from now on throws; 0: none does.
  static void fail_at(int k) noexcept { left = k; }

  int value;
  static inline thread_local int living = 0;
  static inline thread_local int left = 0;

 private:
  static void count_down() {
    if (left > 0 && --left == 0) throw planned_failure();
  }
};

}  // namespace pariter::test
