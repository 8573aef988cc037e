// SPDX-License-Identifier: Apache-2.0
#pragma once
// directory_stream: the names in one open directory after another, with one buffer for all of them.

#include "pariter/io/entry.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <system_error>

namespace pariter::detail {

class directory_stream {
 public:
  struct item {
    std::string_view name;  // valid until the next call; ends in '\0'
    entry_kind kind;        // unknown: the file system does not say; ask
  };

  directory_stream();
  directory_stream(const directory_stream&) = delete;
  directory_stream& operator=(const directory_stream&) = delete;
  ~directory_stream();

  // Lists the directory open as `fd` from its start. The caller keeps fd open until the listing has ended.
  void start(int fd, std::error_code& error);
  // The next name except "." and ".."; false at the end, and then `error` says whether it is a premature one.
  bool next(item& out, std::error_code& error);

 private:
  struct platform;
  std::unique_ptr<platform> platform_;
};

}  // namespace pariter::detail
