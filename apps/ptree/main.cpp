// SPDX-License-Identifier: Apache-2.0

// ptree: text statistics over files and directory trees. `ptree --help` tells what it does; job.hpp shows how.
//
// The main thread waits for signals and shows the progress; the job runs on another thread, and on those it starts.

#include "analyses/counts.hpp"
#include "analyses/histogram.hpp"
#include "analyses/longest_line.hpp"
#include "analyses/matches.hpp"
#include "analyses/top_words.hpp"
#include "failures.hpp"
#include "hurry.hpp"
#include "job.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "text.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace {

constexpr int exit_failures = 1;
constexpr int exit_broken = 2;
constexpr int exit_interrupted = 130;

ptree::job::analyses make_analyses(const ptree::options& o, const ptree::hurry& h) {
  ptree::job::analyses all;
  if (o.counts) all.push_back(std::make_unique<ptree::counts>(o.per_file, o.words));
  if (o.top != 0) all.push_back(std::make_unique<ptree::top_words>(o.top, o.words, h));
  if (o.longest) all.push_back(std::make_unique<ptree::longest_line>());
  if (o.histogram) all.push_back(std::make_unique<ptree::histogram>());
  if (!o.match.empty()) all.push_back(std::make_unique<ptree::matches>(o.match, o.per_file));
  return all;
}

/// What is printed. Requires that the job has run.
std::string text_of(const ptree::job& work, const ptree::options& o, const ptree::failures& failed) {
  ptree::report out(o.json ? ptree::report::form::json : ptree::report::form::text);
  if (o.json) {
    ptree::json_writer& j = out.json();
    j.member("partial", work.partial());
    j.list("failures", [&] {
      for (const auto& [path, reason] : failed.all()) j.row({{"path", path}, {"reason", reason}});
    });
  } else if (work.partial()) {
    out.headline("PARTIAL: interrupted after " + ptree::counted(work.files_read(), "file") + ", " +
                 ptree::counted(work.bytes_read(), "byte"));
  }
  for (const auto& a : work.results()) a->write(out);
  return std::move(out).text();
}

/// By whoever started this program, who meant it.
bool is_ignored(int signal) {
  struct sigaction now {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

/// Runs `work` until it is done or a signal says to stop. One that comes when there is nothing left to stop changes nothing.
/// Returns what is to be printed.
std::string run(ptree::job& work, const ptree::options& o, const ptree::failures& failed, ptree::hurry& h) {
  boost::asio::io_context control(1);
  boost::asio::signal_set signals(control);
  for (const int signal : {SIGINT, SIGTERM}) {
    if (!is_ignored(signal)) signals.add(signal);
  }
  ptree::progress shown(control, work, o);
  bool interrupted = false;
  const auto at_signal = [&](auto again, const boost::system::error_code& error) -> void {
    if (error) return;
    if (interrupted) std::_Exit(exit_interrupted);  // the second time: at once
    interrupted = true;
    h.begin();
    work.stop();
    signals.async_wait([again](const boost::system::error_code& e, int) { again(again, e); });
  };
  signals.async_wait([&](const boost::system::error_code& error, int) { at_signal(at_signal, error); });
  shown.start();

  std::string found;
  std::exception_ptr error;
  std::thread worker([&] {
    try {
      work.run();
      found = text_of(work, o, failed);
    } catch (...) {
      error = std::current_exception();
    }
    boost::asio::post(control, [&] {
      signals.cancel();
      shown.stop();
    });
  });
  control.run();
  worker.join();
  if (error) std::rethrow_exception(error);
  return found;
}

/// Says so, and returns the exit code.
int no_output() {
  std::cerr << "ptree: standard output cannot be written\n";
  return exit_failures;
}

/// False if stdout did not take all of it. A reader that went away (as `head` does) has what it wanted: that is no failure.
bool print(std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EPIPE) return true;
    if (n < 0) {
      std::cerr << "ptree: standard output: " << std::strerror(errno) << '\n';
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Where a standard stream is closed, the next thing that is opened would get its number, and what is written to the stream. What takes
/// its place cannot be used, like the stream itself.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0) (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  occupy_standard_streams();
  try {
    const ptree::parsed command = ptree::parse(argc, argv);
    if (!command.asked) return std::cout.flush() ? command.exit_code : no_output();
    const ptree::options& o = *command.asked;
    ptree::failures failed;
    ptree::hurry in_a_hurry;
    ptree::job work(o, make_analyses(o, in_a_hurry), failed);
    const std::string found = run(work, o, failed, in_a_hurry);
    if (work.partial()) std::cerr << "ptree: interrupted, the result is partial\n";
    const bool printed = print(found);
    if (work.partial()) return exit_interrupted;
    return printed && failed.all().empty() ? EXIT_SUCCESS : exit_failures;
  } catch (const std::exception& e) {
    std::cerr << "ptree: " << e.what() << '\n';
    return exit_broken;
  }
}
