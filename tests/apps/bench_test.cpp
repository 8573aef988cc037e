// SPDX-License-Identifier: Apache-2.0
//
// The benchmarks in their quick form: every case runs once over a thousandth of its items and verifies its answer; the JSON has
// the promised shape. Times are not looked at.
//
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#define HAS_JSON 1
#else
#define HAS_JSON 0  // then the benchmarks are not built either
#endif

namespace {

std::string bench() {
  const char* apps = std::getenv("PARITER_APPS");
  return apps ? std::string(apps) + "/bench/bench" : "";
}

// A folder of its own for each test, removed with everything in it.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "pariter_bench_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~scratch() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct result {
  int exit_code;
  std::string output;
};

result run(const std::string& arguments) {
  std::string command = bench();
  command += ' ';
  command += arguments;
  command += " 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  result r{-1, {}};
  char buffer[4096];
  while (pipe && fgets(buffer, sizeof buffer, pipe)) r.output += buffer;
  const int status = pclose(pipe);
  r.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return r;
}

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class Bench : public testing::Test {
 protected:
  void SetUp() override {
    if (bench().empty() || !std::filesystem::exists(bench())) GTEST_SKIP() << "the benchmarks are not built";
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "some rivals are not free of false reports under ThreadSanitizer";
#endif
  }
  scratch folder_;
};

#if HAS_JSON

TEST_F(Bench, every_case_answers_right_and_the_json_has_the_promised_shape) {
  const result names = run("--list");
  ASSERT_EQ(names.exit_code, 0) << names.output;
  std::set<std::string> expected;
  std::istringstream lines(names.output);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.starts_with("shape/") || line.starts_with("protocol/") || line.starts_with("containers/")) << line;
    EXPECT_TRUE(expected.insert(line).second) << line << " twice";
  }
  ASSERT_GE(expected.size(), 40U);

  const result all = run("--quick --json " + folder_.file("r.json") + " --data " + folder_.file("data"));
  ASSERT_EQ(all.exit_code, 0) << all.output;
  const auto rows = nlohmann::json::parse(content(folder_.file("r.json")));
  ASSERT_TRUE(rows.is_array());
  std::set<std::string> seen;
  for (const auto& row : rows) {
    ASSERT_TRUE(row.is_object());
    EXPECT_EQ(row.size(), 10U) << row;
    for (const char* key : {"name", "rival", "unit"}) EXPECT_TRUE(row.at(key).is_string()) << row;
    for (const char* key : {"ours", "theirs", "ratio", "ratio_min", "ratio_max"}) EXPECT_TRUE(row.at(key).is_number()) << row;
    EXPECT_LE(row.at("ratio_min"), row.at("ratio")) << row;
    EXPECT_LE(row.at("ratio"), row.at("ratio_max")) << row;
    EXPECT_EQ(row.at("bar").is_null(), row.at("holds").is_null()) << row;
    if (!row.at("bar").is_null()) {
      const std::string bar = row.at("bar");
      const double limit = std::stod(bar.substr(3)), ratio = row.at("ratio");
      ASSERT_TRUE(bar.starts_with(">= ") || bar.starts_with("<= ")) << row;
      EXPECT_EQ(row.at("holds"), bar.starts_with(">") ? ratio >= limit : ratio <= limit) << row;
    }
    seen.insert(row.at("name").get<std::string>());
  }
  for (const std::string& name : expected) {
    const bool left_out = all.output.find(name + ": left out") != std::string::npos;
    EXPECT_NE(seen.contains(name), left_out) << name << " has neither a row nor a reason, or both";
  }
}

#endif

TEST_F(Bench, runs_only_what_the_filter_matches) {
  const result r = run("'canary/s.ze' --quick");
  EXPECT_EQ(r.exit_code, 0) << r.output;
  EXPECT_NE(r.output.find("protocol/canary/size"), std::string::npos) << r.output;
  EXPECT_EQ(r.output.find("protocol/walk"), std::string::npos) << r.output;
}

TEST_F(Bench, prints_earlier_results_and_writes_them_as_a_page) {
  ASSERT_EQ(run("canary/size --quick --json " + folder_.file("r.json")).exit_code, 0);
  const result r = run("--from " + folder_.file("r.json") + " --markdown " + folder_.file("page.md"));
  EXPECT_EQ(r.exit_code, 0) << r.output;
  EXPECT_NE(r.output.find("protocol/canary/size"), std::string::npos) << r.output;
  EXPECT_NE(content(folder_.file("page.md")).find("| `protocol/canary/size` |"), std::string::npos);
}

TEST_F(Bench, says_what_is_wrong_with_its_arguments) {
  EXPECT_EQ(run("--from /nowhere/at/all.json").exit_code, 1);
  EXPECT_EQ(run("canary/size --quick --json /nowhere/at/all.json").exit_code, 1);
  EXPECT_NE(run("--rounds 0").exit_code, 0);
  const result r = run("'('");
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_NE(r.output.find("regular expression"), std::string::npos) << r.output;
}

}  // namespace
