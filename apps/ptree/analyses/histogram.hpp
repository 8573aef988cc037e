// SPDX-License-Identifier: Apache-2.0
#pragma once

// histogram: how often each byte value occurs.

#include "../analysis.hpp"
#include "../kernels.hpp"

namespace ptree {

class histogram final : public analysis {
 public:
  void add(const pariter::block& b) override {
    for (const pariter::piece& p : b.pieces()) bytes_.add(p.bytes);
  }
  std::unique_ptr<analysis> another() const override { return std::make_unique<histogram>(); }
  void merge(analysis& other) override { bytes_.add(static_cast<histogram&>(other).bytes_); }
  void finish() override {}
  void write(report& out) const override;

 private:
  byte_histogram bytes_;
};

}  // namespace ptree
