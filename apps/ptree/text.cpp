// SPDX-License-Identifier: Apache-2.0

#include "text.hpp"

#include <cstddef>

namespace ptree {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

void put_hex(std::string& to, char byte) {
  const auto c = static_cast<unsigned char>(byte);
  to += {digits[c >> 4], digits[c & 15]};
}

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

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t n = shown_length(text);
    if (n == 0) {
      result += "\\x";
      put_hex(result, text[0]);
    } else {
      if (text[0] == '\\') result += '\\';
      result += text.substr(0, n);
    }
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return result;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

std::string hexadecimal(std::string_view bytes) {
  std::string result;
  result.reserve(2 * bytes.size());
  for (const char c : bytes) put_hex(result, c);
  return result;
}

std::string counted(std::uint64_t n, std::string_view noun) {
  std::string result = std::to_string(n) + ' ';
  result += noun;
  if (n != 1) result += 's';
  return result;
}

}  // namespace ptree
