// SPDX-License-Identifier: Apache-2.0
#pragma once

// cut_files<Part>: puts the results of the pieces of cut files together, in the order of the file, whatever the order in which
// the pieces came and whichever thread worked on them.
//
// A Part is what an analysis found in a run of bytes; `join(Part, Part)` gives what it would have found in both, and is
// associative. Neighbours are joined as soon as they meet, so a file in work is mostly one or two runs, whatever its size.
//
// Threads: owned by one; merge() takes over what another thread has collected.
// Lifetime: an entry is held as long as its file is not complete, so that its id stays its own.

#include <pariter/io/block.hpp>

#include <cstdint>
#include <iterator>
#include <map>
#include <unordered_map>
#include <utility>

namespace ptree {

template <class Part>
class cut_files {
 public:
  /// Adds a piece of a cut file. Calls done(entry, Part) if that completes the file.
  template <class Join, class Done>
  void add(const pariter::piece& p, Part part, Join join, Done done) {
    runs& file = files_[p.file.id()];
    if (!file.entry.id()) file.entry = p.file;
    insert(file, p.offset, run{p.offset + p.bytes.size(), p.last, std::move(part)}, join);
    const auto& [start, only] = *file.by_offset.begin();
    if (file.by_offset.size() == 1 && start == 0 && only.last) {
      auto whole = files_.extract(p.file.id());
      done(whole.mapped().entry, std::move(whole.mapped().by_offset.begin()->second.part));
    }
  }

  /// Takes over everything from `other`.
  template <class Join>
  void merge(cut_files& other, Join join) {
    for (auto& [id, theirs] : other.files_) {
      runs& file = files_[id];
      if (!file.entry.id()) file.entry = theirs.entry;
      for (auto& [offset, r] : theirs.by_offset) insert(file, offset, std::move(r), join);
    }
    other.files_.clear();
  }

  /// Calls done(entry, Part) for every file that is left. Where a part of a file could not be read, what lies before and behind
  /// it is joined; the failure was reported.
  template <class Join, class Done>
  void finish(Join join, Done done) {
    for (auto& [id, file] : files_) {
      auto at = file.by_offset.begin();
      Part whole = std::move(at->second.part);
      while (++at != file.by_offset.end()) whole = join(std::move(whole), std::move(at->second.part));
      done(file.entry, std::move(whole));
    }
    files_.clear();
  }

 private:
  struct run {
    std::uint64_t end;
    bool last;
    Part part;
  };
  struct runs {
    pariter::entry entry;
    std::map<std::uint64_t, run> by_offset;
  };

  template <class Join>
  static void insert(runs& file, std::uint64_t offset, run r, Join join) {
    auto after = file.by_offset.lower_bound(offset);
    if (after != file.by_offset.end() && after->first == r.end) {
      r = run{after->second.end, after->second.last, join(std::move(r.part), std::move(after->second.part))};
      after = file.by_offset.erase(after);
    }
    if (after != file.by_offset.begin()) {
      if (auto before = std::prev(after); before->second.end == offset) {
        before->second = run{r.end, r.last, join(std::move(before->second.part), std::move(r.part))};
        return;
      }
    }
    file.by_offset.emplace_hint(after, offset, std::move(r));
  }

  std::unordered_map<const void*, runs> files_;
};

}  // namespace ptree
