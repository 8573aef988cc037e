// SPDX-License-Identifier: Apache-2.0
// The examples of docs/explanation/generators.md.
#include "pariter/coro/expression.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/coro/generator_function.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

void expect(bool fact) {
  if (!fact) std::abort();
}

// [count]
pariter::generator<int> count(int from, int to) {
  for (; from < to; ++from) co_yield from;
}
// [/count]

// [average]
pariter::generator<double, double, int> average() {
  double total = 0;
  int n = 0;
  while (auto sent = co_yield n == 0 ? 0.0 : total / n) {
    total += *sent;
    ++n;
  }
  co_return n;
}
// [/average]

// [tree]
struct node {
  int value;
  std::unique_ptr<node> left, right;
};

pariter::generator<int> in_order(const node* n) {
  if (n->left) co_yield pariter::elements_of(in_order(n->left.get()));
  co_yield n->value;
  if (n->right) co_yield pariter::elements_of(in_order(n->right.get()));
}
// [/tree]

// [stop]
pariter::generator<int> readings(std::stop_token stop) {
  for (int i = 0; !stop.stop_requested(); ++i) co_yield i;
}
// [/stop]

// [after_catch]
pariter::generator<std::string> parsed(std::vector<std::string> words) {
  for (const std::string& word : words) {
    std::string answer;
    try {
      answer = std::to_string(2 * std::stoi(word));
    } catch (const std::invalid_argument&) {
      answer = "not a number";  // a catch block cannot yield: keep it, and yield behind
    }
    co_yield std::move(answer);
  }
}
// [/after_catch]

int main() {
  {
// [steps]
    auto g = count(0, 2);
    expect(g.next() == 0);
    expect(g.next() == 1);
    expect(g.next() == std::nullopt);
    expect(g.next() == std::nullopt);  // for ever
// [/steps]
  }
  {
// [send]
    auto g = average();
    g.next();  // to the first co_yield
    expect(g.send(10) == 10.0);
    expect(g.send(20) == 15.0);
    expect(!g.next());  // next() sends nothing, and the body ends
    expect(g.take_result() == 2);
// [/send]
  }
  {
// [stopping]
    std::stop_source source;
    auto g = readings(source.get_token());
    expect(g.next() == 0);
    source.request_stop();  // from any thread, also while the body runs
    expect(!g.next());
// [/stopping]
  }
  {
// [function]
    const auto digits = pariter::generator_function(count, 0, 10);
    int pairs = 0;
    for (int a : digits)
      for (int b : digits) pairs += a < b;
    expect(pairs == 45);
// [/function]
  }
  {
    node root{2, std::make_unique<node>(), std::make_unique<node>()};
    root.left->value = 1;
    root.right->value = 3;
    int expected = 1;
    for (int value : in_order(&root)) expect(value == expected++);
  }
  {
    auto g = parsed({"21", "x"});
    expect(g.next() == "42");
    expect(g.next() == "not a number");
  }
  {
// [expression]
    const std::vector numbers{1, 2, 3, 4, 5};
    const auto square = [](int n) { return n * n; };
    const auto odd = [](int n) { return n % 2 == 1; };
    int sum = 0;
    for (int n : pariter::expression(numbers, square, odd)) sum += n;
    expect(sum == 35);
// [/expression]
  }
  std::puts("ok");
}
