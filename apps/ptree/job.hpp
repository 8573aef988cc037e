// SPDX-License-Identifier: Apache-2.0
#pragma once

// job: one reading of some trees for some analyses.
//
//                 one analysis                                 several
//                 walk                                         walk
//                   | share                                      | share
//          reader       reader     each on the thread   reader      reader     coroutines on the I/O pool of a runtime
//             |            |       of its analysis          \         /
//         analysis     analysis    merged at the end      broadcast<block>     bounded: who is slow makes the readers wait
//                                                           |     |     |
//                                                      analysis  ...  analysis  each with its own iterator, on its own thread,
//                                                                               or several threads that share() one (-j)
//
// With one analysis the threads that would take the blocks out of the broadcast read them themselves: a block is then analysed
// in the cache of the core that read it. With several, a reader that waits for the slowest analysis holds no thread.
//
// Threads: run() is called once, on any thread, and starts and joins all others. stop() and the counters are for any thread
// while it runs.
// Stopping: whoever would read or analyse more, and sees the stop, leaves that out and says so (leaves_out()). So a stop that comes
// when nothing is left makes no result partial.

#include "analysis.hpp"
#include "failures.hpp"
#include "options.hpp"

#include <pariter/async/async_generator.hpp>
#include <pariter/containers/broadcast.hpp>
#include <pariter/io/block.hpp>
#include <pariter/io/entry.hpp>
#include <pariter/io/file_blocks.hpp>
#include <pariter/runtime/runtime.hpp>

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace ptree {

class job {
 public:
  using analyses = std::vector<std::unique_ptr<analysis>>;

  job(const options& o, analyses all, failures& failed);

  /// Reads everything, or until stop(); then the analyses are finished. Throws what an analysis or a reader threw.
  void run();

  /// run() returns soon: what has not been read, or not by every analysis, is left out.
  void stop() noexcept;

  /// Something was left out. Requires that the job has run.
  [[nodiscard]] bool partial() const noexcept { return partial_.load(std::memory_order_relaxed); }  // relaxed: joined by run()
  [[nodiscard]] bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }  // relaxed: hint
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_.load(std::memory_order_relaxed); }  // relaxed: progress
  [[nodiscard]] std::uint64_t files_read() const noexcept { return files_.load(std::memory_order_relaxed); }  // relaxed: progress
  [[nodiscard]] const analyses& results() const noexcept { return analyses_; }

 private:
  using stream = pariter::broadcast<pariter::block>;

  void run_one();
  void run_several();
  /// What there is to read, until it is stopped.
  pariter::async_generator<pariter::entry> entries(pariter::async_generator<pariter::entry> all);
  /// Whether it was stopped. If so, the caller leaves out what it would do next, and the result is partial.
  bool leaves_out() noexcept;
  /// Puts blocks into the stream until there are no more, or the stream is closed.
  boost::asio::awaitable<void> read(pariter::runtime::io_executor_type pool);
  /// Calls f(); what it throws, the job fails with.
  template <class F>
  void guarded(F f) noexcept;
  /// Keeps the first error and stops the job.
  void fail(std::exception_ptr error) noexcept;
  void note(const pariter::block& b);

  const options& options_;
  analyses analyses_;
  failures& failures_;
  const pariter::file_blocks source_;
  std::optional<stream> stream_;  // with several analyses
  std::atomic<bool> stopped_{false};
  std::atomic<bool> partial_{false};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> files_{0};
  std::mutex mutex_;
  std::exception_ptr error_;  // under mutex_; the first
};

}  // namespace ptree
