// SPDX-License-Identifier: Apache-2.0
//
// How does a whole program fare? ptree, which is written with this library as one would write a tool, against wc, against
// find and xargs with two of them, and against a loop written by hand for this one purpose; over the system's include tree, and
// over 500 MB of text in 2,000 files. Then five analyses at once against one after another, and peak memory over one file of 3 GB.
//
// Every contestant is a program of its own, started anew for each run, with the files in the page cache; its wall time includes
// its start. The counts of lines, words and bytes of all of them must agree.
//
#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "children.hpp"
#include "plain_count.hpp"
#include "questions.hpp"

namespace bench {
namespace {

// Lines, words, bytes.
using counts = std::array<std::uint64_t, 3>;

std::string text_of(const counts& c) {
  std::ostringstream out;
  out << c[0] << " lines, " << c[1] << " words, " << c[2] << " bytes";
  return out.str();
}

// Every contestant of a race must give the answer of the first that ran.
class agreement {
 public:
  void check(const counts& got, const std::string& who) {
    if (!first_) first_ = got;
    expect_equal(text_of(got), text_of(*first_), who);
  }

 private:
  std::optional<counts> first_;
};

finished_child run_well(const std::vector<std::string>& argv, measure what = measure::wall_time) {
  finished_child child = run_child(argv, what);
  if (child.exit_code != 0) throw std::runtime_error(argv[0] + " ended with exit code " + std::to_string(child.exit_code));
  return child;
}

// The sum of all "total" lines of wc.
counts total_of_wc(const std::string& output) {
  counts sum{};
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (!line.ends_with(" total")) continue;
    std::istringstream fields(line);
    counts c{};
    fields >> c[0] >> c[1] >> c[2];
    for (std::size_t i = 0; i < c.size(); ++i) sum[i] += c[i];
  }
  return sum;
}

counts counts_of_ptree(const std::string& output) {
  const auto found = nlohmann::json::parse(output).at("counts");
  return {found.at("lines"), found.at("words"), found.at("bytes")};
}

// ---- input

std::string text_tree(const race& r, const char* name, std::uint64_t files, std::uint64_t bytes) {
  const auto scaled_bytes = static_cast<std::uint64_t>(static_cast<double>(bytes) * std::min(r.options().scale, 1.0));
  const std::uint64_t scaled_files = scaled_bytes == bytes ? files : std::max<std::uint64_t>(1, std::min<std::uint64_t>(files, 20));
  std::filesystem::create_directories(r.options().data_dir);
  std::ostringstream folder;
  folder << r.options().data_dir << '/' << name << '-' << scaled_files << '-' << scaled_bytes;
  run_well({sibling_program("make_tree"), folder.str(), "--files", std::to_string(scaled_files), "--bytes", std::to_string(scaled_bytes)});
  return folder.str();
}

// True if the race can be run here; otherwise says why it is left out.
bool has_programs(race& r) {
  if (r.options().ptree.empty()) r.skip("ptree is not built");
  else if (sibling_program("make_tree").empty()) r.skip("make_tree is not built");
  else if (run_child({"sh", "-c", "printf 'x\\0' | wc --version | grep -q GNU"}).exit_code != 0) r.skip("wc is not the one of GNU coreutils");
  else return true;
  return false;
}

// ---- contestants

double ptree_counts(const race& r, const std::string& tree, agreement& answer) {
  const finished_child child = run_well({r.options().ptree, "--counts", "--json", tree});
  answer.check(counts_of_ptree(child.output), "ptree");
  return child.seconds * 1e3;
}

double shell(const std::string& script, const std::string& tree, agreement& answer) {
  const finished_child child = run_well({"sh", "-c", script, "sh", tree});
  answer.check(total_of_wc(child.output), script);
  return child.seconds * 1e3;
}

double plain_loop(const std::string& tree, agreement& answer) {
  const finished_child child = run_well({own_path(), plain_count_flag, tree});
  std::istringstream fields(child.output);
  counts c{};
  fields >> c[0] >> c[1] >> c[2];
  answer.check(c, "plain loop");
  return child.seconds * 1e3;
}

void set_up_counts(race& r, const std::string& tree) {
  const auto answer = std::make_shared<agreement>();
  r.ours([&r, tree, answer] { return ptree_counts(r, tree, *answer); });
  r.rival("LC_ALL=C wc", [=] { return shell("find \"$1\" -type f -print0 | wc --files0-from=-", tree, *answer); }, at_least(12));
  r.rival("find | xargs -P2 wc",
          [=] { return shell("find \"$1\" -type f -print0 | xargs -0 -P2 -n1000 wc /dev/null", tree, *answer); }, at_least(6));
  r.rival("plain vectorised loop, 2 threads", [=] { return plain_loop(tree, *answer); }, at_most(1.5));
}

const std::vector<std::vector<std::string>> five_analyses = {
    {"--counts"}, {"--top", "20"}, {"--longest"}, {"--histogram"}, {"--match", "the"}};

std::vector<std::string> ptree_with_all(const race& r, const std::string& tree) {
  std::vector<std::string> argv = {r.options().ptree, "--json"};
  for (const auto& analysis : five_analyses) argv.insert(argv.end(), analysis.begin(), analysis.end());
  argv.push_back(tree);
  return argv;
}

void set_up_five(race& r, const std::string& tree) {
  const auto answer = std::make_shared<std::string>();
  const auto check = [answer](const nlohmann::json& report) {
    // Where and when the reading was done is in the report as well; compared is what was found.
    std::string found;
    for (const char* key : {"counts", "top_words", "longest_line", "histogram", "matches"})
      if (report.contains(key)) found += report.at(key).dump();
    if (answer->empty()) *answer = found;
    expect_equal(found, *answer, "five analyses");
  };
  r.ours([&r, tree, check] {
    const finished_child child = run_well(ptree_with_all(r, tree));
    check(nlohmann::json::parse(child.output));
    return child.seconds * 1e3;
  });
  const auto one_after_another = [&r, tree, check](const std::vector<std::string>& more) {
    double wall = 0;
    nlohmann::json together = nlohmann::json::object();
    for (const auto& analysis : five_analyses) {
      std::vector<std::string> argv = {r.options().ptree, "--json"};
      argv.insert(argv.end(), analysis.begin(), analysis.end());
      argv.insert(argv.end(), more.begin(), more.end());
      argv.push_back(tree);
      const finished_child child = run_well(argv);
      wall += child.seconds * 1e3;
      together.update(nlohmann::json::parse(child.output));
    }
    check(together);
    return wall;
  };
  r.rival("the five one after another", [=] { return one_after_another({}); }, at_most(0.6));
  r.rival("the same, a thread each (-j 1)", [=] { return one_after_another({"-j", "1"}); }, at_most(0.6));
}

void set_up_memory(race& r, const std::function<std::vector<std::string>(const std::string& tree)>& command) {
  const std::string tree = text_tree(r, "one-file", 1, 3'000'000'000);
  r.at_most_rounds(3);
  r.ours([argv = command(tree)] {
    const finished_child child = run_well(argv, measure::peak_memory);
    expect_equal(counts_of_ptree(child.output)[2] > 0, true, "bytes counted");
    return child.peak_bytes / 1e6;
  });
  r.rival("the limit of 256 MB", [] { return 256.0; }, at_most(1));
}

}  // namespace

// What the program does as the plain loop: see plain_loop().
int print_plain_counts(const std::string& tree) {
  const plain::totals found = plain::counter::count(tree, 2);
  std::printf("%ju %ju %ju\n", std::uintmax_t{found.lines}, std::uintmax_t{found.words}, std::uintmax_t{found.bytes});
  return 0;
}

void add_ptree(suite& s) {
  s.add("shape/ptree/counts_include_tree", "ms", [](race& r) {
    const std::string tree = "/usr/include";
    if (!has_programs(r)) return;
    if (!std::filesystem::exists(tree)) return r.skip(tree + " is not there");
    if (r.options().scale < 1) return r.skip("it cannot be scaled down");
    set_up_counts(r, tree);
  });
  s.add("shape/ptree/counts_500_MB", "ms", [](race& r) {
    if (has_programs(r)) set_up_counts(r, text_tree(r, "text", 2000, 500'000'000));
  });
  s.add("shape/ptree/five_analyses_include_tree", "ms", [](race& r) {
    const std::string tree = "/usr/include";
    if (!has_programs(r)) return;
    if (!std::filesystem::exists(tree)) return r.skip(tree + " is not there");
    if (r.options().scale < 1) return r.skip("it cannot be scaled down");
    set_up_five(r, tree);
  });
  s.add("shape/ptree/five_analyses_500_MB", "ms", [](race& r) {
    if (has_programs(r)) set_up_five(r, text_tree(r, "text", 2000, 500'000'000));
  });
  s.add("shape/ptree/peak_memory_3_GB", "MB", [](race& r) {
    if (has_programs(r)) set_up_memory(r, [&r](const std::string& tree) { return ptree_with_all(r, tree); });
  });
  s.add("shape/ptree/peak_memory_3_GB_one_stalled", "MB", [](race& r) {
    const std::string program = sibling_program("ptree_stalled");
    if (program.empty()) return r.skip("ptree_stalled is not built");
    if (has_programs(r)) set_up_memory(r, [program](const std::string& tree) { return std::vector<std::string>{program, tree}; });
  });
}

}  // namespace bench
