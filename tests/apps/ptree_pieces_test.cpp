// SPDX-License-Identifier: Apache-2.0
// ptree's analyses of files in pieces: whatever the pieces, in whatever order and by however many hands, the result is that of
// the file in one. The pieces are as small as one byte, so that what an analysis looks for is spread over many.

#include "apps/ptree/analyses/counts.cpp"     // NOLINT(bugprone-suspicious-include): an application has no library to link
#include "apps/ptree/analyses/matches.cpp"    // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/analyses/top_words.cpp"  // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/json_writer.cpp"         // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/kernels.cpp"             // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/report.cpp"              // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/short_words.cpp"         // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/text.cpp"                // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/word_table.cpp"          // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/word_totals.cpp"         // NOLINT(bugprone-suspicious-include)

#include "support/temporary_folder.hpp"

#include <pariter/io/file_blocks.hpp>
#include <pariter/io/walk.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

using pariter::test::temporary_folder;

namespace {

constexpr ptree::word_rule rule = ptree::word_rule::any;
const ptree::hurry none;

/// What `first` and `hands - 1` others find in the file when it is read in pieces of `size` bytes.
nlohmann::json found(std::unique_ptr<ptree::analysis> first, const std::string& path, std::size_t size, std::size_t hands, std::mt19937& random) {
  const pariter::file_blocks source(pariter::walk({path}), {.capacity = size, .fill = size});
  std::vector<pariter::block> blocks;
  for (const pariter::block& b : source.iter()) blocks.push_back(b);
  std::shuffle(blocks.begin(), blocks.end(), random);
  std::vector<std::unique_ptr<ptree::analysis>> others;
  for (std::size_t i = 1; i < hands; ++i) others.push_back(first->another());
  for (const pariter::block& b : blocks) {
    const std::size_t hand = random() % hands;
    (hand == 0 ? *first : *others[hand - 1]).add(b);
  }
  for (const auto& other : others) first->merge(*other);
  first->finish();
  ptree::report out(ptree::report::form::json);
  first->write(out);
  return nlohmann::json::parse(std::move(out).text());
}

template <class Make>
void expect_the_same_in_pieces(const std::string& text, Make make, std::mt19937& random) {
  const temporary_folder top;
  const std::string path = top.file("file", text);
  const auto whole = found(make(), path, 1 << 20, 1, random);
  for (const std::size_t size : {1u, 2u, 3u, 5u, 64u, 100u}) {
    for (const std::size_t hands : {1u, 3u}) {
      ASSERT_EQ(found(make(), path, size, hands, random), whole) << size << " bytes, " << hands << " hands: " << text;
    }
  }
}

std::string text_of(std::string_view letters, std::size_t size, std::mt19937& random) {
  std::string text(size, '\0');
  for (char& c : text) c = letters[random() % letters.size()];
  return text;
}

}  // namespace

TEST(PtreePieces, a_text_is_found_whose_head_lies_in_three_pieces_that_are_each_shorter) {
  std::mt19937 random(31);  // NOLINT(cert-msc51-cpp): the same every time
  const temporary_folder top;
  const std::string path = top.file("file", "..needle-needle..");
  for (const std::size_t size : {1u, 2u, 3u, 4u, 5u}) {
    for (int i = 0; i < 50; ++i) {
      const auto j = found(std::make_unique<ptree::matches>("needle", false), path, size, 1 + random() % 3, random);
      ASSERT_EQ(j.at("matches").at("count"), 2u) << size;
    }
  }
  for (const char* text : {"ab", "aba", "aaaa", "abbab", "babababab"}) {
    for (int i = 0; i < 20; ++i) {
      expect_the_same_in_pieces(text_of("ab", 1 + random() % 60, random), [&] { return std::make_unique<ptree::matches>(text, true); }, random);
    }
  }
}

TEST(PtreePieces, words_are_whole) {
  std::mt19937 random(32);  // NOLINT(cert-msc51-cpp): the same every time
  for (const char* letters : {"ab ", "ab\n \xff", "aaaaaaaaaaaaaaaaaaaaaaaaa "}) {
    for (int i = 0; i < 30; ++i) {
      expect_the_same_in_pieces(text_of(letters, random() % 400, random), [] { return std::make_unique<ptree::top_words>(1000, rule, none); }, random);
    }
  }
  for (const std::size_t size : {8u, 9u, 16u, 17u, 255u, 256u}) {
    const std::string word(size, 'x');
    expect_the_same_in_pieces(word + ' ' + word + "y " + word, [] { return std::make_unique<ptree::top_words>(9, rule, none); }, random);
  }
}

TEST(PtreePieces, counts_are_those_of_the_file) {
  std::mt19937 random(33);  // NOLINT(cert-msc51-cpp): the same every time
  for (const char* letters : {"a\n", "ab \n\1", "aaaaaaaaaaaaaaaaaaaaaaaaa\n"}) {
    for (int i = 0; i < 30; ++i) {
      expect_the_same_in_pieces(text_of(letters, random() % 400, random), [] { return std::make_unique<ptree::counts>(true, rule); }, random);
    }
  }
}
