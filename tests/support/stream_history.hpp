// SPDX-License-Identifier: Apache-2.0
#pragma once

// Recorded histories of a stream (a log or a broadcast) that some threads write and others read, and what is wrong with one.
//
// Every append and every step of a reader notes the common clock when it begins and when it has returned. The specification is one
// line of items that grows at its end:
//
//   1. each appended item stands in the line once, and nothing else does;
//   2. the line agrees with real time: no item stands behind one whose append began only after its own append had returned;
//   3. each reader sees the line from its start: at the n-th place, counting what it was told that it missed, the n-th item;
//   4. no reader sees an item before its append began;
//   5. no reader is told `empty` where the append of the next item had returned before it asked.

#include "history.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace pariter::test {

struct seen_item {
  std::size_t place;
  std::uint32_t id;
  std::uint64_t returned;
  std::uint64_t last_empty;  // when the last step began that said `empty` instead; 0: none did
};

struct reader_notes {
  std::vector<seen_item> items;
  std::size_t end = 0;  // the place where it was told of the end
  bool told_of_gaps = false;
};

struct stream_history {
  std::vector<append_span> appends;    // of the item with this id
  std::vector<reader_notes> readers;   // the first was told of no gaps
};

// Empty: nothing is wrong.
inline std::string fault_of(const stream_history& h) {
  const std::size_t count = h.appends.size();
  std::vector<std::uint32_t> line;
  std::vector<bool> stands(count, false);
  std::vector<append_span> spans;
  for (const seen_item& s : h.readers.front().items) {
    if (s.id >= count) return "something was seen that nobody appended";
    if (stands[s.id]) return "item " + std::to_string(s.id) + " was seen twice";
    stands[s.id] = true;
    line.push_back(s.id);
    spans.push_back(h.appends[s.id]);
  }
  if (line.size() != count) return std::to_string(count - line.size()) + " items are missing";
  if (const auto i = out_of_order(spans)) return "the item at " + std::to_string(*i) + " stands before one that had been appended";
  for (const reader_notes& r : h.readers) {
    if (r.end != count || (!r.told_of_gaps && r.items.size() != count)) return "a reader ended at " + std::to_string(r.end);
    for (const seen_item& s : r.items) {
      if (s.place >= count || line[s.place] != s.id) return "two readers disagree at " + std::to_string(s.place);
      if (s.returned < h.appends[s.id].began) return "item " + std::to_string(s.id) + " was seen before it was written";
      if (s.last_empty > h.appends[s.id].returned) return "item " + std::to_string(s.id) + " was not there when it had been appended";
    }
  }
  return "";
}

}  // namespace pariter::test
