// SPDX-License-Identifier: Apache-2.0
// tour: the protocol, example by example. Its sections stand in by_hand.cpp, kinds.cpp, walks.cpp and memory.cpp.

#include "tour.hpp"

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view help =
    R"(tour: the iteration protocol, example by example

  tour              all of it
  tour NAME...      these sections
  tour --list       the names of the sections
  tour --help       this

Each section shows a piece of code on the left and what it gave on the right, and does the same on several threads at once.
)";

std::vector<tour::section> all_sections() {
  std::vector<tour::section> all(tour::by_hand);
  all.insert(all.end(), tour::about_kinds.begin(), tour::about_kinds.end());
  const auto& walks = tour::about_walks;
  all.insert(all.end(), walks.begin(), walks.begin() + 2);
  all.insert(all.end(), tour::about_memory.begin(), tour::about_memory.end());
  all.insert(all.end(), walks.begin() + 2, walks.end());
  return all;
}

void run(const tour::section& s) {
  std::cout << "\n" << s.title << "\n" << std::string(std::string_view(s.title).size(), '-') << "\n";
  s.run();
}

/// Returns the exit code.
int show(const std::vector<std::string_view>& arguments) {
  const auto sections = all_sections();

  for (const std::string_view a : arguments) {
    if (a == "--help" || a == "-h") {
      std::cout << help;
      return 0;
    }
    if (a == "--list") {
      for (const auto& s : sections) std::cout << std::left << std::setw(9) << s.name << s.title << "\n";
      return 0;
    }
    if (std::none_of(sections.begin(), sections.end(), [a](const auto& s) { return s.name == a; })) {
      std::cerr << "tour: no section is called " << a << "; see tour --list\n";
      return 2;
    }
  }

  std::cout << "An iterable is shared. An iterator is owned.\n";
  for (const auto& s : sections) {
    if (arguments.empty() || std::find(arguments.begin(), arguments.end(), s.name) != arguments.end()) run(s);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int result = show({argv + 1, argv + argc});
  if (std::cout.flush()) return result;
  std::cerr << "tour: standard output cannot be written\n";
  return 1;
}
