// SPDX-License-Identifier: Apache-2.0
//
// bench: runs the benchmarks whose names match, prints a table, writes JSON and Markdown if asked to.
// Exit code 0 whether or not the bars hold; 1 when an answer was wrong or missing, nothing matched, or a file could not be written.
//
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>

#include "children.hpp"
#include "questions.hpp"
#include "support.hpp"

namespace {

// A file for results. It is opened before there are any, so that one that cannot be written is noticed in time; what it held
// stays until write().
class result_file {
 public:
  explicit result_file(const std::string& path) : path_(path), file_(path, std::ios::app) { check(); }

  void write(const std::string& text) {
    if (std::filesystem::is_regular_file(path_)) std::filesystem::resize_file(path_, 0);
    file_ << text;
    file_.close();
    check();
  }

 private:
  void check() const {
    if (!file_) throw std::runtime_error("cannot write " + path_);
  }

  std::string path_;
  std::ofstream file_;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string default_data_dir() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) return std::string(cache) + "/pariter-bench";
  if (const char* home = std::getenv("HOME"); home && *home) return std::string(home) + "/.cache/pariter-bench";
  return (std::filesystem::temp_directory_path() / "pariter-bench").string();
}

// A thread that sleeps as long as the program runs: the C library and libstdc++ take short cuts while a process has one
// thread only, and nobody who iterates from several threads ever has them.
class second_thread {
 public:
  ~second_thread() {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    condition_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool done_ = false;
  std::thread thread_{[this] {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [this] { return done_; });
  }};
};

}  // namespace

int main(int argc, char** argv) try {
  if (const int code = bench::run_as_child(argc, argv); code >= 0) return code;

  bench::settings options;
  std::string filter, json, markdown, from;
  bool list = false, quick = false;

  CLI::App app{"The benchmarks of pariter. Each case runs interleaved with its rivals, in one process, and verifies its answer."};
  app.add_option("filter", filter, "run the cases whose name contains a match of this regular expression (default: all)");
  app.add_option("--json", json, "write the results to this file, as an array of objects");
  app.add_option("--markdown", markdown, "write the results to this file, as a page with machine, compiler and date");
  app.add_option("--from", from, "run nothing: take the results from this JSON file (to print them, or for --markdown)");
  app.add_option("--rounds", options.rounds, "how often each contestant runs; medians are reported")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--scale", options.scale, "factor on the number of items")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--data", options.data_dir, "folder for generated input, kept between runs (up to 4 GB)")->default_str(default_data_dir());
  app.add_option("--ptree", options.ptree, "the ptree program (default: the one built with this program)");
  app.add_flag("--pin", bench::pin_threads, "pin the threads of a race to cores");
  app.add_flag("--quick", quick, "one round over a thousandth of the items: checks answers, times mean nothing");
  app.add_flag("--list", list, "print the names of the cases that match, and stop");
  CLI11_PARSE(app, argc, argv);

  if (options.data_dir.empty()) options.data_dir = default_data_dir();
  if (options.ptree.empty()) options.ptree = bench::sibling_program("ptree");
  if (quick) {
    options.rounds = 1;
    options.scale = 0.001;
  }

  const bench::suite suite = bench::all_questions();
  if (list) {
    for (const std::string& name : suite.names(filter)) std::cout << name << "\n";
    return 0;
  }

  // What can be wrong is looked at before a file is made, and before minutes have gone by.
  std::vector<bench::row> rows;
  bool failed = false;
  if (from.empty()) {
    (void)suite.names(filter);
  } else {
    rows = bench::from_json(read_file(from));
  }
  std::optional<result_file> json_file, markdown_file;
  if (!json.empty()) json_file.emplace(json);
  if (!markdown.empty()) markdown_file.emplace(markdown);
  if (from.empty()) {
    second_thread company;
    bench::outcome all = suite.run(filter, options, std::cout);
    rows = std::move(all.rows);
    failed = all.failed;
  } else {
    std::size_t width = 4;
    for (const bench::row& r : rows) width = std::max(width, r.name.size());
    bench::print_header(std::cout, width);
    for (const bench::row& r : rows) bench::print_row(std::cout, r, width);
  }
  if (json_file) json_file->write(bench::to_json(rows));
  if (markdown_file) markdown_file->write(bench::to_markdown(rows));
  return failed ? 1 : 0;
} catch (const std::exception& error) {
  std::cerr << "bench: " << error.what() << "\n";
  return 1;
}
