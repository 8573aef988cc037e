// SPDX-License-Identifier: Apache-2.0
#include "pariter/io/walk.hpp"

#include "pariter/io/io_error.hpp"
#include "pariter/sharing/share.hpp"
#include "support/sanitizers.hpp"
#include "support/temporary_folder.hpp"
#include "support/unprivileged.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;
using pariter::entry;
using pariter::entry_kind;
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
  constexpr int levels = 10'000;
  const temporary_folder top;
  descriptor_of_folder at(top.path().string());
  for (int i = 0; i < levels; ++i) {
    ASSERT_EQ(::mkdirat(at.fd, "d", 0700), 0);
    at.go("d");
  }
  ASSERT_EQ(::mkdirat(at.fd, "last", 0700), 0);
  for (const auto links : {symlinks::reported, symlinks::followed}) {
    unsigned deepest = 0;
    std::size_t count = 0, errors = 0;
    on_a_small_stack([&] {
      for (const entry& e : walk(top.path().string(), {.links = links})) {
        ++count;
        errors += e.error() ? 1 : 0;
        deepest = std::max(deepest, e.depth());
      }
    });
    EXPECT_EQ(count, levels + 2u);
    EXPECT_EQ(deepest, levels + 1u);
    EXPECT_EQ(errors, 0u);
  }
  ASSERT_EQ(::unlinkat(at.fd, "last", AT_REMOVEDIR), 0);
  for (int i = 0; i < levels; ++i) {
    at.go("..");
    ASSERT_EQ(::unlinkat(at.fd, "d", AT_REMOVEDIR), 0);
  }
}

TEST(Walk, out_of_descriptors_reports_every_folder_that_it_could_not_open) {
  if (PARITER_TEST_NEEDS_DESCRIPTORS) GTEST_SKIP() << "UBSan needs descriptors of its own";
  const temporary_folder top;
  for (int d = 0; d < 5; ++d) (void)top.file(std::to_string(d) + "/file", "");
  ::rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int next_free = ::dup(0);
  ::close(next_free);
  for (const unsigned spare : {0u, 1u}) {
    const ::rlimit few{static_cast<::rlim_t>(next_free) + spare, limit.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const auto met = all(walk(top.path().string()));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    ASSERT_EQ(met.size(), spare == 0 ? 1u : 6u);
    for (const auto& [path, e] : met) {
      const bool opened = spare == 1 && path == top.path().string();
      EXPECT_EQ(e.error == std::errc::too_many_files_open, !opened) << path;
    }
  }
}

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
  ::rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const ::rlimit few{64, limit.rlim_max};
  std::string path = "d";
  for (int depth = 1; depth < 300; ++depth) path += "/d";
  (void)top.file(path + "/deepest", "");
  for (int depth = 0; depth < 300; ++depth) (void)top.file(path.substr(0, static_cast<std::size_t>(2 * depth + 1)) + "/beside", "");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto met = all(walk(top.path().string(), {.open_directories = 16}));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
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
