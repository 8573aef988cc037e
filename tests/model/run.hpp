// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every program here does with its scenarios: runs them as they are (no schedule may fail, with either kind of fence),
// then with one planted bug at a time (some scenario must fail), and prints the table of mutants and the number of schedules
// until each was found.
//
//   program [SCHEDULES [MUTANT]]     MODEL_HISTORY=1 prints a failing schedule step by step

#include "relacy_platform.hpp"

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

namespace model {

struct check {
  const char* name;
  verdict (*run)(int mutant, bool asymmetric, unsigned long long most);
};

struct planted {
  int number;
  const char* bug;
};

// The exit code of the program: 0 if nothing failed and every mutant was found.
inline int run(std::span<const check> checks, std::span<const planted> mutants, unsigned long long schedules, int argc, char** argv) {
  if (argc > 1) schedules = std::strtoull(argv[1], nullptr, 10);
  const int only = argc > 2 ? std::atoi(argv[2]) : 0;
  bool good = true;
  for (const check& c : checks) {
    if (only != 0) break;
    for (const bool with_fence : {true, false}) {
      const verdict v = c.run(0, with_fence, schedules);
      std::printf("%-40s %-10s ", c.name, with_fence ? "asymmetric" : "symmetric");
      if (v.schedules == 0) std::printf("%llu schedules, clean\n", schedules);
      else std::printf("schedule %llu: %s\n", v.schedules, v.why);
      good = good && v.schedules == 0;
    }
  }
  std::printf("\n%6s %-52s %9s  %s\n", "mutant", "planted bug", "schedules", "found by");
  for (const planted& m : mutants) {
    if (only != 0 && m.number != only) continue;
    verdict best;
    std::string by;
    for (const check& c : checks) {
      for (const bool with_fence : {true, false}) {
        if (best.schedules == 1) break;
        const verdict v = c.run(m.number, with_fence, best.schedules == 0 ? schedules : best.schedules - 1);
        if (v.schedules != 0) best = v, by = std::string(c.name) + (with_fence ? ", asymmetric" : ", symmetric");
      }
    }
    if (best.schedules == 0) std::printf("%6d %-52s %9s\n", m.number, m.bug, "NOT FOUND");
    else std::printf("%6d %-52s %9llu  %s: %s\n", m.number, m.bug, best.schedules, by.c_str(), best.why);
    good = good && best.schedules != 0;
  }
  return good ? 0 : 1;
}

}  // namespace model
