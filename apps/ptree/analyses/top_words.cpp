// SPDX-License-Identifier: Apache-2.0

#include "top_words.hpp"

#include "../report.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace ptree {

namespace {

bool is_space(char c, word_rule rule) noexcept {
  return c == ' ' || static_cast<unsigned char>(c - '\t') < 5 || (rule == word_rule::nbsp && c == static_cast<char>(0xa0));
}
bool is_print(char c) noexcept { return static_cast<unsigned char>(c - 0x21) < 0x7f - 0x21; }

constexpr std::size_t window = 2048;  // bytes looked at in one go
constexpr std::size_t most_words = window / 2 + 1;

}  // namespace

void top_words::add(const pariter::block& b) {
  for (const pariter::piece& p : b.pieces()) {
    if (p.first && p.last) {
      add_words(p.bytes);
    } else {
      cut_.add(p, scan(p.bytes), joined(), [this](const pariter::entry&, const part& whole) { end_file(whole); });
    }
  }
}

/// Adds all words of `bytes`, before and behind which there is white-space or nothing. Fewer than 4 GB: a piece of a block.
void top_words::add_words(bytes_view bytes) {
  std::uint32_t edges[2 * most_words + edges_slack];
  const char* const data = bytes.data();
  const std::size_t size = bytes.size();
  bool in_word = false;
  bool odd_before = false;
  for (std::size_t at = 0; at < size; at += window) {
    const std::size_t n = std::min(window, size - at);
    const word_edges found = kernels_.edges({data + at, n}, static_cast<std::uint32_t>(at), in_word, edges + in_word);
    auto count = static_cast<std::size_t>(found.end - edges);
    in_word = found.in_word;
    if (in_word && at + n == size) {
      edges[count++] = static_cast<std::uint32_t>(size);
      in_word = false;
    }
    const std::uint32_t open = in_word ? edges[count - 1] : 0;  // begins here, ends in a later window
    std::size_t words = count / 2;
    // Of a word that began in the window before, the first byte was seen there.
    if (found.odd || odd_before) words = sort_out(data, edges, words);
    odd_before = found.odd || (odd_before && count < 2);
    count_words(bytes, edges, words);
    edges[0] = open;
  }
}

/// Leaves out what is no word, and adds those at once that end with a zero byte. Returns how many are left.
std::size_t top_words::sort_out(const char* data, std::uint32_t* edges, std::size_t words) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint32_t begin = edges[2 * i];
    const std::uint32_t end = edges[2 * i + 1];
    if (!is_print(data[begin]) && !is_word({data + begin, data + end})) continue;
    if (data[end - 1] == '\0') {
      add_word({data + begin, data + end});
      continue;
    }
    edges[2 * kept] = begin;
    edges[2 * kept + 1] = end;
    ++kept;
  }
  return kept;
}

/// Adds the words of a window. Short ones and others are told apart without a branch, which would often be guessed wrong.
void top_words::count_words(bytes_view bytes, const std::uint32_t* edges, std::size_t words) {
  constexpr std::size_t ahead = 32;
  const char* const data = bytes.data();
  // At the end of the bytes a word must not be read as eight.
  for (; words != 0 && bytes.size() - edges[2 * words - 2] < short_words::longest; --words) {
    add_word({data + edges[2 * words - 2], data + edges[2 * words - 1]});
  }
  words_ += words;
  std::uint64_t found[most_words + ahead];
  std::uint16_t others[most_words + 1];
  std::size_t n = 0;
  std::size_t n_others = 0;
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint32_t begin = edges[2 * i];
    const std::uint32_t length = edges[2 * i + 1] - begin;
    found[n] = short_words::first(data + begin, length);
    n += length <= short_words::longest;
    others[n_others] = static_cast<std::uint16_t>(i);
    n_others += length > short_words::longest;
  }

  short_words& table = table_.of_short();
  std::fill_n(found + n, ahead, 0);
  for (std::size_t i = 0; i < std::min(n, ahead); ++i) table.prefetch(found[i]);
  for (std::size_t i = 0; i < n; ++i) {
    table.prefetch(found[i + ahead]);
    table.add(found[i]);
  }

  word_table::key keys[window / (short_words::longest + 2) + 2];
  for (std::size_t i = 0; i < n_others; ++i) {
    const std::uint32_t begin = edges[2 * others[i]];
    keys[i].set(data + begin, edges[2 * others[i] + 1] - begin, bytes.size() - begin);
    table_.prefetch(keys[i]);
  }
  for (std::size_t i = 0; i < n_others; ++i) table_.add_other(keys[i]);
}

