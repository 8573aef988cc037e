// SPDX-License-Identifier: Apache-2.0
#pragma once

// progress: says in the terminal_line how far the job is, how fast it goes and how long it will take; only if stderr is a
// terminal. How much there is to do is found out by a second walk, which starts once the job has proved to be a long one.
//
// Threads: runs on an io_context; the second walk has a thread of its own.

#include "job.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace ptree {

class progress {
 public:
  progress(boost::asio::io_context& on, const job& of, const options& o);
  ~progress();

  void start();
  /// Clears the line and ends. Once.
  void stop();

 private:
  void tick();
  void survey();
  std::string line() const;

  const job& job_;
  const options& options_;
  boost::asio::steady_timer timer_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  bool running_ = false;
  std::atomic<bool> ended_{false};
  std::atomic<std::uint64_t> total_{0};  // 0: not known yet
  std::thread surveyor_;
};

}  // namespace ptree
