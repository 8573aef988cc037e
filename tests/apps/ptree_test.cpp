// SPDX-License-Identifier: Apache-2.0
// What ptree promises, asked of the program itself. The oracles are coreutils' wc and loops that are too simple to be wrong.

#include "support/program.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace fs = std::filesystem;
using pariter::test::app;
using pariter::test::ended;
using pariter::test::run;
using pariter::test::temporary_folder;
using json = nlohmann::json;
using strings = std::vector<std::string>;

namespace {

ended ptree(strings arguments, const pariter::test::run_options& options = {}) {
  arguments.insert(arguments.begin(), app("ptree"));
  return run(arguments, options);
}

// The command that runs ptree as one who may not read everything: for root as nobody, who must be able to reach the program, so a copy
// of it in `folder`. Empty if there is no way.
strings ptree_without_privileges(const temporary_folder& folder, strings arguments) {
  strings command{app("ptree")};
  if (::geteuid() == 0) {
    if (run({"setpriv", "--version"}).code != 0) return {};
    const std::string copy = folder / "ptree-for-nobody";
    fs::copy_file(app("ptree"), copy);
    fs::permissions(copy, fs::perms(0755));
    command = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy};
  }
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

json ptree_json(strings arguments) {
  arguments.insert(arguments.begin(), "--json");
  const ended r = ptree(std::move(arguments));
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(r.err, "");
  return json::parse(r.out);
}

// Bytes that are words, spaces of all kinds, control characters, NUL and bytes above 7f in turn.
std::string odd_text(std::size_t size, unsigned seed) {
  static constexpr std::string_view spaces("  \n\n\t\v\f\r");
  static constexpr std::string_view others("\0\1\x1f\x7f\x80\xa0\xc3\xa9\xff", 9);
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) {
    const auto r = random();
    c = r % 4 == 0 ? spaces[r / 4 % spaces.size()] : r % 97 == 0 ? others[r / 97 % others.size()] : static_cast<char>('a' + r / 4 % 2);
  }
  return text;
}

