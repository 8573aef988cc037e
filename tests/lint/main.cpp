// SPDX-License-Identifier: Apache-2.0

// lint ROOT: the house rules that no compiler knows, over lib/, apps/, tests/, docs/ and the files at the top.
// Prints `path:line: rule: sentence` for everything it finds and ends with 1 if that was something.
//
// lint ROOT --expect FILE: the same, but FILE lists the findings as `path:line: rule`; ends with 0 if they are exactly
// these. So the rules themselves are tested, over tests/lint/bad.

#include "source.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <set>

namespace {

namespace fs = std::filesystem;

bool is_ours(const std::string& path) {
  if (path.starts_with("tests/lint/bad/") || path.starts_with("tests/lint/good/")) return false;
  constexpr std::array<std::string_view, 7> endings{".hpp", ".cpp", ".inc", ".cmake", "CMakeLists.txt", ".sh", ".md"};
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view e) { return path.ends_with(e); });
}

std::vector<lint::source> read_tree(const fs::path& root) {
  std::vector<std::string> paths;
  for (const std::string_view folder : {"lib", "apps", "tests", "docs"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file()) paths.push_back(entry.path().lexically_relative(root).generic_string());
    }
  }
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_regular_file()) paths.push_back(entry.path().filename().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<lint::source> out;
  for (const std::string& path : paths) {
    if (is_ours(path)) out.push_back(lint::read_source(root, path));
  }
  return out;
}

std::string key(const lint::finding& f) { return f.path + ":" + std::to_string(f.line) + ": " + f.rule; }

int compare(const std::vector<lint::finding>& found, const char* expectations) {
  std::multiset<std::string> expected;
  std::ifstream in(expectations);
  for (std::string text; std::getline(in, text);) {
    if (!text.empty() && text[0] != '#') expected.insert(text);
  }
  int failures = expected.empty() ? 1 : 0;
  for (const lint::finding& f : found) {
    if (const auto at = expected.find(key(f)); at != expected.end()) {
      expected.erase(at);
    } else {
      std::cout << "found, but not expected: " << key(f) << ": " << f.sentence << '\n';
      ++failures;
    }
  }
  for (const std::string& missing : expected) {
    std::cout << "expected, but not found: " << missing << '\n';
    ++failures;
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && !(argc == 4 && std::string_view(argv[2]) == "--expect")) {
    std::cerr << "usage: lint ROOT [--expect FILE]\n";
    return 2;
  }
  const fs::path root = argv[1];
  const std::vector<lint::source> tree = read_tree(root);
  std::vector<lint::finding> found;
  lint::check_files(tree, found);
  lint::check_layers(tree, found);
  lint::check_memory_orders(tree, found);
  lint::check_links(root, tree, found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());

  if (argc == 4) return compare(found, argv[3]);
  for (const lint::finding& f : found) std::cout << key(f) << ": " << f.sentence << '\n';
  std::cout << tree.size() << " files, " << found.size() << " findings\n";
  return found.empty() && !tree.empty() ? 0 : 1;
}
