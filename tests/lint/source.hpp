// SPDX-License-Identifier: Apache-2.0
#pragma once

// A text file as the lint rules see it: each line with its code and its comment apart, so that no rule is fooled by an
// order named in a comment or a comment sign in a string.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lint {

struct line {
  std::string text;     // as it stands in the file
  std::string code;     // without comments; the insides of string and character literals are blanked
  std::string comment;  // what stands behind // or between /* and */
};

struct source {
  std::string path;  // relative to the root that is linted, with '/'
  std::vector<line> lines;

  [[nodiscard]] std::string name() const { return path.substr(path.rfind('/') + 1); }
  [[nodiscard]] std::string stem() const { return name().substr(0, name().find('.')); }
  [[nodiscard]] bool is_header() const { return path.ends_with(".hpp") || path.ends_with(".inc"); }
  [[nodiscard]] bool is_cpp() const { return is_header() || path.ends_with(".cpp"); }
  [[nodiscard]] bool below(std::string_view folder) const { return path.starts_with(folder); }
};

struct finding {
  std::string path;
  std::size_t line = 0;  // counted from 1; 0: the file as a whole
  std::string rule;
  std::string sentence;

  auto operator<=>(const finding&) const = default;
};

source read_source(const std::filesystem::path& root, const std::string& path);

// "pariter/core/iter.hpp" for `#include "pariter/core/iter.hpp"` or <...>; empty for any other line.
std::string included(const line& l);

std::string_view trimmed(std::string_view text);
bool contains_word(std::string_view text, std::string_view word);

// The rules. Each appends what it finds.
void check_files(const std::vector<source>& tree, std::vector<finding>& out);
void check_layers(const std::vector<source>& tree, std::vector<finding>& out);
void check_memory_orders(const std::vector<source>& tree, std::vector<finding>& out);
void check_links(const std::filesystem::path& root, const std::vector<source>& tree, std::vector<finding>& out);

}  // namespace lint
