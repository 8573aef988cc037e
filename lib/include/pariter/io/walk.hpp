// SPDX-License-Identifier: Apache-2.0
#pragma once
// walk(roots): every file and directory under some roots, one entry at a time.
//
//   for (const entry& e : walk({"/usr/include"})) if (e.kind() == entry_kind::file) ...
//   while (auto e = co_await it.async_next()) ...
//
// An async_generator: the listing is done by the thread that pulls, or in the executor given to bind_executor(). To deal the
// entries out to several threads: share(walk(roots)).
//
// Sequence: the roots in the order given; a directory, then what is in it except directories in the order in which the file
// system lists them, then its sub-directories one after another, each in the same way. Nothing is sorted. What is created or
// removed meanwhile may be met or not; nothing else is met twice or missed.
//
// Errors are entries with error() set, and the walk goes on: a root that is missing, a directory that cannot be opened (it comes
// once, with the error) or read to its end (it comes once more), a followed link that leads nowhere or closes a loop.
//
// Trees may be deeper than there are file descriptors, and than any path that the system takes. Where the process has no descriptor left,
// the walk first closes the directories that it keeps open for their entries' sake, and keeps fewer from then on.
//
// Cost: about 1 us per file. Memory: the names of the sub-directories found and not yet entered, and of the directories above them and above
// the entries that are kept; never a whole listing.

#include "pariter/async/async_generator.hpp"
#include "pariter/io/entry.hpp"
#include "pariter/io/walk_options.hpp"

#include <string>
#include <vector>

namespace pariter {

[[nodiscard]] async_generator<entry> walk(std::vector<std::string> roots, walk_options options = {});

// The same of one root.
[[nodiscard]] async_generator<entry> walk(std::string root, walk_options options = {});

}  // namespace pariter
