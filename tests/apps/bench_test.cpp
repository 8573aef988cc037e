// SPDX-License-Identifier: Apache-2.0
//
// The benchmarks in their quick form: every case runs once over a thousandth of its items and verifies its answer; the JSON has
// the promised shape. Times are not looked at.
//
#include "support/program.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

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

using pariter::test::app;
using pariter::test::ended;

ended run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), app("bench"));
  return pariter::test::run(arguments);
}

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class Bench : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(app("bench"))) GTEST_SKIP() << "the benchmarks are not built";
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "some rivals are not free of false reports under ThreadSanitizer";
#endif
  }
  const pariter::test::temporary_folder folder_;
};

#if HAS_JSON

TEST_F(Bench, every_case_answers_right_and_the_json_has_the_promised_shape) {
  const ended names = run({"--list"});
  ASSERT_EQ(names.code, 0) << names.err;
  std::set<std::string> expected;
  for (const std::string& line : lines_of(names.out)) {
    EXPECT_TRUE(line.starts_with("shape/") || line.starts_with("protocol/") || line.starts_with("containers/")) << line;
    EXPECT_TRUE(expected.insert(line).second) << line << " twice";
  }
  ASSERT_GE(expected.size(), 40U);

  const ended all = run({"--quick", "--json", folder_ / "r.json", "--data", folder_ / "data"});
  ASSERT_EQ(all.code, 0) << all.out << all.err;
  const auto rows = nlohmann::json::parse(content(folder_ / "r.json"));
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
    const bool left_out = all.out.find(name + ": left out") != std::string::npos;
    EXPECT_NE(seen.contains(name), left_out) << name << " has neither a row nor a reason, or both";
  }
}

#endif

TEST_F(Bench, runs_and_lists_only_what_the_filter_matches) {
  const ended r = run({"canary/s.ze", "--quick"});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_NE(r.out.find("protocol/canary/size"), std::string::npos) << r.out;
  EXPECT_EQ(r.out.find("protocol/walk"), std::string::npos) << r.out;
  EXPECT_EQ(run({"--list", "canary/s.ze"}).out, "protocol/canary/size\n");
}

TEST_F(Bench, prints_earlier_results_and_writes_them_as_a_page) {
  ASSERT_EQ(run({"canary/size", "--quick", "--json", folder_ / "r.json"}).code, 0);
  const ended r = run({"--from", folder_ / "r.json", "--markdown", folder_ / "page.md"});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_NE(r.out.find("protocol/canary/size"), std::string::npos) << r.out;
  EXPECT_NE(content(folder_ / "page.md").find("| `protocol/canary/size` |"), std::string::npos);
}

TEST_F(Bench, a_page_has_one_table_for_each_group_and_no_cell_breaks_it) {
  const auto row = [](const std::string& name, const std::string& rival) {
    return R"({"name": ")" + name + R"(", "rival": ")" + rival + R"(", "ours": 1, "theirs": 2, "unit": "ns", "ratio": 0.5,)" +
           R"("ratio_min": 0.5, "ratio_max": 0.5, "bar": null, "holds": null})";
  };
  const std::string json = folder_.file(
      "r.json", "[" + row("b/first/x", "find | xargs") + "," + row("a/second/x", "a") + "," + row("b/third/x|y", "a|b") + "," + row("a/fourth/x", "a") + "]");
  ASSERT_EQ(run({"--from", json, "--markdown", folder_ / "page.md"}).code, 0);
  std::vector<std::string> seen;
  for (const std::string& line : lines_of(content(folder_ / "page.md")))
    if (line.starts_with("## ") || line.starts_with("| `")) seen.push_back(line.substr(0, line.find(" | 1")));
  EXPECT_EQ(seen, (std::vector<std::string>{"## b", "| `b/first/x` | find \\| xargs", "| `b/third/x\\|y` | a\\|b", "## a", "| `a/second/x` | a",
                                            "| `a/fourth/x` | a"}));
}

TEST_F(Bench, says_what_is_wrong_with_its_arguments) {
  EXPECT_EQ(run({"--from", "/nowhere/at/all.json"}).code, 1);
  EXPECT_NE(run({"--rounds", "0"}).code, 0);
  const ended r = run({"("});
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("regular expression"), std::string::npos) << r.err;
}

TEST_F(Bench, a_filter_that_matches_nothing_is_told_and_changes_no_file) {
  const std::string kept = folder_.file("kept.json", "[]");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"no/such/case", "--json", kept, "--markdown", folder_ / "new.md"}, {"--list", "no/such/case"}}) {
    const ended r = run(arguments);
    EXPECT_EQ(r.code, 1);
    EXPECT_EQ(r.out, "");
    EXPECT_NE(r.err.find("no case matches no/such/case"), std::string::npos) << r.err;
  }
  EXPECT_EQ(content(kept), "[]");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new.md"));
}

TEST_F(Bench, a_file_that_cannot_be_written_is_told_before_anything_runs) {
  const std::string kept = folder_.file("kept.json", "[]");
  const ended r = run({"canary/size", "--quick", "--json", kept, "--markdown", "/nowhere/at/all.md"});
  EXPECT_EQ(r.code, 1);
  EXPECT_EQ(r.out, "") << "something ran";
  EXPECT_NE(r.err.find("cannot write /nowhere/at/all.md"), std::string::npos) << r.err;
  EXPECT_EQ(content(kept), "[]");
}

TEST_F(Bench, earlier_results_are_replaced) {
  const std::string json = folder_.file("r.json", std::string(100'000, 'x'));
  ASSERT_EQ(run({"canary/size", "--quick", "--json", json}).code, 0);
  EXPECT_TRUE(content(json).starts_with("[\n  {\n    \"name\": \"protocol/canary/size\"")) << content(json).substr(0, 100);
  EXPECT_TRUE(content(json).ends_with("}\n]\n"));
}

}  // namespace
