// SPDX-License-Identifier: Apache-2.0
#pragma once

// options: what was asked for on the command line.

#include "kernels.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ptree {

struct options {
  std::vector<std::string> paths;
  bool counts = false;
  std::size_t top = 0;  // 0: not asked for
  bool longest = false;
  bool histogram = false;
  std::string match;  // empty: not asked for
  word_rule words = words_of_wc;
  bool per_file = false;
  bool follow = false;
  bool json = false;
  unsigned jobs = 0;  // threads per analysis, at least 1
};

/// The options, or the exit code if there is nothing to do: --help was asked for, or what was said makes no sense (which was
/// written to stderr then).
struct parsed {
  std::optional<options> asked;
  int exit_code = 0;
};
[[nodiscard]] parsed parse(int argc, char** argv);

}  // namespace ptree
