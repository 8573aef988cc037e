// SPDX-License-Identifier: Apache-2.0
#include "pariter/io/walk.hpp"

#include "pariter/io/file_blocks.hpp"
#include "pariter/io/io_error.hpp"
#include "pariter/sharing/share.hpp"
#include "support/sanitizers.hpp"
#include "support/temporary_folder.hpp"
#include "support/unprivileged.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__GLIBC__)
// In the place of the system's. A file system in user space may answer so when a signal arrives:
namespace {
thread_local int interruptions = 0;
}
extern "C" ssize_t getdents64(int fd, void* buffer, std::size_t size) noexcept {
  if (interruptions > 0) {
    --interruptions;
    errno = EINTR;
    return -1;
  }
  return ::syscall(SYS_getdents64, fd, buffer, size);
}
// Several threads find at the same time that there is no descriptor left:
namespace {
thread_local std::barrier<>* all_have_failed = nullptr;
}
extern "C" int openat(int directory, const char* name, int flags, ...) {
  const auto fd = static_cast<int>(::syscall(SYS_openat, directory, name, flags, 0600));
  if (fd < 0 && errno == EMFILE && all_have_failed != nullptr) {
    std::exchange(all_have_failed, nullptr)->arrive_and_wait();
    errno = EMFILE;
  }
  return fd;
}
#endif

namespace fs = std::filesystem;
using pariter::block;
using pariter::entry;
using pariter::entry_kind;
using pariter::file_blocks;
using pariter::io_errc;
using pariter::symlinks;
using pariter::walk;
using pariter::test::as_nobody;
using pariter::test::temporary_folder;

namespace {

struct seen {
  entry_kind kind;
  std::error_code error;
  unsigned depth;
};

// What a walk meets, by path; every path at most once.
std::map<std::string, seen> all(pariter::async_generator<entry> it) {
  std::map<std::string, seen> result;
  for (const entry& e : it) {
    const bool fresh = result.emplace(e.path(), seen{e.kind(), e.error(), e.depth()}).second;
    EXPECT_TRUE(fresh) << e.path() << " comes twice";
  }
  return result;
}

// Runs f on a thread of its own with a stack of 256 KiB.
template <class F>
void on_a_small_stack(F f) {
  ::pthread_attr_t attributes;
  ASSERT_EQ(::pthread_attr_init(&attributes), 0);
  ASSERT_EQ(::pthread_attr_setstacksize(&attributes, std::size_t{256} * 1024), 0);
  ::pthread_t thread;
  const auto run = [](void* it) -> void* {
    (*static_cast<F*>(it))();
    return nullptr;
  };
  ASSERT_EQ(::pthread_create(&thread, &attributes, run, &f), 0);
  ::pthread_join(thread, nullptr);
  ::pthread_attr_destroy(&attributes);
}

// Where a test stands in a tree that no path reaches.
struct descriptor_of_folder {
  explicit descriptor_of_folder(const std::string& path) : fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}
  descriptor_of_folder(const descriptor_of_folder&) = delete;
  descriptor_of_folder& operator=(const descriptor_of_folder&) = delete;
  ~descriptor_of_folder() { ::close(fd); }
  void go(const char* name) {
    const int there = ::openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ::close(fd);
    fd = there;
  }
  int fd;
};

int first_free_descriptor() {
  const int fd = ::dup(0);
  ::close(fd);
  return fd;
}

