// SPDX-License-Identifier: Apache-2.0

#include "pariter/io/walk.hpp"

#include "tree_walker.hpp"

#include <utility>

namespace pariter {

namespace {

async_generator<entry> entries_of(detail::tree_walker walker) {
  while (auto found = walker.next()) co_yield std::move(*found);
}

}  // namespace

async_generator<entry> walk(std::vector<std::string> roots, walk_options options) {
  return entries_of(detail::tree_walker(std::move(roots), options));
}

async_generator<entry> walk(std::string root, walk_options options) {
  std::vector<std::string> roots;
  roots.push_back(std::move(root));
  return walk(std::move(roots), options);
}

}  // namespace pariter
