// SPDX-License-Identifier: Apache-2.0

#include "longest_line.hpp"

#include "../report.hpp"

#include <tuple>

namespace ptree {

namespace {
constexpr auto joined = [](const line_lengths& left, const line_lengths& right) { return join(left, right); };
}

void longest_line::add(const pariter::block& b) {
  for (const pariter::piece& p : b.pieces()) {
    const line_lengths found = kernels_.lines(p.bytes);
    if (p.first && p.last) {
      add_file(p.file, found);
    } else {
      cut_.add(p, found, joined, [this](const pariter::entry& file, const line_lengths& whole) { add_file(file, whole); });
    }
  }
}

void longest_line::add_file(const pariter::entry& file, const line_lengths& found) {
  std::uint64_t length = 0;
  std::uint64_t number = 0;
  const auto consider = [&](std::uint64_t n, std::uint64_t index) {
    if (number == 0 || n > length) {
      length = n;
      number = index + 1;
    }
  };
  if (found.newlines != 0 || found.head != 0) consider(found.head, 0);
  if (found.longest_at != 0) consider(found.longest, found.longest_at);
  if (found.newlines != 0 && found.tail != 0) consider(found.tail, found.newlines);
  if (number == 0 || length < length_) return;
  std::string path = file.path();
  if (number_ != 0 && length == length_ && std::tie(path, number) >= std::tie(path_, number_)) return;
  length_ = length;
  number_ = number;
  path_ = std::move(path);
}

void longest_line::merge(analysis& other) {
  auto& from = static_cast<longest_line&>(other);
  cut_.merge(from.cut_, joined);
  if (from.number_ == 0) return;
  const bool better = number_ == 0 || from.length_ > length_ ||
                      (from.length_ == length_ && std::tie(from.path_, from.number_) < std::tie(path_, number_));
  if (!better) return;
  length_ = from.length_;
  number_ = from.number_;
  path_ = std::move(from.path_);
}

void longest_line::finish() {
  cut_.finish(joined, [this](const pariter::entry& file, const line_lengths& whole) { add_file(file, whole); });
}

void longest_line::write(report& out) const {
  if (out.is_json()) {
    json_writer& j = out.json();
    if (number_ == 0) return j.member("longest_line", nullptr);
    j.object("longest_line", [&] {
      j.member("bytes", length_);
      j.member("path", path_);
      j.member("line", number_);
    });
    return;
  }
  table t({"bytes", "line"});
  if (number_ != 0) t.add({length_, path_ + ":" + std::to_string(number_)});
  out.section("longest line", t);
}

}  // namespace ptree
