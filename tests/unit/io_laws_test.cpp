// SPDX-License-Identifier: Apache-2.0

// The laws of support/iterator_laws.hpp over what needs Boost: async generators, and the readers of folders and files.

#include "pariter/async/async_generator.hpp"
#include "pariter/io/blocks.hpp"
#include "pariter/io/file_blocks.hpp"
#include "pariter/io/lines.hpp"
#include "pariter/io/walk.hpp"
#include "support/iterator_laws.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using pariter::test::items;

struct numbered {
  static constexpr bool repeatable = false;
  static constexpr bool endless = false;

  explicit numbered(int n) : n_(n) {}
  items expected() const {
    items out;
    for (int i = 0; i < n_; ++i) out.push_back({i});
    return out;
  }

  int n_;
};

pariter::async_generator<int> count(int to) {
  for (int i = 0; i < to; ++i) co_yield i;
}
struct over_async_generator : numbered {
  using numbered::numbered;
  auto iter() { return count(n_); }
};
struct over_endless_async_generator : numbered {
  static constexpr bool endless = true;
  explicit over_endless_async_generator(int) : numbered(20) {}
  auto iter() { return count(1'000'000'000); }
};

// n files of one byte, named 0 .. n-1 and with these as contents.
struct files : numbered {
  explicit files(int n) : numbered(n) {
    for (int i = 0; i < n; ++i) names_.push_back(folder_.file(std::to_string(i), std::string(1, static_cast<char>(i))));
  }
  pariter::test::temporary_folder folder_;
  std::vector<std::string> names_;
};
struct over_walk : files {
  using files::files;
  auto iter() { return pariter::walk(names_); }
};
struct over_lines : numbered {  // of one byte
  explicit over_lines(int n) : numbered(n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += {static_cast<char>(i), '\n'};
    file_ = folder_.file("lines", text);
  }
  auto iter() { return pariter::lines(file_); }
  pariter::test::temporary_folder folder_;
  std::string file_;
};
// Each file in a block of its own.
constexpr pariter::blocks_options one_by_one{.capacity = 16, .fill = 1, .extent = 16};
struct over_blocks : files {
  using files::files;
  auto iter() { return pariter::blocks(pariter::walk(names_), one_by_one); }
};
struct over_file_blocks : files {
  explicit over_file_blocks(int n) : files(n), blocks_(pariter::walk(names_), one_by_one) {}
  auto iter() { return blocks_.iter(); }
  pariter::file_blocks blocks_;
};
struct over_file_blocks_that_another_left : over_file_blocks {
  using over_file_blocks::over_file_blocks;
  auto iter() {
    { [[maybe_unused]] auto other = blocks_.iter(); }
    return blocks_.iter();
  }
};

using pariter::test::fixture_called;
const std::vector<pariter::test::fixture_type>& all_fixtures() {
  static const std::vector<pariter::test::fixture_type> all{
      fixture_called<over_async_generator>("async_generator"),
      fixture_called<over_endless_async_generator>("endless_async_generator"),
      fixture_called<over_walk>("walk"),
      fixture_called<over_lines>("lines"),
      fixture_called<over_blocks>("blocks"),
      fixture_called<over_file_blocks>("file_blocks"),
      fixture_called<over_file_blocks_that_another_left>("file_blocks_that_another_left"),
  };
  return all;
}

}  // namespace

class IoLaws : public testing::TestWithParam<pariter::test::fixture_type> {};
INSTANTIATE_TEST_SUITE_P(, IoLaws, testing::ValuesIn(all_fixtures()), pariter::test::name_of);

TEST_P(IoLaws, delivers_what_it_should) { pariter::test::delivers_what_it_should(GetParam()); }
TEST_P(IoLaws, is_at_its_end_for_ever) { pariter::test::is_at_its_end_for_ever(GetParam()); }
TEST_P(IoLaws, iter_of_it_is_it) { pariter::test::iter_of_it_is_it(GetParam()); }
TEST_P(IoLaws, range_for_continues_after_break) { pariter::test::range_for_continues_after_break(GetParam()); }
TEST_P(IoLaws, a_moved_iterator_continues) { pariter::test::a_moved_iterator_continues(GetParam()); }
TEST_P(IoLaws, a_size_hint_counts_what_is_left) { pariter::test::a_size_hint_counts_what_is_left(GetParam()); }
TEST_P(IoLaws, is_a_standard_input_range) { pariter::test::is_a_standard_input_range(GetParam()); }
