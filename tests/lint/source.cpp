// SPDX-License-Identifier: Apache-2.0

#include "source.hpp"

#include <cctype>
#include <fstream>

namespace lint {

namespace {

// Splits a file into code and comments, line by line; block comments and raw strings carry over.
class splitter {
 public:
  line split(const std::string& text) {
    line out{.text = text, .code = {}, .comment = {}};
    for (std::size_t i = 0; i < text.size();) i = step(text, i, out);
    return out;
  }

 private:
  std::size_t step(const std::string& text, std::size_t i, line& out) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (in_block_) {
      if (rest.starts_with("*/")) {
        in_block_ = false;
        return i + 2;
      }
      out.comment += text[i];
      return i + 1;
    }
    if (!raw_end_.empty()) {
      const std::size_t end = rest.find(raw_end_);
      if (end == rest.npos) return text.size();
      i += end + raw_end_.size();
      raw_end_.clear();
      out.code += "\"\"";
      return i;
    }
    if (rest.starts_with("//")) {
      out.comment += rest.substr(2);
      return text.size();
    }
    if (rest.starts_with("/*")) {
      in_block_ = true;
      return i + 2;
    }
    if (rest.starts_with("R\"")) {
      const std::size_t open = rest.find('(');
      if (open != rest.npos) {
        raw_end_ = ")" + std::string(rest.substr(2, open - 2)) + "\"";
        return i + open + 1;
      }
    }
    const bool digit_separator = rest[0] == '\'' && i > 0 && std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0;
    if (rest[0] == '"' || (rest[0] == '\'' && !digit_separator)) {
      std::size_t end = 1;
      while (end < rest.size() && rest[end] != rest[0]) end += rest[end] == '\\' ? 2 : 1;
      out.code += rest[0];
      out.code += rest[0];
      return i + end + 1;
    }
    out.code += rest[0];
    return i + 1;
  }

  bool in_block_ = false;
  std::string raw_end_;
};

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

source read_source(const std::filesystem::path& root, const std::string& path) {
  source out{.path = path, .lines = {}};
  std::ifstream in(root / path);
  splitter split;
  for (std::string text; std::getline(in, text);) {
    if (!text.empty() && text.back() == '\r') text.pop_back();
    out.lines.push_back(out.is_cpp() ? split.split(text) : line{.text = text, .code = text, .comment = {}});
  }
  return out;
}

std::string included(const line& l) {
  std::string_view rest = trimmed(l.text);
  if (trimmed(l.code).empty() || !rest.starts_with('#')) return {};
  rest = trimmed(rest.substr(1));
  if (!rest.starts_with("include")) return {};
  rest = trimmed(rest.substr(7));
  if (rest.empty() || (rest[0] != '"' && rest[0] != '<')) return {};
  const std::size_t end = rest.find(rest[0] == '<' ? '>' : '"', 1);
  return end == rest.npos ? std::string() : std::string(rest.substr(1, end - 1));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

bool contains_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !word_character(text[at - 1])) && (end == text.size() || !word_character(text[end]))) return true;
  }
  return false;
}

}  // namespace lint
