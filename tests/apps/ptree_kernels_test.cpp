// SPDX-License-Identifier: Apache-2.0
// The inner loops of ptree against loops that are too simple to be wrong, in every version that this machine can run.

#include "apps/ptree/kernels.cpp"     // NOLINT(bugprone-suspicious-include): an application has no library to link
#include "apps/ptree/short_words.cpp"  // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/word_table.cpp"   // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/word_totals.cpp"  // NOLINT(bugprone-suspicious-include)

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

using ptree::available_kernels;
using ptree::kernel_set;
using ptree::line_lengths;
using ptree::text_counts;
using ptree::word_rule;

namespace {

bool is_space(char c, word_rule rule) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (rule == word_rule::nbsp && static_cast<unsigned char>(c) == 0xa0);
}
bool is_print(char c, word_rule rule) { return rule == word_rule::printable ? c > ' ' && c < 0x7f : !is_space(c, rule); }

constexpr word_rule rules[] = {word_rule::any, word_rule::nbsp, word_rule::printable};

text_counts simple_count(std::string_view text, word_rule rule) {
  text_counts c;
  bool in_word = false;
  for (const char x : text) {
    ++c.bytes;
    if (x == '\n') ++c.lines;
    if (!is_space(x, rule) && !is_print(x, rule)) continue;
    if (!c.decided) c.starts_in_word = is_print(x, rule);
    c.decided = true;
    if (is_print(x, rule) && !in_word) ++c.words;
    in_word = is_print(x, rule);
  }
  c.ends_in_word = in_word;
  return c;
}

line_lengths simple_lines(std::string_view text) {
  line_lengths r;
  std::vector<std::uint64_t> lengths{0};
  for (const char x : text) {
    if (x == '\n') {
      lengths.push_back(0);
    } else {
      ++lengths.back();
    }
  }
  r.newlines = lengths.size() - 1;
  r.head = lengths.front();
  r.tail = lengths.back();
  for (std::size_t i = 1; i + 1 < lengths.size(); ++i) {
    if (r.longest_at == 0 || lengths[i] > r.longest) {
      r.longest = lengths[i];
      r.longest_at = i;
    }
  }
  return r;
}

std::uint64_t simple_find(std::string_view text, std::string_view needle) {
  std::uint64_t n = 0;
  for (std::size_t at = 0; (at = text.find(needle, at)) != std::string_view::npos; ++at) ++n;
  return n;
}

// Random bytes: all values; or a few that mean something; or mostly of one kind.
std::string random_text(std::size_t size, std::mt19937& random) {
  static constexpr std::string_view some("ab \n\t\v\0\x7f\x80", 9);
  const auto style = random() % 4;
  std::string text(size, '\0');
  for (char& c : text) {
    const auto r = random();
    switch (style) {
      case 0: c = static_cast<char>(r); break;
      case 1: c = some[r % some.size()]; break;
      case 2: c = r % 40 == 0 ? '\n' : 'a'; break;
      default: c = r % 200 == 0 ? ' ' : '\1'; break;
    }
  }
  return text;
}

template <class F>
void for_random_texts(F f) {
  std::mt19937 random(20);  // NOLINT(cert-msc51-cpp): the same every time
  for (std::size_t size = 0; size < 300; ++size) f(random_text(size, random), random);
  for (int i = 0; i < 300; ++i) f(random_text(random() % 5000, random), random);
}

}  // namespace

TEST(PtreeKernels, every_pair_of_bytes_is_classified_like_a_simple_loop_does) {
  for (const word_rule rule : rules) {
    std::string text;
    for (int a = 0; a < 256; ++a) {
      for (int b = 0; b < 256; ++b) text += {static_cast<char>(a), static_cast<char>(b), 'x', ' '};
    }
    for (const kernel_set& k : available_kernels(rule)) {
      EXPECT_EQ(k.count(text), simple_count(text, rule)) << k.name;
      for (std::size_t i = 0; i < text.size(); i += 4) {
        ASSERT_EQ(k.count({text.data() + i, 3}), simple_count(text.substr(i, 3), rule)) << k.name;
      }
    }
  }
}

TEST(PtreeKernels, counts_are_those_of_a_simple_loop) {
  for (const word_rule rule : rules) {
    for (const kernel_set& k : available_kernels(rule)) {
      for_random_texts([&](const std::string& text, std::mt19937&) { ASSERT_EQ(k.count(text), simple_count(text, rule)) << k.name; });
    }
  }
}

