// SPDX-License-Identifier: Apache-2.0

#include "json_writer.hpp"

#include "text.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace ptree {

namespace {

constexpr std::size_t indent = 2;

/// Inside a JSON string it stands for itself.
bool is_plain(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

std::string name_of_bytes(std::string_view name) { return std::string(name) + "_bytes"; }

}  // namespace

void json_writer::member(std::string_view name, const value& v) {
  begin_item();
  put_name(name);
  const std::string_view bytes = put(v);
  if (!bytes.empty()) member(name_of_bytes(name), hexadecimal(bytes));
}

void json_writer::row(std::initializer_list<named_value> members) {
  begin_item();
  text_ += '{';
  const char* before = "";
  const auto put_member = [&](std::string_view name, const value& v) {
    text_ += std::exchange(before, ", ");
    put_name(name);
    return put(v);
  };
  for (const named_value& m : members) {
    const std::string_view bytes = put_member(m.name, m.value);
    if (!bytes.empty()) put_member(name_of_bytes(m.name), hexadecimal(bytes));
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

void json_writer::put_name(std::string_view name) {
  put_string(name);
  text_ += ": ";
}

std::string_view json_writer::put(const value& v) {
  if (const auto* text = std::get_if<std::string_view>(&v.content_)) {
    if (!is_plain(*text) && !is_utf8(*text)) {
      put_string(printable(*text));
      return *text;
    }
    put_string(*text);
  } else if (const auto* n = std::get_if<std::uint64_t>(&v.content_)) {
    text_ += std::to_string(*n);
  } else if (const auto* m = std::get_if<std::int64_t>(&v.content_)) {
    text_ += std::to_string(*m);
  } else if (const auto* truth = std::get_if<bool>(&v.content_)) {
    text_ += *truth ? "true" : "false";
  } else {
    text_ += "null";
  }
  return {};
}

void json_writer::put_string(std::string_view utf8) {
  if (is_plain(utf8)) {
    text_.append(1, '"').append(utf8).append(1, '"');
  } else {
    text_ += nlohmann::json(utf8).dump();
  }
}

}  // namespace ptree
