// SPDX-License-Identifier: Apache-2.0
#pragma once

// The yardstick of ptree: `wc` over a directory tree as one would write it by hand for one machine and one purpose. No pariter in
// here: POSIX calls, two threads, and the vectorised kernel that ptree uses as well, so that a comparison weighs what stands
// around the kernel, not the kernel.
//
// One thread lists the tree; then the threads take file after file by an atomic index (in batches), each with one buffer that
// stays in its cache. Names are opened relative to their open directory. What cannot be opened is left out: this is a
// yardstick, not a tool. Symbolic links are not followed; only regular files are read.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "../ptree/kernels.hpp"

namespace plain {

struct totals {
  std::uint64_t files = 0;
  std::uint64_t lines = 0;
  std::uint64_t words = 0;
  std::uint64_t bytes = 0;
};

class counter {
 public:
  /// Counts all regular files under the directory `root` on `threads` threads.
  static totals count(const std::string& root, unsigned threads = 2) {
    counter c;
    c.list(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::vector<totals> parts(threads);
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back([&, i] { c.work(parts[i]); });
    c.work(parts[0]);
    for (auto& t : others) t.join();
    totals sum;
    for (const auto& p : parts) {
      sum.files += p.files;
      sum.lines += p.lines;
      sum.words += p.words;
      sum.bytes += p.bytes;
    }
    for (DIR* d : c.directories_) ::closedir(d);
    return sum;
  }

 private:
  struct file {
    int directory;
    const char* name;
  };

  void list(int fd) {
    DIR* const d = fd < 0 ? nullptr : ::fdopendir(fd);
    if (d == nullptr) return;
    directories_.push_back(d);
    std::vector<std::string> below;
    while (const dirent* e = ::readdir(d)) {
      if (e->d_type == DT_REG) {
        names_.push_back(std::make_unique<std::string>(e->d_name));
        files_.push_back({fd, names_.back()->c_str()});
      } else if (e->d_type == DT_DIR && e->d_name != std::string_view(".") && e->d_name != std::string_view("..")) {
        below.emplace_back(e->d_name);
      }
    }
    for (const auto& name : below) list(::openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }

  void work(totals& mine) {
    constexpr std::size_t batch = 8;
    constexpr std::size_t size = 128 * 1024;
    const auto buffer = std::make_unique_for_overwrite<char[]>(size);
    const ptree::kernel_set& k = ptree::kernels();
    totals sum;
    for (;;) {
      // relaxed: the list was published by the start of the thread; the index only deals out work
      const std::size_t first = next_.fetch_add(batch, std::memory_order_relaxed);
      if (first >= files_.size()) break;
      for (std::size_t i = first; i < first + batch && i < files_.size(); ++i) {
        const int fd = ::openat(files_[i].directory, files_[i].name, O_RDONLY | O_CLOEXEC);
        if (fd < 0) continue;
        ++sum.files;
        ptree::text_counts whole;
        for (;;) {
          const ssize_t n = ::read(fd, buffer.get(), size);
          if (n <= 0) break;
          whole = ptree::join(whole, k.count({buffer.get(), static_cast<std::size_t>(n)}));
        }
        ::close(fd);
        sum.lines += whole.lines;
        sum.words += whole.words;
        sum.bytes += whole.bytes;
      }
    }
    mine = sum;
  }

  std::vector<DIR*> directories_;
  std::vector<std::unique_ptr<std::string>> names_;
  std::vector<file> files_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace plain
