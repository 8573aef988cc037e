// SPDX-License-Identifier: Apache-2.0
#pragma once
// coroutine_name: the bare name out of what the compiler calls a function.
//
//   "pariter::generator<int> demo::numbers(int) const [with T = int]"   numbers
//   "main()::<lambda(int)>", "auto main()::(anonymous class)::operator()(int) const"   <lambda>
//   "numbers"   numbers: a name that was set by hand stays as it is

#include <cstddef>
#include <string_view>

namespace pariter::detail {

// The position of the bracket that `text[last]` closes, or npos.
constexpr std::size_t opening(std::string_view text, std::size_t last) {
  int depth = 0;
  for (std::size_t i = last + 1; i-- > 0;) {
    const char c = text[i];
    if (c == ')' || c == ']' || c == '>' || c == '}') ++depth;
    if ((c == '(' || c == '[' || c == '<' || c == '{') && --depth == 0) return i;
  }
  return std::string_view::npos;
}

constexpr std::string_view coroutine_name(std::string_view text) {
  constexpr auto npos = std::string_view::npos;
  if (text.ends_with(']')) {  // [with T = int]
    const std::size_t with = opening(text, text.size() - 1);
    if (with == npos || with == 0) return text;
    text = text.substr(0, with - 1);
  }
  if (text.ends_with('>') && text.find("<lambda(") != npos) return "<lambda>";
  const std::size_t close = text.rfind(')');
  if (close == npos) return text;
  const std::size_t open = opening(text, close);
  if (open == npos) return text;
  text = text.substr(0, open);
  if (text.ends_with("(anonymous class)::operator()")) return "<lambda>";
  if (text.ends_with('>') && !text.ends_with("operator>") && !text.ends_with("operator->")) {  // f<int>
    const std::size_t arguments = opening(text, text.size() - 1);
    if (arguments != npos) text = text.substr(0, arguments);
  }
  const std::size_t from = text.find_last_of(": ");
  return from == npos ? text : text.substr(from + 1);
}

}  // namespace pariter::detail
