// SPDX-License-Identifier: Apache-2.0

#include "histogram.hpp"

#include "../report.hpp"

#include <cstdio>

namespace ptree {

namespace {

std::string name_of(unsigned value) {
  char text[16];
  if (value > 0x20 && value < 0x7f) {
    std::snprintf(text, sizeof text, "%02x %c", value, static_cast<char>(value));
  } else {
    std::snprintf(text, sizeof text, "%02x", value);
  }
  return text;
}

}  // namespace

void histogram::write(report& out) const {
  const auto totals = bytes_.totals();
  if (out.is_json()) {
    out.json().list("histogram", [&] {
      for (const auto n : totals) out.json().item(n);
    });
    return;
  }
  std::uint64_t sum = 0;
  for (const auto n : totals) sum += n;
  table t({"count", "percent", "byte"});
  for (unsigned value = 0; value < totals.size(); ++value) {
    if (totals[value] == 0) continue;
    char percent[16];
    std::snprintf(percent, sizeof percent, "%.3f", 100.0 * static_cast<double>(totals[value]) / static_cast<double>(sum));
    t.add({totals[value], right_aligned{percent}, name_of(value)});
  }
  out.section("byte values", t);
}

}  // namespace ptree
