// SPDX-License-Identifier: Apache-2.0
#pragma once
// tree_walker: the iterator behind walk(): lists directory trees on the thread that calls next().
//
// Sequence: the roots in the order given; a directory, then what is in it except directories in the order in which the file
// system lists them, then its sub-directories one after another, each in the same way. Nothing is sorted.
//
// What fails is an entry with error() set, and the walk goes on: a root that is missing, a directory that cannot be opened
// (once) or read to its end (once more), a link that closes a loop. next() throws std::bad_alloc only.
//
// Memory: the names of the sub-directories found and not yet entered, and of those above; never a whole listing.

#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/io/entry.hpp"
#include "pariter/io/walk_options.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pariter::detail {

class tree_walker : public iterator_interface<tree_walker> {
 public:
  static constexpr iteration_properties properties{.sees = sight::weak, .ordered = true, .lossless = true};

  tree_walker(std::vector<std::string> roots, walk_options options);
  tree_walker(tree_walker&&) noexcept;
  tree_walker& operator=(tree_walker&&) noexcept;
  ~tree_walker();

  std::optional<entry> next();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace pariter::detail
