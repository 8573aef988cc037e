// SPDX-License-Identifier: Apache-2.0
// ptree's job with analyses of its own making: such as stall, are slow, and fail.

#include "apps/ptree/job.cpp"          // NOLINT(bugprone-suspicious-include): an application has no library to link
#include "apps/ptree/json_writer.cpp"  // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/report.cpp"       // NOLINT(bugprone-suspicious-include)

#include "apps/bench/stalled_analysis.hpp"
#include "support/temporary_folder.hpp"

#include <pariter/io/blocks.hpp>
#include <pariter/runtime/runtime.hpp>

#include <boost/asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

using bench::stalled_analysis;
using pariter::test::temporary_folder;

namespace {

// Sums what it sees; throws when it has seen `most` bytes.
class summing final : public ptree::analysis {
 public:
  explicit summing(std::uint64_t most = ~std::uint64_t{0}) : most_(most) {}
  void add(const pariter::block& b) override {
    for (const pariter::piece& p : b.pieces()) {
      bytes_ += p.bytes.size();
      files_ += p.last;
    }
    if (bytes_ >= most_) throw std::runtime_error("it has seen enough");
  }
  std::unique_ptr<ptree::analysis> another() const override { return std::make_unique<summing>(most_); }
  void merge(ptree::analysis& other) override {
    bytes_ += static_cast<summing&>(other).bytes_;
    files_ += static_cast<summing&>(other).files_;
  }
  void finish() override { finished_ = true; }
  void write(ptree::report&) const override {}

  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t files() const { return files_; }
  bool finished() const { return finished_; }

 private:
  const std::uint64_t most_;
  std::uint64_t bytes_ = 0;
  std::uint64_t files_ = 0;
  bool finished_ = false;
};

const summing& sum_of(const ptree::job& j, std::size_t i) { return static_cast<const summing&>(*j.results().at(i)); }

std::uint64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

// A file of three gigabytes, all but the first bytes of which take no room.
class large_file {
 public:
  static constexpr std::uint64_t size = 3'000'000'000;
  large_file() : path_(top_.file("large", "head of it\n")) { std::filesystem::resize_file(path_, size); }
  const std::string& path() const { return path_; }

 private:
  temporary_folder top_;
  std::string path_;
};

void three_gigabytes_with(stalled_analysis::stalls when, std::uint64_t ahead) {
  const large_file file;
  ptree::options o;
  o.paths = {file.path()};
  o.jobs = 1;
  auto made = std::make_unique<stalled_analysis>(when, file.size, ahead);
  const stalled_analysis& stalled = *made;
  stalled_analysis& to_watch = *made;
  ptree::job::analyses three;
  three.push_back(std::make_unique<summing>());
  three.push_back(std::move(made));
  three.push_back(std::make_unique<summing>());
  ptree::failures failed;
  ptree::job work(o, std::move(three), failed);
  to_watch.watch(work);

  std::ofstream("/proc/self/clear_refs") << 5;  // the peak is measured from here
  const std::uint64_t before = peak_memory();
  work.run();
  const std::uint64_t peak = peak_memory();

  EXPECT_TRUE(failed.all().empty());
  EXPECT_EQ(stalled.seen(), file.size);
  EXPECT_EQ(sum_of(work, 0).bytes(), file.size);
  EXPECT_EQ(sum_of(work, 2).bytes(), file.size);
  EXPECT_GE(stalled.most_ahead(), ahead) << "it did not stall";
  EXPECT_GT(before, 0u) << "was not measured";
  EXPECT_LT(peak, 256u << 20);
  EXPECT_LT(peak - before, 64u << 20);
}

}  // namespace

TEST(PtreeJob, who_stalls_makes_the_readers_wait_and_not_the_memory_grow) {
  three_gigabytes_with(stalled_analysis::stalls::in_its_first_step, ptree::window * ptree::for_several.fill);
}

TEST(PtreeJob, who_is_always_the_last_makes_the_readers_wait_and_not_the_memory_grow) {
  three_gigabytes_with(stalled_analysis::stalls::in_every_step, ptree::window / 2 * ptree::for_several.fill);
}

TEST(PtreeJob, what_an_analysis_throws_ends_it_and_is_thrown) {
  const large_file file;
  for (const std::size_t analyses : {1u, 2u, 5u}) {
    for (const unsigned jobs : {1u, 3u}) {
      ptree::options o;
      o.paths = {file.path()};
      o.jobs = jobs;
      ptree::job::analyses all;
      for (std::size_t i = 1; i < analyses; ++i) all.push_back(std::make_unique<summing>());
      all.push_back(std::make_unique<summing>(100'000'000));
      ptree::failures failed;
      ptree::job work(o, std::move(all), failed);
      EXPECT_THROW(work.run(), std::runtime_error);
      EXPECT_TRUE(work.stopped());
      EXPECT_LT(work.bytes_read(), 2'000'000'000u) << "the others went on";
      EXPECT_FALSE(sum_of(work, 0).finished());
    }
  }
}

TEST(PtreeJob, a_job_that_is_stopped_before_it_runs_ends_and_finishes_its_analyses) {
  const large_file file;
  for (const std::size_t analyses : {1u, 3u}) {
    ptree::options o;
    o.paths = {file.path()};
    o.jobs = 2;
    ptree::job::analyses all;
    for (std::size_t i = 0; i < analyses; ++i) all.push_back(std::make_unique<summing>());
    ptree::failures failed;
    ptree::job work(o, std::move(all), failed);
    work.stop();
    work.run();
    EXPECT_LT(work.bytes_read(), 100'000'000u);
    for (std::size_t i = 0; i < analyses; ++i) EXPECT_TRUE(sum_of(work, i).finished());
  }
}

TEST(PtreeJob, every_hand_of_every_analysis_is_merged) {
  const temporary_folder top;
  std::uint64_t bytes = 0;
  for (int i = 0; i < 300; ++i) bytes += std::filesystem::file_size(top.file(std::to_string(i), std::string(static_cast<std::size_t>(i) * 997, 'x')));
  for (const std::size_t analyses : {1u, 2u, 4u}) {
    for (const unsigned jobs : {1u, 2u, 7u}) {
      ptree::options o;
      o.paths = {top.path().string()};
      o.jobs = jobs;
      ptree::job::analyses all;
      for (std::size_t i = 0; i < analyses; ++i) all.push_back(std::make_unique<summing>());
      ptree::failures failed;
      ptree::job work(o, std::move(all), failed);
      work.run();
      EXPECT_EQ(work.bytes_read(), bytes);
      EXPECT_EQ(work.files_read(), 300u);
      for (std::size_t i = 0; i < analyses; ++i) {
        EXPECT_EQ(sum_of(work, i).bytes(), bytes);
        EXPECT_EQ(sum_of(work, i).files(), 300u);
      }
    }
  }
}