TEST(PtreeKernels, counts_join_at_every_seam) {
  for (const word_rule rule : rules) {
    for_random_texts([&](const std::string& text, std::mt19937& random) {
      const auto cut = random() % (text.size() + 1);
      const auto cut2 = cut + random() % (text.size() - cut + 1);
      const auto a = simple_count(text.substr(0, cut), rule);
      const auto b = simple_count(text.substr(cut, cut2 - cut), rule);
      const auto c = simple_count(text.substr(cut2), rule);
      ASSERT_EQ(join(join(a, b), c), simple_count(text, rule));
      ASSERT_EQ(join(a, join(b, c)), simple_count(text, rule));
      ASSERT_EQ(join(text_counts(), a), a);
      ASSERT_EQ(join(a, text_counts()), a);
    });
  }
}

TEST(PtreeKernels, lines_are_those_of_a_simple_loop_and_join_at_every_seam) {
  for (const word_rule rule : rules) {
    for (const kernel_set& k : available_kernels(rule)) {
      for_random_texts([&](const std::string& text, std::mt19937& random) {
        const auto whole = simple_lines(text);
        ASSERT_EQ(k.lines(text), whole) << k.name;
        const auto cut = random() % (text.size() + 1);
        const auto cut2 = cut + random() % (text.size() - cut + 1);
        const auto a = k.lines({text.data(), cut});
        const auto b = k.lines({text.data() + cut, cut2 - cut});
        const auto c = k.lines({text.data() + cut2, text.size() - cut2});
        ASSERT_EQ(join(join(a, b), c), whole) << k.name;
        ASSERT_EQ(join(a, join(b, c)), whole) << k.name;
      });
    }
  }
}

TEST(PtreeKernels, find_counts_every_place) {
  for (const word_rule rule : rules) {
    for (const kernel_set& k : available_kernels(rule)) {
      for_random_texts([&](const std::string& text, std::mt19937& random) {
        for (const std::size_t size : {1u, 2u, 3u, 5u, 70u}) {
          if (text.size() < size) continue;
          const std::string needle = text.substr(random() % (text.size() - size + 1), size);
          ASSERT_EQ(k.find(text, needle), simple_find(text, needle)) << k.name << ' ' << size;
        }
        ASSERT_EQ(k.find(text, "needle"), simple_find(text, "needle")) << k.name;
        ASSERT_EQ(k.find(text, text + "x"), 0u) << k.name;
      });
    }
  }
}

TEST(PtreeKernels, spaces_are_those_of_a_simple_loop) {
  for (const word_rule rule : rules) {
    for (const kernel_set& k : available_kernels(rule)) {
      for_random_texts([&](const std::string& text, std::mt19937&) {
        std::vector<std::uint64_t> masks((text.size() + 63) / 64);
        k.spaces(text, masks.data());
        for (std::size_t i = 0; i < masks.size() * 64; ++i) {
          ASSERT_EQ(masks[i / 64] >> (i % 64) & 1, i < text.size() && is_space(text[i], rule)) << k.name << ' ' << i;
        }
      });
    }
  }
}

TEST(PtreeKernels, edges_are_those_of_a_simple_loop) {
  for (const word_rule rule : rules) {
    for (const kernel_set& k : available_kernels(rule)) {
      for_random_texts([&](const std::string& text, std::mt19937& random) {
        const bool before = random() % 2 == 0;
        const auto first = static_cast<std::uint32_t>(random() % 1000);
        std::vector<std::uint32_t> expected;
        bool inside = before;
        bool odd = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
          const bool starts = !is_space(text[i], rule) && !inside;
          if (starts || (is_space(text[i], rule) && inside)) expected.push_back(first + static_cast<std::uint32_t>(i));
          inside = !is_space(text[i], rule);
          odd = odd || (starts && !is_print(text[i], rule)) || text[i] == '\0';
        }
        std::vector<std::uint32_t> out(text.size() + 1 + ptree::edges_slack);
        const auto found = k.edges(text, first, before, out.data());
        out.resize(static_cast<std::size_t>(found.end - out.data()));
        ASSERT_EQ(out, expected) << k.name;
        ASSERT_EQ(found.in_word, inside) << k.name;
        ASSERT_EQ(found.odd, odd) << k.name;
      });
    }
  }
}

TEST(PtreeKernels, the_histogram_adds_up) {
  ptree::byte_histogram histogram;
  std::array<std::uint64_t, 256> expected{};
  for_random_texts([&](const std::string& text, std::mt19937&) {
    ptree::byte_histogram part;
    part.add(text);
    histogram.add(part);
    histogram.add(text);
    for (const char c : text) expected[static_cast<unsigned char>(c)] += 2;
  });
  EXPECT_EQ(histogram.totals(), expected);
}

