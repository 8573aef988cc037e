// SPDX-License-Identifier: Apache-2.0
#include "pariter/io/file_blocks.hpp"

#include "pariter/core/errors.hpp"
#include "pariter/detail/worker_mark.hpp"
#include "pariter/io/io_error.hpp"
#include "pariter/io/walk.hpp"
#include "support/sanitizers.hpp"
#include "support/temporary_folder.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;
using pariter::async_generator;
using pariter::block;
using pariter::blocks_options;
using pariter::entry;
using pariter::file_blocks;
using pariter::io_errc;
using pariter::piece;
using pariter::walk;
using pariter::test::temporary_folder;

namespace {

// Puts the pieces of files together again and checks what block.hpp promises of them.
class files {
 public:
  void add(const block& b) {
    std::size_t bytes = 0;
    for (const piece& p : b.pieces()) {
      file& f = files_[p.file.path()];
      EXPECT_TRUE(f.pieces.emplace(p.offset, std::string(p.bytes.begin(), p.bytes.end())).second) << "two pieces at one offset";
      EXPECT_EQ(p.first, p.offset == 0);
      if (p.last) f.ends.push_back(p.offset + p.bytes.size());
      bytes += p.bytes.size();
    }
    for (const auto& failure : b.failures()) errors_[failure.file.path()] = failure.error;
    EXPECT_EQ(bytes, b.bytes());
    EXPECT_FALSE(b.pieces().empty() && b.failures().empty()) << "an empty block";
    ++blocks_;
  }
  void merge(files& other) {
    for (auto& [path, f] : other.files_) {
      files_[path].pieces.merge(f.pieces);
      EXPECT_TRUE(f.pieces.empty()) << "two pieces at one offset";
      auto& ends = files_[path].ends;
      ends.insert(ends.end(), f.ends.begin(), f.ends.end());
    }
    errors_.merge(other.errors_);
    blocks_ += other.blocks_;
  }

  // The content of a file that was read without failure.
  std::string content(const std::string& path) const {
    std::string whole;
    const auto found = files_.find(path);
    if (found == files_.end()) return "(no such file among the pieces)";
    for (const auto& [offset, bytes] : found->second.pieces) {
      EXPECT_EQ(offset, whole.size()) << path << ": a gap or an overlap";
      whole += bytes;
    }
    EXPECT_EQ(found->second.ends, std::vector<std::uint64_t>{whole.size()}) << path << ": one last piece, at the end";
    return whole;
  }
  std::size_t pieces_of(const std::string& path) const { return files_.at(path).pieces.size(); }
  std::size_t size() const { return files_.size(); }
  std::size_t blocks() const { return blocks_; }
  const std::map<std::string, std::error_code>& errors() const { return errors_; }

 private:
  struct file {
    std::map<std::uint64_t, std::string> pieces;
    std::vector<std::uint64_t> ends;
  };
  std::map<std::string, file> files_;
  std::map<std::string, std::error_code> errors_;
  std::size_t blocks_ = 0;
};

files read(const file_blocks& from, int threads = 1) {
  files all;
  std::mutex mutex;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      files mine;
      for (const block& b : from) mine.add(b);
      const std::lock_guard hold(mutex);
      all.merge(mine);
    });
  }
  for (auto& t : running) t.join();
  return all;
}

std::string text(std::size_t size, unsigned seed = 1) {
  std::string s(size, '\0');
  for (char& c : s) c = static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
  return s;
}

// Some entries, with something done before each is handed out.
async_generator<entry> entries(std::vector<entry> all, std::function<void(const entry&)> before) {
  for (entry& e : all) {
    before(e);
    co_yield e;
  }
}

std::vector<entry> list(const std::string& root) {
  std::vector<entry> all;
  for (entry& e : walk(root)) all.push_back(std::move(e));
  return all;
}

}  // namespace

