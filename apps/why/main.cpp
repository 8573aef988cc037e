// SPDX-License-Identifier: Apache-2.0

// why: what happens when several threads walk one container, and why an iterator is not the thing it walks.
//
// Three acts: the container keeps the position; each thread has an iterator; the threads divide the items by share().

#include "acts.hpp"
#include "picture.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iomanip>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace why {
namespace {

struct parsed {
  std::optional<settings> chosen;
  int exit_code;
};

parsed parse(int argc, char** argv) {
  settings s;
  CLI::App app("Several threads walk one container: what goes wrong, why, and what to do instead.", "why");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.add_option("-t,--threads", s.threads, "How many threads")->type_name("N")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("-i,--items", s.items, "How many items the container holds")->type_name("N")->check(CLI::Range(1, 100'000))->capture_default_str();
  app.add_option("-r,--rounds", s.rounds, "How often each experiment is repeated")->type_name("N")->check(CLI::Range(1, 100'000))->capture_default_str();
  app.add_option("-s,--seed", s.seed, "When the threads give way to each other; threads are not repeatable, so the same seed gives similar pictures, not equal ones")
      ->type_name("N")
      ->capture_default_str();
  app.footer("Exit code: 0; 1 if pariter itself lost or doubled an item, or if the output cannot be written; 2 for wrong usage.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return {std::nullopt, app.exit(e) == 0 ? 0 : 2};
  }
  return {s, 0};
}

std::string grouped(std::size_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string counted(std::size_t n, const std::string& one) { return grouped(n) + ' ' + one + (n == 1 ? "" : "s"); }

void table_of_walks(const result& r) {
  std::cout << "\n       thread    seen   lost   doubled   ended early\n";
  const std::size_t shown = std::min<std::size_t>(r.one_round.size(), 16);
  for (std::size_t t = 0; t < shown; ++t) {
    const trouble own = of_full_walk(r.one_round[t]);
    std::cout << "       " << std::left << std::setw(6) << thread_name(t) << std::right << std::setw(8) << grouped(r.one_round[t].size() - own.lost)
              << std::setw(7) << grouped(own.lost) << std::setw(10) << grouped(own.doubled) << std::setw(14) << (own.ended_early ? "yes" : "no") << '\n';
  }
}

void numbers(const settings& s, const result& r, std::size_t expected, bool with_ends) {
  std::cout << "\n   In " << counted(s.rounds, "round") << ":\n"
            << "       items lost          " << std::right << std::setw(10) << grouped(r.total.lost) << " of " << grouped(expected) << '\n'
            << "       items doubled       " << std::setw(10) << grouped(r.total.doubled) << '\n';
  if (with_ends) {
    std::cout << "       loops ended early   " << std::setw(10) << grouped(r.total.ended_early) << " of " << grouped(s.threads * s.rounds) << '\n';
  }
  std::cout << "       rounds gone wrong   " << std::setw(10) << grouped(r.bad_rounds) << " of " << grouped(s.rounds) << '\n';
}

int show(const settings& s) {
  const std::string who = s.threads == 1 ? "One thread wants" : std::to_string(s.threads) + " threads want";
  std::cout << "A box holds " << counted(s.items, "item") << ". " << who << " to look at all of them, each in a loop of its own, at the same\n"
            << "time. So each should see every item once: " << counted(s.items * s.threads, "look") << ".\n"
            << "\n"
            << "\n"
            << "1. THE BOX ITSELF REMEMBERS HOW FAR ONE HAS COME\n"
            << "\n"
            << "       box.start_over();\n"
            << "       while (box.next(item)) look_at(item);\n"
            << "\n"
            << "   Who saw what in the worst round (# seen, . never seen, 2 seen twice):\n"
            << "\n";
  const result fused = walk_fused(s);
  draw_walks(std::cout, fused.one_round);
  table_of_walks(fused);
  numbers(s, fused, s.items * s.threads * s.rounds, true);
  if (s.threads == 1) {
    std::cout << "\n   One thread alone has no trouble. Try --threads 2.\n";
  } else {
    std::cout << "\n   Every line of this program is correct, and no loop knows that it was wronged. But there is one position, and all\n"
              << "   threads move it. When A takes an item, B never sees it. When B starts over, A sees old items again. When C\n"
              << "   takes the last item, the others are told: the end.\n";
  }

  std::cout << "\n\n2. EACH THREAD HAS ITS OWN ITERATOR\n"
            << "\n"
            << "       auto it = iter(box);                             // the position is mine, the box is everybody's\n"
            << "       while (auto item = it.next()) look_at(*item);    // or: for (auto& item : box) look_at(item);\n"
            << "\n"
            << "   Who saw what in the worst round:\n"
            << "\n";
  const result own = walk_own_iterators(s);
  draw_walks(std::cout, own.one_round);
  table_of_walks(own);
  numbers(s, own, s.items * s.threads * s.rounds, true);
  std::cout << "\n   The same box, the same threads. A box is shared; a position has one owner. No lock was needed.\n";

  std::cout << "\n\n3. AND IF THE THREADS ARE TO DIVIDE THE ITEMS AMONG THEM?\n"
            << "\n"
            << "   Then each item should go to exactly one thread. With the box that remembers:\n"
            << "\n"
            << "       while (box.next(item)) work_on(item);\n"
            << "\n";
  const result torn = divide_fused(s);
  draw_division(std::cout, torn.one_round);
  numbers(s, torn, s.items * s.rounds, false);
  if (s.threads > 1) {
    std::cout << "\n   Two letters in one column: an item worked on twice. Two threads read the position before either wrote it.\n";
  }
  std::cout << "\n   Sharing one position is a wish of its own, and it has a name:\n"
            << "\n"
            << "       auto work = share(iter(box));\n"
            << "       for (auto& item : work.iter()) work_on(item);    // in each thread\n"
            << "\n";
  const result shared = divide_shared(s);
  draw_division(std::cout, shared.one_round);
  numbers(s, shared, s.items * s.rounds, false);
  std::cout << "\n   One letter in each column, whatever the threads do.\n"
            << "\n\n"
            << "An iterable is shared. An iterator is owned.\n";

  if (own.total.any() || shared.total.any()) {
    std::cerr << "why: an iterator of pariter lost or doubled an item; that is a bug, please report it\n";
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace why

int main(int argc, char** argv) {
  const auto [chosen, exit_code] = why::parse(argc, argv);
  const int result = chosen ? why::show(*chosen) : exit_code;
  if (std::cout.flush()) return result;
  std::cerr << "why: standard output cannot be written\n";
  return 1;
}
