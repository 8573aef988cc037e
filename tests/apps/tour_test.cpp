// SPDX-License-Identifier: Apache-2.0
//
// `tour` says what it should: every section is there, and what it shows is right, byte for byte but for addresses.
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
  return pariter::test::run({"bash", "-c", "exec \"$0\" " + arguments + " 2>&1", pariter::test::app("tour")});
}

// What section `name` shows: the right-hand sides, one a line, addresses as 0x.
std::string shown(const std::string& name) {
  std::string all;
  const std::string output = run(name).out;
  const std::regex line("\n    (.{44}) (.*)");
  for (auto m = std::sregex_iterator(output.begin(), output.end(), line); m != std::sregex_iterator(); ++m) all += (*m)[2].str() + "\n";
  return std::regex_replace(all, std::regex("0x[0-9a-f]+"), "0x");
}

TEST(Tour, walks_a_string_by_for_and_by_hand) {
  EXPECT_EQ(shown("string"), "s e r g e y\n's'\n'e'\n'r'\n'g'\n'e'\n'y'\nthe end\nthe end\nsergey sergey sergey\n");
}

TEST(Tour, a_user_written_iterable_gives_six_letters_and_the_end) {
  EXPECT_EQ(shown("letters"), "'s'\n'e'\n'r'\n'g'\n'e'\n'y'\nthe end\nsergey sergey sergey\n");
}

TEST(Tour, an_indexable_type_is_walked) { EXPECT_EQ(shown("index"), "0\n1\n4\n9\n16\nthe end\n30 30 30\n"); }

TEST(Tour, a_generator_function_and_its_generator_print_themselves) {
  const std::string text = shown("random");
  EXPECT_TRUE(std::regex_search(text, std::regex("^<generator function random_numbers>\n<generator object random_numbers at 0x>\n"
                                                 "([0-9]+)\n([0-9]+)\n([0-9]+)\n([0-9]+)\nthe end\n\\1,\\2,\\3,\\4 \\1,\\2,\\3,\\4 \\1,\\2,\\3,\\4\n$")))
      << text;
}

TEST(Tour, the_twelve_rules_show_what_they_say) {
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

TEST(Tour, has_every_section_in_order) {
  const ended all = run("");
  EXPECT_EQ(all.code, 0);
  std::size_t at = 0;
  for (int rule = 1; rule <= 12; ++rule) {
    const std::size_t found = all.out.find("Rule " + std::to_string(rule) + ":", at);
    ASSERT_NE(found, std::string::npos) << "rule " << rule;
    at = found;
  }
}

TEST(Tour, explains_itself_and_refuses_unknown_sections) {
  const ended help = run("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("tour --list"), std::string::npos);
  EXPECT_EQ(run("--list").code, 0);
  const ended unknown = run("13");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.out.find("no section is called 13"), std::string::npos);
}

TEST(Tour, says_when_its_output_cannot_be_written) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  for (const char* arguments : {"--help", ""}) {
    std::vector<std::string> command{pariter::test::app("tour")};
    if (*arguments != '\0') command.emplace_back(arguments);
    const ended r = pariter::test::run(command, {.out_to = "/dev/full"});
    EXPECT_EQ(r.code, 1);
    EXPECT_EQ(r.err, "tour: standard output cannot be written\n");
  }
}

}  // namespace
