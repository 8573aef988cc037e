// SPDX-License-Identifier: Apache-2.0
//
// `why` shows what it says: the fused container goes wrong, an iterator per thread and share() do not.
//
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

namespace {

std::string why() {
  const char* apps = std::getenv("PARITER_APPS");
  return apps != nullptr ? std::string(apps) + "/why/why" : "";
}

struct result {
  int exit_code;
  std::string output;
};

result run(const std::string& arguments) {
  const std::string command = "'" + why() + "' " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  result r{-1, {}};
  char buffer[4096];
  while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr) r.output += buffer;
  const int status = pipe != nullptr ? pclose(pipe) : -1;
  r.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return r;
}

// The numbers behind `label`, in the order of the four experiments.
std::vector<long> numbers(const std::string& output, const std::string& label) {
  std::vector<long> found;
  const std::regex line(label + " +([0-9,]+)");
  for (auto m = std::sregex_iterator(output.begin(), output.end(), line); m != std::sregex_iterator(); ++m) {
    found.push_back(std::stol(std::regex_replace((*m)[1].str(), std::regex(","), "")));
  }
  return found;
}

class Why : public testing::Test {
 protected:
  void SetUp() override {
    if (why().empty() || !std::filesystem::exists(why())) GTEST_SKIP() << "why is not built";
  }
};

TEST_F(Why, the_fused_container_goes_wrong_and_iterators_do_not) {
  for (const char* arguments : {"", "--threads 2", "--threads 7 --items 100 --rounds 20 --seed 9"}) {
    const result r = run(arguments);
    EXPECT_EQ(r.exit_code, 0) << r.output;
    const auto lost = numbers(r.output, "items lost");
    const auto doubled = numbers(r.output, "items doubled");
    const auto early = numbers(r.output, "loops ended early");
    const auto wrong = numbers(r.output, "rounds gone wrong");
    ASSERT_EQ(lost.size(), 4u) << r.output;
    ASSERT_EQ(doubled.size(), 4u) << r.output;
    ASSERT_EQ(early.size(), 2u) << r.output;
    ASSERT_EQ(wrong.size(), 4u) << r.output;
    EXPECT_GT(lost[0], 0) << r.output;
    EXPECT_GT(doubled[0], 0) << r.output;
    EXPECT_GT(early[0], 0) << r.output;
    EXPECT_GT(doubled[2], 0) << r.output;
    for (const std::size_t of_pariter : {1u, 3u}) {
      EXPECT_EQ(lost[of_pariter], 0) << r.output;
      EXPECT_EQ(doubled[of_pariter], 0) << r.output;
      EXPECT_EQ(wrong[of_pariter], 0) << r.output;
    }
    EXPECT_EQ(early[1], 0) << r.output;
  }
}

TEST_F(Why, one_thread_has_no_trouble) {
  const result r = run("--threads 1 --rounds 3");
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_EQ(numbers(r.output, "rounds gone wrong"), (std::vector<long>{0, 0, 0, 0})) << r.output;
}

TEST_F(Why, extremes_of_its_options_work) {
  EXPECT_EQ(run("--items 1 --rounds 2").exit_code, 0);
  EXPECT_EQ(run("--items 5000 --rounds 1").exit_code, 0);
  EXPECT_EQ(run("--threads 64 --rounds 2").exit_code, 0);
}

TEST_F(Why, helps) {
  const result r = run("--help");
  EXPECT_EQ(r.exit_code, 0);
  for (const char* option : {"--threads", "--items", "--rounds", "--seed"}) EXPECT_NE(r.output.find(option), std::string::npos) << option;
}

TEST_F(Why, refuses_bad_input_with_a_sentence) {
  for (const char* arguments : {"--threads 0", "--threads many", "--items -1", "--rounds 0", "--nonsense", "extra"}) {
    const result r = run(arguments);
    EXPECT_EQ(r.exit_code, 2) << arguments;
    EXPECT_NE(r.output.find("--help"), std::string::npos) << "does not say how to go on: " << r.output;
  }
}

}  // namespace
