// SPDX-License-Identifier: Apache-2.0
// The protocol in four examples.

#include "tour.hpp"

#include "pariter/core/iter.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/next.hpp"
#include "pariter/coro/generator_function.hpp"

#include <random>
#include <stdexcept>

namespace tour {
namespace {

// ---- a string, by `for` and by hand ----

void built_in() {
  const std::string word = "sergey";

  explain("A string is an iterable. `for` asks it for an iterator, and the iterator for the next item, until the end.");
  std::string walked;
  for (char c : word) walked += std::string(1, c) + ' ';
  show("for (char c : word)", walked);

  explain("By hand: `iter` gives the iterator, and each `next` one item. The end is an empty answer, and stays so.");
  auto it = pariter::iter(word);
  for (int i = 0; i < 8; ++i) show("next(it)", step_text(pariter::next(it)));

  explain("Several threads walk one string at once: each asks for an iterator of its own.");
  show("on three threads", joined(on_threads([&](int) {
         std::string own;
         for (char c : word) own += c;
         return own;
       })));
}

// ---- a user-written iterable and its iterator ----

// The iterator: a position. One owner.
class letter_iterator : public pariter::iterator_interface<letter_iterator> {
 public:
  explicit letter_iterator(const std::string& word) : word_(&word) {}

  std::optional<char> next() {
    if (at_ == word_->size()) return std::nullopt;
    return (*word_)[at_++];
  }

 private:
  const std::string* word_;
  std::size_t at_ = 0;
};

// The iterable: a collection that hands out iterators. Any number of users.
class letters {
 public:
  explicit letters(std::string word) : word_(std::move(word)) {}

  letter_iterator iter() const { return letter_iterator(word_); }

 private:
  std::string word_;
};

void user_written() {
  const letters word("sergey");

  explain("An iterable has `iter()`, an iterator has `next()`: two classes, since one collection has many walks.");
  auto it = word.iter();
  for (int i = 0; i < 7; ++i) show("it.next()", step_text(it.next()));

  explain("Three threads, three iterators, one collection; nobody moves another one's position.");
  show("on three threads", joined(on_threads([&](int) {
         std::string own;
         for (char c : word.iter()) own += c;
         return own;
       })));
}

// ---- a type with only operator[] ----

class squares {
 public:
  int operator[](std::size_t i) const {
    if (i >= 5) throw std::out_of_range("squares has five items");
    return static_cast<int>(i * i);
  }
};

void only_index() {
  const squares s;

  explain("A type that can only be indexed is iterable too: 0, 1, 2, ... until it says out_of_range.");
  auto it = pariter::iter(s);
  for (int i = 0; i < 6; ++i) show("next(it)", step_text(pariter::next(it)));

  explain("Each thread has its own index.");
  show("sum on three threads", joined(on_threads([&](int) {
         int sum = 0;
         for (int i : pariter::iter(s)) sum += i;
         return sum;
       })));
}

// ---- a generator function ----

pariter::generator<int> random_numbers(unsigned seed, int count) {
  std::mt19937 engine(seed);
  for (int i = 0; i < count; ++i) co_yield static_cast<int>(engine() % 100);
}

void formula() {
  explain("A generator function holds no items, only how to make them. It is an iterable.");
  const auto numbers = pariter::generator_function(random_numbers, 2026U, 4);
  show("numbers", numbers);

  explain("Called, it gives a generator, which is an iterator: it runs from one co_yield to the next, and stands still between.");
  auto it = pariter::iter(numbers);
  show("iter(numbers)", it);
  for (int i = 0; i < 5; ++i) show("next(it)", step_text(pariter::next(it)));

  explain("Any number of threads may call it at once; with the same seed, each sees the same numbers.");
  show("on three threads", joined(on_threads([&](int) {
         std::string own;
         for (int n : numbers) own += (own.empty() ? "" : ",") + std::to_string(n);
         return own;
       })));
}

}  // namespace

const std::vector<section> by_hand{
    {"string", "A string, by `for` and by hand", built_in},
    {"letters", "An iterable and its iterator, written by hand", user_written},
    {"index", "A type with only operator[]", only_index},
    {"random", "A generator function of random numbers", formula},
};

}  // namespace tour
