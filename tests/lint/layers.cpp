// SPDX-License-Identifier: Apache-2.0

// Rules about who includes what: a room uses only rooms above it, and third parties only where they are at home. detail/ is
// no room: what its headers include counts as included by whoever includes them.

#include "source.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace lint {

namespace {

// From the top of the house down.
constexpr std::array<std::string_view, 10> rooms{"core",     "adaptors", "coro",    "containers", "sharing",
                                                 "parallel", "async",    "runtime", "io",         "cluster"};

constexpr std::array<std::string_view, 4> umbrellas{"boost/asio.hpp", "boost/beast.hpp", "tbb/tbb.h", "oneapi/tbb.h"};

std::string room_of(std::string_view header) {
  constexpr std::string_view prefix = "pariter/";
  if (!header.starts_with(prefix)) return {};
  header.remove_prefix(prefix.size());
  const std::size_t slash = header.find('/');
  return slash == header.npos ? std::string() : std::string(header.substr(0, slash));
}

std::ptrdiff_t floor_of(std::string_view room) {
  return std::find(rooms.begin(), rooms.end(), room) - rooms.begin();
}

bool may_use_tbb(std::string_view room) { return room == "parallel" || room == "runtime"; }
bool may_use_boost(std::string_view room) { return room != "detail" && floor_of(room) >= floor_of("async"); }

// Why `room` must not include `header`; empty if it may.
std::string objection(const std::string& room, const std::string& header) {
  const std::string other = room_of(header);
  if (room != "detail" && other != "detail" && !other.empty() && floor_of(other) > floor_of(room)) {
    return room + "/ stands above " + other + "/ and must not include it";
  }
  if ((header.starts_with("tbb/") || header.starts_with("oneapi/")) && !may_use_tbb(room)) return room + "/ does not know oneTBB";
  if (header.starts_with("boost/") && !may_use_boost(room)) return room + "/ does not know Boost";
  return {};
}

using headers = std::map<std::string, const source*>;  // by the name under which they are included

// The first objection to `header` and, through headers of detail/, to what that includes.
std::string objection_through(const headers& all, const std::string& room, const std::string& header, std::set<std::string>& seen) {
  if (!seen.insert(header).second) return {};
  if (std::string why = objection(room, header); !why.empty()) return why;
  const auto at = all.find(header);
  if (at == all.end() || room == "detail" || room_of(header) != "detail") return {};
  for (const line& l : at->second->lines) {
    const std::string next = included(l);
    if (next.empty()) continue;
    if (std::string why = objection_through(all, room, next, seen); !why.empty()) return why + " (through " + header + ")";
  }
  return {};
}

}  // namespace

void check_layers(const std::vector<source>& tree, std::vector<finding>& out) {
  constexpr std::string_view include_root = "lib/include/";
  headers all;
  for (const source& file : tree) {
    if (file.below(include_root)) all[file.path.substr(include_root.size())] = &file;
  }

  for (const source& file : tree) {
    if (!file.is_cpp()) continue;
    std::string room;
    if (file.below(include_root)) room = room_of(std::string_view(file.path).substr(include_root.size()));
    if (file.below("lib/src/")) room = room_of("pariter/" + file.path.substr(8));
    if (!room.empty() && room != "detail" && floor_of(room) == static_cast<std::ptrdiff_t>(rooms.size())) {
      out.push_back({file.path, 0, "layer", "'" + room + "' is not a room of the house"});
      continue;
    }

    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string header = included(file.lines[i]);
      if (header.empty()) continue;
      if (std::find(umbrellas.begin(), umbrellas.end(), header) != umbrellas.end()) {
        out.push_back({file.path, i + 1, "umbrella", header + ": include the header of what is used; this one costs seconds"});
      }
      if (room.empty()) continue;
      std::set<std::string> seen;
      if (const std::string why = objection_through(all, room, header, seen); !why.empty()) {
        out.push_back({file.path, i + 1, "layer", why});
      }
    }
  }
}

}  // namespace lint
