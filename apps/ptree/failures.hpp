// SPDX-License-Identifier: Apache-2.0
#pragma once

// failures: what could not be read. Each is written to stderr when it is met, and kept for the report. Any thread.

#include "terminal_line.hpp"
#include "text.hpp"

#include <pariter/io/block.hpp>

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ptree {

class failures {
 public:
  void add(const pariter::file_failure& f) {
    std::string path = f.file.path();
    std::string reason = f.error.message();
    const std::lock_guard hold(mutex_);
    terminal_line::of_stderr().print("ptree: " + printable(path) + ": " + reason);
    all_.emplace_back(std::move(path), std::move(reason));
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> all() const {
    const std::lock_guard hold(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> all_;
};

}  // namespace ptree
