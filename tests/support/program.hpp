// SPDX-License-Identifier: Apache-2.0
#pragma once
// program: runs a program and tells what it printed and how it ended.
//
//   const ended r = run({app("ptree"), "--json", path});
//   EXPECT_EQ(r.code, 0) << r.err;

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pariter::test {

struct ended {
  int code = -1;  // the exit code, or 128 + the signal that killed it
  std::string out;
  std::string err;
};

// Where the build put the application `name`.
inline std::string app(const std::string& name) {
  const char* folder = std::getenv("PARITER_APPS");
  if (folder == nullptr) throw std::runtime_error("set PARITER_APPS to the apps/ folder of the build");
  return std::string(folder) + "/" + name + "/" + name;
}

struct run_options {
  std::string out_to = {};                      // where stdout goes; empty: into ended.out
  int err_to = -1;                              // a descriptor for stderr; -1: into ended.err
  std::function<void(::pid_t)> meanwhile = {};  // called once it runs
};

inline ended run(const std::vector<std::string>& command, const run_options& options = {}) {
  const auto temporary = [] {
    std::string name = (std::filesystem::temp_directory_path() / "pariter-out-XXXXXX").string();
    const int fd = ::mkstemp(name.data());
    if (fd < 0) throw std::runtime_error("no temporary file can be made");
    ::unlink(name.c_str());
    return fd;
  };
  const auto content = [](int fd) {
    std::string text;
    char buffer[4096];
    ::lseek(fd, 0, SEEK_SET);
    for (::ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
    ::close(fd);
    return text;
  };
  std::vector<char*> arguments;
  for (const std::string& a : command) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  const int out = options.out_to.empty() ? temporary() : ::open(options.out_to.c_str(), O_WRONLY);
  const int err = options.err_to < 0 ? temporary() : options.err_to;

  const ::pid_t child = ::fork();
  if (child == 0) {
    for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);  // as at a prompt, however the test was started
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }
  if (child < 0) throw std::runtime_error("fork failed");
  if (options.meanwhile) options.meanwhile(child);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ended result;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (options.out_to.empty()) {
    result.out = content(out);
  } else {
    ::close(out);
  }
  if (options.err_to < 0) result.err = content(err);
  return result;
}

// The most memory that `pid`, once it runs the program `name`, was seen to have in use, in bytes; returns when it has ended. (What getrusage() tells of a child
// includes what its parent had in use before the exec.)
inline std::size_t watch_memory(::pid_t pid, const std::string& name) {
  const std::string status = "/proc/" + std::to_string(pid) + "/status";
  std::size_t peak = 0;
  for (;; std::this_thread::yield()) {
    ::siginfo_t info{};
    if (::waitid(P_PID, static_cast<::id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0) return peak;
    std::ifstream file(status);
    std::size_t now = 0;
    bool executed = false;
    for (std::string word; file >> word;) {
      if (word == "Name:") executed = (file >> word) && word == name;
      if (word == "VmHWM:") file >> now;
    }
    if (executed) peak = std::max(peak, now * 1024);
  }
}

// Returns when `pid` runs the program `name` and handles `signal` itself, or has ended. (A shell that will become the program handles some, too.)
inline void wait_for_handler(::pid_t pid, const std::string& name, int signal) {
  const std::string status = "/proc/" + std::to_string(pid) + "/status";
  for (;; std::this_thread::yield()) {
    std::ifstream file(status);
    bool executed = false;
    std::string word;
    while (file >> word && word != "SigCgt:" && word != "Z") {
      if (word == "Name:") executed = (file >> word) && word == name;
    }
    std::uint64_t caught = 0;
    if (word != "SigCgt:" || !(file >> std::hex >> caught)) return;
    if (executed && (caught >> (signal - 1) & 1) != 0) return;
  }
}

// Whether `pid` handles `signal` itself.
inline bool handles(::pid_t pid, int signal) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  std::uint64_t caught = 0;
  for (std::string word; file >> word;) {
    if (word == "SigCgt:") file >> std::hex >> caught;
  }
  return (caught >> (signal - 1) & 1) != 0;
}

// Returns when `pid` has at least `n` threads, or has ended.
inline void wait_for_threads(::pid_t pid, std::ptrdiff_t n) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (std::error_code error; !error; std::this_thread::yield()) {
    std::ptrdiff_t count = 0;
    for (auto it = std::filesystem::directory_iterator(tasks, error); !error && it != std::filesystem::directory_iterator(); it.increment(error)) ++count;
    if (count >= n || count == 0) return;
  }
}

}  // namespace pariter::test
