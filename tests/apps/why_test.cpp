// SPDX-License-Identifier: Apache-2.0
//
// `why` shows what it says: the fused container goes wrong, an iterator per thread and share() do not.
//
#include "support/program.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>
#include <vector>

using pariter::test::ended;

namespace {

// What it prints, errors included.
ended run(const std::string& arguments) {
  return pariter::test::run({"bash", "-c", "exec \"$0\" " + arguments + " 2>&1", pariter::test::app("why")});
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

TEST(Why, the_fused_container_goes_wrong_and_iterators_do_not) {
  for (const char* arguments : {"", "--threads 2", "--threads 7 --items 100 --rounds 20 --seed 9"}) {
    const ended r = run(arguments);
    EXPECT_EQ(r.code, 0) << r.out;
    const auto lost = numbers(r.out, "items lost");
    const auto doubled = numbers(r.out, "items doubled");
    const auto early = numbers(r.out, "loops ended early");
    const auto wrong = numbers(r.out, "rounds gone wrong");
    ASSERT_EQ(lost.size(), 4u) << r.out;
    ASSERT_EQ(doubled.size(), 4u) << r.out;
    ASSERT_EQ(early.size(), 2u) << r.out;
    ASSERT_EQ(wrong.size(), 4u) << r.out;
    EXPECT_GT(lost[0], 0) << r.out;
    EXPECT_GT(doubled[0], 0) << r.out;
    EXPECT_GT(early[0], 0) << r.out;
    EXPECT_GT(doubled[2], 0) << r.out;
    for (const std::size_t of_pariter : {1u, 3u}) {
      EXPECT_EQ(lost[of_pariter], 0) << r.out;
      EXPECT_EQ(doubled[of_pariter], 0) << r.out;
      EXPECT_EQ(wrong[of_pariter], 0) << r.out;
    }
    EXPECT_EQ(early[1], 0) << r.out;
  }
}

TEST(Why, one_thread_has_no_trouble) {
  const ended r = run("--threads 1 --rounds 3");
  EXPECT_EQ(r.code, 0);
  EXPECT_EQ(numbers(r.out, "rounds gone wrong"), (std::vector<long>{0, 0, 0, 0})) << r.out;
}

TEST(Why, extremes_of_its_options_work) {
  EXPECT_EQ(run("--items 1 --rounds 2").code, 0);
  EXPECT_EQ(run("--items 5000 --rounds 1").code, 0);
  EXPECT_EQ(run("--threads 64 --rounds 2").code, 0);
}

TEST(Why, helps) {
  const ended r = run("--help");
  EXPECT_EQ(r.code, 0);
  for (const char* option : {"--threads", "--items", "--rounds", "--seed"}) EXPECT_NE(r.out.find(option), std::string::npos) << option;
}

TEST(Why, refuses_bad_input_with_a_sentence) {
  for (const char* arguments : {"--threads 0", "--threads many", "--items -1", "--rounds 0", "--nonsense", "extra"}) {
    const ended r = run(arguments);
    EXPECT_EQ(r.code, 2) << arguments;
    EXPECT_NE(r.out.find("--help"), std::string::npos) << "does not say how to go on: " << r.out;
  }
}

TEST(Why, says_when_its_output_cannot_be_written) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  for (const char* arguments : {"--help", ""}) {
    std::vector<std::string> command{pariter::test::app("why")};
    if (*arguments != '\0') command.emplace_back(arguments);
    const ended r = pariter::test::run(command, {.out_to = "/dev/full"});
    EXPECT_EQ(r.code, 1);
    EXPECT_EQ(r.err, "why: standard output cannot be written\n");
  }
}

}  // namespace
