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
  // How many directories may be kept open for their entries' sake. Beyond that, the one that was used longest ago is closed, and its
  // entries are opened by the rest of their path from the nearest one above that is open. With 0, all are opened by their whole path,
  // which in a deep tree takes time in proportion to its depth.
  std::size_t open_directories = 64;
};

}  // namespace pariter
