// SPDX-License-Identifier: Apache-2.0

#include "matches.hpp"

#include "../report.hpp"
#include "../text.hpp"

#include <algorithm>
#include <iterator>

namespace ptree {

void matches::add(const pariter::block& b) {
  for (const pariter::piece& p : b.pieces()) {
    if (p.first && p.last) {
      add_file(p.file, kernels_.find(p.bytes, text_));
    } else {
      cut_.add(p, look(p.bytes), joined(), [this](const pariter::entry& file, const part& whole) { add_file(file, whole.found); });
    }
  }
}

matches::part matches::look(bytes_view bytes) const {
  const std::size_t ends = std::min(bytes.size(), text_.size() - 1);
  const bytes_view head = bytes.first(ends);
  const bytes_view tail = bytes.last(ends);
  return {kernels_.find(bytes, text_), {head.begin(), head.end()}, {tail.begin(), tail.end()}};
}

matches::part matches::join(part left, part right) const {
  const std::size_t ends = text_.size() - 1;
  // Each side is shorter than the text, so what is found in both together lies across the seam.
  const std::string seam = left.tail + right.head;
  part both;
  both.found = left.found + right.found + kernels_.find(seam, text_);
  both.head = std::move(left.head);
  if (both.head.size() < ends) both.head.append(right.head, 0, ends - both.head.size());
  both.tail = std::move(right.tail);
  if (both.tail.size() < ends) {
    const std::size_t more = std::min(ends - both.tail.size(), left.tail.size());
    both.tail.insert(0, left.tail, left.tail.size() - more, more);
  }
  return both;
}

void matches::add_file(const pariter::entry& file, std::uint64_t found) {
  if (found == 0) return;
  found_ += found;
  ++files_;
  if (per_file_) each_.emplace_back(file.path(), found);
}

void matches::merge(analysis& other) {
  auto& from = static_cast<matches&>(other);
  found_ += from.found_;
  files_ += from.files_;
  cut_.merge(from.cut_, joined());
  each_.insert(each_.end(), std::move_iterator(from.each_.begin()), std::move_iterator(from.each_.end()));
}

void matches::finish() {
  cut_.finish(joined(), [this](const pariter::entry& file, const part& whole) { add_file(file, whole.found); });
  std::sort(each_.begin(), each_.end());
}

void matches::write(report& out) const {
  if (out.is_json()) {
    json_writer& j = out.json();
    j.object("matches", [&] {
      if (per_file_) {
        j.list("per_file", [&] {
          for (const auto& [path, found] : each_) j.row({{"path", path}, {"count", found}});
        });
      }
      j.member("text", text_);
      j.member("count", found_);
      j.member("files", files_);
    });
    return;
  }
  table t({"count", ""});
  for (const auto& [path, found] : each_) t.add({found, path});
  t.add({found_, "total in " + counted(files_, "file")});
  out.section("matches of \"" + printable(text_) + '"', t);
}

}  // namespace ptree
