// SPDX-License-Identifier: Apache-2.0
#include "pariter/io/blocks.hpp"

#include "pariter/io/walk.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using pariter::block;
using pariter::blocks;
using pariter::file_blocks;
using pariter::walk;
using pariter::test::temporary_folder;

TEST(Blocks, a_plain_thread_reads_a_tree) {
  const temporary_folder top;
  for (int i = 0; i < 20; ++i) (void)top.file(std::to_string(i), std::string(1000, 'x'));
  std::size_t bytes = 0;
  for (const block& b : blocks(walk(top.path().string()), {.capacity = 300, .fill = 300})) bytes += b.bytes();
  EXPECT_EQ(bytes, 20'000u);
}

namespace {

asio::awaitable<void> add_up(const file_blocks& from, asio::thread_pool& pool, std::atomic<std::size_t>& bytes) {
  auto it = blocks(from);
  it.bind_executor(pool.get_executor());
  while (auto b = co_await it.async_next()) bytes += b->bytes();
}

}  // namespace

TEST(Blocks, several_readers_on_one_thread_of_a_pool_wait_for_each_other_without_blocking_it) {
  const temporary_folder top;
  (void)top.file("large", std::string(1'000'000, 'x'));
  for (int i = 0; i < 20; ++i) (void)top.file(std::to_string(i), std::string(1000, 'x'));
  asio::thread_pool pool(1);
  const file_blocks all(walk(top.path().string()), {.capacity = 1000, .fill = 500, .extent = 10'000});
  std::atomic<std::size_t> bytes{0};
  std::vector<std::future<void>> readers;
  for (int i = 0; i < 4; ++i) readers.push_back(asio::co_spawn(pool, add_up(all, pool, bytes), asio::use_future));
  for (auto& r : readers) ASSERT_EQ(r.wait_for(std::chrono::seconds(60)), std::future_status::ready) << "the readers block each other";
  EXPECT_EQ(bytes, 1'020'000u);
}

TEST(Blocks, a_reader_counts_before_its_first_pull) {
  const temporary_folder top;
  (void)top.file("file", "x");
  const file_blocks all(walk(top.path().string()));
  auto generator = blocks(all);  // not pulled yet: may find a large file
  auto reader = all.iter();
  while (!reader.try_next().is_empty()) {
  }
  EXPECT_FALSE(reader.ready());
  generator = blocks(all);  // drops the first one
  EXPECT_FALSE(reader.ready());
  while (generator.next()) {
  }
  EXPECT_TRUE(reader.try_next().is_closed());
}

TEST(Blocks, an_exception_of_the_entries_is_thrown) {
  auto broken = []() -> pariter::async_generator<pariter::entry> {
    throw std::out_of_range("planned");
    co_return;
  };
  auto it = pariter::blocks(broken());
  EXPECT_THROW((void)it.next(), std::out_of_range);
}

TEST(Blocks, what_was_read_before_an_exception_of_the_entries_is_delivered_before_it) {
  const temporary_folder top;
  const auto file = pariter::entry::of(top.file("file", "content"));
  auto broken = [](pariter::entry e) -> pariter::async_generator<pariter::entry> {
    co_yield std::move(e);
    throw std::out_of_range("planned");
  };
  auto it = pariter::blocks(broken(file));
  const auto first = it.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->bytes(), 7u);
  EXPECT_THROW((void)it.next(), std::out_of_range);
  EXPECT_FALSE(it.next());
}