// While it lives, no more than `spare` descriptors can be opened, counted from the first that is, or was, free.
class few_descriptors {
 public:
  explicit few_descriptors(unsigned spare, int first_free = first_free_descriptor()) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const ::rlimit few{static_cast<::rlim_t>(first_free) + spare, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  few_descriptors(const few_descriptors&) = delete;
  few_descriptors& operator=(const few_descriptors&) = delete;
  ~few_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  ::rlimit before_{};
};

// A chain of folders with long names. At every level lie a file and, at every other, a folder made before or after the next of the
// chain; whichever way the file system lists them, some are entered when what is below has been walked.
class deep_tree {
 public:
  explicit deep_tree(int levels) : levels_(levels) {
    descriptor_of_folder at(top_.path().string());
    for (int i = 0; i < levels_; ++i) {
      if (i % 4 == 0) make(at, "before");
      make(at, name_.c_str());
      if (i % 4 == 2) make(at, "behind");
      const int file = ::openat(at.fd, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
      EXPECT_EQ(::write(file, "x", 1), 1);
      ::close(file);
      at.go(name_.c_str());
    }
  }
  deep_tree(const deep_tree&) = delete;
  deep_tree& operator=(const deep_tree&) = delete;
  ~deep_tree() {
    descriptor_of_folder at(top_.path().string());
    for (int i = 0; i < levels_; ++i) at.go(name_.c_str());
    for (int i = levels_ - 1; i >= 0; --i) {
      at.go("..");
      if (i % 4 == 0) ::unlinkat(at.fd, "before", AT_REMOVEDIR);
      ::unlinkat(at.fd, name_.c_str(), AT_REMOVEDIR);
      if (i % 4 == 2) ::unlinkat(at.fd, "behind", AT_REMOVEDIR);
      ::unlinkat(at.fd, "file", 0);
    }
  }

  std::string path() const { return top_.path().string(); }
  std::size_t levels() const { return static_cast<std::size_t>(levels_); }

  // Walks it, and checks that everything in it is met once.
  void check(pariter::walk_options options) const {
    enum { chain, beside, file };
    std::vector<std::array<int, 3>> met(levels() + 1);  // by depth
    for (const entry& e : walk(path(), options)) {
      ASSERT_FALSE(e.error()) << e.error().message() << " at depth " << e.depth();
      ASSERT_LE(e.depth(), levels());
      met[e.depth()][e.kind() == entry_kind::file ? file : e.name() == name_ || e.depth() == 0 ? chain : beside] += 1;
    }
    for (std::size_t depth = 0; depth <= levels(); ++depth) {
      EXPECT_EQ(met[depth][chain], 1) << depth;
      EXPECT_EQ(met[depth][file], depth == 0 ? 0 : 1) << depth;
      EXPECT_EQ(met[depth][beside], depth % 2 == 1 ? 1 : 0) << depth;
    }
  }

 private:
  static void make(const descriptor_of_folder& at, const char* name) { EXPECT_EQ(::mkdirat(at.fd, name, 0700), 0); }

  const int levels_;
  const std::string name_ = std::string(200, 'n');
  const temporary_folder top_{pariter::test::in_memory};
};

}  // namespace

TEST(Walk, meets_every_file_and_directory_once) {
  const temporary_folder top;
  std::set<std::string> expected{top.path().string()};
  for (int d = 0; d < 12; ++d) {
    const std::string folder = "d" + std::to_string(d % 4) + "/e" + std::to_string(d);
    for (int f = 0; f < 30; ++f) expected.insert(top.file(folder + "/f" + std::to_string(f), "x"));
    expected.insert(top / folder);
    expected.insert(top / ("d" + std::to_string(d % 4)));
  }
  std::set<std::string> met;
  for (const auto& [path, s] : all(walk(top.path().string()))) {
    EXPECT_FALSE(s.error) << path << ": " << s.error.message();
    EXPECT_EQ(s.kind == entry_kind::directory, fs::is_directory(path)) << path;
    met.insert(path);
  }
  EXPECT_EQ(met, expected);
}

TEST(Walk, a_folder_comes_before_what_is_in_it_and_the_roots_in_the_order_given) {
  const temporary_folder top;
  (void)top.file("a/b/c", "");
  (void)top.file("z", "");
  std::vector<std::string> order;
  for (const entry& e : walk({top / "z", top / "a"})) order.push_back(e.path());
  EXPECT_EQ(order, (std::vector<std::string>{top / "z", top / "a", top / "a/b", top / "a/b/c"}));
}

TEST(Walk, depth_counts_from_the_root) {
  const temporary_folder top;
  (void)top.file("a/b/c", "");
  const auto met = all(walk(top / "a"));
  EXPECT_EQ(met.at(top / "a").depth, 0u);
  EXPECT_EQ(met.at(top / "a/b").depth, 1u);
  EXPECT_EQ(met.at(top / "a/b/c").depth, 2u);
}

TEST(Walk, a_missing_root_is_an_error_and_the_others_are_walked) {
  const temporary_folder top;
  (void)top.file("there", "");
  const auto met = all(walk({top / "missing", top / "there"}));
  ASSERT_EQ(met.size(), 2u);
  EXPECT_EQ(met.at(top / "missing").error, std::errc::no_such_file_or_directory);
  EXPECT_FALSE(met.at(top / "there").error);
}

TEST(Walk, says_what_is_no_file_without_touching_it) {
  const temporary_folder top;
  ASSERT_EQ(::mkfifo((top / "fifo").c_str(), 0600), 0);
  fs::create_symlink("nowhere", top / "link");
  const auto met = all(walk(top.path().string()));
  EXPECT_EQ(met.at(top / "fifo").kind, entry_kind::fifo);
  EXPECT_EQ(met.at(top / "link").kind, entry_kind::symlink);
  EXPECT_FALSE(met.at(top / "link").error);
}

TEST(Walk, followed_links_are_what_they_point_to) {
  const temporary_folder top;
  (void)top.file("real/file", "");
  fs::create_directory(top / "tree");
  fs::create_symlink("../real", top / "tree/folder");
  fs::create_symlink("../real/file", top / "tree/file");
  fs::create_symlink("nowhere", top / "tree/dangling");
  const auto met = all(walk(top / "tree", {.links = symlinks::followed}));
  EXPECT_EQ(met.at(top / "tree/folder").kind, entry_kind::directory);
  EXPECT_EQ(met.at(top / "tree/folder/file").kind, entry_kind::file);
  EXPECT_EQ(met.at(top / "tree/file").kind, entry_kind::file);
  EXPECT_EQ(met.at(top / "tree/dangling").error, std::errc::no_such_file_or_directory);
  EXPECT_EQ(met.size(), 5u);
}

TEST(Walk, a_loop_of_followed_links_is_reported_and_not_entered) {
  const temporary_folder top;
  (void)top.file("a/b/file", "");
  fs::create_symlink("..", top / "a/b/up");
  const auto met = all(walk(top / "a", {.links = symlinks::followed}));
  EXPECT_EQ(met.at(top / "a/b/up").error, io_errc::directory_loop);
  EXPECT_EQ(met.size(), 4u);
}

TEST(Walk, a_root_that_is_a_link_is_followed) {
  const temporary_folder top;
  (void)top.file("real/file", "");
  fs::create_symlink("real", top / "link");
  EXPECT_TRUE(all(walk(top / "link")).contains(top / "link/file"));
}

TEST(Walk, a_folder_without_permission_comes_once_with_the_error) {
  const temporary_folder top;
  (void)top.file("locked/file", "");
  (void)top.file("open", "");
  ASSERT_EQ(::chmod(top.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod((top / "locked").c_str(), 0), 0);
  const std::string said = as_nobody([&] {
    std::string met;
    for (const auto& [path, e] : all(walk(top.path().string()))) met += path.substr(top.path().string().size()) + ":" + e.error.message() + "\n";
    return met;
  });
  ASSERT_EQ(::chmod((top / "locked").c_str(), 0700), 0);
  EXPECT_EQ(said, ":Success\n/locked:Permission denied\n/open:Success\n");
}

TEST(Walk, names_are_bytes) {
  const temporary_folder top;
  const std::vector<std::string> names{"two\nlines", " ", "-", "\xff\xfe", "a\tb", std::string(255, 'n'), "...", "\\", "*"};
  for (const auto& n : names) (void)top.file(n + "/" + n, "");
  const auto met = all(walk(top.path().string()));
  EXPECT_EQ(met.size(), 1 + 2 * names.size());
  for (const auto& n : names) EXPECT_EQ(met.at(top / (n + "/" + n)).kind, entry_kind::file) << n;
}

TEST(Walk, a_folder_of_a_hundred_thousand_files) {
  const temporary_folder top;
  const descriptor_of_folder folder(top.path().string());
  for (int i = 0; i < 100'000; ++i) {
    const int fd = ::openat(folder.fd, std::to_string(i).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    ::close(fd);
  }
  std::vector<bool> met(100'000);
  std::size_t count = 0;
  for (const entry& e : walk(top.path().string())) {
    if (e.kind() != entry_kind::file) continue;
    const auto i = static_cast<std::size_t>(std::stoi(std::string(e.name())));
    EXPECT_FALSE(met[i]);
    met[i] = true;
    ++count;
  }
  EXPECT_EQ(count, 100'000u);
}

// No path that the system takes is as long as that.
TEST(Walk, ten_thousand_folders_deep) {
  const deep_tree tree(10'000);
  on_a_small_stack([&] {
    tree.check({});
    tree.check({.open_directories = 3});
    if (PARITER_TEST_NEEDS_DESCRIPTORS) return;
    const few_descriptors few(9);
    tree.check({});
  });
}

TEST(Walk, a_thousand_folders_deep_following_links_or_keeping_nothing_open) {
  const deep_tree tree(1'000);
  on_a_small_stack([&] {
    tree.check({.links = symlinks::followed});
    tree.check({.open_directories = 0});
  });
}

TEST(Walk, the_files_of_a_deep_tree_can_be_read_also_later) {
  const deep_tree tree(1'000);
  std::vector<entry> kept;
  for (entry& e : walk(tree.path())) {
    if (e.kind() == entry_kind::file) kept.push_back(std::move(e));
  }
  ASSERT_EQ(kept.size(), tree.levels());
  std::vector<entry> unbound;
  for (const entry& e : kept) unbound.push_back(e.without_directory());
  auto again = [](const std::vector<entry>& from) -> pariter::async_generator<entry> {
    for (const entry& e : from) co_yield entry(e);
  };
  const auto read = [&](pariter::async_generator<entry> from) {
    std::size_t bytes = 0;
    for (const block& b : file_blocks(std::move(from)).iter()) {
      bytes += b.bytes();
      for (const auto& failure : b.failures()) ADD_FAILURE() << failure.error.message() << " at depth " << failure.file.depth();
    }
    EXPECT_EQ(bytes, tree.levels());
  };
  read(walk(tree.path()));
  read(again(kept));
  kept.clear();
  read(again(unbound));
  if (PARITER_TEST_NEEDS_DESCRIPTORS) return;
  const few_descriptors few(9);
  read(walk(tree.path()));
  read(again(unbound));
}

TEST(Walk, out_of_descriptors_closes_what_it_keeps_open_before_it_fails) {
  if (PARITER_TEST_NEEDS_DESCRIPTORS) GTEST_SKIP() << "UBSan needs descriptors of its own";
  const temporary_folder top;
  std::string name = "0";
  for (int depth = 0; depth < 20; ++depth, name += "/0")
    for (int d = 0; d < 4; ++d) (void)top.file(name.substr(0, name.size() - 1) + std::to_string(d) + "/file", "x");
  const auto expected = all(walk(top.path().string()));
  EXPECT_EQ(expected.size(), 1u + 20 * 4 * 2);
  for (const unsigned spare : {1u, 2u, 3u, 5u, 9u}) {
    std::map<std::string, seen> met;
    {
      const few_descriptors few(spare);
      met = all(walk(top.path().string()));
    }
    EXPECT_EQ(met.size(), expected.size());
    for (const auto& [path, e] : met) EXPECT_FALSE(e.error) << path << ": " << e.error.message();
  }
}

TEST(Walk, several_roots_do_not_take_each_others_descriptors) {
  if (PARITER_TEST_NEEDS_DESCRIPTORS) GTEST_SKIP() << "UBSan needs descriptors of its own";
  const temporary_folder top;
  std::vector<std::string> roots;
  for (int r = 0; r < 10; ++r) {
    (void)top.file(std::to_string(r) + "/file", "x");
    roots.push_back(top / std::to_string(r));
  }
  std::vector<entry> kept;
  {
    const few_descriptors few(3);
    for (entry& e : walk(roots)) kept.push_back(std::move(e));
  }
  EXPECT_EQ(kept.size(), 20u);
  for (const entry& e : kept) EXPECT_FALSE(e.error()) << e.path() << ": " << e.error().message();
}

TEST(Walk, the_directories_it_keeps_open_do_not_starve_who_reads_the_files) {
  if (PARITER_TEST_NEEDS_DESCRIPTORS) GTEST_SKIP() << "UBSan needs descriptors of its own";
  const temporary_folder top;
  for (int d = 0; d < 40; ++d)
    for (int f = 0; f < 4; ++f) (void)top.file("d" + std::to_string(d) + (f == 3 ? "/sub/f" : "/f") + std::to_string(f), "x");
  for (const int threads : {1, 3}) {
    const few_descriptors few(10);
    const file_blocks blocks(walk(top.path().string()), {.capacity = 16, .fill = 16});
    std::atomic<std::size_t> bytes{0}, failures{0};
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([&] {
        std::vector<block> kept;  // and with them entries of many folders
        for (block& b : blocks.iter()) {
          bytes += b.bytes();
          failures += b.failures().size();
          kept.push_back(std::move(b));
        }
      });
    }
    for (auto& t : running) t.join();
    EXPECT_EQ(bytes, 160u);
    EXPECT_EQ(failures, 0u);
  }
}

#if defined(__GLIBC__)
TEST(Walk, threads_that_find_no_descriptor_at_the_same_time_all_get_one) {
  if (PARITER_TEST_NEEDS_DESCRIPTORS) GTEST_SKIP() << "UBSan needs descriptors of its own";
  constexpr std::size_t threads = 8;
  const temporary_folder top;
  for (int d = 0; d < 40; ++d) (void)top.file(std::to_string(d) + "/file", "x");
  std::vector<entry> kept;  // and with them all the folders are open
  for (entry& e : walk(top.path().string())) {
    if (e.kind() == entry_kind::file) kept.push_back(std::move(e));
  }
  auto some_of = [](const std::vector<entry>& from, std::size_t first) -> pariter::async_generator<entry> {
    for (std::size_t i = first; i < from.size(); i += threads) co_yield entry(from[i]);
  };
  const few_descriptors none(0);
  std::atomic<std::size_t> bytes{0};
  std::barrier failed(static_cast<std::ptrdiff_t>(threads));
  std::vector<std::thread> running;
  for (std::size_t t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      all_have_failed = &failed;
      const file_blocks blocks(some_of(kept, t), {.capacity = 16, .fill = 16});
      for (const block& b : blocks.iter()) bytes += b.bytes();
    });
  }
  for (auto& t : running) t.join();
  EXPECT_EQ(bytes, 40u);
}
#endif

TEST(Walk, out_of_descriptors_reports_every_folder_that_it_could_not_open) {
  if (PARITER_TEST_NEEDS_DESCRIPTORS) GTEST_SKIP() << "UBSan needs descriptors of its own";
  const temporary_folder top;
  for (int d = 0; d < 5; ++d) (void)top.file(std::to_string(d) + "/file", "");
  for (const bool root_too : {true, false}) {
    const int first_free = first_free_descriptor();
    auto it = walk(top.path().string());
    if (!root_too) {
      EXPECT_FALSE(it.next()->error());
    }
    std::map<std::string, seen> met;
    {
      const few_descriptors none(0, first_free);  // what the walk closes is of no use
      met = all(std::move(it));
    }
    EXPECT_EQ(met.size(), root_too ? 1u : 5u);
    for (const auto& [path, e] : met) EXPECT_EQ(e.error, std::errc::too_many_files_open) << path;
  }
}

#if defined(__GLIBC__)
TEST(Walk, a_listing_that_is_interrupted_goes_on) {
  const temporary_folder top;
  for (int f = 0; f < 10; ++f) (void)top.file("folder/" + std::to_string(f), "");
  interruptions = 3;
  const auto met = all(walk(top.path().string()));
  EXPECT_EQ(interruptions, 0);
  EXPECT_EQ(met.size(), 12u);
  for (const auto& [path, e] : met) EXPECT_FALSE(e.error) << path << ": " << e.error.message();
}
#endif

// What stays is met once, whatever comes and goes beside it.
TEST(Walk, while_files_and_folders_come_and_go) {
  const temporary_folder top;
  std::set<std::string> stay{top.path().string()};
  for (int d = 0; d < 10; ++d) {
    stay.insert(top / ("stays" + std::to_string(d)));
    for (int f = 0; f < 50; ++f) stay.insert(top.file("stays" + std::to_string(d) + "/" + std::to_string(f), ""));
  }
  std::atomic<bool> over{false};
  std::thread others([&] {
    for (int i = 0; !over; ++i) {
      const std::string name = "stays" + std::to_string(i % 10) + "/comes" + std::to_string(i % 7);
      (void)top.file(name + "/below/file", "");
      std::error_code ignored;
      fs::remove_all(top / name, ignored);
    }
  });
  for (int round = 0; round < 50; ++round) {
    std::set<std::string> met;
    for (const entry& e : walk(top.path().string(), {.open_directories = round % 2 == 0 ? 64u : 0u})) {
      if (!stay.contains(e.path())) continue;
      EXPECT_FALSE(e.error()) << e.path();
      EXPECT_TRUE(met.insert(e.path()).second) << e.path();
    }
    EXPECT_EQ(met, stay);
  }
  over = true;
  others.join();
}

TEST(Walk, kept_entries_keep_no_more_folders_open_than_allowed) {
  const temporary_folder top;
  for (int d = 0; d < 100; ++d) (void)top.file(std::to_string(d) + "/file", "x");
  const auto open_files = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = open_files();
  std::vector<entry> kept;
  for (const entry& e : walk(top.path().string(), {.open_directories = 10})) kept.push_back(e);
  EXPECT_EQ(kept.size(), 201u);
  EXPECT_LE(open_files() - before, 10);
  EXPECT_GT(open_files() - before, 0);
  for (entry& e : kept) e = e.without_directory();
  EXPECT_EQ(open_files(), before);
}

TEST(Walk, goes_deeper_than_there_are_file_descriptors) {
  const temporary_folder top;
  std::string path = "d";
  for (int depth = 1; depth < 300; ++depth) path += "/d";
  (void)top.file(path + "/deepest", "");
  for (int depth = 0; depth < 300; ++depth) (void)top.file(path.substr(0, static_cast<std::size_t>(2 * depth + 1)) + "/beside", "");
  std::map<std::string, seen> met;
  {
    const few_descriptors few(60);
    met = all(walk(top.path().string(), {.open_directories = 16}));
  }
  EXPECT_EQ(met.size(), 602u);
  for (const auto& [p, s] : met) EXPECT_FALSE(s.error) << p << ": " << s.error.message();
}

TEST(Walk, a_shared_walk_gives_each_entry_to_one_thread) {
  const temporary_folder top;
  for (int d = 0; d < 20; ++d) {
    for (int f = 0; f < 50; ++f) (void)top.file(std::to_string(d) + "/" + std::to_string(f), "");
  }
  const auto shared = pariter::share(walk(top.path().string()));
  std::mutex mutex;
  std::multiset<std::string> met;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (const entry& e : shared.iter()) {
        const std::lock_guard hold(mutex);
        met.insert(e.path());
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(met.size(), 1u + 20 + 1000);
  EXPECT_EQ(std::set<std::string>(met.begin(), met.end()).size(), met.size());
}

TEST(Entry, of_a_path_knows_its_kind_or_its_error) {
  const temporary_folder top;
  EXPECT_EQ(entry::of(top.file("file", "")).kind(), entry_kind::file);
  EXPECT_EQ(entry::of(top.path().string()).kind(), entry_kind::directory);
  EXPECT_EQ(entry::of(top / "missing").error(), std::errc::no_such_file_or_directory);
}

TEST(Entry, copies_share_an_id_and_others_do_not) {
  const temporary_folder top;
  const entry a = entry::of(top.file("file", ""));
  const entry b = entry::of(top / "file");
  const entry copy = a;  // NOLINT(performance-unnecessary-copy-initialization): the copy is the point
  EXPECT_EQ(a.id(), copy.id());
  EXPECT_NE(a.id(), b.id());
  EXPECT_EQ(entry().id(), nullptr);
}
