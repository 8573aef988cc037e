// SPDX-License-Identifier: Apache-2.0

#include "report.hpp"

#include <algorithm>
#include <cstdio>

namespace ptree {

namespace {

/// The length of the UTF-8 sequence at the start of `text`, which is not empty; 0 where there is none (Unicode, table 3-7).
std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return at(i) >= 0x80 && at(i) <= 0xbf; };
  const unsigned c = at(0);
  if (c < 0x80) return 1;
  if (c >= 0xc2 && c <= 0xdf) return follows(1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    const bool second = c == 0xe0 ? at(1) >= 0xa0 && at(1) <= 0xbf : c == 0xed ? at(1) >= 0x80 && at(1) <= 0x9f : follows(1);
    return second && follows(2) ? 3 : 0;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    const bool second = c == 0xf0 ? at(1) >= 0x90 && at(1) <= 0xbf : c == 0xf4 ? at(1) >= 0x80 && at(1) <= 0x8f : follows(1);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

/// The length of what may be shown as it is; 0: not this byte.
std::size_t shown_length(std::string_view text) noexcept {
  const std::size_t n = utf8_length(text);
  const auto c = static_cast<unsigned char>(text[0]);
  const bool c1_control = n == 2 && c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
  return c < 0x20 || c == 0x7f || c1_control ? 0 : n;
}

/// How many columns a terminal takes for it, near enough: one per character.
std::size_t width(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string printable(std::string_view text) {
  bool plain = true;
  for (std::size_t i = 0; i < text.size() && plain;) {
    const std::size_t n = shown_length(text.substr(i));
    plain = n != 0;
    i += n;
  }
  if (plain) return std::string(text);
  std::string result;
  while (!text.empty()) {
    const std::size_t n = shown_length(text);
    if (n == 0) {
      char escape[5];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
      result += escape;
      text.remove_prefix(1);
    } else {
      if (text[0] == '\\') result += '\\';
      result += text.substr(0, n);
      text.remove_prefix(n);
    }
  }
  return result;
}

std::string valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = utf8_length(text.substr(i));
    if (n == 0) return printable(text);
    i += n;
  }
  return std::string(text);
}

table::table(const std::vector<std::string>& heads) {
  for (const std::string& head : heads) {
    columns_.push_back({width(head)});
    cells_.push_back({head, width(head), false});
  }
}

void table::add(const std::vector<cell>& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (const auto* number = std::get_if<std::uint64_t>(&row[i])) {
      add(i, std::to_string(*number), true);
    } else if (const auto* right = std::get_if<right_aligned>(&row[i])) {
      add(i, right->text, true);
    } else {
      add(i, printable(std::get<std::string>(row[i])), false);
    }
  }
}

void table::add(std::size_t at, std::string text, bool right) {
  const std::size_t n = width(text);
  column& c = columns_[at];
  c.width = std::max(c.width, n);
  if (cells_.size() == columns_.size() + at) c.right = cells_[at].right = right;
  cells_.push_back({std::move(text), n, right});
}

std::string table::text() const {
  std::string result;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const std::size_t at = i % columns_.size();
    const shown& c = cells_[i];
    const std::size_t pad = columns_[at].width - c.width;
    result += "  ";
    if (c.right) result.append(pad, ' ');
    result += c.text;
    if (!c.right) result.append(pad, ' ');
    if (at + 1 < columns_.size()) continue;
    result.erase(result.find_last_not_of(' ') + 1);
    result += '\n';
  }
  return result;
}

void report::section(const std::string& title, const table& content) {
  if (!text_.empty()) text_ += '\n';
  text_ += title + '\n' + content.text();
}

}  // namespace ptree
