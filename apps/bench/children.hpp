// SPDX-License-Identifier: Apache-2.0
#pragma once
//
// Whole programs as contestants: run one, measure its wall time and its peak memory, keep its output.
//
// The kernel counts into a child's peak memory what its parent held when it forked. Programs are therefore started by a
// small launcher: this very program, started anew, which does nothing else.
//
#include <string>
#include <vector>

namespace bench {

struct finished_child {
  int exit_code = -1;     // 128 + signal if it was killed
  double seconds = 0;     // wall time from start to end
  double peak_bytes = 0;  // largest resident set; 0 unless asked for
  std::string output;     // what it wrote to stdout
};

enum class measure { wall_time, peak_memory };

// Runs argv[0] with these arguments, with LC_ALL=C, stdin and stderr from and to /dev/null; waits for its end.
// `environment` is put before LC_ALL, each "NAME=value". Throws std::system_error if it cannot be started.
finished_child run_child(const std::vector<std::string>& argv, measure what = measure::wall_time,
                         const std::vector<std::string>& environment = {});

// To be called first in main: plays the launcher or the plain loop if argv says so, and returns the exit code; -1 otherwise.
int run_as_child(int argc, char** argv);

// The path of this program.
std::string own_path();

// argv[1] of this program when it is to count the tree argv[2] by the plain loop that ptree is held against.
inline constexpr const char* plain_count_flag = "--plain-count";

// The path of `name` in the folder of this program or in the one beside it ("../name/name"); "" if it is not there.
std::string sibling_program(const std::string& name);

}  // namespace bench
