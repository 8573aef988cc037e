// SPDX-License-Identifier: Apache-2.0
// Rules 6, 7, 10, 11 and 12: what a walk is.

#include "tour.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/next.hpp"
#include "pariter/coro/expression.hpp"
#include "pariter/coro/generator_function.hpp"
#include "pariter/sharing/share.hpp"

#include <utility>

namespace tour {
namespace {

pariter::generator<int> count_to(int last) {
  for (int i = 1; i <= last; ++i) co_yield i;
}

template <class X>
std::string walk(X& x) {
  std::string all;
  for (auto&& item : x) all += text_of(item) + ' ';
  return all.empty() ? "nothing" : all;
}

void many_times() {
  explain("Each loop over an iterable asks it for a new iterator, which begins at the beginning.");
  const std::vector<int> list{1, 2, 3};
  const auto formula = pariter::generator_function(count_to, 3);
  show("first walk over the list", walk(list));
  show("second walk over the list", walk(list));
  show("first walk over the generator function", walk(formula));
  show("second walk over the generator function", walk(formula));

  explain("Walks nest, and run at the same time on several threads.");
  show("pairs per thread", joined(on_threads([&](int) {
         int pairs = 0;
         for ([[maybe_unused]] int a : list)
           for ([[maybe_unused]] int b : formula) ++pairs;
         return pairs;
       })));
}

void once() {
  explain("A generator is one walk. What it has given is gone, and its end is for ever.");
  auto generator = count_to(3);
  show("next(generator)", step_text(pariter::next(generator)));
  show("first loop: it continues", walk(generator));
  show("second loop", walk(generator));

  explain("So several threads cannot walk one generator each; they can share it, and each number goes to one of them.");
  const auto numbers = pariter::share(count_to(1000));
  const auto sums = on_threads([&](int) {
    int sum = 0;
    for (int n : numbers.iter()) sum += n;
    return sum;
  });
  int total = 0;
  for (int sum : sums) total += sum;
  show("1 + ... + 1000, by three threads together", total);
}

void step_by_step() {
  explain("Nothing moves until someone says `next`: the body runs to its next co_yield, and stands still.");
  std::string log;
  const auto talk = [](std::string& heard) -> pariter::generator<int> {
    heard += "began ";
    co_yield 1;
    heard += "went-on ";
    co_yield 2;
    heard += "finished ";
  };
  auto it = talk(log);
  show("after the call the body has", log.empty() ? "not begun" : log);
  show("next(it)", step_text(pariter::next(it)));
  show("the body", log);
  show("next(it)", step_text(pariter::next(it)));
  show("the body", log);
  show("next(it)", step_text(pariter::next(it)));
  show("the body", log);

  explain("On several threads at once: each says `next` to a walk of its own, which stands where that has left it.");
  const auto formula = pariter::generator_function(count_to, 3);
  show("the last of one, two and three steps", joined(on_threads([&](int n) {
         auto own = formula.iter();
         std::string last;
         for (int step = 0; step <= n; ++step) last = step_text(pariter::next(own));
         return last;
       })));
}

void for_says_next() {
  explain("`for` says `next` for you. These two are the same.");
  std::string by_for, by_hand;
  for (int i : count_to(3)) by_for += std::to_string(i);
  auto it = count_to(3);
  while (auto item = pariter::next(it)) by_hand += std::to_string(*item);
  show("for (int i : count_to(3))", by_for);
  show("while (auto item = next(it))", by_hand);

  explain("It asks for no more than it gives: after a break, the walk stands right behind the last item.");
  auto longer = count_to(5);
  for (int i : longer) {
    if (i == 2) break;
  }
  show("next(longer), after a break at 2", step_text(pariter::next(longer)));

  explain("On several threads: each has its own loop, some by `for`, some by hand.");
  show("on three threads", joined(on_threads([&](int n) {
         std::string own;
         auto mine = count_to(3);
         if (n == 1) {
           while (auto item = pariter::next(mine)) own += std::to_string(*item);
         } else {
           for (int i : mine) own += std::to_string(i);
         }
         return own;
       })));
}

pariter::generator<int> odd_squares(std::vector<int> numbers) {
  for (int n : numbers) {
    if (n % 2 == 1) co_yield n * n;
  }
}

void expressions() {
  explain("An expression says in one line what a generator function would: which items, what of them, and if.");
  const std::vector<int> numbers{1, 2, 3, 4, 5};
  const auto square = [](int n) { return n * n; };
  const auto odd = [](int n) { return n % 2 == 1; };
  auto written_out = odd_squares(numbers);
  auto expression = pariter::expression(numbers, square, odd);
  show("odd_squares(numbers)", written_out);
  show("expression(numbers, square, odd)", expression);
  show("walk of the first", walk(written_out));
  show("walk of the second", walk(expression));

  explain("It is a generator: one walk. Each thread writes its own over the same numbers.");
  show("sum on three threads", joined(on_threads([&](int) {
         int sum = 0;
         for (int n : pariter::expression(numbers, square, odd)) sum += n;
         return sum;
       })));
}

}  // namespace

const std::vector<section> about_walks{
    {"6", "Rule 6: an iterable is walked many times", many_times},
    {"7", "Rule 7: a generator is walked once", once},
    {"10", "Rule 10: each step is an explicit `next`", step_by_step},
    {"11", "Rule 11: `for` calls it implicitly", for_says_next},
    {"12", "Rule 12: a generator expression is sugar for a generator function", expressions},
};

}  // namespace tour
