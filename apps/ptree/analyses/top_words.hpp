// SPDX-License-Identifier: Apache-2.0
#pragma once

// top_words: how often each word occurs, and the most frequent ones. A word is what the counts count as one: what stands between
// white-space and has a printable ASCII character in it; upper and lower case differ.

#include "../analysis.hpp"
#include "../cut_files.hpp"
#include "../kernels.hpp"
#include "../word_table.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ptree {

class top_words final : public analysis {
 public:
  explicit top_words(std::size_t k) : k_(k) {}

  void add(const pariter::block& b) override;
  std::unique_ptr<analysis> another() const override { return std::make_unique<top_words>(k_); }
  void merge(analysis& other) override;
  void finish() override;
  void write(report& out) const override;

 private:
  /// Bytes between two spaces, one of which is not there yet. Not all are kept of what is too long for the table anyway.
  struct fragment {
    std::string bytes;
    std::uint64_t size = 0;
    bool is_word = false;  // has a printable byte
  };
  /// What is open at both ends of a run of bytes. All words between the ends are in the table.
  struct part {
    fragment head;            // up to the first space, or all
    fragment tail;            // from the last space on; nothing where there is no space
    bool has_space = false;
  };

  part scan(bytes_view bytes);
  std::size_t to_space(bytes_view bytes) const;
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
  const kernel_set& kernels_ = kernels();
  word_table table_;
  std::uint64_t words_ = 0;
  cut_files<part> cut_;
};

}  // namespace ptree
