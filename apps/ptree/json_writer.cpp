// SPDX-License-Identifier: Apache-2.0

#include "json_writer.hpp"

#include "report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace ptree {

namespace {

constexpr std::size_t indent = 2;

/// It stands for itself inside a JSON string.
bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

/// Text that is UTF-8, inside a JSON string.
void put_escaped(std::string& to, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      to += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[7];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      to += escape;
    } else {
      to += c;
    }
  }
}

}  // namespace

void json_writer::row(std::initializer_list<named_value> members) {
  begin_item();
  text_ += '{';
  const char* before = "";
  for (const named_value& m : members) {
    text_ += std::exchange(before, ", ");
    put_string(m.name);
    text_ += ": ";
    put(m.value);
  }
  text_ += '}';
}

std::string json_writer::text() && {
  close('}');
  text_ += '\n';
  return std::move(text_);
}

void json_writer::open(char opening) {
  text_ += opening;
  ++depth_;
  empty_ = true;
}

void json_writer::close(char closing) {
  --depth_;
  if (!empty_) text_.append(1, '\n').append(indent * depth_, ' ');
  text_ += closing;
  empty_ = false;
}

void json_writer::begin_item() {
  if (!empty_) text_ += ',';
  empty_ = false;
  text_.append(1, '\n').append(indent * depth_, ' ');
}

void json_writer::begin_member(std::string_view name) {
  begin_item();
  put_string(name);
  text_ += ": ";
}

void json_writer::put(value v) {
  if (const auto* number = std::get_if<std::uint64_t>(&v)) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *number).ptr;
    text_.append(digits.data(), end);
  } else if (const auto* text = std::get_if<std::string_view>(&v)) {
    put_string(*text);
  } else if (const auto* truth = std::get_if<bool>(&v)) {
    text_ += *truth ? "true" : "false";
  } else {
    text_ += "null";
  }
}

void json_writer::put_string(std::string_view text) {
  text_ += '"';
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    text_ += text;
  } else {
    put_escaped(text_, valid_utf8(text));
  }
  text_ += '"';
}

}  // namespace ptree
