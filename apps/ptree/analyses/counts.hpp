// SPDX-License-Identifier: Apache-2.0
#pragma once

// counts: lines, words and bytes, as `LC_ALL=C wc` counts them: that of this machine, or one with another word_rule.

#include "../analysis.hpp"
#include "../cut_files.hpp"
#include "../kernels.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ptree {

class counts final : public analysis {
 public:
  counts(bool per_file, word_rule rule) : per_file_(per_file), rule_(rule) {}

  void add(const pariter::block& b) override;
  std::unique_ptr<analysis> another() const override { return std::make_unique<counts>(per_file_, rule_); }
  void merge(analysis& other) override;
  void finish() override;
  void write(report& out) const override;

 private:
  void add_file(const pariter::entry& file, const text_counts& found);

  const bool per_file_;
  const word_rule rule_;
  const kernel_set& kernels_ = kernels(rule_);
  std::uint64_t files_ = 0;
  std::uint64_t lines_ = 0;
  std::uint64_t words_ = 0;
  std::uint64_t bytes_ = 0;
  cut_files<text_counts> cut_;
  std::vector<std::pair<std::string, text_counts>> each_;
};

}  // namespace ptree
