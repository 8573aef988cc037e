// SPDX-License-Identifier: Apache-2.0
// The examples of docs/tutorial/first-steps.md.
#include <pariter/containers/concurrent_log.hpp>
#include <pariter/core/iter.hpp>
#include <pariter/core/iterable.hpp>
#include <pariter/core/iterable_interface.hpp>
#include <pariter/core/next.hpp>
#include <pariter/coro/generator.hpp>
#include <pariter/coro/generator_function.hpp>
#include <pariter/sharing/share.hpp>

#include <atomic>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#undef NDEBUG  // the examples check themselves in release builds too
#include <cassert>

namespace {

void by_hand() {
// [by_hand]
  std::vector<std::string> words{"side", "by", "side"};  // an iterable
  auto it = pariter::iter(words);                        // an iterator of it
  assert(*pariter::next(it) == "side");
  assert(*pariter::next(it) == "by");
  assert(*pariter::next(it) == "side");
  assert(!pariter::next(it));                            // the end
  assert(!pariter::next(it));                            // and it stays the end
  assert(pariter::next(it, "none") == "none");
// [/by_hand]
}

// [countdown]
class countdown : public pariter::iterable_interface<countdown> {  // the iterable: used through const, by any thread
 public:
  explicit countdown(int from) : from_(from) {}

  class iterator : public pariter::iterator_interface<iterator> {  // the iterator: one position, one owner
   public:
    explicit iterator(int from) : left_(from) {}
    std::optional<int> next() {
      if (left_ == 0) return std::nullopt;
      return left_--;
    }

   private:
    int left_;
  };

  iterator iter() const { return iterator(from_); }

 private:
  int from_;
};
static_assert(pariter::shared_iterable<countdown> && pariter::iterator<countdown::iterator>);
// [/countdown]

void independent() {
// [independent]
  const countdown three(3);
  std::vector<int> seen;
  for (int a : three)                             // each loop calls iter()
    for (int b : three) seen.push_back(10 * a + b);
  assert((seen == std::vector{33, 32, 31, 23, 22, 21, 13, 12, 11}));
// [/independent]
}

// [generator]
pariter::generator<int> count_down(int from) {
  while (from > 0) co_yield from--;
}
// [/generator]

void generators() {
// [generator_use]
  auto g = count_down(3);  // nothing has run yet
  assert(g.next() == 3);
  for (int i : g) assert(i == 2 || i == 1);  // a loop goes on where the generator stands
  assert(!g.next());                         // used up: a generator is an iterator

  const auto function = pariter::generator_function(count_down, 3);  // an iterable: calls count_down for each iterator
  std::atomic<int> sum = 0;
  auto add = [&] { for (int i : function.iter()) sum += i; };
  std::thread a(add), b(add);
  a.join(), b.join();
  assert(sum == 12);
// [/generator_use]
}

void logs() {
// [log]
  pariter::concurrent_log<std::string> log;
  std::thread writer([&] {
    for (const char* line : {"one", "two", "three"}) log.append(line);
    log.close();
  });
  std::vector<std::string> seen;
  for (const std::string& line : log.follow()) seen.push_back(line);  // waits for more until the log is closed
  writer.join();
  assert((seen == std::vector<std::string>{"one", "two", "three"}));

  auto late = log.follow(2);  // resume is a number
  assert(*late.next() == "three");
  assert(late.position() == 3);
// [/log]
}

void failures() {
// [failure]
  pariter::concurrent_log<int> log;
  log.append(1);
  log.fail(std::make_exception_ptr(std::runtime_error("disk full")));
  auto it = log.follow();
  assert(*it.next() == 1);  // what was there is delivered
  bool told = false;
  try {
    (void)it.next();
  } catch (const std::runtime_error&) {
    told = true;  // then every iterator is told: "failed" is never taken for "ended"
  }
  assert(told);
// [/failure]
}

void sharing() {
// [share]
  auto shared = pariter::share(count_down(1000));
  std::atomic<long> sum = 0;
  auto work = [&] { for (int i : shared.iter()) sum += i; };  // each thread draws for itself
  std::thread a(work), b(work);
  a.join(), b.join();
  assert(sum == 500'500);  // each item went to exactly one of them
// [/share]
}

}  // namespace

int main() {
  by_hand();
  independent();
  generators();
  logs();
  failures();
  sharing();
}
