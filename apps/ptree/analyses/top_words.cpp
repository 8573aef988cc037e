// SPDX-License-Identifier: Apache-2.0

#include "top_words.hpp"

#include "../report.hpp"

#include <algorithm>

namespace ptree {

namespace {

bool is_space(char c) noexcept { return c == ' ' || static_cast<unsigned char>(c - '\t') < 5; }
bool is_print(char c) noexcept { return static_cast<unsigned char>(c - 0x21) < 0x7f - 0x21; }
bool has_print(bytes_view bytes) noexcept { return std::any_of(bytes.begin(), bytes.end(), is_print); }

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

/// Adds all words of `bytes`, before and behind which there is white-space or nothing.
void top_words::add_words(bytes_view bytes) {
  constexpr std::size_t window = 2048;
  constexpr std::size_t most = window / 2 + 1;
  std::uint64_t spaces[window / 64];
  word_table::key keys[most];
  const char* const data = bytes.data();
  const std::size_t size = bytes.size();
  std::size_t word_start = 0;
  std::uint64_t in_word = 0;  // 0 or 1: whether the byte before the next mask is not a space

  std::size_t found = 0;
  const auto add = [&](std::size_t start, std::size_t end) {
    if (!is_print(data[start]) && !has_print({data + start, end - start})) return;
    keys[found].set(data + start, end - start, size - start);
    table_.prefetch(keys[found]);
    ++found;
  };
  const auto flush = [&] {
    for (std::size_t i = 0; i < found; ++i) table_.add(keys[i]);
    words_ += found;
    found = 0;
  };

  for (std::size_t at = 0; at < size; at += window) {
    const std::size_t n = std::min(window, size - at);
    kernels_.spaces({data + at, n}, spaces);
    for (std::size_t m = 0; m * 64 < n; ++m) {
      std::uint64_t inside = ~spaces[m];
      if (const std::size_t left = n - m * 64; left < 64) inside &= (std::uint64_t{1} << left) - 1;  // the end is a space
      std::uint64_t edges = inside ^ (inside << 1 | in_word);
      const std::size_t base = at + m * 64;
      if (in_word != 0 && edges != 0) {
        add(word_start, base + static_cast<std::size_t>(__builtin_ctzll(edges)));
        edges &= edges - 1;
      }
      in_word = inside >> 63;
      while (edges != 0) {
        word_start = base + static_cast<std::size_t>(__builtin_ctzll(edges));
        edges &= edges - 1;
        if (edges == 0) break;
        add(word_start, base + static_cast<std::size_t>(__builtin_ctzll(edges)));
        edges &= edges - 1;
      }
    }
    flush();
  }
  if (in_word != 0) add(word_start, size);
  flush();
}

top_words::part top_words::scan(bytes_view bytes) {
  part result;
  const std::size_t head_size = to_space(bytes);
  result.head = cut(bytes.first(head_size));
  if (head_size == bytes.size()) return result;
  result.has_space = true;
  std::size_t tail_start = bytes.size();
  while (!is_space(bytes[tail_start - 1])) --tail_start;
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
  return {{kept.begin(), kept.end()}, bytes.size(), kernels_.count(bytes).words != 0};
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
  table_.merge(from.table_);
  words_ += from.words_;
  cut_.merge(from.cut_, joined());
}

void top_words::finish() {
  cut_.finish(joined(), [this](const pariter::entry&, const part& whole) { end_file(whole); });
}

void top_words::write(report& out) const {
  const auto top = table_.top(k_);
  out.section("top words");
  table t{{"count", "word"}};
  auto& j = out.json()["top_words"];
  j["words"] = words_;
  j["distinct"] = table_.distinct();
  j["longer_than_255_bytes"] = table_.overlong();
  j["top"] = nlohmann::ordered_json::array();
  for (const auto& [word, count] : top) {
    t.add({count, std::string(word)});
    j["top"].push_back({{"word", valid_utf8(word)}, {"count", count}});
  }
  if (table_.overlong() != 0) t.add({table_.overlong(), "(words of more than 255 bytes, not told apart)"});
  t.add({words_, "total, " + std::to_string(table_.distinct()) + " different"});
  out.add(t);
}

}  // namespace ptree
