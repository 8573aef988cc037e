// SPDX-License-Identifier: Apache-2.0

#include "report.hpp"

#include "text.hpp"

#include <algorithm>

namespace ptree {

namespace {

/// How many columns a terminal takes for it, near enough: one per character.
std::size_t width(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

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
