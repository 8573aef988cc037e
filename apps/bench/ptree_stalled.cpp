// SPDX-License-Identifier: Apache-2.0
//
// ptree_stalled PATH: what `ptree --json -c -t 20 -l -b -m the PATH` does, with a sixth analysis that stalls in its first step until
// the readers wait for it. How much memory that takes is measured from outside.

#include "stalled_analysis.hpp"

#include "../ptree/analyses/counts.hpp"
#include "../ptree/analyses/histogram.hpp"
#include "../ptree/analyses/longest_line.hpp"
#include "../ptree/analyses/matches.hpp"
#include "../ptree/analyses/top_words.hpp"
#include "../ptree/failures.hpp"
#include "../ptree/options.hpp"
#include "../ptree/report.hpp"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <utility>

int main(int argc, char** argv) try {
  if (argc != 2) return std::fputs("usage: ptree_stalled PATH\n", stderr), 2;
  ptree::options o;
  o.paths = {argv[1]};
  o.jobs = 1;
  std::uint64_t all = 0;
  for (const auto& e : std::filesystem::recursive_directory_iterator(argv[1])) all += e.is_regular_file() ? e.file_size() : 0;

  const ptree::hurry none;
  ptree::job::analyses five;
  five.push_back(std::make_unique<ptree::counts>(false, ptree::words_of_wc));
  five.push_back(std::make_unique<ptree::top_words>(20, ptree::words_of_wc, none));
  five.push_back(std::make_unique<ptree::longest_line>());
  five.push_back(std::make_unique<ptree::histogram>());
  five.push_back(std::make_unique<ptree::matches>("the", false));
  auto sixth = std::make_unique<bench::stalled_analysis>(bench::stalled_analysis::stalls::in_its_first_step, all, std::uint64_t{4} << 20);
  bench::stalled_analysis& stalled = *sixth;
  five.push_back(std::move(sixth));

  ptree::failures failed;
  ptree::job work(o, std::move(five), failed);
  stalled.watch(work);
  work.run();
  if (!failed.all().empty() || stalled.seen() != all) return 1;
  ptree::report out(ptree::report::form::json);
  for (const auto& a : work.results()) a->write(out);
  std::puts(std::move(out).text().c_str());
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "ptree_stalled: %s\n", e.what());
  return 2;
}
