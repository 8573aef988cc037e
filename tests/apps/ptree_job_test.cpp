// SPDX-License-Identifier: Apache-2.0
// ptree's job with analyses of its own making: such as stall, are slow, and fail.

#include "apps/ptree/job.cpp"            // NOLINT(bugprone-suspicious-include): an application has no library to link
#include "apps/ptree/terminal_line.cpp"  // NOLINT(bugprone-suspicious-include)
#include "apps/ptree/text.cpp"           // NOLINT(bugprone-suspicious-include)

#include "apps/bench/stalled_analysis.hpp"
#include "support/temporary_folder.hpp"

#include <pariter/io/blocks.hpp>
#include <pariter/runtime/runtime.hpp>

#include <boost/asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
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

// Sums what it sees, and does something when it has seen a block, and when it is finished.
class watched final : public ptree::analysis {
 public:
  struct events {
    std::function<void()> seen = [] {};
    std::function<void()> finished = [] {};
  };
  explicit watched(const events& at) : at_(at) {}
  void add(const pariter::block& b) override {
    bytes_ += b.bytes();
    at_.seen();
  }
  std::unique_ptr<ptree::analysis> another() const override { return std::make_unique<watched>(at_); }
  void merge(ptree::analysis& other) override { bytes_ += static_cast<watched&>(other).bytes_; }
  void finish() override { at_.finished(); }
  void write(ptree::report&) const override {}

  std::uint64_t bytes() const { return bytes_; }

 private:
  const events& at_;
  std::uint64_t bytes_ = 0;
};

ptree::job::analyses several_watched(std::size_t n, const watched::events& at) {
  ptree::job::analyses all;
  for (std::size_t i = 0; i < n; ++i) all.push_back(std::make_unique<watched>(at));
  return all;
}

std::uint64_t bytes_seen(const ptree::job& j, std::size_t i) { return static_cast<const watched&>(*j.results().at(i)).bytes(); }

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
    EXPECT_TRUE(work.partial());
    for (std::size_t i = 0; i < analyses; ++i) EXPECT_TRUE(sum_of(work, i).finished());
  }
}

TEST(PtreeJob, a_stop_that_comes_when_all_has_been_read_leaves_nothing_out) {
  const temporary_folder top;
  const std::string path = top.file("small", std::string(1000, 'x'));
  enum class when { last_block, finish };
  for (const when at : {when::last_block, when::finish}) {
    for (const std::size_t analyses : {1u, 3u}) {
      for (const unsigned jobs : {1u, 4u}) {
        ptree::options o;
        o.paths = {path};
        o.jobs = jobs;
        ptree::job* running = nullptr;
        std::atomic<std::size_t> seen{0};
        watched::events events;
        if (at == when::last_block) {
          events.seen = [&] { if (++seen == analyses) running->stop(); };
        } else {
          events.finished = [&] { running->stop(); };
        }
        ptree::failures failed;
        ptree::job work(o, several_watched(analyses, events), failed);
        running = &work;
        work.run();
        EXPECT_TRUE(work.stopped());
        EXPECT_FALSE(work.partial()) << analyses << " analyses, " << jobs << " jobs";
        for (std::size_t i = 0; i < analyses; ++i) EXPECT_EQ(bytes_seen(work, i), 1000u);
      }
    }
  }
}

TEST(PtreeJob, a_stop_that_comes_while_blocks_are_left_makes_it_partial) {
  const temporary_folder top;
  const std::string path = top.file("blocks", std::string(1'000'000, 'x'));
  for (const std::size_t analyses : {1u, 3u}) {
    for (const unsigned jobs : {1u, 4u}) {
      ptree::options o;
      o.paths = {path};
      o.jobs = jobs;
      ptree::job* running = nullptr;
      const watched::events events{.seen = [&] { running->stop(); }};
      ptree::failures failed;
      ptree::job work(o, several_watched(analyses, events), failed);
      running = &work;
      work.run();
      EXPECT_TRUE(work.partial()) << analyses << " analyses, " << jobs << " jobs";
    }
  }
}

TEST(PtreeJob, what_one_analysis_has_not_seen_makes_it_partial) {
  const temporary_folder top;
  const std::string path = top.file("blocks", std::string(1'000'000, 'x'));
  ptree::options o;
  o.paths = {path};
  o.jobs = 1;
  ptree::job* running = nullptr;
  std::atomic<std::uint64_t> of_the_quick{0};
  std::uint64_t blocks_of_the_slow = 0;
  const watched::events slow{.seen = [&] {
    ++blocks_of_the_slow;
    while (of_the_quick.load() != 1'000'000) std::this_thread::yield();
    running->stop();
  }};
  ptree::job::analyses two = several_watched(1, slow);
  watched* quick = nullptr;
  const watched::events counting{.seen = [&] { of_the_quick = quick->bytes(); }};
  two.push_back(std::make_unique<watched>(counting));
  quick = static_cast<watched*>(two.back().get());
  ptree::failures failed;
  ptree::job work(o, std::move(two), failed);
  running = &work;
  work.run();
  EXPECT_EQ(blocks_of_the_slow, 1u);
  EXPECT_EQ(bytes_seen(work, 1), 1'000'000u);
  EXPECT_TRUE(work.partial());
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
