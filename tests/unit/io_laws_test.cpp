// SPDX-License-Identifier: Apache-2.0

// The laws of support/laws.hpp over the readers of file_blocks, one alone and one beside another that has left.

#include "pariter/io/file_blocks.hpp"
#include "pariter/io/walk.hpp"
#include "support/laws.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace {

// n files of one byte, each in a block of its own: 0 .. n-1.
struct over_files {
  static constexpr bool endless = false;

  explicit over_files(int n) : n_(n) {
    std::vector<std::string> files;
    for (int i = 0; i < n; ++i) files.push_back(folder_.file(std::to_string(i), std::string(1, static_cast<char>(i))));
    blocks_.emplace(pariter::walk(files), pariter::blocks_options{.capacity = 16, .fill = 1, .extent = 16});
  }
  auto iter() { return blocks_->iter(); }
  pariter::test::items expected() const {
    pariter::test::items out;
    for (int i = 0; i < n_; ++i) out.push_back({i});
    return out;
  }

  int n_;
  pariter::test::temporary_folder folder_;
  std::optional<pariter::file_blocks> blocks_;
};
struct over_files_that_another_left : over_files {
  using over_files::over_files;
  auto iter() {
    { [[maybe_unused]] auto other = blocks_->iter(); }
    return blocks_->iter();
  }
};

}  // namespace

template <class Fixture>
class FileBlocksLaws : public testing::Test {};
using fixtures = testing::Types<over_files, over_files_that_another_left>;
TYPED_TEST_SUITE(FileBlocksLaws, fixtures);

TYPED_TEST(FileBlocksLaws, delivers_what_it_should) { pariter::test::delivers_what_it_should<TypeParam>(); }
TYPED_TEST(FileBlocksLaws, is_at_its_end_for_ever) { pariter::test::is_at_its_end_for_ever<TypeParam>(); }
TYPED_TEST(FileBlocksLaws, iter_of_it_is_it) { pariter::test::iter_of_it_is_it<TypeParam>(); }
TYPED_TEST(FileBlocksLaws, range_for_continues_after_break) { pariter::test::range_for_continues_after_break<TypeParam>(); }
TYPED_TEST(FileBlocksLaws, a_moved_iterator_continues) { pariter::test::a_moved_iterator_continues<TypeParam>(); }
TYPED_TEST(FileBlocksLaws, a_size_hint_counts_what_is_left) { pariter::test::a_size_hint_counts_what_is_left<TypeParam>(); }
TYPED_TEST(FileBlocksLaws, is_a_standard_input_range) { pariter::test::is_a_standard_input_range<TypeParam>(); }
