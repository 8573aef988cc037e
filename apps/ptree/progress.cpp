// SPDX-License-Identifier: Apache-2.0

#include "progress.hpp"

#include "terminal_line.hpp"
#include "text.hpp"

#include <pariter/io/walk.hpp>

#include <cstdio>
#include <filesystem>
#include <system_error>

namespace ptree {

namespace {

constexpr auto interval = std::chrono::milliseconds(200);
constexpr auto long_job = std::chrono::milliseconds(600);

}  // namespace

progress::progress(boost::asio::io_context& on, const job& of, const options& o) : job_(of), options_(o), timer_(on) {}

progress::~progress() { stop(); }

void progress::start() {
  if (!terminal_line::of_stderr().on_terminal()) return;
  running_ = true;
  timer_.expires_after(interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void progress::stop() {
  if (!running_) return;
  running_ = false;
  timer_.cancel();
  ended_.store(true, std::memory_order_relaxed);  // relaxed: hint, joined below
  if (surveyor_.joinable()) surveyor_.join();
  terminal_line::of_stderr().show("");
}

void progress::tick() {
  if (!running_) return;
  if (!surveyor_.joinable() && std::chrono::steady_clock::now() - begun_ >= long_job) {
    surveyor_ = std::thread([this] { survey(); });
  }
  terminal_line::of_stderr().show(line());
  timer_.expires_after(interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void progress::survey() {
  try {
    std::uint64_t sum = 0;
    const auto links = options_.follow ? pariter::symlinks::followed : pariter::symlinks::reported;
    for (const pariter::entry& e : pariter::walk(options_.paths, {.links = links, .open_directories = 0})) {
      if (ended_.load(std::memory_order_relaxed)) return;  // relaxed: hint, only ends early
      if (e.kind() != pariter::entry_kind::file) continue;
      std::error_code error;
      const auto size = std::filesystem::file_size(e.path(), error);
      if (!error) sum += size;
    }
    total_.store(sum, std::memory_order_relaxed);  // relaxed: one number
  } catch (...) {
    // Then the line goes without the time that is left.
  }
}

std::string progress::line() const {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  const auto bytes = static_cast<double>(job_.bytes_read());
  const double rate = bytes / seconds;
  char text[160];
  int n = std::snprintf(text, sizeof text, "ptree: %s, %.1f MB, %.0f MB/s",
                        counted(job_.files_read(), "file").c_str(), bytes / 1e6, rate / 1e6);
  const auto total = static_cast<double>(total_.load(std::memory_order_relaxed));  // relaxed: one number
  if (total > 0 && rate > 0 && n > 0 && static_cast<std::size_t>(n) < sizeof text) {
    std::snprintf(text + n, sizeof text - static_cast<std::size_t>(n), ", %.0f %%, %.0f s left",
                  std::min(100.0, 100 * bytes / total), std::max(0.0, (total - bytes) / rate));
  }
  return text;
}

}  // namespace ptree
