// SPDX-License-Identifier: Apache-2.0
#pragma once
//
// The benchmark harness: contestants that answer the same question run in turn, within one process.
//
// A *race* is one case, named `group/question/case`. It has one contestant of ours and one or more rivals. In every round
// each contestant runs once, and the order rotates from round to round, so that a disturbance of the machine hits all of
// them; of two the order stays, for who ran twice in a row would find its data in the cache. A ratio is taken within each round; what is
// reported is the median of these ratios, with the smallest and the largest.
//
// What a contestant returns is a *cost* (time per item, bytes, seconds): smaller is better, always. What `ratio` means is
// told by the bar:
//
//   at_least(x)   ratio = theirs / ours, "x times as fast";             holds when ratio >= x
//   at_most(x)    ratio = ours / theirs, "no more than x of its cost";  holds when ratio <= x
//   no_bar()      ratio = ours / theirs, for the record
//
// A contestant verifies its own answer (`expect_equal`); a wrong answer fails the case, and the program ends with 1.
// All functions here are called from the main thread only.
//
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

// ---- answers

class wrong_answer : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws `wrong_answer` unless got == want.
template <class T, class U>
void expect_equal(const T& got, const U& want, std::string_view what);

// ---- bars

struct bar {
  enum class sense { at_least, at_most, none };
  sense direction;
  double limit;

  double ratio(double ours, double theirs) const;
  std::optional<bool> holds(double ratio) const;
  std::string text() const;  // ">= 12", "<= 1.1", or "" when there is none
};

constexpr bar at_least(double limit) { return {bar::sense::at_least, limit}; }
constexpr bar at_most(double limit) { return {bar::sense::at_most, limit}; }
constexpr bar no_bar() { return {bar::sense::none, 0}; }

// ---- races

using contestant = std::function<double()>;  // runs once, verifies its answer, returns its cost

struct settings {
  int rounds = 7;
  double scale = 1.0;    // factor on every item count
  std::string data_dir;  // where generated input is kept between runs
  std::string ptree;     // path of the ptree program; "" when there is none
};

// What a case's set-up function fills in. Captured data lives as long as the race runs.
class race {
 public:
  race(std::string name, std::string unit, const settings& options)
      : name_(std::move(name)), unit_(std::move(unit)), options_(options), rounds_(options.rounds) {}

  const settings& options() const { return options_; }

  // `n` items scaled by --scale, and no fewer than `least`.
  std::size_t scaled(std::size_t n, std::size_t least = 64) const;

  void ours(contestant run) { ours_ = std::move(run); }
  void rival(std::string name, contestant run, bar against) {
    rivals_.push_back({std::move(name), std::move(run), against});
  }

  // Fewer rounds than asked for, where a run takes seconds.
  void at_most_rounds(int rounds) { rounds_ = rounds < rounds_ ? rounds : rounds_; }

  // The case cannot run here (a program is missing): it is left out, and the reason printed.
  void skip(std::string reason) { skipped_ = std::move(reason); }

 private:
  friend class suite;
  struct rival_entry {
    std::string name;
    contestant run;
    bar against;
  };

  std::string name_;
  std::string unit_;
  const settings& options_;
  int rounds_;
  contestant ours_;
  std::vector<rival_entry> rivals_;
  std::string skipped_;
};

struct row {
  std::string name, rival, unit;
  double ours, theirs;                    // medians of the rounds
  double ratio, ratio_min, ratio_max;     // median, smallest and largest of the rounds' ratios
  std::string bar;                        // see bar::text
  std::optional<bool> holds;              // nothing where there is no bar
};

struct outcome {
  std::vector<row> rows;
  bool failed;  // some case gave a wrong answer, or none
};

class suite {
 public:
  using set_up = std::function<void(race&)>;

  // `name` is group/question/case. `prepare` is called when the case's turn has come, and only then.
  void add(std::string name, std::string unit, set_up prepare);

  // The cases whose name contains a match of the regular expression `filter`. Throws std::invalid_argument if it is none, or nothing
  // matches; so does run().
  std::vector<std::string> names(const std::string& filter) const;

  // Runs these cases; prints a row as it is known. A case that fails (a wrong answer, a program that ends with an error) is
  // printed with its reason, and the others go on.
  outcome run(const std::string& filter, const settings& options, std::ostream& out) const;

 private:
  struct entry {
    std::string name, unit;
    set_up prepare;
  };
  std::vector<const entry*> chosen(const std::string& filter) const;

  std::vector<entry> entries_;
};

// ---- results

void print_header(std::ostream& out, std::size_t name_width);
void print_row(std::ostream& out, const row& r, std::size_t name_width);

std::string to_json(const std::vector<row>& rows);
std::vector<row> from_json(const std::string& text);

// A page with the machine, the date, the compiler of this program, and a table for each group of names.
std::string to_markdown(const std::vector<row>& rows);

// ---- bodies

template <class T, class U>
void expect_equal(const T& got, const U& want, std::string_view what) {
  if (got == want) return;
  std::ostringstream message;
  message << what << ": got " << got << ", expected " << want;
  throw wrong_answer(message.str());
}

}  // namespace bench