TEST(PtreeWords, tables_together_count_like_a_map) {
  std::mt19937 random(21);  // NOLINT(cert-msc51-cpp): the same every time
  std::vector<std::string> vocabulary;
  for (int i = 0; i < 60'000; ++i) {
    std::string word(1 + random() % (i % 100 == 0 ? 300 : 24), '\0');
    for (char& c : word) c = static_cast<char>(random() % 3 == 0 ? random() : 'a');  // NULs, and words that start alike
    vocabulary.push_back(word);
    vocabulary.push_back(word + '\0');
  }
  for (const std::size_t n : {1u, 2u, 7u}) {
    std::map<std::string, std::uint64_t> expected;
    std::uint64_t overlong = 0;
    const ptree::hurry none;
    std::vector<ptree::word_table> tables;
    for (std::size_t i = 0; i < n; ++i) tables.emplace_back(none);
    for (int i = 0; i < 300'000; ++i) {
      const std::string& word = vocabulary[random() % vocabulary.size()];
      ptree::word_table::key key{};
      key.set(word.data(), word.size(), word.size());
      tables[random() % (i % 2 == 0 ? n : 1)].add(key);  // the first is the largest
      if (word.size() > ptree::word_table::longest) {
        ++overlong;
      } else {
        ++expected[word];
      }
    }
    std::uint64_t counted_overlong = 0;
    for (const auto& t : tables) counted_overlong += t.overlong();
    EXPECT_EQ(counted_overlong, overlong);
    const auto all = ptree::totals_of(tables, expected.size() + 10);
    EXPECT_EQ(all.distinct, expected.size());
    ASSERT_EQ(all.top.size(), expected.size());
    std::map<std::string, std::uint64_t> got;
    for (const auto& [word, count] : all.top) got[std::string(word)] = count;
    EXPECT_EQ(got, expected);

    std::vector<std::pair<std::string, std::uint64_t>> sorted(expected.begin(), expected.end());
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    const auto top = ptree::totals_of(tables, 500).top;
    ASSERT_EQ(top.size(), 500u);
    for (std::size_t i = 0; i < 500; ++i) {
      EXPECT_EQ(top[i].word, sorted[i].first);
      EXPECT_EQ(top[i].count, sorted[i].second);
    }
  }
}

