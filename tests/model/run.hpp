// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every program here does with its scenarios: runs them as they are (no schedule may fail, with either kind of fence),
// random ones and, where it is small enough, one after the other;
// then with one planted bug at a time (some scenario must fail), and prints the table of mutants and the number of schedules
// until each was found.
//
//   program [SCHEDULES [MUTANT]]     MODEL_HISTORY=1 prints a failing schedule step by step

#include "relacy_platform.hpp"

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace model {

struct check {
  const char* name;
  bool bounded_too;  // small enough for the scheduler that goes through schedules one by one
  verdict (*run)(int mutant, bool asymmetric, bool bounded, unsigned long long most);
};

struct planted {
  int number;
  const char* bug;
  std::string_view in = {};  // how the names of the checks begin that may find it
};

struct mode {
  const char* name;
  bool asymmetric;
  bool bounded;
};
inline constexpr mode modes[] = {{"asymmetric, random", true, false},
                                 {"symmetric, random", false, false},
                                 {"asymmetric, bounded", true, true},
                                 {"symmetric, bounded", false, true}};

// The exit code of the program: 0 if nothing failed and every mutant was found.
inline int run(std::span<const check> checks, std::span<const planted> mutants, unsigned long long schedules, int argc, char** argv) {
  if (argc > 1) schedules = std::strtoull(argv[1], nullptr, 10);
  const int only = argc > 2 ? std::atoi(argv[2]) : 0;
  bool good = true;
  for (const check& c : checks) {
    if (only != 0) break;
    for (const mode& m : modes) {
      if (m.bounded && !c.bounded_too) continue;
      const verdict v = c.run(0, m.asymmetric, m.bounded, schedules);
      std::printf("%-40s %-20s ", c.name, m.name);
      if (v.schedules == 0) std::printf("%llu schedules, clean\n", schedules);
      else std::printf("schedule %llu: %s\n", v.schedules, v.why);
      good = good && v.schedules == 0;
    }
  }
  std::printf("\n%6s %-52s %9s  %s\n", "mutant", "planted bug", "schedules", "found by");
  for (const planted& p : mutants) {
    if (only != 0 && p.number != only) continue;
    verdict best;
    std::string by;
    for (const mode& m : modes) {
      for (const check& c : checks) {
        if (best.schedules == 1 || (m.bounded && !c.bounded_too) || !std::string_view(c.name).starts_with(p.in)) continue;
        const verdict v = c.run(p.number, m.asymmetric, m.bounded, best.schedules == 0 ? schedules : best.schedules - 1);
        if (v.schedules != 0 && (best.schedules == 0 || v.schedules < best.schedules)) best = v, by = std::string(c.name) + " (" + m.name + ")";
      }
    }
    if (best.schedules == 0) std::printf("%6d %-52s %9s\n", p.number, p.bug, "NOT FOUND");
    else std::printf("%6d %-52s %9llu  %s: %s\n", p.number, p.bug, best.schedules, by.c_str(), best.why);
    good = good && best.schedules != 0;
  }
  return good ? 0 : 1;
}

}  // namespace model
