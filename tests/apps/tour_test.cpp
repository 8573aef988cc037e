// SPDX-License-Identifier: Apache-2.0
//
// `tour` says what it should: every section is there, and what it shows is right, byte for byte but for addresses.
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

std::string tour() {
  const char* apps = std::getenv("PARITER_APPS");
  return apps != nullptr ? std::string(apps) + "/tour/tour" : "";
}

struct result {
  int exit_code;
  std::string output;
};

result run(const std::string& arguments) {
  const std::string command = "'" + tour() + "' " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  result r{-1, {}};
  char buffer[4096];
  while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr) r.output += buffer;
  const int status = pipe != nullptr ? pclose(pipe) : -1;
  r.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return r;
}

// What section `name` shows: the right-hand sides, one a line, addresses as 0x.
std::string shown(const std::string& name) {
  std::string all;
  const std::string output = run(name).output;
  const std::regex line("\n    (.{44}) (.*)");
  for (auto m = std::sregex_iterator(output.begin(), output.end(), line); m != std::sregex_iterator(); ++m) all += (*m)[2].str() + "\n";
  return std::regex_replace(all, std::regex("0x[0-9a-f]+"), "0x");
}

class Tour : public testing::Test {
 protected:
  void SetUp() override {
    if (tour().empty() || !std::filesystem::exists(tour())) GTEST_SKIP() << "tour is not built";
  }
};

TEST_F(Tour, walks_a_string_by_for_and_by_hand) {
  EXPECT_EQ(shown("string"), "s e r g e y\n's'\n'e'\n'r'\n'g'\n'e'\n'y'\nthe end\nthe end\nsergey sergey sergey\n");
}

TEST_F(Tour, a_user_written_iterable_gives_six_letters_and_the_end) {
  EXPECT_EQ(shown("letters"), "'s'\n'e'\n'r'\n'g'\n'e'\n'y'\nthe end\nsergey sergey sergey\n");
}

TEST_F(Tour, an_indexable_type_is_walked) { EXPECT_EQ(shown("index"), "0\n1\n4\n9\n16\nthe end\n30 30 30\n"); }

TEST_F(Tour, a_generator_function_and_its_generator_print_themselves) {
  const std::string text = shown("random");
  EXPECT_TRUE(std::regex_search(text, std::regex("^<generator function random_numbers>\n<generator object random_numbers at 0x>\n"
                                                 "([0-9]+)\n([0-9]+)\n([0-9]+)\n([0-9]+)\nthe end\n\\1,\\2,\\3,\\4 \\1,\\2,\\3,\\4 \\1,\\2,\\3,\\4\n$")))
      << text;
}

TEST_F(Tour, the_twelve_rules_show_what_they_say) {
  const std::string iterable = "an iterable: may be walked by many at once\n", iterator = "an iterator: one walk, one owner\n";
  EXPECT_EQ(shown("1"), iterable + iterator + iterable + iterator + "neither\n3 3 3\n");
  EXPECT_EQ(shown("2"), "3 2\n3 2\n1\n3 2 3 2 3 2\n");
  EXPECT_EQ(shown("3"), "6\n6\n6 6 6\n6 6 6\n");
  EXPECT_EQ(shown("4"), "wed\nmon\nmon tue wed\nmon tue wed\n");
  EXPECT_EQ(shown("5"), "0 1 1 2 3 5 8 13 21 34\n55 6765 832040\n");
  EXPECT_EQ(shown("6"), "1 2 3\n1 2 3\n1 2 3\n1 2 3\n9 9 9\n");
  EXPECT_EQ(shown("7"), "1\n2 3\nnothing\n500500\n");
  EXPECT_EQ(shown("8"), "8.0 MB\nunder 1 kB\nyes\n8.0 MB 8.0 MB 8.0 MB\nunder 1 kB under 1 kB under 1 kB\n");
  EXPECT_EQ(shown("9"), "8.0 MB\n8.0 MB\n8.0 MB 8.0 MB 8.0 MB\n");
  EXPECT_EQ(shown("10"), "not begun\n1\nbegan\n2\nbegan went-on\nthe end\nbegan went-on finished\n1 2 3\n");
  EXPECT_EQ(shown("11"), "123\n123\n3\n123 123 123\n");
  EXPECT_EQ(shown("12"), "<generator object odd_squares at 0x>\n<generator object <expression> at 0x>\n1 9 25\n1 9 25\n35 35 35\n");
}

TEST_F(Tour, has_every_section_in_order) {
  const result all = run("");
  EXPECT_EQ(all.exit_code, 0);
  std::size_t at = 0;
  for (int rule = 1; rule <= 12; ++rule) {
    const std::size_t found = all.output.find("Rule " + std::to_string(rule) + ":", at);
    ASSERT_NE(found, std::string::npos) << "rule " << rule;
    at = found;
  }
}

TEST_F(Tour, explains_itself_and_refuses_unknown_sections) {
  const result help = run("--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.output.find("tour --list"), std::string::npos);
  EXPECT_EQ(run("--list").exit_code, 0);
  const result unknown = run("13");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.output.find("no section is called 13"), std::string::npos);
}

}  // namespace
