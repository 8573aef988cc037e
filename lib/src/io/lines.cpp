// SPDX-License-Identifier: Apache-2.0

#include "pariter/io/lines.hpp"

#include "descriptor.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace pariter {

namespace {

// Cuts a file into lines.
class line_cutter {
 public:
  explicit line_cutter(std::string path) : path_(std::move(path)) {}

  // The next line in `line`; false at the end.
  bool next(std::string& line) {
    line.clear();
    for (bool any = false;;) {
      if (unread_.empty() && !fill()) return any;
      any = true;
      const std::size_t at = unread_.find('\n');
      line += unread_.substr(0, at);
      if (at != std::string_view::npos) {
        unread_.remove_prefix(at + 1);
        return true;
      }
      unread_ = {};
    }
  }

 private:
  static constexpr std::size_t size = 64 * 1024;

  bool fill() {
    if (!file_) open();
    const auto got = detail::uninterrupted([this] { return ::read(file_.get(), buffer_.get(), size); });
    if (got < 0) throw std::system_error(detail::last_error(), path_);
    unread_ = {buffer_.get(), static_cast<std::size_t>(got)};
    return got > 0;
  }

  void open() {
    file_ = detail::descriptor(detail::uninterrupted([this] { return ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY); }));
    if (!file_) throw std::system_error(detail::last_error(), path_);
    buffer_ = std::make_unique_for_overwrite<char[]>(size);
  }

  std::string path_;
  detail::descriptor file_;
  std::unique_ptr<char[]> buffer_;
  std::string_view unread_;
};

}  // namespace

async_generator<std::string> lines(std::string path) {
  line_cutter cutter(std::move(path));
  std::string line;
  while (cutter.next(line)) co_yield std::move(line);
}

}  // namespace pariter
