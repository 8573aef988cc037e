// SPDX-License-Identifier: Apache-2.0
#pragma once

// stalled_analysis: an analysis for ptree's job that finds out nothing and holds up all others: in its first step, or in every
// one, it waits until the readers have come as far ahead of it as blocks are kept for it. It sees that by the bytes they have read.
//
// Threads: as any analysis; watch() before the job runs.

#include "../ptree/analysis.hpp"
#include "../ptree/job.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <thread>

namespace bench {

class stalled_analysis final : public ptree::analysis {
 public:
  enum class stalls { in_its_first_step, in_every_step };

  /// `all`: the bytes that there are. `ahead`: how far the readers come for certain while this one stalls.
  stalled_analysis(stalls when, std::uint64_t all, std::uint64_t ahead) : when_(when), all_(all), ahead_(ahead) {}

  void watch(const ptree::job& readers) { readers_ = &readers; }

  void add(const pariter::block& b) override {
    if (seen_ == 0 || when_ == stalls::in_every_step) {
      while (readers_->bytes_read() < std::min(seen_ + ahead_, all_) && !readers_->stopped()) std::this_thread::yield();
      most_ahead_ = std::max(most_ahead_, readers_->bytes_read() - seen_);
    }
    seen_ += b.bytes();
  }
  std::unique_ptr<ptree::analysis> another() const override { return nullptr; }  // it has one thread
  void merge(ptree::analysis&) override {}
  void finish() override {}
  void write(ptree::report&) const override {}

  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }
  /// By how much the readers were seen to be ahead of it.
  [[nodiscard]] std::uint64_t most_ahead() const noexcept { return most_ahead_; }

 private:
  const stalls when_;
  const std::uint64_t all_;
  const std::uint64_t ahead_;
  const ptree::job* readers_ = nullptr;
  std::uint64_t seen_ = 0;
  std::uint64_t most_ahead_ = 0;
};

}  // namespace bench
