// SPDX-License-Identifier: Apache-2.0
//
// What does it cost that several threads each see all of one iterator? tee() of a generator to 2 and 8 branches, each on a thread
// of its own, against a linked list with a mutex, as Python's itertools does it.
//
// Every branch checks count and sum. The cost is wall time per item of the source, until the last branch is done.
//
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <pariter/coro/generator.hpp>
#include <pariter/sharing/tee.hpp>

#include "questions.hpp"
#include "rivals/plain_tee.hpp"
#include "support.hpp"

namespace bench {
namespace {

using source = pariter::generator<unsigned>;

source count_to(std::size_t n) {
  for (unsigned i = 0; i < n; ++i) co_yield i;
}

template <class Branches>
double walk_all(std::size_t n, Branches branches) {
  const double wall = run_together(static_cast<unsigned>(branches.size()), [&](unsigned thread) {
    auto mine = std::move(branches[thread]);
    std::size_t count = 0;
    std::uint64_t sum = 0;
    while (auto x = mine.next()) {
      sum += *x;
      ++count;
    }
    expect_equal(count, n, "items of a branch");
    expect_equal(sum, std::uint64_t{n} * (n - 1) / 2, "sum of a branch");
  });
  return ns_per(wall, n);
}

void add_branches(suite& s, unsigned branches, const std::string& suffix, pariter::tee_options options, bar against) {
  std::string name = "containers/tee/";
  name += std::to_string(branches);
  name += "_branches";
  name += suffix;
  s.add(name, "ns/item", [=](race& r) {
    const std::size_t n = r.scaled(1'000'000);
    r.ours([=] { return walk_all(n, pariter::tee(count_to(n), branches, options)); });
    r.rival("linked list with a mutex", [=] { return walk_all(n, plain_tee<unsigned, source>::split(count_to(n), branches)); },
            against);
  });
}

}  // namespace

void add_tee(suite& s) {
  for (const unsigned branches : {2U, 8U}) {
    add_branches(s, branches, "", {}, at_least(5));
    add_branches(s, branches, "_read_ahead_64", {.read_ahead = 64}, no_bar());
  }
}

}  // namespace bench
