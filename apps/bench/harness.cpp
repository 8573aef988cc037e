// SPDX-License-Identifier: Apache-2.0
#include "harness.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <ostream>
#include <regex>
#include <thread>

#include <nlohmann/json.hpp>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace bench {
namespace {

// Puts together what the contestant before has freed, at nobody's expense. The C library leaves small blocks apart until somebody asks
// for a large one, who then pays for all of them: 10 to 25 ms after a list of a million nodes.
void sweep_heap() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  const double upper = *middle;
  return (upper + *std::max_element(values.begin(), middle)) / 2;
}

// Four significant digits, never in scientific notation.
std::string number(double value) {
  std::ostringstream out;
  const double magnitude = std::fabs(value);
  const int digits = magnitude >= 1000 || magnitude == 0 ? 0 : 3 - static_cast<int>(std::floor(std::log10(magnitude)));
  out << std::fixed << std::setprecision(std::clamp(digits, 0, 6)) << value;
  return out.str();
}

std::string verdict(const row& r) {
  if (!r.holds) return "-";
  return *r.holds ? "holds" : "MISSED";
}

std::string group_of(const row& r) { return r.name.substr(0, r.name.find('/')); }

// As it stands in a cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string spread(const row& r) { return number(r.ratio_min) + " .. " + number(r.ratio_max); }

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

std::string system_name() {
  std::ifstream release("/etc/os-release");
  for (std::string line; std::getline(release, line);)
    if (line.starts_with("PRETTY_NAME=\"")) return line.substr(13, line.size() - 14);
  return "unknown system";
}

std::string compiler_name() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::ostringstream out;
  out << std::put_time(&parts, "%Y-%m-%d");
  return out.str();
}

}  // namespace

// ---- bars

double bar::ratio(double ours, double theirs) const {
  return direction == sense::at_least ? theirs / ours : ours / theirs;
}

std::optional<bool> bar::holds(double ratio) const {
  switch (direction) {
    case sense::at_least: return ratio >= limit;
    case sense::at_most: return ratio <= limit;
    case sense::none: break;
  }
  return std::nullopt;
}

std::string bar::text() const {
  if (direction == sense::none) return "";
  std::ostringstream out;
  out << (direction == sense::at_least ? ">= " : "<= ") << limit;
  return out.str();
}

// ---- races

std::size_t race::scaled(std::size_t n, std::size_t least) const {
  const auto scaled = static_cast<std::size_t>(static_cast<double>(n) * options_.scale);
  return std::max(scaled, std::min(n, least));
}

void suite::add(std::string name, std::string unit, set_up prepare) {
  entries_.push_back({std::move(name), std::move(unit), std::move(prepare)});
}

std::vector<const suite::entry*> suite::chosen(const std::string& filter) const {
  const std::regex pattern = [&] {
    try {
      return std::regex(filter);
    } catch (const std::regex_error&) {
      throw std::invalid_argument("not a regular expression: " + filter);
    }
  }();
  std::vector<const entry*> chosen;
  for (const entry& e : entries_)
    if (std::regex_search(e.name, pattern)) chosen.push_back(&e);
  if (chosen.empty()) throw std::invalid_argument("no case matches " + filter + "; --list names them all");
  return chosen;
}

std::vector<std::string> suite::names(const std::string& filter) const {
  std::vector<std::string> names;
  for (const entry* e : chosen(filter)) names.push_back(e->name);
  return names;
}

outcome suite::run(const std::string& filter, const settings& options, std::ostream& out) const {
  const std::vector<const entry*> cases = chosen(filter);
  std::size_t name_width = 4;
  for (const entry* e : cases) name_width = std::max(name_width, e->name.size());

  print_header(out, name_width);
  std::vector<row> rows;
  bool failed = false;
  for (const entry* e : cases) {
    race r(e->name, e->unit, options);
    try {
      e->prepare(r);
      if (!r.skipped_.empty()) {
        out << e->name << ": left out: " << r.skipped_ << "\n";
        continue;
      }

      // Contestant 0 is ours. The first round warms up caches, clocks and allocators, and is not counted.
      const std::size_t contestants = r.rivals_.size() + 1;
      std::vector<std::vector<double>> costs(contestants);
      const int warm_up = options.rounds > 1 ? 1 : 0;
      for (int round = -warm_up; round < r.rounds_; ++round)
        for (std::size_t turn = 0; turn < contestants; ++turn) {
          // In rotating order, but of two nobody runs twice in a row: it would find its own data in the cache.
          const std::size_t first = contestants > 2 ? static_cast<std::size_t>(round + warm_up) : 0;
          const std::size_t who = (first + turn) % contestants;
          sweep_heap();
          const double cost = who == 0 ? r.ours_() : r.rivals_[who - 1].run();
          if (round >= 0) costs[who].push_back(cost);
        }

      for (std::size_t i = 0; i < r.rivals_.size(); ++i) {
        const bar& against = r.rivals_[i].against;
        std::vector<double> ratios;
        for (std::size_t k = 0; k < costs[0].size(); ++k)
          ratios.push_back(against.ratio(costs[0][k], costs[i + 1][k]));
        const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
        row result{.name = e->name,
                   .rival = r.rivals_[i].name,
                   .unit = e->unit,
                   .ours = median(costs[0]),
                   .theirs = median(costs[i + 1]),
                   .ratio = median(ratios),
                   .ratio_min = *least,
                   .ratio_max = *most,
                   .bar = against.text(),
                   .holds = against.holds(median(ratios))};
        print_row(out, result, name_width);
        rows.push_back(std::move(result));
      }
    } catch (const std::exception& error) {
      out << e->name << ": FAILED: " << error.what() << std::endl;
      failed = true;
    }
  }
  return {std::move(rows), failed};
}