// A tree of files of every awkward size, and what is in them.
class tree {
 public:
  tree() {
    unsigned seed = 0;
    for (const std::size_t size : {0u, 1u, 2u, 63u, 64u, 65u, 127u, 1000u, 4095u, 32768u, 131071u, 131072u, 131073u, 262144u, 700'000u, 9'000'000u}) {
      add("a/" + std::to_string(size), odd_text(size, ++seed));
    }
    for (int i = 0; i < 200; ++i) add("many/" + std::to_string(i), odd_text(static_cast<std::size_t>(i * 7), ++seed));
    add("b/no newline", "one two\nthree");
    add("b/one line", std::string(500'000, 'x') + "\n");
    add("b/no word for long", "a " + std::string(5000, '\1') + " b\n");
    add("b/only spaces", std::string(140'000, ' '));
    std::string no_break = "a ";
    for (int i = 0; i < 150'000; ++i) no_break += "bc\xa0";
    add("b/no-break spaces", no_break);
    add("b/long words", std::string(255, 'y') + " " + std::string(256, 'z') + "\n" + std::string(200'000, 'w'));
    add("b/straddles", std::string(131'069, '-') + "needle" + std::string(131'072 - 5, '-') + "needle");
  }
  std::string root() const { return top_.path().string(); }
  const std::map<std::string, std::string>& files() const { return files_; }

 private:
  void add(const std::string& name, std::string content) {
    const std::string path = top_.file(name, content);
    files_[path] = std::move(content);
  }
  temporary_folder top_;
  std::map<std::string, std::string> files_;
};

const tree& the_tree() {
  static const tree t;
  return t;
}

bool is_space(char c, const std::string& rule) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (rule == "nbsp" && static_cast<unsigned char>(c) == 0xa0);
}
bool is_print(char c) { return c > ' ' && c < 0x7f; }

// The words of a text by a rule of --words, with their number.
std::map<std::string, std::uint64_t> words_of(const std::map<std::string, std::string>& files, const std::string& rule) {
  std::map<std::string, std::uint64_t> words;
  for (const auto& [path, text] : files) {
    const auto space = [&rule](char c) { return is_space(c, rule); };
    for (auto at = text.begin(); at != text.end();) {
      const auto start = std::find_if_not(at, text.end(), space);
      at = std::find_if(start, text.end(), space);
      if (start != at && (rule != "printable" || std::any_of(start, at, is_print))) ++words[std::string(start, at)];
    }
  }
  return words;
}

// Every combination of threads and company that takes another way through the program.
std::vector<strings> ways(const strings& asked) {
  std::vector<strings> all;
  for (const char* jobs : {"1", "2", "5"}) {
    for (const bool company : {false, true}) {
      strings way = asked;
      way.insert(way.end(), {"-j", jobs});
      if (company) way.insert(way.end(), {"-c", "-l", "-b", "-t", "7", "-m", "needle"});
      all.push_back(std::move(way));
    }
  }
  return all;
}

}  // namespace

TEST(Ptree, counts_of_each_file_and_of_all_are_those_of_wc) {
  std::map<std::string, std::array<std::uint64_t, 3>> expected;
  strings wc{"env", "LC_ALL=C", "wc"};
  for (const auto& [path, content] : the_tree().files()) wc.push_back(path);
  const ended counted = run(wc);
  ASSERT_EQ(counted.code, 0);
  std::istringstream lines(counted.out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::array<std::uint64_t, 3> n{};
    std::string path;
    fields >> n[0] >> n[1] >> n[2] >> std::ws;
    std::getline(fields, path);
    expected[path] = n;
  }
  const auto total = expected.at("total");
  expected.erase("total");

  for (const strings& way : ways({"-c", "--per-file", the_tree().root()})) {
    if (std::count(way.begin(), way.end(), "-c") > 1) continue;  // the company has its own -c
    const json counts = ptree_json(way).at("counts");
    EXPECT_EQ(counts.at("files"), expected.size());
    EXPECT_EQ(counts.at("lines"), total[0]);
    EXPECT_EQ(counts.at("words"), total[1]);
    EXPECT_EQ(counts.at("bytes"), total[2]);
    ASSERT_EQ(counts.at("per_file").size(), expected.size());
    EXPECT_TRUE(std::is_sorted(counts.at("per_file").begin(), counts.at("per_file").end(), [](const json& a, const json& b) { return a.at("path") < b.at("path"); }));
    for (const json& f : counts.at("per_file")) {
      const auto n = expected.at(f.at("path"));
      EXPECT_EQ((std::array<std::uint64_t, 3>{f.at("lines"), f.at("words"), f.at("bytes")}), n) << f.at("path");
    }
  }
  for (const strings& way : ways({the_tree().root()})) {
    if (std::count(way.begin(), way.end(), "-c") == 0) continue;
    const json counts = ptree_json(way).at("counts");
    EXPECT_EQ(counts.at("words"), total[1]);
    EXPECT_EQ(counts.at("bytes"), total[2]);
    EXPECT_EQ(counts.at("lines"), total[0]);
  }
}

TEST(Ptree, top_words_are_those_of_a_simple_loop) {
  for (const std::string rule : {"any", "nbsp", "printable"}) {
    const auto words = words_of(the_tree().files(), rule);
    std::uint64_t all = 0;
    std::uint64_t overlong = 0;
    std::vector<std::pair<std::string, std::uint64_t>> sorted;
    for (const auto& [word, n] : words) {
      all += n;
      if (word.size() > 255) overlong += n;
      if (word.size() <= 255) sorted.emplace_back(word, n);
    }
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    ASSERT_GT(overlong, 0u);
    for (const strings& way : ways({"--words", rule, the_tree().root()})) {
      strings asked = way;
      if (std::count(way.begin(), way.end(), "-t") == 0) asked.insert(asked.end(), {"-t", "7"});
      const json top = ptree_json(asked).at("top_words");
      EXPECT_EQ(top.at("words"), all);
      EXPECT_EQ(top.at("distinct"), sorted.size());
      EXPECT_EQ(top.at("longer_than_255_bytes"), overlong);
      ASSERT_EQ(top.at("top").size(), 7u);
      for (std::size_t i = 0; i < 7; ++i) {
        EXPECT_EQ(top.at("top")[i].at("word"), sorted[i].first);
        EXPECT_EQ(top.at("top")[i].at("count"), sorted[i].second);
      }
    }
  }
}

TEST(Ptree, all_words_are_counted_right) {
  for (const std::string rule : {"any", "nbsp", "printable"}) {
    const auto words = words_of(the_tree().files(), rule);
    const json top = ptree_json({"--words", rule, "-t", "100000000", "-j", "2", the_tree().root()}).at("top_words").at("top");
    std::map<std::uint64_t, std::size_t> expected;  // how many words occur n times
    for (const auto& [word, n] : words) {
      if (word.size() <= 255) ++expected[n];
    }
    std::map<std::uint64_t, std::size_t> got;
    for (const json& w : top) ++got[w.at("count")];
    EXPECT_EQ(got, expected);
  }
}

TEST(Ptree, the_longest_line_is_found_with_its_place) {
  for (const strings& way : ways({"-l", the_tree().root()})) {
    if (std::count(way.begin(), way.end(), "-l") > 1) continue;
    const json line = ptree_json(way).at("longest_line");
    EXPECT_EQ(line.at("bytes"), 500'000u);
    EXPECT_EQ(line.at("path"), the_tree().root() + "/b/one line");
    EXPECT_EQ(line.at("line"), 1u);
  }
  const temporary_folder top;
  (void)top.file("b", std::string(1'000'000, '\n') + "twenty characters..\nshort");
  (void)top.file("a", std::string(2'000'000, '\n') + "twenty characters..");
  (void)top.file("c", "twenty characters..\n");
  for (const char* jobs : {"1", "3"}) {
    const json line = ptree_json({"-l", "-j", jobs, top.path().string()}).at("longest_line");
    EXPECT_EQ(line.at("bytes"), 19u);
    EXPECT_EQ(line.at("path"), top / "a") << "of equally long ones the first by path";
    EXPECT_EQ(line.at("line"), 2'000'001u);
  }
  // Of one file the first by number, be it the first of all, one between others, or whole while another is cut.
  for (const auto& [text, number] : {std::pair{"four\n\nfour\nfour", 1u}, {"\nfour\nfour", 2u}, {"a\nfour\nb\nfour\n", 2u}}) {
    const temporary_folder one;
    const json line = ptree_json({"-l", one.file("file", text)}).at("longest_line");
    EXPECT_EQ(line.at("bytes"), 4u) << text;
    EXPECT_EQ(line.at("line"), number) << text;
  }
}

TEST(Ptree, the_histogram_counts_every_byte) {
  std::array<std::uint64_t, 256> expected{};
  for (const auto& [path, text] : the_tree().files()) {
    for (const char c : text) ++expected[static_cast<unsigned char>(c)];
  }
  for (const strings& way : ways({"-b", the_tree().root()})) {
    if (std::count(way.begin(), way.end(), "-b") > 1) continue;
    EXPECT_EQ(ptree_json(way).at("histogram"), json(expected));
  }
}

TEST(Ptree, matches_are_found_across_every_seam) {
  for (const std::string needle : {"a", "ab", "needle", "aba", "\n", "x y"}) {
    std::uint64_t expected = 0;
    std::uint64_t expected_files = 0;
    for (const auto& [path, text] : the_tree().files()) {
      const auto before = expected;
      for (std::size_t at = 0; (at = text.find(needle, at)) != std::string::npos; ++at) ++expected;
      expected_files += expected != before;
    }
    for (const char* jobs : {"1", "3"}) {
      const json found = ptree_json({"-m", needle, "-j", jobs, the_tree().root()}).at("matches");
      EXPECT_EQ(found.at("count"), expected) << needle;
      EXPECT_EQ(found.at("files"), expected_files) << needle;
    }
  }
}

TEST(Ptree, a_line_of_100_MB_is_one_line) {
  const temporary_folder top;
  (void)top.file("line", "first\n" + std::string(100'000'000, 'x') + "needle\nlast");
  const json all = ptree_json({"-c", "-l", "-t", "3", "-b", "-m", "xneedle", top.path().string()});
  EXPECT_EQ(all.at("counts").at("lines"), 2u);
  EXPECT_EQ(all.at("counts").at("words"), 3u);
  EXPECT_EQ(all.at("longest_line").at("bytes"), 100'000'006u);
  EXPECT_EQ(all.at("longest_line").at("line"), 2u);
  EXPECT_EQ(all.at("matches").at("count"), 1u);
  EXPECT_EQ(all.at("top_words").at("longer_than_255_bytes"), 1u);
}

TEST(Ptree, three_gigabytes_take_little_memory) {
  const temporary_folder top;
  const std::string path = top.file("large", "head of it\n");
  fs::resize_file(path, 3'000'000'000);
  std::size_t peak = 0;
  pariter::test::run_options options;
  options.meanwhile = [&](::pid_t child) { peak = pariter::test::watch_memory(child, "ptree"); };
  const ended r = ptree({"--json", "--words", "any", "-c", "-l", "-t", "3", "-b", "-m", "head", path}, options);
  ASSERT_EQ(r.code, 0) << r.err;
  const json all = json::parse(r.out);
  EXPECT_EQ(all.at("counts").at("bytes"), 3'000'000'000u);
  EXPECT_EQ(all.at("counts").at("words"), 4u) << "head, of, it, and one of zeros";
  EXPECT_EQ(all.at("longest_line").at("bytes"), 3'000'000'000u - 11);
  EXPECT_EQ(all.at("histogram")[0], 3'000'000'000u - 11);
  EXPECT_LT(peak, 256u << 20);
  EXPECT_GT(peak, 1u << 20) << "was not measured";
}

TEST(Ptree, several_paths_and_none) {
  const temporary_folder top;
  const std::string a = top.file("a/x", "1 2\n");
  const std::string b = top.file("b/x", "3\n");
  EXPECT_EQ(ptree_json({top / "a", b, a}).at("counts").at("words"), 5u) << "what is named twice counts twice";
  const ended here = run({"sh", "-c", "cd \"$1\" && exec \"$2\" --json", "sh", top.path().string(), app("ptree")});
  EXPECT_EQ(here.code, 0) << here.err;
  EXPECT_EQ(json::parse(here.out).at("counts").at("words"), 3u);
}

TEST(Ptree, an_empty_tree_is_nothing_and_no_failure) {
  const temporary_folder top;
  const json all = ptree_json({"-c", "-l", "-t", "3", "-b", "-m", "x", top.path().string()});
  EXPECT_EQ(all.at("counts").at("files"), 0u);
  EXPECT_TRUE(all.at("longest_line").is_null());
  EXPECT_TRUE(all.at("top_words").at("top").empty());
}

TEST(Ptree, a_missing_path_is_reported_and_the_rest_counts) {
  const temporary_folder top;
  const std::string path = top.file("there", "1\n");
  for (const strings& more : {strings{}, strings{"-c", "-l"}}) {
    strings asked{"--json", top / "missing", path};
    asked.insert(asked.end(), more.begin(), more.end());
    const ended r = ptree(asked);
    EXPECT_EQ(r.code, 1);
    EXPECT_EQ(r.err, "ptree: " + (top / "missing") + ": No such file or directory\n");
    EXPECT_EQ(json::parse(r.out).at("counts").at("lines"), 1u);
    EXPECT_EQ(json::parse(r.out).at("failures").size(), 1u);
  }
}

TEST(Ptree, fifos_sockets_and_devices_are_reported_and_never_opened) {
  const temporary_folder top;
  (void)top.file("file", "1\n");
  ASSERT_EQ(::mkfifo((top / "fifo").c_str(), 0600), 0);
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string socket_path = top / "socket";
  ASSERT_LT(socket_path.size(), sizeof address.sun_path);
  std::copy(socket_path.begin(), socket_path.end(), address.sun_path);
  const int s = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(s, reinterpret_cast<::sockaddr*>(&address), sizeof address), 0);
  const ended r = ptree({top.path().string(), "/dev/zero"});
  ::close(s);
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("ptree: " + (top / "fifo") + ": Is a FIFO, not read\n"), std::string::npos);
  EXPECT_NE(r.err.find("ptree: " + (top / "socket") + ": Is a socket, not read\n"), std::string::npos);
  EXPECT_NE(r.err.find("ptree: /dev/zero: Is a character device, not read\n"), std::string::npos);
  EXPECT_NE(r.out.find("total of 1 file\n"), std::string::npos);
}

TEST(Ptree, links_are_passed_over_unless_followed_and_a_loop_is_reported) {
  const temporary_folder top;
  (void)top.file("real/file", "1\n");
  fs::create_directory(top / "tree");
  fs::create_symlink("../real", top / "tree/folder");
  fs::create_symlink("../tree", top / "tree/loop");
  EXPECT_EQ(ptree_json({top / "tree"}).at("counts").at("files"), 0u);
  const ended r = ptree({"--json", "--follow", top / "tree"});
  EXPECT_EQ(r.code, 1);
  EXPECT_EQ(r.err, "ptree: " + (top / "tree/loop") + ": Is a directory that contains itself, not entered again\n");
  EXPECT_EQ(json::parse(r.out).at("counts").at("lines"), 1u);
}

TEST(Ptree, what_may_not_be_read_is_reported) {
  const temporary_folder top;
  (void)top.file("open", "1\n");
  (void)top.file("locked folder/file", "2\n");
  const std::string file = top.file("locked file", "3\n");
  ASSERT_EQ(::chmod(top.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  ASSERT_EQ(::chmod((top / "locked folder").c_str(), 0), 0);
  const strings command = ptree_without_privileges(top, {top / "open", file, top / "locked folder"});
  if (command.empty()) GTEST_SKIP() << "root without setpriv";
  const ended r = run(command);
  ASSERT_EQ(::chmod((top / "locked folder").c_str(), 0755), 0);
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("ptree: " + file + ": Permission denied\n"), std::string::npos) << r.err;
  EXPECT_NE(r.err.find("ptree: " + (top / "locked folder") + ": Permission denied\n"), std::string::npos) << r.err;
  EXPECT_NE(r.out.find("total of 1 file\n"), std::string::npos) << r.out;
}

TEST(Ptree, a_working_folder_that_is_gone_or_locked_is_reported) {
  const temporary_folder top;
  ASSERT_EQ(::chmod(top.path().c_str(), 0755), 0);
  fs::create_directory(top / "here");
  const std::string file = top.file("there/file", "1\n");
  const auto in = [&](const std::string& folder, const std::string& before, const strings& more) {
    strings command{"sh", "-c", "cd \"$1\" && " + before + " && shift && exec \"$@\"", "sh", top / folder};
    command.insert(command.end(), more.begin(), more.end());
    return run(command);
  };
  const ended gone = in("here", "rmdir \"$1\"", {app("ptree"), "--json"});
  EXPECT_EQ(gone.code, 1);
  EXPECT_EQ(gone.err, "ptree: .: No such file or directory\n");
  EXPECT_EQ(json::parse(gone.out).at("counts").at("files"), 0u);
  fs::create_directory(top / "here");
  const ended elsewhere = in("here", "rmdir \"$1\"", {app("ptree"), "--json", file, "there/file"});
  EXPECT_EQ(elsewhere.code, 1);
  EXPECT_EQ(elsewhere.err, "ptree: there/file: No such file or directory\n");
  EXPECT_EQ(json::parse(elsewhere.out).at("counts").at("files"), 1u) << "that needs no working folder";

  (void)top.file("locked/file", "1\n");
  const strings command = ptree_without_privileges(top, {"--json", ".", file});
  if (command.empty()) GTEST_SKIP() << "root without setpriv";
  const ended locked = in("locked", "chmod 0 .", command);
  ASSERT_EQ(::chmod((top / "locked").c_str(), 0755), 0);
  EXPECT_EQ(locked.code, 1);
  EXPECT_EQ(locked.err, "ptree: .: Permission denied\n");
  EXPECT_EQ(json::parse(locked.out).at("counts").at("files"), 1u);
}

TEST(Ptree, closed_standard_streams_are_no_files_of_its_own) {
  const temporary_folder top;
  const std::string path = top.file("file", "1\n");
  const auto with = [&](const std::string& redirections, const std::string& what) {
    return run({"sh", "-c", "\"$1\" \"$2\" " + redirections, "sh", app("ptree"), what});
  };
  const ended no_out = with(">&-", path);
  EXPECT_EQ(no_out.code, 1);
  EXPECT_EQ(no_out.err, "ptree: standard output: Bad file descriptor\n");
  EXPECT_EQ(with("<&- 2>&-", path).code, 0);
  EXPECT_EQ(with("<&- 2>&-", top / "missing").code, 1);
  EXPECT_EQ(with("<&- >&- 2>&-", path).code, 1);

  const std::string endless = top.file("endless", "");
  fs::resize_file(endless, 1'000'000'000'000);
  std::array<std::string, 3> streams;
  pariter::test::run_options options;
  options.meanwhile = [&](::pid_t child) {
    pariter::test::wait_for_handler(child, "ptree", SIGINT);
    for (std::size_t i = 0; i < streams.size(); ++i) {
      std::error_code error;
      streams[i] = fs::read_symlink("/proc/" + std::to_string(child) + "/fd/" + std::to_string(i), error).string();
    }
    ::kill(child, SIGINT);
  };
  if (!fs::exists("/proc/self/fd/1")) return;
  EXPECT_EQ(run({"sh", "-c", "exec \"$1\" \"$2\" <&- >&- 2>&-", "sh", app("ptree"), endless}, options).code, 130);
  EXPECT_EQ(streams, (std::array<std::string, 3>{"/dev/null", "/dev/null", "/dev/null"}));
}

TEST(Ptree, names_that_are_no_text_do_not_reach_the_terminal_as_they_are) {
  const temporary_folder top;
  (void)top.file("a\n\x1b[31m\xff", "1\n");
  const ended table = ptree({"--per-file", top.path().string()});
  EXPECT_NE(table.out.find("a\\x0a\\x1b[31m\\xff\n"), std::string::npos) << table.out;
}

TEST(Ptree, names_and_words_that_are_no_text_are_told_apart_from_those_that_look_like_them) {
  const temporary_folder top;
  const std::string bytes = top.file("\xff", "\xff \xff \\xff\n");
  const std::string text = top.file("\\xff", "\n");
  const std::string root = top.path().string();
  const strings asked{"--words", "any", "-c", "-m", "\xff", "--per-file", "-l", "-t", "3", root};
  const ended tables = ptree(asked);
  EXPECT_NE(tables.out.find(root + "/\\xff\n"), std::string::npos) << tables.out;
  EXPECT_NE(tables.out.find(root + "/\\\\xff\n"), std::string::npos) << tables.out;
  EXPECT_NE(tables.out.find("2  \\xff\n"), std::string::npos) << tables.out;
  EXPECT_NE(tables.out.find("1  \\\\xff\n"), std::string::npos) << tables.out;

  const json all = ptree_json(asked);
  std::string hex_of_root;
  for (const char c : root) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(c));
    hex_of_root += digits;
  }
  const json row_of_bytes{{"path", root + "/\\xff"}, {"path_bytes", hex_of_root + "2fff"}};
  const json& files = all.at("counts").at("per_file");
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0], (json{{"path", text}, {"lines", 1}, {"words", 0}, {"bytes", 1}}));
  for (const auto& [name, value] : row_of_bytes.items()) {
    EXPECT_EQ(files[1].at(name), value);
    EXPECT_EQ(all.at("matches").at("per_file")[0].at(name), value);
    EXPECT_EQ(all.at("longest_line").at(name), value);
  }
  EXPECT_EQ(all.at("matches").at("text_bytes"), "ff");
  const json words = json::array({{{"word", "\\xff"}, {"word_bytes", "ff"}, {"count", 2}}, {{"word", "\\xff"}, {"count", 1}}});
  EXPECT_EQ(all.at("top_words").at("top"), words);

  const ended failed = ptree({"--json", top / "\xfe"});
  EXPECT_EQ(failed.err, "ptree: " + root + "/\\xfe: No such file or directory\n");
  EXPECT_EQ(json::parse(failed.out).at("failures")[0].at("path_bytes"), hex_of_root + "2ffe");
}

TEST(Ptree, an_interrupt_ends_it_at_once_with_the_partial_result) {
  const temporary_folder top;
  const std::string path = top.file("endless", "");
  fs::resize_file(path, 1'000'000'000'000);  // sparse; an hour's work or so
  for (const strings& asked : {strings{}, strings{"-j", "1"}, strings{"-c", "-l", "-t", "3", "-b", "-m", "x"}}) {
    for (const int signal : {SIGINT, SIGTERM}) {
      strings command{"--json", path};
      command.insert(command.end(), asked.begin(), asked.end());
      std::chrono::steady_clock::time_point sent;
      pariter::test::run_options options;
      options.meanwhile = [&](::pid_t child) {
        pariter::test::wait_for_handler(child, "ptree", signal);
        pariter::test::wait_for_threads(child, 2);
        sent = std::chrono::steady_clock::now();
        ::kill(child, signal);
      };
      const ended r = ptree(command, options);
      const auto took = std::chrono::steady_clock::now() - sent;
      EXPECT_EQ(r.code, 130);
      EXPECT_EQ(r.err, "ptree: interrupted, the result is partial\n");
      EXPECT_EQ(json::parse(r.out).at("partial"), true);
      // 100 ms on a machine that has nothing else to do; a busy one may take a while to let the threads run.
      EXPECT_LT(took, std::chrono::seconds(2));
    }
  }
}

TEST(Ptree, a_signal_that_was_ignored_when_it_was_started_stays_ignored) {
  const temporary_folder top;
  const std::string path = top.file("endless", "");
  fs::resize_file(path, 1'000'000'000'000);
  struct signals {
    int ignored;
    int other;
    std::string ignored_name;
  };
  for (const signals& s : {signals{SIGINT, SIGTERM, "INT"}, signals{SIGTERM, SIGINT, "TERM"}}) {
    bool caught = true;
    pariter::test::run_options options;
    options.meanwhile = [&](::pid_t child) {
      pariter::test::wait_for_handler(child, "ptree", s.other);
      pariter::test::wait_for_threads(child, 2);
      caught = pariter::test::handles(child, s.ignored);
      ::kill(child, s.ignored);  // of two signals that it handles, the second ends it without a result
      ::kill(child, s.other);
    };
    const ended r = run({"sh", "-c", "trap '' \"$1\" && exec \"$2\" --json \"$3\"", "sh", s.ignored_name, app("ptree"), path}, options);
    EXPECT_FALSE(caught);
    EXPECT_EQ(r.code, 130);
    EXPECT_EQ(json::parse(r.out).at("partial"), true);
  }
}

TEST(Ptree, a_reader_that_goes_away_is_no_failure) {
  const ended r = run({"bash", "-c", "\"$1\" --per-file -c -b \"$2\" | true; exit ${PIPESTATUS[0]}", "bash", app("ptree"), the_tree().root()});
  EXPECT_EQ(r.code, 0);
  EXPECT_EQ(r.err, "");
}

TEST(Ptree, a_full_disk_is_reported) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const ended r = ptree({the_tree().root()}, {.out_to = "/dev/full"});
  EXPECT_EQ(r.code, 1);
  EXPECT_EQ(r.err, "ptree: standard output: No space left on device\n");
  const ended help = ptree({"--help"}, {.out_to = "/dev/full"});
  EXPECT_EQ(help.code, 1);
  EXPECT_EQ(help.err, "ptree: standard output cannot be written\n");
}

// A terminal, the programs' side of which is for them to write to. What they wrote is read on the other.
class terminal {
 public:
  terminal() : ours_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    if (ours_ < 0 || ::grantpt(ours_) != 0 || ::unlockpt(ours_) != 0) throw std::runtime_error("no terminal can be made");
    theirs_ = ::open(::ptsname(ours_), O_RDWR | O_NOCTTY);
    if (theirs_ < 0) throw std::runtime_error("no terminal can be opened");
  }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;
  ~terminal() {
    ::close(theirs_);
    ::close(ours_);
  }

  int side_of_programs() const { return theirs_; }
  const std::string& shown() const { return shown_; }
  // Waits until `text` is shown.
  void read_until(const std::string& text) {
    char buffer[4096];
    while (shown_.find(text) == std::string::npos) {
      const auto n = ::read(ours_, buffer, sizeof buffer);
      if (n <= 0) break;
      shown_.append(buffer, static_cast<std::size_t>(n));
    }
  }

 private:
  int ours_;
  int theirs_ = -1;
  std::string shown_;
};

TEST(Ptree, progress_is_shown_on_a_terminal_and_nowhere_else) {
  terminal screen;
  const temporary_folder top;
  const std::string path = top.file("endless", "");
  fs::resize_file(path, 1'000'000'000'000);
  pariter::test::run_options options;
  options.err_to = screen.side_of_programs();
  options.meanwhile = [&](::pid_t child) {
    screen.read_until(" s left");
    ::kill(child, SIGINT);
  };
  const ended r = ptree({path}, options);
  screen.read_until("partial\r\n");
  EXPECT_EQ(r.code, 130);
  EXPECT_TRUE(std::regex_search(screen.shown(), std::regex(R"(\r\x1b\[Kptree: 1 file, [0-9.]+ MB, \d+ MB/s, \d{1,2} %, \d+ s left)"))) << screen.shown();
  EXPECT_NE(screen.shown().find("\r\33[Kptree: interrupted, the result is partial\r\n"), std::string::npos) << screen.shown();
}

TEST(Ptree, failures_are_shown_above_the_progress) {
  terminal screen;
  const temporary_folder top;
  const std::string path = top.file("shrinks", "");
  fs::resize_file(path, 20'000'000'000);
  pariter::test::run_options options;
  options.err_to = screen.side_of_programs();
  options.meanwhile = [&](::pid_t) {
    screen.read_until(" MB/s");
    fs::resize_file(path, 0);  // each part that is left is a failure
    screen.read_until("No such file or directory\r\n");
  };
  EXPECT_EQ(ptree({"-j", "1", path, top / "missing"}, options).code, 1);
  EXPECT_NE(screen.shown().find("\r\33[Kptree: " + path + ": Changed while being read\r\nptree: 1 file, "), std::string::npos)
      << "not cleared before, or not shown again";
}

TEST(Ptree, wrong_usage_is_told_apart_from_failures) {
  EXPECT_EQ(ptree({"--help"}).code, 0);
  EXPECT_NE(ptree({"--help"}).out.find("--per-file"), std::string::npos);
  for (const strings& wrong : {strings{"--nonsense"}, strings{"-t", "0"}, strings{"-t", "many"}, strings{"-j", "0"}, strings{"-m", ""}, strings{"--match=", "x"}, strings{"--words", "few"}, strings{"--per-file", "-b", "-l", "-t", "3"}}) {
    const ended r = ptree(wrong);
    EXPECT_EQ(r.code, 2);
    EXPECT_NE(r.err, "");
    EXPECT_EQ(r.out, "");
  }
  EXPECT_EQ(ptree({"--per-file", "--histogram"}).err, "ptree: --per-file is for --counts and --match; ask for one of them\n");
  for (const strings& right : {strings{"--per-file"}, strings{"--per-file", "-b", "-c"}, strings{"--per-file", "-m", "x"}}) {
    strings asked = right;
    asked.emplace_back("/dev/null");
    EXPECT_EQ(ptree(asked).code, 1) << "that is no file";
  }
}
