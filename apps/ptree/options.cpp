// SPDX-License-Identifier: Apache-2.0

#include "options.hpp"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace ptree {

namespace {

constexpr const char* notes = R"(
Without a choice of analyses, --counts. Every file is read once, whatever the number of analyses. One runs on all cores, several
on a thread each, or on the number of threads given with -j.

Directories are walked; symbolic links in them are passed over unless --follow is given. What cannot be read is reported as
"ptree: PATH: reason" on stderr, and everything else still counts.

Exit code: 0 all was read and written; 1 something could not be read or written; 2 wrong usage, or out of memory; 130 interrupted
(the result so far is printed and marked as partial).
)";

/// The names of the rules, as --words has them.
const std::map<std::string, word_rule> rules = {{"any", word_rule::any}, {"nbsp", word_rule::nbsp}, {"printable", word_rule::printable}};

std::string name_of(word_rule rule) {
  return std::find_if(rules.begin(), rules.end(), [rule](const auto& named) { return named.second == rule; })->first;
}

}  // namespace

parsed parse(int argc, char** argv) {
  options o;
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());

  CLI::App app("Text statistics over files and directory trees: one reading, many analyses.", "ptree");
  app.footer(notes);
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.add_option("PATH", o.paths, "Files and directories (default: the current directory)");
  app.add_flag("-c,--counts", o.counts, "Count lines, words and bytes, as LC_ALL=C wc does")->group("Analyses");
  app.add_option("-t,--top", o.top, "The K most frequent words, as wc separates them")
      ->type_name("K")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 32))
      ->group("Analyses");
  app.add_flag("-l,--longest", o.longest, "The longest line in bytes, with file and line number")->group("Analyses");
  app.add_flag("-b,--histogram", o.histogram, "How often each byte value occurs")->group("Analyses");
  auto* match = app.add_option("-m,--match", o.match, "How often TEXT occurs (overlapping occurrences count each)")
                    ->type_name("TEXT")
                    ->group("Analyses");
  app.add_option_function<std::string>(
         "--words",
         [&o](const std::string& rule) {
           const auto named = rules.find(rule);
           if (named == rules.end()) throw CLI::ValidationError("--words", "any, nbsp or printable, not " + rule);
           o.words = named->second;
         },
         "A word is any run without white-space; the same, and a byte A0 is white-space, too; or only a run with a printable ASCII "
         "character in it (default: as wc here, " + name_of(words_of_wc) + ')')
      ->type_name("any|nbsp|printable");
  app.add_flag("--per-file", o.per_file, "Counts and matches of each file, too; goes with -c or -m");
  app.add_option("-j,--jobs", o.jobs, "Threads per analysis (default: " + std::to_string(cores) + " for one analysis, else 1)")
      ->type_name("N")
      ->check(CLI::Range(1u, 1024u));
  app.add_flag("--follow", o.follow, "Follow symbolic links");
  app.add_flag("--json", o.json, "Print one JSON object instead of tables");

  for (int i = 1; i < argc && argv[i] != std::string_view("--"); ++i) {
    // CLI11 would take the next argument for the value.
    const std::string_view argument = argv[i];
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      std::cerr << "ptree: " << argument << " has no value\n";
      return {std::nullopt, 2};
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return {std::nullopt, app.exit(e) == 0 ? 0 : 2};
  }
  if (*match && o.match.empty()) {
    std::cerr << "ptree: --match: TEXT must not be empty\n";
    return {std::nullopt, 2};
  }
  if (o.paths.empty()) o.paths.emplace_back(".");
  const int analyses = o.counts + (o.top != 0) + o.longest + o.histogram + !o.match.empty();
  if (analyses == 0) o.counts = true;
  if (o.per_file && !o.counts && o.match.empty()) {
    std::cerr << "ptree: --per-file is for --counts and --match; ask for one of them\n";
    return {std::nullopt, 2};
  }
  if (o.jobs == 0) o.jobs = analyses > 1 ? 1 : cores;
  return {std::move(o), 0};
}

}  // namespace ptree
