// SPDX-License-Identifier: Apache-2.0
// What ptree prints, as text and as JSON. The oracle of the latter is a JSON library.

#include "apps/ptree/json_writer.cpp"  // NOLINT(bugprone-suspicious-include): an application has no library to link
#include "apps/ptree/report.cpp"       // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/text.cpp"         // NOLINT(bugprone-suspicious-include)

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
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
      for (int i = 0; i < 3; ++i) j.item(i);
    });
    j.object("empty", [] {});
  });
  j.list("empty", [] {});
  j.list("rows", [&] {
    j.row({{"n", 1}, {"t", "x"}});
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

TEST(PtreeJson, the_example_of_its_header_and_integers_of_every_type) {
  const std::string path = "a";
  const unsigned lines = 3;
  json_writer j;
  j.object("counts", [&] {
    j.member("lines", lines);
    j.list("per_file", [&] { j.row({{"path", path}, {"lines", 3}}); });
  });
  j.member("least", std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(std::move(j).text(),
            "{\n"
            "  \"counts\": {\n"
            "    \"lines\": 3,\n"
            "    \"per_file\": [\n"
            "      {\"path\": \"a\", \"lines\": 3}\n"
            "    ]\n"
            "  },\n"
            "  \"least\": -9223372036854775808\n"
            "}\n");
  const auto written = [](json_writer::value v) {
    json_writer one;
    one.member("n", v);
    return json::parse(std::move(one).text()).at("n");
  };
  EXPECT_EQ(written(static_cast<unsigned char>(255)), 255);
  EXPECT_EQ(written(static_cast<signed char>(-1)), -1);
  EXPECT_EQ(written(static_cast<short>(-1)), -1);
  EXPECT_EQ(written(-1), -1);
  EXPECT_EQ(written(-1L), -1);
  EXPECT_EQ(written(-1LL), -1);
  EXPECT_EQ(written(~0U), ~0U);
  EXPECT_EQ(written(~0UL), ~0UL);
  EXPECT_EQ(written(~0ULL), ~0ULL);
}

// Strings of all kinds: every byte before each of those where UTF-8, JSON or a terminal begin to treat bytes otherwise, alone and
// between others.
template <class F>
void for_odd_strings(F f) {
  f("");
  for (int first = 0; first < 256; ++first) {
    for (const char second : std::string("\0\x1f \"\\x~\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xed\xef\xf0\xf4\xf5\xff", 25)) {
      const std::string two = {static_cast<char>(first), second};
      for (const std::string& bytes : {two, "a" + two, two + "\xbf", two + "\x80\xbf"}) f(bytes);
    }
  }
}

TEST(PtreeJson, a_string_is_itself_if_it_is_utf8_and_else_has_its_bytes_beside_it) {
  std::size_t not_text = 0;
  for_odd_strings([&](const std::string& bytes) {
    json_writer j;
    j.member("member", bytes);
    j.list("rows", [&] { j.row({{"before", 1}, {"path", bytes}, {"behind", 2}}); });
    const json all = json::parse(std::move(j).text());
    const json& row = all.at("rows").at(0);
    bool utf8 = true;
    try {
      (void)json(bytes).dump();
    } catch (const json::type_error&) {
      utf8 = false;
      ++not_text;
    }
    ASSERT_EQ(all.at("member"), row.at("path"));
    ASSERT_EQ(all.contains("member_bytes"), !utf8) << testing::PrintToString(bytes);
    ASSERT_EQ(row.size(), utf8 ? 3u : 4u);
    if (utf8) {
      ASSERT_EQ(row.at("path"), bytes);
      return;
    }
    std::string hex;
    for (const char c : bytes) {
      for (const int digit : {static_cast<unsigned char>(c) / 16, static_cast<unsigned char>(c) % 16}) hex += "0123456789abcdef"[digit];
    }
    ASSERT_EQ(row.at("path"), ptree::printable(bytes));
    ASSERT_EQ(row.at("path_bytes"), hex);
    ASSERT_EQ(all.at("member_bytes"), hex);
  });
  EXPECT_GT(not_text, 10'000u);
}

TEST(PtreeText, different_bytes_are_printed_differently_and_a_terminal_obeys_none) {
  // The way back: it exists, so no two texts are printed alike.
  const auto read = [](std::string_view shown) {
    std::string bytes;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      if (shown[i] == '\\' && shown.substr(i + 1, 1) == "x") {
        bytes += static_cast<char>(std::stoi(std::string(shown.substr(i + 2, 2)), nullptr, 16));
        i += 3;
      } else {
        i += shown[i] == '\\';
        bytes += shown[i];
      }
    }
    return bytes;
  };
  const auto check = [&](const std::string& bytes) {
    const std::string shown = ptree::printable(bytes);
    ASSERT_EQ(read(shown), bytes) << testing::PrintToString(bytes);
    ASSERT_TRUE(ptree::is_utf8(shown));
    ASSERT_TRUE(std::none_of(shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
    ASSERT_TRUE(shown.find("\xc2\x9b") == std::string::npos) << "a control character of two bytes";
  };
  for_odd_strings(check);
  for (const char* bytes : {"a\\xff", "a\xff", "\\\\", "\\x", "\\\xff"}) check(bytes);
  EXPECT_EQ(ptree::printable("a\\xff"), "a\\\\xff");
  EXPECT_EQ(ptree::printable("a\xff"), "a\\xff");
}

TEST(PtreeText, what_is_counted_is_one_or_many) {
  EXPECT_EQ(ptree::counted(0, "file"), "0 files");
  EXPECT_EQ(ptree::counted(1, "file"), "1 file");
  EXPECT_EQ(ptree::counted(2, "file"), "2 files");
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
