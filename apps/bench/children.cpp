// SPDX-License-Identifier: Apache-2.0
#include "children.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "questions.hpp"
#include "support.hpp"

namespace bench {
namespace {

constexpr const char* launch_flag = "--launch-and-report-peak";

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

bool runnable(const std::filesystem::path& path) {
  return std::filesystem::is_regular_file(path) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string own_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

finished_child run_child(const std::vector<std::string>& argv, measure what, const std::vector<std::string>& environment) {
  std::vector<std::string> arguments;
  if (what == measure::peak_memory) arguments = {own_path(), launch_flag};
  arguments.insert(arguments.end(), argv.begin(), argv.end());
  std::vector<std::string> variables = environment;
  variables.push_back("LC_ALL=C");
  for (const char* kept : {"PATH", "HOME", "TMPDIR"})
    if (const char* value = std::getenv(kept)) variables.push_back(std::string(kept) + "=" + value);

  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);

  const auto start = steady::now();
  pid_t child = 0;
  const int error = posix_spawnp(&child, arguments[0].c_str(), &actions, nullptr, pointers(arguments).data(),
                                 pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  if (error != 0) {
    close(pipe_ends[0]);
    throw std::system_error(error, std::generic_category(), arguments[0]);
  }

  finished_child result;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = read(pipe_ends[0], buffer.data(), buffer.size());
    if (got > 0) result.output.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) break;
  }
  close(pipe_ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  result.seconds = seconds(steady::now() - start).count();
  result.exit_code = exit_code_of(status);

  // The launcher adds one last line to the output: the peak in kilobytes.
  if (what == measure::peak_memory && !result.output.empty()) {
    const std::size_t end = result.output.find_last_not_of('\n');
    const std::size_t before = result.output.find_last_of('\n', end);
    const std::size_t line = before == std::string::npos ? 0 : before + 1;
    result.peak_bytes = std::strtod(result.output.c_str() + line, nullptr) * 1024;
    result.output.erase(line);
  }
  return result;
}

int run_as_child(int argc, char** argv) {
  if (argc < 3) return -1;
  if (std::strcmp(argv[1], plain_count_flag) == 0) return print_plain_counts(argv[2]);
  if (std::strcmp(argv[1], launch_flag) != 0) return -1;
  pid_t child = 0;
  if (posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ) != 0) return 127;
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {}
  std::printf("\n%ld\n", usage.ru_maxrss);
  return exit_code_of(status);
}

std::string sibling_program(const std::string& name) {
  const std::filesystem::path here = std::filesystem::path(own_path()).parent_path();
  for (const std::filesystem::path& candidate : {here / name, here.parent_path() / name / name})
    if (runnable(candidate)) return candidate.string();
  return "";
}

}  // namespace bench
