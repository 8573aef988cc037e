// SPDX-License-Identifier: Apache-2.0
// What ptree prints, as text and as JSON. The oracle of the latter is a JSON library.

#include "apps/ptree/json_writer.cpp"  // NOLINT(bugprone-suspicious-include): an application has no library to link
#include "apps/ptree/report.cpp"       // NOLINT(bugprone-suspicious-include)

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

using ptree::json_writer;
using json = nlohmann::ordered_json;

TEST(PtreeJson, is_the_document_that_was_written) {
  json_writer j;
  j.member("yes", true);
  j.member("no", false);
  j.member("nothing", nullptr);
  j.member("most", std::numeric_limits<std::uint64_t>::max());
  j.object("nested", [&] {
    j.member("text", "a \"b\" \\ c");
    j.list("numbers", [&] {
      for (std::uint64_t i = 0; i < 3; ++i) j.item(i);
    });
    j.object("empty", [] {});
  });
  j.list("empty", [] {});
  j.list("rows", [&] {
    j.row({{"n", std::uint64_t{1}}, {"t", "x"}});
    j.row({});
    j.row({{"n", nullptr}});
  });
  const json expected = {{"yes", true},
                         {"no", false},
                         {"nothing", nullptr},
                         {"most", std::numeric_limits<std::uint64_t>::max()},
                         {"nested", {{"text", "a \"b\" \\ c"}, {"numbers", {0, 1, 2}}, {"empty", json::object()}}},
                         {"empty", json::array()},
                         {"rows", {{{"n", 1}, {"t", "x"}}, json::object(), {{"n", nullptr}}}}};
  const std::string text = std::move(j).text();
  EXPECT_EQ(json::parse(text), expected);
  EXPECT_NE(text.find("\n    {\"n\": 1, \"t\": \"x\"},\n"), std::string::npos) << "a row has a line of its own: " << text;
  EXPECT_EQ(std::move(json_writer()).text(), "{}\n");
}

TEST(PtreeJson, is_valid_whatever_the_bytes_of_a_string) {
  const auto expect_valid = [](const std::string& bytes) {
    json_writer j;
    j.member(bytes, bytes);
    const std::string valid = ptree::valid_utf8(bytes);
    ASSERT_EQ(json::parse(std::move(j).text()), json::object({{valid, valid}})) << testing::PrintToString(bytes);
  };
  expect_valid("");
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string two = {static_cast<char>(first), static_cast<char>(second)};
      for (const std::string& bytes : {two, "a" + two, two + "\xbf", two + "\x80\xbf"}) expect_valid(bytes);
    }
  }
}

TEST(PtreeTable, is_aligned_by_characters_and_numbers_stand_right) {
  ptree::table t({"n", "name", "%"});
  t.add({std::uint64_t{1}, std::string("é\n"), ptree::right_aligned{"0.5"}});
  t.add({std::uint64_t{1234}, std::string("longer"), ptree::right_aligned{"100"}});
  EXPECT_EQ(t.text(),
            "     n  name      %\n"
            "     1  é\\x0a   0.5\n"
            "  1234  longer  100\n");
  EXPECT_EQ(ptree::table({"n", ""}).text(), "  n\n") << "no spaces at the end of a line";
}
