// SPDX-License-Identifier: Apache-2.0
#pragma once

// terminal_line: the line of stderr that changes, at the end of what a terminal shows. Lines that stay are written above it.
//
// There is one, of_stderr(), for whoever writes to stderr while it may stand there. If stderr is no terminal, nothing that changes is
// shown. Threads: any.

#include <mutex>
#include <string>
#include <string_view>

namespace ptree {

class terminal_line {
 public:
  static terminal_line& of_stderr();

  terminal_line(const terminal_line&) = delete;
  terminal_line& operator=(const terminal_line&) = delete;

  [[nodiscard]] bool on_terminal() const noexcept { return terminal_; }

  /// Shows `text` in place of what it shows; nothing if that is empty.
  void show(std::string text);
  /// Writes a line that stays.
  void print(std::string_view line);

 private:
  terminal_line();
  ~terminal_line() = default;

  const bool terminal_;
  std::mutex mutex_;
  std::string shown_;  // under mutex_
};

}  // namespace ptree
