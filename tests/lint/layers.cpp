// SPDX-License-Identifier: Apache-2.0

// Rules about who includes what: a room uses only rooms above it, and third parties only where they are at home.

#include "source.hpp"

#include <algorithm>
#include <array>

namespace lint {

namespace {

// From the top of the house down. detail/ serves every room and itself stands on core/ only.
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

bool may_use(std::string_view room, std::string_view other) {
  if (room == other || other == "detail") return true;
  if (room == "detail") return other == "core";
  return floor_of(other) <= floor_of(room);
}

bool may_use_tbb(std::string_view room) { return room == "parallel" || room == "runtime"; }
bool may_use_boost(std::string_view room) {
  return room != "detail" && floor_of(room) >= floor_of("async");
}

}  // namespace

void check_layers(const std::vector<source>& tree, std::vector<finding>& out) {
  for (const source& file : tree) {
    if (!file.is_cpp()) continue;
    std::string room;
    if (file.below("lib/include/")) room = room_of(std::string_view(file.path).substr(12));
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
      const std::string other = room_of(header);
      if (!other.empty() && !may_use(room, other)) {
        out.push_back({file.path, i + 1, "layer", room + "/ stands above " + other + "/ and must not include it"});
      }
      const bool tbb = header.starts_with("tbb/") || header.starts_with("oneapi/");
      if (tbb && !may_use_tbb(room)) out.push_back({file.path, i + 1, "layer", room + "/ does not know oneTBB"});
      if (header.starts_with("boost/") && !may_use_boost(room)) {
        out.push_back({file.path, i + 1, "layer", room + "/ does not know Boost"});
      }
    }
  }
}

}  // namespace lint
