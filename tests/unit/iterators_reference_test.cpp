// SPDX-License-Identifier: Apache-2.0
// The table in docs/reference/iterators.md says what the types say.

#include "pariter/async/async_generator.hpp"
#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"
#include "pariter/core/any_iterator.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/io/file_blocks.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/tee.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <list>
#include <optional>
#include <ranges>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

namespace {

std::string row(const std::string& name, const pariter::iteration_properties& p) {
  const auto yes = [](bool b) { return b ? " yes |" : " |"; };
  const char* const sees = p.sees == pariter::sight::snapshot ? " snapshot |" : p.sees == pariter::sight::weak ? " weak |" : " live |";
  return "| " + name + " |" + sees + yes(p.sized) + yes(p.ordered) + yes(p.lossless) + yes(p.forkable) + yes(p.seekable) + yes(p.stable);
}

template <class I>
std::string row_of(const std::string& name) {
  return row(name, pariter::iteration_traits<I>);
}

struct squares {
  int operator[](std::size_t i) const { return static_cast<int>(i * i); }
};

}  // namespace

TEST(IteratorsReference, says_what_the_types_say) {
  using vector = std::vector<int>;
  using log = pariter::concurrent_log<int>;
  using stream = pariter::broadcast<int>;
  using pariter::iterator_of_t;
  const std::vector<std::string> rows{
      row_of<iterator_of_t<vector&>>("`iter` of a vector, span, array, string"),
      row_of<iterator_of_t<std::list<int>&>>("`iter` of a list, map, set"),
      row_of<iterator_of_t<std::ranges::istream_view<int>>>("`iter` of an input range"),
      row_of<iterator_of_t<squares&>>("`iter` of what has only `[]`"),
      row_of<iterator_of_t<std::tuple<int, int>&>>("`iter` of a tuple or pair"),
      row_of<iterator_of_t<std::optional<int>&>>("`iter` of an optional"),
      row_of<decltype(pariter::iter(std::declval<int (*)()>(), 0))>("`iter(f, sentinel)`"),
      row_of<pariter::any_iterator<int>>("`any_iterator`"),
      row_of<pariter::generator<int>>("`generator`"),
      row_of<log::iterator>("`concurrent_log::iter`"),
      row_of<log::live_iterator>("`concurrent_log::live`"),
      row_of<log::follower>("`concurrent_log::follow`"),
      row_of<decltype(std::declval<const stream&>().iter())>("`broadcast::iter`"),
      row_of<pariter::copy_on_write<vector>::iterator>("`copy_on_write::iter`"),
      row_of<decltype(pariter::share(std::declval<const vector&>()).iter())>("`share` of a vector"),
      row_of<decltype(pariter::share(std::declval<pariter::generator<int>>()).iter())>("`share` of a generator"),
      row_of<decltype(pariter::share(std::declval<const log&>().follow()).iter())>("`share` of a follower"),
      row_of<std::remove_cvref_t<decltype(pariter::tee(std::declval<pariter::generator<int>>(), 2)[0])>>("`tee` of a generator"),
      row_of<pariter::async_generator<int>>("`async_generator`"),
      row_of<pariter::block_reader>("`file_blocks::iter`"),
  };
  const char* const house = std::getenv("PARITER_HOUSE");  // set by ctest
  if (house == nullptr) GTEST_SKIP() << "run it by ctest, or set PARITER_HOUSE to the folder of the checkout";
  std::ifstream in(std::string(house) + "/docs/reference/iterators.md");
  std::stringstream page;
  page << in.rdbuf();
  std::string expected;
  for (const std::string& r : rows) {
    expected += r + '\n';
    EXPECT_NE(page.str().find(r + '\n'), std::string::npos) << "missing: " << r;
  }
  if (HasFailure()) std::cout << expected;
}
