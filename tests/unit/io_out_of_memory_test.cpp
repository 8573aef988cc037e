// SPDX-License-Identifier: Apache-2.0
// io/ when memory runs out: every allocation of a walk, of lines and of blocks fails in turn. What comes out is whole, or the
// consumer is told: by an exception, or by an error at the entry or file that it concerns.
#include "pariter/io/blocks.hpp"
#include "pariter/io/lines.hpp"
#include "pariter/io/walk.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

// A sanitizer that brings its own operator new keeps it, and then nothing fails: the tests say so.
#if defined(__SANITIZE_THREAD__)
#define PARITER_TEST_OWN_NEW 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PARITER_TEST_OWN_NEW 0
#endif
#endif
#ifndef PARITER_TEST_OWN_NEW
#define PARITER_TEST_OWN_NEW 1
#endif

namespace {

// Allocations of this thread that succeed before one fails; negative: all do.
thread_local long left = -1;
thread_local bool failed = false;

[[maybe_unused]] bool fails_now() noexcept {
  if (left < 0) return false;
  if (left-- > 0) return false;
  failed = true;
  return true;
}

}  // namespace

#if PARITER_TEST_OWN_NEW
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const p = fails_now() ? nullptr : std::malloc(size != 0 ? size : 1);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
#endif

namespace {

using pariter::block;
using pariter::entry;
using pariter::test::temporary_folder;

// Runs `attempt` with the n-th allocation failing, for all n, until it needs fewer than n. attempt(told): true if its result
// is whole; an exception of its own has been told.
template <class F>
void every_allocation_fails(F attempt) {
  if (!PARITER_TEST_OWN_NEW) GTEST_SKIP() << "operator new is the sanitizer's";
  for (long n = 0;; ++n) {
    ASSERT_LT(n, 100'000);
    bool told = false, whole = false;
    left = n;
    failed = false;
    try {
      whole = attempt(told);
    } catch (const std::bad_alloc&) {
      told = true;
    } catch (const std::system_error& e) {
      told = e.code() == std::errc::not_enough_memory;
    }
    left = -1;
    EXPECT_TRUE(whole || told) << "allocation " << n << " failed, and nobody was told";
    if (!failed) {
      EXPECT_TRUE(whole);
      return;
    }
  }
}

temporary_folder& tree() {
  static temporary_folder top;
  static const bool made = [] {
    for (int d = 0; d < 3; ++d)
      for (int f = 0; f < 4; ++f) (void)top.file("folder" + std::to_string(d) + "/a name that is not a short one " + std::to_string(f), "some text\nand more\n");
    return true;
  }();
  (void)made;
  return top;
}

TEST(OutOfMemory, in_a_walk) {
  const std::string top = tree().path().string();
  for (const std::size_t open : {64u, 0u}) {
    every_allocation_fails([&](bool& told) {
      std::size_t files = 0, folders = 0;
      for (const entry& e : pariter::walk(top, {.links = pariter::symlinks::followed, .open_directories = open})) {
        if (e.error()) told = true;
        else if (e.kind() == pariter::entry_kind::file) ++files;
        else ++folders;
      }
      return files == 12 && folders == 4;
    });
  }
}

TEST(OutOfMemory, in_lines) {
  const std::string file = tree() / "folder0/a name that is not a short one 0";
  every_allocation_fails([&](bool&) {
    int lines = 0;
    for (const std::string& line : pariter::lines(file)) lines += line.empty() ? 0 : 1;
    return lines == 2;
  });
}

TEST(OutOfMemory, in_blocks) {
  const std::string top = tree().path().string();
  every_allocation_fails([&](bool& told) {
    std::size_t bytes = 0, ends = 0;
    for (const block& b : pariter::blocks(pariter::walk(top, {.open_directories = 1}), {.capacity = 64, .fill = 40, .extent = 16})) {
      told = told || !b.failures().empty();
      bytes += b.bytes();
      for (const auto& p : b.pieces()) ends += p.last ? 1 : 0;
    }
    return bytes == 12 * 19 && ends == 12;
  });
}

// A source that needs no memory, so that it is the reader that runs out of it.
pariter::async_generator<entry> each_of(const std::vector<entry>& all) {
  for (const entry& e : all) co_yield entry(e);
}

TEST(OutOfMemory, a_reader_that_goes_on_has_lost_nothing) {
  std::vector<entry> files;
  for (int f = 0; f < 12; ++f) files.push_back(entry::of(tree() / "missing"));
  for (int f = 0; f < 20; ++f) files.push_back(entry::of(tree().file("many/" + std::to_string(f), "some text\n")));
  files.push_back(entry::of(tree().file("large", std::string(1000, 'x'))));
  files.push_back(entry::of(tree() / "folder0/a name that is not a short one 0"));
  const std::size_t all_bytes = 20 * 10 + 1000 + 19;
  for (const pariter::blocks_options options : {pariter::blocks_options{}, pariter::blocks_options{64, 40, 16}}) {
    every_allocation_fails([&](bool& told) {
      const long n = std::exchange(left, -1);
      const pariter::file_blocks all(each_of(files), options);
      auto reader = all.iter();
      left = n;
      std::size_t bytes = 0, ends = 0, failures = 0;
      for (;;) {
        try {
          const std::optional<block> b = reader.next();
          if (!b) break;
          bytes += b->bytes();
          failures += b->failures().size();
          for (const auto& p : b->pieces()) ends += p.last ? 1 : 0;
        } catch (const std::bad_alloc&) {
          EXPECT_FALSE(std::exchange(told, true));
        }
      }
      EXPECT_EQ(bytes, all_bytes) << "allocation " << n;
      EXPECT_EQ(ends, 22u) << "allocation " << n;
      EXPECT_EQ(failures, 12u) << "allocation " << n;
      return bytes == all_bytes;
    });
  }
}

}  // namespace
