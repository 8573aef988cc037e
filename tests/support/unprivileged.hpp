// SPDX-License-Identifier: Apache-2.0
#pragma once
// as_nobody(f): runs f in a child process that may do no more than anybody, and returns the text that f returns.
//
// For what root is never refused. The child is a copy of this thread only; f must not wait for others. Of a process that has no
// privileges it is a plain copy.

#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pariter::test {

template <class F>
std::string as_nobody(F f) {
  constexpr unsigned nobody = 65534;
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const ::pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no child process");
  if (child == 0) {
    const bool dropped = ::geteuid() != 0 || (::setgroups(0, nullptr) == 0 && ::setgid(nobody) == 0 && ::setuid(nobody) == 0);
    std::string said = "privileges cannot be dropped";
    try {
      if (dropped) said = f();
    } catch (const std::exception& e) {
      said = e.what();
    }
    std::size_t at = 0;
    while (at != said.size()) {
      const auto n = ::write(ends[1], said.data() + at, said.size() - at);
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  char buffer[4096];
  for (;;) {
    const auto n = ::read(ends[0], buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    said.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? said : "the child process ended badly";
}

}  // namespace pariter::test
