// SPDX-License-Identifier: Apache-2.0

// Rules about single files: licence line, include guard, size, words that have no place here, a test for every header, a number for
// every decision.

#include "source.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace lint {

namespace {

constexpr std::size_t longest_header = 700;
constexpr std::string_view include_root = "lib/include/";

struct forbidden {
  std::string_view rule;
  std::string_view word;
  std::string_view where;  // prefix of the path
  std::string_view sentence;
};

constexpr std::array<forbidden, 8> forbidden_words{{
    {"sleep", "sleep_for", "tests/", "a test waits for an event, never for a time"},
    {"sleep", "sleep_until", "tests/", "a test waits for an event, never for a time"},
    {"sleep", "usleep", "tests/", "a test waits for an event, never for a time"},
    {"sleep", "nanosleep", "tests/", "a test waits for an event, never for a time"},
    {"portable", "jthread", "lib/", "not in every standard library that is supported"},
    {"fence", "atomic_thread_fence", "lib/", "ThreadSanitizer does not understand standalone fences: order the operation itself"},
    {"consume", "memory_order_consume", "lib/", "consume has no usable meaning: say acquire"},
    {"consume", "memory_order::consume", "lib/", "consume has no usable meaning: say acquire"},
}};

constexpr std::array<std::string_view, 3> open_questions{"TODO", "FIXME", "XXX"};

void check_head(const source& file, std::vector<finding>& out) {
  std::size_t first = 0;
  if (!file.lines.empty() && file.lines[0].text.starts_with("#!")) first = 1;
  const std::string_view sign = file.is_cpp() ? "//" : "#";
  if (file.lines.size() <= first || file.lines[first].text != std::string(sign) + " SPDX-License-Identifier: Apache-2.0") {
    out.push_back({file.path, first + 1, "spdx",
                   "the first line is " + std::string(sign) + " SPDX-License-Identifier: Apache-2.0"});
  }
}

void check_header(const source& file, std::vector<finding>& out) {
  bool guarded = false;
  for (const line& l : file.lines) guarded = guarded || trimmed(l.code) == "#pragma once";
  if (!guarded && !file.path.ends_with(".inc")) out.push_back({file.path, 0, "pragma-once", "a header says #pragma once"});
  if (file.lines.size() > longest_header) {
    out.push_back({file.path, 0, "length", "a header of " + std::to_string(file.lines.size()) + " lines: split it into its nouns"});
  }
}

void check_words(const source& file, std::vector<finding>& out) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const line& l = file.lines[i];
    for (const forbidden& f : forbidden_words) {
      if (file.below(f.where) && contains_word(l.code, f.word)) {
        out.push_back({file.path, i + 1, std::string(f.rule), std::string(f.word) + ": " + std::string(f.sentence)});
      }
    }
    if (file.below("lib/") && l.code.find("atomic<std::shared_ptr") != std::string::npos) {
      out.push_back({file.path, i + 1, "portable", "atomic<shared_ptr>: reported as a race by ThreadSanitizer, absent in libc++"});
    }
    for (const std::string_view word : open_questions) {
      if (contains_word(l.comment, word)) {
        out.push_back({file.path, i + 1, "open-question", std::string(word) + ": answer it, or open an issue"});
      }
    }
  }
}

// A promise type without a constructor of its own is an aggregate, and then the coroutine's parameters initialise it.
void check_promises(const source& file, std::vector<finding>& out) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& text = file.lines[i].code;
    const std::string_view code = trimmed(text);
    const bool defines = (code.starts_with("struct ") || code.starts_with("class ")) && code.find(';') == code.npos;
    if (!defines) continue;
    std::string_view name = trimmed(code.substr(code.find(' ')));
    name = name.substr(0, name.find_first_of(" :{<"));

    const std::string end = text.substr(0, text.find_first_not_of(' ')) + "};";  // our braces close where the line began
    bool promise = false;
    bool constructor = false;
    for (std::size_t j = i + 1; j < file.lines.size() && !file.lines[j].code.starts_with(end); ++j) {
      const std::string_view inner = trimmed(file.lines[j].code);
      promise = promise || inner.find("get_return_object(") != inner.npos || inner.find("initial_suspend(") != inner.npos;
      for (const std::string_view before : {"", "explicit ", "constexpr "}) {
        constructor = constructor || inner.starts_with(std::string(before) + std::string(name) + "(");
      }
    }
    if (promise && !constructor) {
      out.push_back({file.path, i + 1, "promise", std::string(name) + ": declare a constructor (= default will do), or it is an aggregate"});
    }
  }
}

// docs/decisions/0047-how-it-is.md begins with `# 47. `, and no other has that number.
void check_decision(const source& file, std::map<std::string, std::string>& taken, std::vector<finding>& out) {
  const std::string number = file.name().substr(0, file.name().find('-'));
  const auto [at, first] = taken.try_emplace(number, file.path);
  if (!first) out.push_back({file.path, 0, "decision", "its number is that of " + at->second});
  const std::string heading = "# " + number.substr(std::min(number.find_first_not_of('0'), number.size())) + ". ";
  if (file.lines.empty() || !file.lines[0].text.starts_with(heading)) {
    out.push_back({file.path, 1, "decision", "the first line begins with \"" + heading + '"'});
  }
}

// The headers that unit tests cover, as they are included: one that bears a test's name, one that a test includes, and a part
// of such a header, that is, one of the same room that it includes.
std::set<std::string> covered_headers(const std::vector<source>& tree) {
  std::set<std::string> named;
  std::vector<std::string> look;
  for (const source& file : tree) {
    if (!file.below("tests/unit/")) continue;
    if (file.stem().ends_with("_test")) named.insert(file.stem().substr(0, file.stem().size() - 5));
    for (const line& l : file.lines) look.push_back(included(l));
  }
  std::map<std::string, const source*> headers;
  for (const source& file : tree) {
    if (!file.below(include_root)) continue;
    headers[file.path.substr(include_root.size())] = &file;
    if (named.contains(file.stem())) look.push_back(file.path.substr(include_root.size()));
  }

  std::set<std::string> covered;
  while (!look.empty()) {
    const std::string header = look.back();
    look.pop_back();
    const auto at = headers.find(header);
    if (at == headers.end() || !covered.insert(header).second) continue;
    const std::string room = header.substr(0, header.rfind('/') + 1);
    for (const line& l : at->second->lines) {
      if (const std::string part = included(l); part.starts_with(room)) look.push_back(part);
    }
  }
  return covered;
}

}  // namespace

void check_files(const std::vector<source>& tree, std::vector<finding>& out) {
  const std::set<std::string> covered = covered_headers(tree);

  std::map<std::string, std::string> decisions;

  for (const source& file : tree) {
    if (file.below("docs/decisions/0")) check_decision(file, decisions, out);
    if (file.path.ends_with(".md")) continue;
    check_head(file, out);
    if (!file.is_cpp()) continue;
    if (file.is_header()) check_header(file, out);
    check_words(file, out);
    if (file.below("lib/")) check_promises(file, out);

    if (file.below(include_root) && file.is_header() && !file.below("lib/include/pariter/detail/") &&
        !covered.contains(file.path.substr(include_root.size()))) {
      out.push_back({file.path, 0, "untested", "no tests/unit/" + file.stem() + "_test.cpp, and no unit test includes it"});
    }
  }
}

}  // namespace lint
