// SPDX-License-Identifier: Apache-2.0
// Rules 1 to 5: who is what.

#include "tour.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/next.hpp"
#include "pariter/coro/generator_function.hpp"

#include <array>

namespace tour {
namespace {

pariter::generator<int> countdown(int from) {
  while (from > 0) co_yield from--;
}

// What a type is, by the concepts of the protocol.
template <class X>
std::string kind() {
  if constexpr (pariter::iterator<X>) return "an iterator: one walk, one owner";
  else if constexpr (pariter::shared_iterable<X>) return "an iterable: may be walked by many at once";
  else return "neither";
}

void told_apart() {
  explain("Two holders of items and two walks over them; the compiler knows which is which.");
  const std::vector<int> list{3, 2, 1};
  const auto formula = pariter::generator_function(countdown, 3);
  auto over_list = pariter::iter(list);
  auto over_formula = pariter::iter(formula);
  show("std::vector<int> list", kind<decltype(list)>());
  show("iter(list)", kind<decltype(over_list)>());
  show("generator_function(countdown, 3)", kind<decltype(formula)>());
  show("countdown(3)", kind<decltype(over_formula)>());
  show("int", kind<int>());

  explain("So a function for several threads can ask for an iterable, and refuse one walk that they would fight for.");
  show("threads that were given the list", joined(on_threads([&](int) { return *pariter::iter(list).next(); })));
}

template <pariter::iterator I>
std::string first_two(I& it) {
  std::string two = step_text(pariter::next(it));
  return two + " " + step_text(pariter::next(it));
}

void one_interface() {
  explain("An iterator over a collection and a generator answer to the same `next`; who uses them need not know.");
  const std::array list{3, 2, 1};
  auto over_list = pariter::iter(list);
  auto generator = countdown(3);
  show("first_two(iter(list))", first_two(over_list));
  show("first_two(countdown(3))", first_two(generator));
  show("and then for (int i : countdown)", [&] {
    std::string rest;
    for (int i : generator) rest += std::to_string(i);
    return rest;
  }());

  explain("On several threads: each has one of its own, of either kind.");
  show("on three threads", joined(on_threads([&](int n) {
         if (n == 0) {
           auto own = countdown(3);
           return first_two(own);
         }
         auto own = pariter::iter(list);
         return first_two(own);
       })));
}

template <pariter::iterable X>
int sum(const X& x) {
  int total = 0;
  auto it = pariter::iter(x);
  while (auto item = pariter::next(it)) total += *item;
  return total;
}

void both_give_one() {
  explain("`iter(x)` is the one question to ask: a collection answers it, and a generator function does.");
  const std::vector<int> list{3, 2, 1};
  const auto formula = pariter::generator_function(countdown, 3);
  show("sum(list)", sum(list));
  show("sum(generator_function(countdown, 3))", sum(formula));

  explain("Both are asked by three threads at once.");
  show("sum(list)", joined(on_threads([&](int) { return sum(list); })));
  show("sum(formula)", joined(on_threads([&](int) { return sum(formula); })));
}

void holds_a_collection() {
  explain("An iterable holds its items, so any of them can be had at any time, by its index.");
  const std::vector<std::string> days{"mon", "tue", "wed"};
  show("days[2]", days[2]);
  show("days[0]", days[0]);
  show("for (const auto& day : days)", [&] {
    std::string all;
    for (const auto& day : days) all += day + ' ';
    return all;
  }());

  explain("Each thread takes another index; none of them walks.");
  show("days[n] on thread n", joined(on_threads([&](int n) { return days[static_cast<std::size_t>(n)]; })));
}

pariter::generator<long> fibonacci() {
  for (long a = 0, b = 1;; b = std::exchange(a, b) + b) co_yield a;
}

void holds_a_formula() {
  explain("A generator function holds no items but a rule. It may go on for ever; there is no item number 1000 until one walks there.");
  const auto numbers = pariter::generator_function(fibonacci);
  std::string some;
  for (long n : numbers) {
    if (n > 50) break;
    some += std::to_string(n) + ' ';
  }
  show("fibonacci()", some);

  explain("Each thread follows the rule at its own pace.");
  show("the item number 10, 20, 30", joined(on_threads([&](int n) {
         auto it = numbers.iter();
         for (int i = 0; i < 10 * (n + 1); ++i) static_cast<void>(it.next());
         return *it.next();
       })));
}

}  // namespace

const std::vector<section> about_kinds{
    {"1", "Rule 1: iterable, iterator, generator function and generator are four things", told_apart},
    {"2", "Rule 2: iterator and generator share one interface", one_interface},
    {"3", "Rule 3: iterable and generator function both give one", both_give_one},
    {"4", "Rule 4: an iterable holds a collection, reachable by index", holds_a_collection},
    {"5", "Rule 5: a generator function holds a formula", holds_a_formula},
};

}  // namespace tour
