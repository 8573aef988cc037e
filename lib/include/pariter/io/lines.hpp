// SPDX-License-Identifier: Apache-2.0
#pragma once
// lines(path): the lines of a file, one by one.
//
//   for (std::string& line : lines("/etc/hosts")) ...
//   auto it = lines(path); it.bind_executor(pool.get_executor());
//   while (auto line = co_await it.async_next()) ...
//
// An async_generator: the file is read by the thread that pulls, or in the executor given to bind_executor().
//
// A line is what stands before a newline; the newline is not part of it. What follows the last newline is a line if it is not
// empty. Nothing else has a meaning: bytes of any value, '\r' too, are handed out as they are.
//
// Throws std::system_error, with the path in its message, if the file cannot be opened (with the first pull) or read (after the
// lines before). A FIFO or a device is read as it comes, which may block.
// Memory: the longest line so far, and 64 KiB.

#include "pariter/async/async_generator.hpp"

#include <string>

namespace pariter {

[[nodiscard]] async_generator<std::string> lines(std::string path);

}  // namespace pariter
