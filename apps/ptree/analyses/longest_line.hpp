// SPDX-License-Identifier: Apache-2.0
#pragma once

// longest_line: the longest line in bytes, without its newline, and where it stands. Of several equally long ones the first by
// path and line number. A last line without newline is a line too.

#include "../analysis.hpp"
#include "../cut_files.hpp"
#include "../kernels.hpp"

#include <cstdint>
#include <string>

namespace ptree {

class longest_line final : public analysis {
 public:
  void add(const pariter::block& b) override;
  std::unique_ptr<analysis> another() const override { return std::make_unique<longest_line>(); }
  void merge(analysis& other) override;
  void finish() override;
  void write(report& out) const override;

 private:
  void add_file(const pariter::entry& file, const line_lengths& found);

  const kernel_set& kernels_ = kernels();
  cut_files<line_lengths> cut_;
  std::uint64_t length_ = 0;
  std::uint64_t number_ = 0;  // from 1; 0: no line yet
  std::string path_;
};

}  // namespace ptree