/// A word by itself.
void top_words::add_word(bytes_view word) {
  ++words_;
  word_table::key key;
  key.set(word.data(), word.size(), word.size());
  table_.add(key);
}

top_words::part top_words::scan(bytes_view bytes) {
  part result;
  const std::size_t head_size = to_space(bytes);
  result.head = cut(bytes.first(head_size));
  if (head_size == bytes.size()) return result;
  result.has_space = true;
  std::size_t tail_start = bytes.size();
  while (!is_space(bytes[tail_start - 1], rule_)) --tail_start;
  result.tail = cut(bytes.subspan(tail_start));
  add_words(bytes.subspan(head_size, tail_start - head_size));
  return result;
}

/// How many bytes stand before the first space.
std::size_t top_words::to_space(bytes_view bytes) const {
  for (std::size_t at = 0; at < bytes.size(); at += 64) {
    std::uint64_t spaces = 0;
    kernels_.spaces(bytes.subspan(at, std::min<std::size_t>(64, bytes.size() - at)), &spaces);
    if (spaces != 0) return at + static_cast<std::size_t>(__builtin_ctzll(spaces));
  }
  return bytes.size();
}

top_words::fragment top_words::cut(bytes_view bytes) const {
  const bytes_view kept = bytes.first(std::min(bytes.size(), word_table::longest + 1));
  return {{kept.begin(), kept.end()}, bytes.size(), is_word(bytes)};
}

top_words::fragment top_words::append(fragment left, const fragment& right) {
  if (left.bytes.size() <= word_table::longest) left.bytes += right.bytes;  // else it is too long already
  left.size += right.size;
  left.is_word = left.is_word || right.is_word;
  return left;
}

void top_words::add_word(const fragment& f) {
  if (!f.is_word) return;
  ++words_;
  word_table::key key;
  key.set(f.bytes.data(), static_cast<std::size_t>(f.size), f.bytes.size());
  table_.add(key);
}

top_words::part top_words::join(part left, part right) {
  part both;
  both.has_space = left.has_space || right.has_space;
  if (!left.has_space) {
    both.head = append(std::move(left.head), right.head);
    both.tail = std::move(right.tail);
  } else {
    both.head = std::move(left.head);
    fragment across = append(std::move(left.tail), right.head);
    if (right.has_space) {
      add_word(across);
      both.tail = std::move(right.tail);
    } else {
      both.tail = std::move(across);
    }
  }
  return both;
}

void top_words::end_file(const part& whole) {
  add_word(whole.head);
  add_word(whole.tail);
}

void top_words::merge(analysis& other) {
  auto& from = static_cast<top_words&>(other);
  tables_.push_back(std::move(from.table_));
  words_ += from.words_;
  cut_.merge(from.cut_, joined());
}

void top_words::finish() {
  cut_.finish(joined(), [this](const pariter::entry&, const part& whole) { end_file(whole); });
  tables_.push_back(std::move(table_));
  totals_ = totals_of(tables_, k_);
}

void top_words::write(report& out) const {
  const auto overlong = std::accumulate(tables_.begin(), tables_.end(), std::uint64_t{0}, [](std::uint64_t n, const word_table& t) { return n + t.overlong(); });
  if (out.is_json()) {
    json_writer& j = out.json();
    j.object("top_words", [&] {
      j.member("words", words_);
      j.member("distinct", totals_.distinct);
      j.member("longer_than_255_bytes", overlong);
      j.list("top", [&] {
        for (const auto& [word, count] : totals_.top) j.row({{"word", word}, {"count", count}});
      });
    });
    return;
  }
  table t({"count", "word"});
  for (const auto& [word, count] : totals_.top) t.add({count, std::string(word)});
  if (overlong != 0) t.add({overlong, "(words of more than 255 bytes, not told apart)"});
  t.add({words_, "total, " + std::to_string(totals_.distinct) + " different"});
  out.section("top words", t);
}

}  // namespace ptree
