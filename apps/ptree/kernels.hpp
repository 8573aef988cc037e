// SPDX-License-Identifier: Apache-2.0
#pragma once

// The inner loops of ptree: pure functions over a run of bytes, each in several versions (plain, SSE2, AVX2, AVX-512),
// the best of which is chosen once, at run time, for the processor at hand.
//
// Threads: all functions are pure or write only what the caller handed in; a byte_histogram is owned by one thread.
//
// Bytes are classified as `LC_ALL=C wc` does:
//   space  09..0d and 20, and (word_rule::nbsp) a0: ends a word
//   print  21..7e, or (but for word_rule::printable) whatever is no space: makes the run between two spaces a word
//   other  everything else: neither ends a word nor makes one ("a\1b" is one word, "\1" is none)
//
// Cost: one pass; nothing is allocated (but the table of a histogram); no byte outside the span is read.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace ptree {

using bytes_view = std::span<const char>;

/// What makes the run between two spaces a word, and what a space is.
enum class word_rule {
  any,       ///< nothing more, as POSIX has it: wc of BSD
  nbsp,      ///< nothing more, but the byte a0 (Latin-1's no-break space) is a space, too: wc of Debian 13
  printable  ///< a printable ASCII character in it: wc of Debian 12
};

/// The rule of the wc of the machine that this was built on.
#ifdef PTREE_WORDS_OF_WC
inline constexpr word_rule words_of_wc = word_rule::PTREE_WORDS_OF_WC;
#else
inline constexpr word_rule words_of_wc = word_rule::any;
#endif

/// What `count` found in one run of bytes, as if a space stood before it. Two neighbouring runs add up by `join`.
struct text_counts {
  std::uint64_t lines = 0;
  std::uint64_t words = 0;
  std::uint64_t bytes = 0;
  bool decided = false;         ///< the run has a byte that is not `other`
  bool starts_in_word = false;  ///< the first such byte is `print`
  bool ends_in_word = false;    ///< the last such byte is `print`

  friend bool operator==(const text_counts&, const text_counts&) = default;
};

/// The counts of `left` followed by `right`. Associative; the empty value is its identity.
[[nodiscard]] text_counts join(const text_counts& left, const text_counts& right) noexcept;

/// Lines of one run: the last line of the run may be cut, and so may the first.
struct line_lengths {
  std::uint64_t newlines = 0;
  std::uint64_t head = 0;       ///< bytes before the first newline (all bytes if there is none)
  std::uint64_t tail = 0;       ///< bytes after the last newline (all bytes if there is none)
  std::uint64_t longest = 0;    ///< of the whole lines after the first newline, the length of the longest ...
  std::uint64_t longest_at = 0; ///< ... and its index in the run (the first line has 0); 0 where there is no such line

  friend bool operator==(const line_lengths&, const line_lengths&) = default;
};

/// The lengths of `left` followed by `right`. Associative; the empty value is its identity.
[[nodiscard]] line_lengths join(const line_lengths& left, const line_lengths& right) noexcept;

/// Where the runs between spaces begin and end, by position: begin, end, begin, end and so on.
struct word_edges {
  std::uint32_t* end;   ///< behind the last position that was written
  bool in_word;         ///< the last run goes on behind the bytes: its end is missing
  bool odd;             ///< one of the runs begins with a byte that is not `print`, or a byte is 0
};

/// One version of every kernel.
struct kernel_set {
  const char* name;
  text_counts (*count)(bytes_view bytes) noexcept;
  line_lengths (*lines)(bytes_view bytes) noexcept;
  /// How often `needle` (not empty) begins in `bytes` and ends in it; occurrences may overlap.
  std::uint64_t (*find)(bytes_view bytes, std::string_view needle) noexcept;
  /// Writes one mask per started 64 bytes: bit i is set where byte i is a space. Bits past the end are 0.
  void (*spaces)(bytes_view bytes, std::uint64_t* out) noexcept;
  /// Writes the edges of the runs in `bytes`, of which the first byte has the position `first`, to `out`. `in_word` tells that a run
  /// goes on from before. Up to bytes.size() + 1 positions; what stands in `out` for another `edges_slack` behind them is lost.
  word_edges (*edges)(bytes_view bytes, std::uint32_t first, bool in_word, std::uint32_t* out) noexcept;
};

inline constexpr std::size_t edges_slack = 16;

/// The versions that this processor can run, slowest first. The first is plain C++.
[[nodiscard]] std::span<const kernel_set> available_kernels(word_rule rule) noexcept;

/// The fastest of them.
[[nodiscard]] const kernel_set& kernels(word_rule rule = words_of_wc) noexcept;

/// Counts byte values: pairs of them, in a table of 256 KiB of which text uses a small part. That is one addition for two bytes,
/// and equal neighbours rarely wait for each other's store.
class byte_histogram {
 public:
  byte_histogram();

  void add(bytes_view bytes) noexcept;
  void add(const byte_histogram& other) noexcept;
  [[nodiscard]] std::array<std::uint64_t, 256> totals() const noexcept;

 private:
  static constexpr std::size_t pairs = std::size_t{1} << 16;
  static constexpr std::size_t most = std::size_t{1} << 32;  // bytes in the table: a 32-bit counter of pairs holds that

  void empty_table() noexcept;

  std::unique_ptr<std::uint32_t[]> table_;
  std::size_t in_table_ = 0;
  std::array<std::uint64_t, 256> totals_ = {};
};

}  // namespace ptree
