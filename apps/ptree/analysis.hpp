// SPDX-License-Identifier: Apache-2.0
#pragma once

// analysis: one question about a stream of blocks. One class per question stands in the headers below `analyses/`.
//
// Threads: an object is used by one thread at a time. Several threads that work on one question have an object each (see
// another()), which are merged at the end.
// Order: add() any number of times, in any order of blocks; then merge() of the others; then finish(); then the results.

#include <pariter/io/block.hpp>

#include <memory>

namespace ptree {

class report;

class analysis {
 public:
  virtual ~analysis() = default;

  virtual void add(const pariter::block& b) = 0;

  /// A new one for the same question.
  [[nodiscard]] virtual std::unique_ptr<analysis> another() const = 0;
  /// Takes over what `other`, made by another(), has found.
  virtual void merge(analysis& other) = 0;
  /// Completes files that were cut.
  virtual void finish() = 0;

  virtual void write(report& out) const = 0;
};

}  // namespace ptree
