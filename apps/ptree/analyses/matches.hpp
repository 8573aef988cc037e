// SPDX-License-Identifier: Apache-2.0
#pragma once

// matches: how often a fixed string occurs. Every position where it begins counts, so "aa" occurs three times in "aaaa".

#include "../analysis.hpp"
#include "../cut_files.hpp"
#include "../kernels.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ptree {

class matches final : public analysis {
 public:
  /// Requires a text that is not empty.
  matches(std::string text, bool per_file) : text_(std::move(text)), per_file_(per_file) {}

  void add(const pariter::block& b) override;
  std::unique_ptr<analysis> another() const override { return std::make_unique<matches>(text_, per_file_); }
  void merge(analysis& other) override;
  void finish() override;
  void write(report& out) const override;

 private:
  /// A run of bytes, of which only the ends are kept: an occurrence across a seam lies in them.
  struct part {
    std::uint64_t found = 0;
    std::string head;  // the first text_.size() - 1 bytes, or all
    std::string tail;  // the last text_.size() - 1 bytes, or all
  };

  part look(bytes_view bytes) const;
  part join(part left, part right) const;
  auto joined() const {
    return [this](part left, part right) { return join(std::move(left), std::move(right)); };
  }
  void add_file(const pariter::entry& file, std::uint64_t found);

  const std::string text_;
  const bool per_file_;
  const kernel_set& kernels_ = kernels();
  cut_files<part> cut_;
  std::uint64_t found_ = 0;
  std::uint64_t files_ = 0;
  std::vector<std::pair<std::string, std::uint64_t>> each_;
};

}  // namespace ptree