TEST(FileBlocks, the_pieces_of_a_tree_are_its_files) {
  const temporary_folder top;
  std::map<std::string, std::string> expected;
  for (const std::size_t size : {0u, 1u, 63u, 64u, 65u, 100u, 127u, 128u, 129u, 1000u, 4096u}) {
    for (unsigned copy = 0; copy < 3; ++copy) {
      const std::string content = text(size, copy);
      expected[top.file(std::to_string(copy) + "/" + std::to_string(size), content)] = content;
    }
  }
  for (const blocks_options options : {blocks_options{}, blocks_options{64, 1}, blocks_options{64, 64}, blocks_options{128, 32, 50},
                                       blocks_options{1, 1, 1}, blocks_options{1000, 200, 1000}}) {
    for (const int threads : {1, 3}) {
      const files got = read(file_blocks(walk(top.path().string()), options), threads);
      EXPECT_EQ(got.size(), expected.size());
      EXPECT_TRUE(got.errors().empty());
      for (const auto& [path, content] : expected) EXPECT_EQ(got.content(path), content) << path << " capacity " << options.capacity;
    }
  }
}

TEST(FileBlocks, small_files_share_a_block_and_are_not_cut) {
  const temporary_folder top;
  for (int i = 0; i < 100; ++i) (void)top.file(std::to_string(i), text(100));
  const files got = read(file_blocks(walk(top.path().string()), {.capacity = 1200, .fill = 1000}));
  EXPECT_EQ(got.blocks(), 10u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(got.pieces_of(top / std::to_string(i)), 1u);
}

TEST(FileBlocks, a_large_file_is_read_by_several_readers) {
  const temporary_folder top;
  const std::string content = text(1'000'000);
  const std::string path = top.file("large", content);
  const file_blocks all(walk(path), {.capacity = 1000, .fill = 1000, .extent = 5000});
  // Two readers in turn on one thread: both get something to do.
  auto a = all.iter();
  auto b = all.iter();
  files got;
  std::size_t of_a = 0;
  std::size_t of_b = 0;
  for (bool more = true; more;) {
    auto x = a.try_next();
    auto y = b.try_next();
    if (x.has_item()) got.add(*x), ++of_a;
    if (y.has_item()) got.add(*y), ++of_b;
    more = !x.is_closed() || !y.is_closed();
  }
  EXPECT_EQ(got.content(path), content);
  EXPECT_GT(of_a, 400u);
  EXPECT_GT(of_b, 400u);
}

TEST(FileBlocks, a_reader_with_nothing_to_do_waits_for_a_large_file_that_another_may_find) {
  const temporary_folder top;
  const std::string content = text(100'000);
  const std::string path = top.file("large", content);
  const file_blocks all(walk(path), {.capacity = 1000, .fill = 1000, .extent = 5000});
  auto finder = all.iter();
  auto other = all.iter();
  // Entries are drawn one at a time here: the finder has the only one.
  auto first = finder.try_next();
  ASSERT_TRUE(first.has_item());
  EXPECT_TRUE(other.ready());
  auto second = other.try_next();  // the finder has found it to be large by now: an extent
  ASSERT_TRUE(second.has_item());
  EXPECT_EQ((*second).pieces().front().offset, 1000u);
}

TEST(FileBlocks, a_reader_ends_only_when_no_other_can_find_more) {
  const temporary_folder top;
  (void)top.file("small", "x");
  const file_blocks all(walk(top.path().string()));
  auto a = all.iter();
  auto b = all.iter();
  while (true) {
    auto got = b.try_next();
    if (got.is_empty()) break;  // the walk has ended for b, and a may have drawn a file
    ASSERT_FALSE(got.is_closed());
  }
  EXPECT_FALSE(b.ready());
  while (a.next()) {
    if (b.ready()) break;
  }
  EXPECT_FALSE(a.next());
  EXPECT_TRUE(b.ready());
  EXPECT_TRUE(b.try_next().is_closed());
}

TEST(FileBlocks, dropping_a_reader_lets_the_others_end) {
  const temporary_folder top;
  (void)top.file("small", "x");
  const file_blocks all(walk(top.path().string()));
  auto b = all.iter();
  {
    auto a = all.iter();
    while (!b.try_next().is_empty()) {
    }
  }
  EXPECT_FALSE(b.next());
}

TEST(FileBlocks, stop_ends_a_reader_that_waits) {
  const temporary_folder top;
  const file_blocks all(walk(top.path().string()));
  auto waits_for = all.iter();
  auto it = all.iter();
  std::thread waiting([&] { EXPECT_FALSE(it.next()); });
  all.stop();
  waiting.join();
  EXPECT_FALSE(waits_for.next());
}

TEST(FileBlocks, what_vanished_after_it_was_listed_is_a_failure_and_the_rest_is_read) {
  const temporary_folder top;
  const std::string gone = top.file("gone", "x");
  const std::string stays = top.file("stays", "y");
  const files got = read(file_blocks(entries(list(top.path().string()), [&](const entry&) { fs::remove(gone); })));
  EXPECT_EQ(got.errors().at(gone), std::errc::no_such_file_or_directory);
  EXPECT_EQ(got.errors().size(), 1u);
  EXPECT_EQ(got.content(stays), "y");
}

TEST(FileBlocks, what_grew_after_it_was_listed_is_read_to_its_end) {
  const temporary_folder top;
  const std::string path = top.file("grows", "before");
  const files got = read(file_blocks(entries(list(path), [&](const entry&) { (void)top.file("grows", text(10'000)); }), {.capacity = 100, .fill = 100}));
  EXPECT_EQ(got.content(path), text(10'000));
}

TEST(FileBlocks, a_large_file_that_grows_while_it_is_read_is_read_to_its_end) {
  const temporary_folder top;
  const std::string path = top.file("grows", text(10'000));
  const file_blocks all(walk(path), {.capacity = 100, .fill = 100, .extent = 1000});
  auto it = all.iter();
  files got;
  got.add(*it.next());
  (void)top.file("grows", text(20'000));
  while (auto b = it.next()) got.add(*b);
  EXPECT_EQ(got.content(path), text(20'000));
}

TEST(FileBlocks, a_large_file_that_shrinks_while_it_is_read_is_a_failure) {
  const temporary_folder top;
  const std::string path = top.file("shrinks", text(10'000));
  const file_blocks all(walk(path), {.capacity = 100, .fill = 100, .extent = 1000});
  auto it = all.iter();
  files got;
  got.add(*it.next());
  fs::resize_file(path, 2'500);
  while (auto b = it.next()) got.add(*b);
  EXPECT_EQ(got.errors().at(path), io_errc::changed_while_being_read);
}

TEST(FileBlocks, what_became_a_fifo_is_a_failure_and_does_not_block) {
  const temporary_folder top;
  const std::string path = top.file("file", "x");
  const files got = read(file_blocks(entries(list(path), [&](const entry&) {
    fs::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  })));
  EXPECT_EQ(got.errors().at(path), io_errc::is_a_fifo);
  EXPECT_EQ(got.size(), 0u);
}

TEST(FileBlocks, what_became_a_link_is_a_failure) {
  const temporary_folder top;
  const std::string path = top.file("tree/file", "x");
  const std::string secret = top.file("secret", "y");
  const files got = read(file_blocks(entries(list(top / "tree"), [&](const entry&) {
    fs::remove(path);
    fs::create_symlink(secret, path);
  })));
  EXPECT_EQ(got.errors().at(path), std::errc::too_many_symbolic_link_levels);
  EXPECT_EQ(got.size(), 0u);
}

TEST(FileBlocks, what_became_a_folder_is_a_failure) {
  const temporary_folder top;
  const std::string path = top.file("file", "x");
  const files got = read(file_blocks(entries(list(path), [&](const entry&) {
    fs::remove(path);
    fs::create_directory(path);
  })));
  EXPECT_EQ(got.errors().at(path), std::errc::is_a_directory);
  EXPECT_EQ(got.size(), 0u);
}

TEST(FileBlocks, fifos_are_failures_and_links_are_passed_over) {
  const temporary_folder top;
  ASSERT_EQ(::mkfifo((top / "fifo").c_str(), 0600), 0);
  fs::create_symlink("fifo", top / "link");
  (void)top.file("file", "x");
  const files got = read(file_blocks(walk(top.path().string())));
  EXPECT_EQ(got.errors().size(), 1u);
  EXPECT_EQ(got.errors().at(top / "fifo"), io_errc::is_a_fifo);
  EXPECT_EQ(got.content(top / "file"), "x");
}

TEST(FileBlocks, a_device_that_never_ends_is_a_failure) {
  // As if it had taken the place of a file: /dev/zero is never opened when it is listed as what it is.
  const files listed = read(file_blocks(walk("/dev/zero")));
  EXPECT_EQ(listed.errors().at("/dev/zero"), io_errc::is_a_character_device);
  const temporary_folder top;
  const std::string path = top.file("file", "x");
  const entry e = entry::of(path);  // opened through a link
  const files replaced = read(file_blocks(entries({e}, [&](const entry&) {
    fs::remove(path);
    fs::create_symlink("/dev/zero", path);
  })));
  EXPECT_EQ(replaced.errors().at(path), io_errc::is_a_character_device);
  EXPECT_EQ(replaced.size(), 0u);
}

TEST(FileBlocks, files_of_proc_have_a_content_and_no_size) {
  const files got = read(file_blocks(walk("/proc/self/status"), {.capacity = 64, .fill = 64}));
  EXPECT_GT(got.content("/proc/self/status").size(), 64u);
}

TEST(FileBlocks, an_exception_of_the_entries_is_thrown_by_every_reader) {
  const auto broken = []() -> async_generator<entry> {
    throw std::logic_error("broken");
    co_return;
  };
  const file_blocks all(broken());
  auto a = all.iter();
  auto b = all.iter();
  EXPECT_THROW((void)a.next(), std::logic_error);
  EXPECT_THROW((void)b.next(), std::logic_error);
  EXPECT_FALSE(a.next());
  EXPECT_FALSE(b.next());
}

// `path`, as soon as somebody runs the io_context.
async_generator<entry> posted(boost::asio::io_context& io, std::string path) {
  co_await boost::asio::post(io, boost::asio::deferred);
  co_yield entry::of(path);
}

TEST(FileBlocks, a_worker_that_must_not_wait_for_an_entry_is_told_and_may_go_on) {
  const temporary_folder top;
  const std::string path = top.file("file", text(100));
  boost::asio::io_context io;
  const file_blocks all(posted(io, path));
  auto reader = all.iter();
  {
    const pariter::detail::worker_mark here;
    EXPECT_THROW((void)reader.next(), pariter::would_deadlock);
    EXPECT_THROW((void)reader.next(), pariter::would_deadlock);
  }
  io.run();
  files got;
  while (auto b = reader.next()) got.add(*b);
  EXPECT_EQ(got.content(path), text(100));
}

// Some entries, then an error.
async_generator<entry> entries_then_error(std::vector<entry> all) {
  for (entry& e : all) co_yield std::move(e);
  throw std::logic_error("broken");
}

TEST(FileBlocks, what_was_read_before_an_exception_of_the_entries_is_delivered_before_it) {
  const temporary_folder top;
  std::vector<entry> all;
  for (int f = 0; f < 10; ++f) all.push_back(entry::of(top.file(std::to_string(f), text(100, static_cast<unsigned>(f)))));
  all.push_back(entry::of(top / "missing"));
  const std::string large = top.file("large", text(10'000));
  all.push_back(entry::of(large));
  for (const blocks_options options : {blocks_options{}, blocks_options{250, 250}, blocks_options{250, 200, 1000}}) {
    const file_blocks blocks(entries_then_error(all), options);
    auto a = blocks.iter();
    auto b = blocks.iter();
    files got;
    int thrown = 0;
    for (bool more = true; more;) {
      more = false;
      for (auto* reader : {&a, &b}) {
        try {
          auto step = reader->try_next();
          if (step.has_item()) got.add(*step);
          more = more || !step.is_closed();
        } catch (const std::logic_error&) {
          ++thrown;
          more = true;
        }
      }
    }
    EXPECT_EQ(thrown, 2);
    for (int f = 0; f < 10; ++f) EXPECT_EQ(got.content(top / std::to_string(f)), text(100, static_cast<unsigned>(f)));
    EXPECT_EQ(got.content(large), text(10'000));
    EXPECT_EQ(got.errors().size(), 1u);
  }
}

TEST(FileBlocks, a_reader_with_an_exception_to_throw_is_ready) {
  const temporary_folder top;
  const file_blocks blocks(entries_then_error({entry::of(top.file("file", "x"))}));
  auto it = blocks.iter();
  auto other = blocks.iter();  // could still find something, so that `it` would have to wait
  EXPECT_TRUE(it.try_next().has_item());
  EXPECT_TRUE(it.ready());
  EXPECT_THROW((void)it.try_next(), std::logic_error);
  EXPECT_FALSE(it.ready());
  EXPECT_TRUE(it.try_next().is_empty());
}

TEST(FileBlocks, out_of_descriptors_every_file_that_cannot_be_opened_is_a_failure) {
  if (PARITER_TEST_NEEDS_DESCRIPTORS) GTEST_SKIP() << "UBSan needs descriptors of its own";
  const temporary_folder top;
  for (int f = 0; f < 20; ++f) (void)top.file(std::to_string(f), text(100));
  auto all = list(top.path().string());
  for (entry& e : all) e = e.without_directory();
  ::rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int next_free = ::dup(0);
  ::close(next_free);
  const ::rlimit none{static_cast<::rlim_t>(next_free), limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const files got = read(file_blocks(entries(all, [](const entry&) {})));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(got.errors().size(), 20u);
  EXPECT_EQ(got.size(), 0u);
  for (const auto& [path, error] : got.errors()) EXPECT_EQ(error, std::errc::too_many_files_open) << path;
}

TEST(FileBlocks, sizes_of_zero_are_refused) {
  EXPECT_THROW(file_blocks(walk("/"), {.capacity = 0}), pariter::invalid_size);
  EXPECT_THROW(file_blocks(walk("/"), {.fill = 0}), pariter::invalid_size);
  EXPECT_THROW(file_blocks(walk("/"), {.extent = 0}), pariter::invalid_size);
  EXPECT_THROW(file_blocks(walk("/"), {.capacity = 1, .fill = 2}), pariter::invalid_size);
}

TEST(Block, a_handle_keeps_what_it_shows) {
  const temporary_folder top;
  for (int i = 0; i < 50; ++i) (void)top.file(std::to_string(i), text(100, static_cast<unsigned>(i)));
  std::vector<block> kept;
  for (const block& b : file_blocks(walk(top.path().string()), {.capacity = 100, .fill = 1}).iter()) kept.push_back(b);
  files got;
  for (const block& b : kept) got.add(b);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(got.content(top / std::to_string(i)), text(100, static_cast<unsigned>(i)));
}

TEST(Block, a_buffer_is_used_again_when_its_last_handle_is_gone) {
  const temporary_folder top;
  (void)top.file("a", text(10'000));
  std::set<const char*> buffers;
  for (const block& b : file_blocks(walk(top.path().string()), {.capacity = 100, .fill = 100}).iter()) {
    buffers.insert(b.pieces().front().bytes.data());
  }
  EXPECT_LE(buffers.size(), 2u);
}

TEST(Block, none_has_no_pieces) {
  const block none;
  EXPECT_TRUE(none.pieces().empty());
  EXPECT_TRUE(none.failures().empty());
  EXPECT_EQ(none.bytes(), 0u);
}