// ---- results

void print_header(std::ostream& out, std::size_t name_width) {
  out << std::left << std::setw(static_cast<int>(name_width)) << "case" << "  " << std::right << std::setw(9) << "ratio"
      << "  " << std::setw(18) << "least .. most" << "  " << std::setw(8) << "bar" << "  " << std::setw(6) << "" << "  "
      << std::setw(9) << "ours" << "  " << std::setw(9) << "theirs" << "  " << std::left << std::setw(8) << "unit"
      << "  rival\n";
}

void print_row(std::ostream& out, const row& r, std::size_t name_width) {
  out << std::left << std::setw(static_cast<int>(name_width)) << r.name << "  " << std::right << std::setw(9)
      << number(r.ratio) << "  " << std::setw(18) << spread(r) << "  " << std::setw(8) << r.bar << "  " << std::setw(6)
      << verdict(r) << "  " << std::setw(9) << number(r.ours) << "  " << std::setw(9) << number(r.theirs) << "  "
      << std::left << std::setw(8) << r.unit << "  " << r.rival << std::endl;
}

std::string to_json(const std::vector<row>& rows) {
  auto array = nlohmann::ordered_json::array();
  for (const row& r : rows) {
    nlohmann::ordered_json object = {{"name", r.name},           {"rival", r.rival},         {"ours", r.ours},
                                     {"theirs", r.theirs},       {"unit", r.unit},           {"ratio", r.ratio},
                                     {"ratio_min", r.ratio_min}, {"ratio_max", r.ratio_max}, {"bar", nullptr},
                                     {"holds", nullptr}};
    if (!r.bar.empty()) object["bar"] = r.bar;
    if (r.holds) object["holds"] = *r.holds;
    array.push_back(std::move(object));
  }
  return array.dump(2) + "\n";
}

std::vector<row> from_json(const std::string& text) {
  std::vector<row> rows;
  for (const auto& object : nlohmann::json::parse(text)) {
    row r{.name = object.at("name"),
          .rival = object.at("rival"),
          .unit = object.at("unit"),
          .ours = object.at("ours"),
          .theirs = object.at("theirs"),
          .ratio = object.at("ratio"),
          .ratio_min = object.at("ratio_min"),
          .ratio_max = object.at("ratio_max"),
          .bar = {},
          .holds = {}};
    if (!object.at("bar").is_null()) r.bar = object.at("bar");
    if (!object.at("holds").is_null()) r.holds = object.at("holds").get<bool>();
    rows.push_back(std::move(r));
  }
  return rows;
}

std::string to_markdown(const std::vector<row>& rows) {
  std::ostringstream out;
  out << "# Results\n\n"
      << "Written by `apps/bench/run --markdown`. What the columns mean, and what these figures can and cannot say, stands in\n"
      << "[the explanation of the benchmarks](../explanation/benchmarks.md).\n\n"
      << "* machine: " << cpu_model() << ", " << std::thread::hardware_concurrency() << " cores\n"
      << "* system: " << system_name() << "\n"
      << "* compiler: " << compiler_name() << ", release\n"
      << "* date: " << today() << "\n";
  std::vector<std::string> groups;  // as they are first met
  for (const row& r : rows)
    if (std::find(groups.begin(), groups.end(), group_of(r)) == groups.end()) groups.push_back(group_of(r));
  for (const std::string& group : groups) {
    out << "\n## " << group
        << "\n\n| case | rival | ours | theirs | unit | ratio | least .. most | bar | |\n"
        << "|---|---|--:|--:|---|--:|--:|---|---|\n";
    for (const row& r : rows) {
      if (group_of(r) != group) continue;
      out << "| `" << cell(r.name) << "` | " << cell(r.rival) << " | " << number(r.ours) << " | " << number(r.theirs) << " | " << cell(r.unit)
          << " | " << number(r.ratio) << " | " << spread(r) << " | " << cell(r.bar) << " | " << verdict(r) << " |\n";
    }
  }
  return out.str();
}

}  // namespace bench
