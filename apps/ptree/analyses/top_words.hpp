// SPDX-License-Identifier: Apache-2.0
#pragma once

// top_words: how often each word occurs, and the most frequent ones. A word is what the counts count as one, by the same
// word_rule; upper and lower case differ.

#include "../analysis.hpp"
#include "../cut_files.hpp"
#include "../hurry.hpp"
#include "../kernels.hpp"
#include "../word_table.hpp"
#include "../word_totals.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ptree {

class top_words final : public analysis {
 public:
  /// `h` outlives it.
  top_words(std::size_t k, word_rule rule, const hurry& h) : k_(k), rule_(rule), hurry_(h) {}

  void add(const pariter::block& b) override;
  std::unique_ptr<analysis> another() const override { return std::make_unique<top_words>(k_, rule_, hurry_); }
  void merge(analysis& other) override;
  void finish() override;
  void write(report& out) const override;

 private:
  /// Bytes between two spaces, one of which is not there yet. Not all are kept of what is too long for the table anyway.
  struct fragment {
    std::string bytes;
    std::uint64_t size = 0;
    bool is_word = false;  // by the rule
  };
  /// What is open at both ends of a run of bytes. All words between the ends are in the table.
  struct part {
    fragment head;            // up to the first space, or all
    fragment tail;            // from the last space on; nothing where there is no space
    bool has_space = false;
  };

  part scan(bytes_view bytes);
  std::size_t to_space(bytes_view bytes) const;
  bool is_word(bytes_view without_spaces) const noexcept { return kernels_.count(without_spaces).words != 0; }
  fragment cut(bytes_view bytes) const;
  static fragment append(fragment left, const fragment& right);
  void add_word(const fragment& f);
  void add_words(bytes_view between_spaces);
  std::size_t sort_out(const char* data, std::uint32_t* edges, std::size_t words);
  void count_words(bytes_view bytes, const std::uint32_t* edges, std::size_t words);
  void add_word(bytes_view word);
  part join(part left, part right);
  auto joined() {
    return [this](part left, part right) { return join(std::move(left), std::move(right)); };
  }
  void end_file(const part& whole);

  const std::size_t k_;
  const word_rule rule_;
  const hurry& hurry_;
  const kernel_set& kernels_ = kernels(rule_);
  word_table table_{hurry_};        // being filled
  std::vector<word_table> tables_;  // filled: those of the others, and at the end its own
  word_totals totals_;              // by finish()
  std::uint64_t words_ = 0;
  cut_files<part> cut_;
};

}  // namespace ptree
