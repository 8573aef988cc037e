// SPDX-License-Identifier: Apache-2.0
#include "pariter/io/lines.hpp"

#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <csignal>
#include <fstream>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

using pariter::lines;
using pariter::test::temporary_folder;

namespace {

std::vector<std::string> all(const std::string& path) {
  std::vector<std::string> result;
  for (std::string& line : lines(path)) result.push_back(std::move(line));
  return result;
}

using strings = std::vector<std::string>;

}  // namespace

TEST(Lines, what_follows_the_last_newline_is_a_line_unless_it_is_empty) {
  const temporary_folder top;
  EXPECT_EQ(all(top.file("a", "")), strings{});
  EXPECT_EQ(all(top.file("b", "\n")), strings{""});
  EXPECT_EQ(all(top.file("c", "one")), strings{"one"});
  EXPECT_EQ(all(top.file("d", "one\n")), strings{"one"});
  EXPECT_EQ(all(top.file("e", "one\n\ntwo")), (strings{"one", "", "two"}));
}

TEST(Lines, bytes_of_any_value_come_as_they_are) {
  const temporary_folder top;
  const std::string odd("a\0b\r\xff\xfe", 6);
  EXPECT_EQ(all(top.file("odd", odd + "\n" + odd)), (strings{odd, odd}));
}

TEST(Lines, lines_longer_than_any_buffer_come_whole) {
  const temporary_folder top;
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same every time
  strings expected;
  std::string content;
  for (const std::size_t size : {1u, 65535u, 65536u, 65537u, 0u, 3'000'000u, 131072u, 5u}) {
    std::string line(size, ' ');
    for (char& c : line) c = static_cast<char>('a' + random() % 26);
    content += line + '\n';
    expected.push_back(std::move(line));
  }
  EXPECT_EQ(all(top.file("long", content)), expected);
}

TEST(Lines, a_missing_file_throws_with_its_path_at_the_first_pull) {
  const temporary_folder top;
  auto it = lines(top / "missing");
  try {
    (void)it.next();
    FAIL() << "did not throw";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(e.what()).find(top / "missing"), std::string::npos);
  }
  EXPECT_FALSE(it.next());
}

TEST(Lines, a_folder_throws) {
  const temporary_folder top;
  auto it = lines(top.path().string());
  EXPECT_THROW((void)it.next(), std::system_error);
}

TEST(Lines, can_be_read_in_an_executor) {
  const temporary_folder top;
  boost::asio::thread_pool pool(1);
  auto it = lines(top.file("file", "1\n2\n3"));
  it.bind_executor(pool.get_executor());
  strings got;
  for (std::string& line : it) got.push_back(std::move(line));
  EXPECT_EQ(got, (strings{"1", "2", "3"}));
}

// What interrupts a system call does not end the lines.
TEST(Lines, of_a_fifo_are_read_through_signals) {
  const temporary_folder top;
  const std::string fifo = top / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  struct ::sigaction interrupt {}, before {};
  interrupt.sa_handler = [](int) {};  // without SA_RESTART
  ASSERT_EQ(::sigaction(SIGUSR1, &interrupt, &before), 0);
  strings met;
  std::atomic<std::size_t> count{0};
  std::thread reader([&] {
    for (std::string& line : lines(fifo)) {
      met.push_back(std::move(line));
      ++count;
    }
  });
  const auto signals = [&] {
    for (int i = 0; i < 50; ++i) {
      ::pthread_kill(reader.native_handle(), SIGUSR1);
      std::this_thread::yield();
    }
  };
  signals();  // while it waits for a writer
  const int fd = ::open(fifo.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  strings expected;
  for (std::size_t i = 0; i < 20; ++i) {
    expected.push_back("line " + std::to_string(i));
    const std::string whole = expected.back() + "\n";
    ASSERT_EQ(::write(fd, whole.data(), whole.size()), static_cast<::ssize_t>(whole.size()));
    while (count <= i) signals();
  }
  ::close(fd);
  reader.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(met, expected);
}

// It is read as it is when its end is met.
TEST(Lines, of_a_file_that_grows_and_shrinks_meanwhile) {
  const temporary_folder top;
  std::string content;
  for (int i = 0; i < 50'000; ++i) content += "a line of text\n";  // several buffers
  const std::string file = top.file("file", content);
  auto it = lines(file);
  EXPECT_EQ(it.next(), "a line of text");
  std::ofstream(file, std::ios::app) << "the last";
  std::string last;
  std::size_t count = 1;
  while (auto line = it.next()) {
    last = *std::move(line);
    ++count;
  }
  EXPECT_EQ(count, 50'001u);
  EXPECT_EQ(last, "the last");

  auto cut = lines(file);
  EXPECT_EQ(cut.next(), "a line of text");
  ASSERT_EQ(::truncate(file.c_str(), 3), 0);
  while (auto line = cut.next()) EXPECT_TRUE(line->size() <= 14) << *line;
  EXPECT_FALSE(cut.next());
}
