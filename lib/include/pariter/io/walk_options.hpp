// SPDX-License-Identifier: Apache-2.0
#pragma once
// What walk() can be told.

#include <cstddef>

namespace pariter {

// What is done with a symbolic link. A root that is one is followed in any case.
enum class symlinks {
  reported,  // it is an entry of kind symlink
  followed,  // it is what it points to; a loop is reported as the error of the entry that closes it
};

struct walk_options {
  symlinks links = symlinks::reported;
  // How many directories may be kept open for their entries' sake. Beyond that, entries are opened by their path.
  std::size_t open_directories = 64;
};

}  // namespace pariter
