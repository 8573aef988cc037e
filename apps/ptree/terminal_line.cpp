// SPDX-License-Identifier: Apache-2.0

#include "terminal_line.hpp"

#include <cstdio>
#include <utility>

#include <unistd.h>

namespace ptree {

namespace {

constexpr const char* cleared = "\r\33[K";

/// In one piece, for other programs write to a terminal, too.
void write(const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

}  // namespace

terminal_line& terminal_line::of_stderr() {
  static terminal_line only;
  return only;
}

terminal_line::terminal_line() : terminal_(::isatty(STDERR_FILENO) == 1) {}

void terminal_line::show(std::string text) {
  if (!terminal_) return;
  const std::lock_guard hold(mutex_);
  if (text.empty() && shown_.empty()) return;
  write(cleared + text);
  shown_ = std::move(text);
}

void terminal_line::print(std::string_view line) {
  const std::lock_guard hold(mutex_);
  std::string all;
  if (!shown_.empty()) all += cleared;
  all.append(line).append(1, '\n').append(shown_);
  write(all);
}

}  // namespace ptree
