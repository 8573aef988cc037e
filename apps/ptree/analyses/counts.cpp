// SPDX-License-Identifier: Apache-2.0

#include "counts.hpp"

#include "../report.hpp"
#include "../text.hpp"

#include <algorithm>
#include <iterator>

namespace ptree {

namespace {
constexpr auto joined = [](const text_counts& left, const text_counts& right) { return join(left, right); };
}

void counts::add(const pariter::block& b) {
  for (const pariter::piece& p : b.pieces()) {
    const text_counts found = kernels_.count(p.bytes);
    if (p.first && p.last) {
      add_file(p.file, found);
    } else {
      cut_.add(p, found, joined, [this](const pariter::entry& file, const text_counts& whole) { add_file(file, whole); });
    }
  }
}

void counts::add_file(const pariter::entry& file, const text_counts& found) {
  ++files_;
  lines_ += found.lines;
  words_ += found.words;
  bytes_ += found.bytes;
  if (per_file_) each_.emplace_back(file.path(), found);
}

void counts::merge(analysis& other) {
  auto& from = static_cast<counts&>(other);
  files_ += from.files_;
  lines_ += from.lines_;
  words_ += from.words_;
  bytes_ += from.bytes_;
  cut_.merge(from.cut_, joined);
  each_.insert(each_.end(), std::move_iterator(from.each_.begin()), std::move_iterator(from.each_.end()));
}

void counts::finish() {
  cut_.finish(joined, [this](const pariter::entry& file, const text_counts& whole) { add_file(file, whole); });
  std::sort(each_.begin(), each_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
}

void counts::write(report& out) const {
  if (out.is_json()) {
    json_writer& j = out.json();
    j.object("counts", [&] {
      if (per_file_) {
        j.list("per_file", [&] {
          for (const auto& [path, c] : each_) j.row({{"path", path}, {"lines", c.lines}, {"words", c.words}, {"bytes", c.bytes}});
        });
      }
      j.member("files", files_);
      j.member("lines", lines_);
      j.member("words", words_);
      j.member("bytes", bytes_);
    });
    return;
  }
  table t({"lines", "words", "bytes", ""});
  for (const auto& [path, c] : each_) t.add({c.lines, c.words, c.bytes, path});
  t.add({lines_, words_, bytes_, "total of " + counted(files_, "file")});
  out.section("counts", t);
}

}  // namespace ptree