TEST(PtreeWords, each_word_is_in_one_part_which_is_the_same_in_every_table) {
  // As many words as fill a table to its brim, where they move on into the next part and, behind the last one, into the first.
  for (const int words : {1, 3000, 4095, 10'239, 12'000, 40'000}) {
    const ptree::hurry none;
    ptree::word_table tables[]{ptree::word_table(none), ptree::word_table(none)};
    for (int i = 0; i < words; ++i) {
      for (const std::string& word : {std::to_string(i), "a longer word " + std::to_string(i), "one of which only a hash is kept " + std::to_string(i)}) {
        ptree::word_table::key key{};
        key.set(word.data(), word.size(), word.size());
        tables[0].add(key);
        if (i % 9 == 0) tables[1].add(key, 2);
      }
    }
    for (const unsigned bits : {1u, 8u, 11u}) {
      std::map<std::string, std::uint64_t> part_of;
      for (std::uint64_t part = 0; part < std::uint64_t{1} << bits; ++part) {
        tables[0].each(part, bits, [&](const ptree::word_table::key&, std::string_view text, std::uint64_t count) {
          EXPECT_EQ(count, 1u);
          EXPECT_TRUE(part_of.emplace(text, part).second) << text << " twice";
        });
      }
      EXPECT_EQ(part_of.size(), 3u * static_cast<unsigned>(words));
      std::size_t in_both = 0;
      for (std::uint64_t part = 0; part < std::uint64_t{1} << bits; ++part) {
        tables[1].each(part, bits, [&](const ptree::word_table::key&, std::string_view text, std::uint64_t count) {
          EXPECT_EQ(count, 2u);
          EXPECT_EQ(part_of.at(std::string(text)), part) << text;
          ++in_both;
        });
      }
      EXPECT_EQ(in_both, tables[1].distinct());
    }
  }
}

TEST(PtreeWords, in_a_hurry_tables_become_fuller_and_stay_right) {
  for (const int hurry_from : {0, 20'000, 50'000}) {
    ptree::hurry h;
    std::vector<ptree::word_table> tables;
    tables.emplace_back(h);
    std::map<std::string, std::uint64_t> expected;
    for (int i = 0; i < 120'000; ++i) {
      if (i == hurry_from) h.begin();
      for (const std::string& word : {std::to_string(i % 60'000), "a longer word " + std::to_string(i % 70'000)}) {
        ptree::word_table::key key{};
        key.set(word.data(), word.size(), word.size());
        tables.front().add(key);
        ++expected[word];
      }
    }
    const auto all = ptree::totals_of(tables, expected.size());
    EXPECT_EQ(all.distinct, expected.size());
    std::map<std::string, std::uint64_t> got;
    for (const auto& [word, count] : all.top) got[std::string(word)] = count;
    EXPECT_EQ(got, expected);
  }
}

TEST(PtreeWords, in_a_hurry_growth_is_put_off) {
  const auto short_word = [](std::size_t i) { return i + 1; };
  const auto other_word = [](std::size_t i) {
    std::string text = std::to_string(i);
    return std::string(16 - text.size(), 'x') + text;
  };
  for (const bool hurried : {false, true}) {
    ptree::hurry h;
    ptree::short_words words(h);
    ptree::word_table table(h);
    const std::size_t small = words.capacity();
    const std::size_t small_others = table.capacity_of_others();
    if (hurried) h.begin();
    std::size_t n = 0;
    while (words.capacity() == small) words.add(short_word(n++));
    EXPECT_EQ(words.distinct(), n);
    EXPECT_EQ(n - 1, hurried ? small / 4 * 3 : small / 2) << "of " << small;
    n = 0;
    while (table.capacity_of_others() == small_others) {
      const std::string word = other_word(n++);
      ptree::word_table::key key{};
      key.set(word.data(), word.size(), word.size());
      table.add(key);
    }
    EXPECT_EQ(table.distinct(), n);
    EXPECT_EQ(n - 1, hurried ? small_others / 8 * 7 : small_others / 8 * 5) << "of " << small_others;
  }
}

TEST(PtreeWords, growth_that_a_hurry_breaks_off_loses_nothing) {
  for (int round = 0; round < 40; ++round) {
    ptree::hurry h;
    std::vector<ptree::word_table> tables;
    tables.emplace_back(h);
    std::atomic<int> added{0};
    std::thread other([&] {
      while (added.load() < 500 * round) std::this_thread::yield();  // growth is what takes long, so it is mostly met
      h.begin();
    });
    constexpr int words = 20'000;
    for (int i = 0; i < words; ++i) {
      for (const std::string& word : {std::to_string(i), "a longer word " + std::to_string(i)}) {
        ptree::word_table::key key{};
        key.set(word.data(), word.size(), word.size());
        tables.front().add(key);
      }
      added.store(i + 1);
    }
    other.join();
    const auto all = ptree::totals_of(tables, 3 * words);
    ASSERT_EQ(all.distinct, 2u * words);
    for (const auto& [word, count] : all.top) ASSERT_EQ(count, 1u) << word;
  }
}

TEST(PtreeWords, words_that_collide_are_told_apart) {
  // Of a word of more than 16 bytes only a hash is compared first; where its first eight bytes are the hash's own constant, the
  // next eight do not reach it.
  const std::uint64_t constant = 0xa0761d6478bd642f;
  std::string word(32, 'w');
  std::memcpy(word.data(), &constant, sizeof constant);
  std::map<std::string, std::uint64_t> expected;
  for (const char c : {'a', 'b', 'c'}) {
    word[8] = c;
    expected[word] = static_cast<std::uint64_t>(c);
  }
  // A short word, and the same with a zero byte: all but the size is equal. Such as have the same place in an index of totals.
  for (std::uint64_t i = 0; expected.size() < 11; ++i) {
    const std::string one = std::to_string(i);
    const std::string two = one + '\0';
    ptree::word_table::key key{};
    key.set(two.data(), two.size(), two.size());
    const std::uint64_t hash_of_one = key.low * 0x9e3779b97f4a7c15;
    if (hash_of_one >> (64 - 18) == key.hash >> (64 - 18)) expected[one] = expected[two] = i;
  }
  // Words of 16 bytes, the first eight of which are the same, are so many that some meet.
  for (std::uint64_t i = 0; i < 30'000; ++i) expected["the same" + std::to_string(10'000'000 + i)] = i;
  const ptree::hurry none;
  std::vector<ptree::word_table> tables;
  tables.emplace_back(none);
  tables.emplace_back(none);
  std::vector<std::uint64_t> hashes;
  for (const auto& [text, count] : expected) {
    ptree::word_table::key key{};
    key.set(text.data(), text.size(), text.size());
    if (text.size() == 32) hashes.push_back(key.hash);
    for (auto& t : tables) {
      t.add(key);
      t.add(key, count);
    }
  }
  EXPECT_EQ(hashes, std::vector<std::uint64_t>(3, hashes.at(0))) << "they do not collide any more: find others";
  std::map<std::string, std::uint64_t> got;
  for (const auto& [text, count] : ptree::totals_of(tables, 2 * expected.size()).top) got[std::string(text)] = count / 2 - 1;
  EXPECT_EQ(got, expected);
}

TEST(PtreeWords, bytes_behind_a_word_do_not_matter) {
  const ptree::hurry none;
  ptree::word_table table(none);
  for (const char* text : {"word one.............", "word two.............", "word"}) {
    ptree::word_table::key key{};
    key.set(text, 4, std::string_view(text).size());
    table.add(key);
  }
  EXPECT_EQ(table.distinct(), 1u);
}
