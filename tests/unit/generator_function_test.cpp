// SPDX-License-Identifier: Apache-2.0
// generator_function: called again for each iterator, by many threads at once; owns what it needs; printing.

#include "pariter/coro/generator_function.hpp"

#include "pariter/core/iterable.hpp"
#include "pariter/sharing/shared.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <exception>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using pariter::generator;
using pariter::generator_function;
using pariter::test::counted;

template <class G>
auto drain(G&& g) {
  std::vector<std::ranges::range_value_t<G>> all;
  for (auto&& item : g) all.push_back(item);
  return all;
}
template <class X>
std::string printed(const X& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

generator<int> count(int from, int to) {
  for (; from < to; ++from) co_yield from;
}
generator<char> characters(const std::string& text) {
  for (const char c : text) co_yield c;
}

static_assert(pariter::shared_iterable<decltype(generator_function(count, 0, 1))>);
static_assert(!pariter::iterator<decltype(generator_function(count, 0, 1))>);
static_assert(std::ranges::input_range<const decltype(generator_function(count, 0, 1))>);

TEST(GeneratorFunction, is_called_again_for_each_iterator) {
  const auto digits = generator_function(count, 0, 3);
  auto a = digits.iter();
  auto b = digits.iter();
  EXPECT_EQ(a.next(), 0);
  EXPECT_EQ(a.next(), 1);
  EXPECT_EQ(b.next(), 0);
  int cube = 0;
  for ([[maybe_unused]] int i : digits)
    for ([[maybe_unused]] int j : digits)
      for ([[maybe_unused]] int k : digits) ++cube;
  EXPECT_EQ(cube, 27);
}

TEST(GeneratorFunction, is_called_once_for_each_iterator_and_by_iter) {
  int calls = 0, copies = 0;
  struct counts_copies {
    int* copies;
    explicit counts_copies(int* n) : copies(n) {}
    counts_copies(const counts_copies& other) : copies(other.copies) { ++*copies; }
    counts_copies(counts_copies&&) = default;
    counts_copies& operator=(const counts_copies&) = delete;
    counts_copies& operator=(counts_copies&&) = delete;
    ~counts_copies() = default;
  };
  const auto f = generator_function([&calls](const counts_copies&, int to) { return ++calls, count(0, to); }, counts_copies(&copies), 2);
  auto it = f.iter();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(copies, 1);
  EXPECT_EQ(drain(it), (std::vector{0, 1}));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(it.name(), "count");
  EXPECT_EQ(f.named("named").iter().name(), "named");
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(drain(f), (std::vector{0, 1}));
  EXPECT_EQ(calls, 3);
}

TEST(GeneratorFunction, what_f_throws_is_thrown_by_iter) {
  int calls = 0;
  const auto f = generator_function(
      [&calls](const std::string& text) {
        if (++calls == 1) throw std::runtime_error("f");
        return characters(text);
      },
      std::string("ab"));
  EXPECT_THROW(static_cast<void>(f.iter()), std::runtime_error);
  EXPECT_EQ(drain(f), (std::vector{'a', 'b'}));
}

generator<int, int, std::string> told(counted, const std::string& name) {
  const auto got = co_yield 1;
  co_return name + std::to_string(got.value_or(0));
}

// Two frames, of which none runs yet: as one generator that was not started.
TEST(GeneratorFunction, an_iterator_that_was_not_started_is_as_any_such_generator) {
  const auto f = generator_function(told, counted(), "n");
  const int kept = counted::living;
  {
    auto dropped = f.iter();
    EXPECT_EQ(dropped.state(), pariter::generator_state::created);
    EXPECT_THROW(static_cast<void>(dropped.send(1)), pariter::not_started);
    EXPECT_GT(counted::living, kept);
  }
  EXPECT_EQ(counted::living, kept);
  auto closed = f.iter();
  EXPECT_EQ(closed.close(), std::nullopt);
  EXPECT_EQ(counted::living, kept);
  EXPECT_FALSE(closed.next());
  auto thrown_into = f.iter();
  EXPECT_THROW(static_cast<void>(thrown_into.throw_in(std::make_exception_ptr(std::runtime_error("in")))), std::runtime_error);
  EXPECT_EQ(counted::living, kept);
  auto moved_from = f.iter();
  auto moved_to = std::move(moved_from);
  EXPECT_FALSE(moved_from.next());  // NOLINT(bugprone-use-after-move): defined
  EXPECT_EQ(moved_to.next(), 1);
  EXPECT_FALSE(moved_to.send(5));
  EXPECT_EQ(moved_to.take_result(), "n5");
  EXPECT_EQ(counted::living, kept);
}

generator<char> twice(generator_function<generator<char> (*)(const std::string&), const char*> f) {
  co_yield pariter::elements_of(f);
  auto borrowed = f.iter();
  co_yield pariter::elements_of(borrowed);
}

TEST(GeneratorFunction, an_iterator_that_was_not_started_is_delegated_to) {
  EXPECT_EQ(drain(twice(generator_function(characters, "ab"))), (std::vector{'a', 'b', 'a', 'b'}));
}

TEST(GeneratorFunction, f_may_return_one_that_was_started_or_has_ended) {
  const auto stepped = [](int steps) {
    return generator_function(
        [steps](const int& to) {
          auto g = [](int n) -> generator<int, void, int> {
            for (int i = 0; i < n; ++i) co_yield i;
            co_return n;
          }(to);
          for (int i = 0; i < steps; ++i) static_cast<void>(g.next());
          return g;
        },
        2).iter();
  };
  auto started = stepped(1);
  EXPECT_EQ(started.state(), pariter::generator_state::suspended);
  EXPECT_EQ(started.next(), 1);
  EXPECT_FALSE(started.next());
  EXPECT_EQ(started.take_result(), 2);
  auto ended = stepped(3);
  EXPECT_EQ(ended.state(), pariter::generator_state::finished);
  EXPECT_FALSE(ended.next());
  EXPECT_EQ(ended.take_result(), 2);
  EXPECT_EQ(ended.name(), "<lambda>");
}

generator<std::tuple<int&>> rows(std::vector<int>& v) {
  for (int& i : v) co_yield std::tuple<int&>(i);
}

TEST(GeneratorFunction, a_loop_does_not_write_through_items_that_are_made_of_references) {
  std::vector v{1, 2, 3}, seen{0};
  seen.clear();
  const auto f = generator_function(rows, std::ref(v));
  for (auto& [i] : f) seen.push_back(i);
  EXPECT_EQ(seen, (std::vector{1, 2, 3}));
  EXPECT_EQ(v, (std::vector{1, 2, 3}));
  std::vector w{4, 5};
  const auto g = generator_function(rows, std::ref(w));
  auto a = f.begin(), b = g.begin();
  a = std::move(b);
  EXPECT_EQ(&std::get<0>(*a), &w[0]);
  EXPECT_EQ(&std::get<0>(*++a), &w[1]);
  EXPECT_EQ(v, (std::vector{1, 2, 3}));
}

generator<std::string> own_text(const std::string*& own) {
  std::string text = "a text that is long enough";
  own = &text;
  co_yield std::move(text);
}

TEST(GeneratorFunction, a_loop_refers_to_the_item_where_the_body_yielded_it) {
  const std::string* own = nullptr;
  for (auto& text : generator_function(own_text, std::ref(own))) EXPECT_EQ(&text, own);
  EXPECT_NE(own, nullptr);
}

generator<pariter::test::no_default> unassignable(int to) {
  for (int i = 0; i < to; ++i) co_yield pariter::test::no_default(i);
}

TEST(GeneratorFunction, loops_over_items_that_cannot_be_assigned) {
  int expected = 0;
  for (auto& item : generator_function(unassignable, 3)) EXPECT_EQ(item.value, expected++);
  EXPECT_EQ(expected, 3);
  static_assert(std::ranges::input_range<const decltype(generator_function(unassignable, 3))>);
}

TEST(GeneratorFunction, runs_nothing_of_the_body_at_the_call) {
  std::atomic<int> started = 0;
  const auto f = generator_function([&started]() -> generator<int> {
    ++started;
    co_yield 1;
  });
  auto it = f.iter();
  EXPECT_EQ(started, 0);
  static_cast<void>(it.next());
  EXPECT_EQ(started, 1);
}

TEST(GeneratorFunction, an_iterator_outlives_what_it_was_made_of) {
  auto text = generator_function(characters, std::string(100, 'x')).iter();  // f takes a reference
  EXPECT_EQ(drain(text), std::vector<char>(100, 'x'));
  auto captured = generator_function([numbers = std::vector<int>(100, 7)]() -> generator<int> {
                    for (const int n : numbers) co_yield n;
                  }).iter();
  EXPECT_EQ(drain(captured), std::vector<int>(100, 7));
  std::string local = "local";
  auto copied = generator_function(characters, local).iter();
  local = "other";
  EXPECT_EQ(drain(copied), (std::vector<char>{'l', 'o', 'c', 'a', 'l'}));
}

generator<char> viewed(std::string_view text) {
  for (const char c : text) co_yield c;
}

TEST(GeneratorFunction, keeps_what_an_argument_is_converted_from_and_to) {
  EXPECT_EQ(drain(generator_function(viewed, std::string(100, 'v')).iter()), std::vector<char>(100, 'v'));       // a view of a kept string
  EXPECT_EQ(drain(generator_function(characters, "a literal that is long enough").iter()).size(), 29U);  // a reference to a made string
}

TEST(GeneratorFunction, std_ref_shares_an_argument) {
  std::string text = "ab";
  const auto f = generator_function(characters, std::ref(text));
  text = "c";
  EXPECT_EQ(drain(f), std::vector<char>{'c'});
}

generator<int, int, std::string> talk(const std::string& name) {
  const auto got = co_yield 1;
  co_return name + std::to_string(got.value_or(0));
}

TEST(GeneratorFunction, send_and_return_pass_through_the_frame_that_keeps_the_arguments) {
  auto g = generator_function(talk, "n").iter();
  EXPECT_EQ(g.next(), 1);
  EXPECT_FALSE(g.send(5));
  EXPECT_EQ(g.take_result(), "n5");
}

TEST(GeneratorFunction, an_exception_of_an_argument_s_copy_passes_through_iter) {
  auto armed = std::make_shared<bool>(false);
  struct linked {
    std::shared_ptr<bool> armed;
    explicit linked(std::shared_ptr<bool> a) : armed(std::move(a)) {}
    linked(const linked& other) : armed(other.armed) {
      if (*armed) throw std::runtime_error("copy");
    }
  };
  const auto f = generator_function([](linked) -> generator<int> { co_yield 1; }, linked(armed));
  *armed = true;
  EXPECT_THROW(static_cast<void>(f.iter()), std::runtime_error);
  *armed = false;
  EXPECT_EQ(f.iter().next(), 1);
}

TEST(GeneratorFunction, prints_its_name) {
  const auto f = generator_function(count, 0, 1);
  EXPECT_EQ(printed(f), "<generator function count>");
  EXPECT_EQ(printed(f.named("digits")), "<generator function digits>");
  EXPECT_EQ(f.named("digits").iter().name(), "digits");
  EXPECT_EQ(generator_function(characters, "a").iter().name(), "characters");
  EXPECT_EQ(printed(generator_function([]() -> generator<int> { co_yield 1; })), "<generator function <lambda>>");
}

TEST(GeneratorFunction, many_threads_iterate_it_at_once) {
  const auto numbers = generator_function(
      [offset = std::make_shared<int>(1)](const std::vector<int>& list, int to) -> generator<int> {
        for (int i = 0; i < to; ++i) co_yield list[static_cast<std::size_t>(i) % list.size()] + *offset;
      },
      std::vector<int>{1, 2, 3}, 3000);
  constexpr int count = 16;
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  std::barrier start(count);
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      for (int round = 0; round < 20; ++round) {
        long sum = 0;
        for (const int n : numbers) sum += n;
        if (sum == 9000) ++right;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(right, 20 * count);
}

TEST(GeneratorFunction, shared_hands_each_item_to_one_thread) {
  const auto numbers = generator_function(count, 0, 10'000).shared();
  std::atomic<long> sum = 0;
  std::atomic<int> items = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (const int n : numbers.iter()) {
        sum += n;
        ++items;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(items, 10'000);
  EXPECT_EQ(sum, 10'000L * 9'999 / 2);
}

// Who waits for one of them keeps nobody from the others.
TEST(GeneratorFunction, each_shared_is_a_source_of_its_own) {
  std::latch inside(1), go_on(1);
  std::atomic<bool> waits = true;
  const auto held_up = [&](int n) -> generator<int> {
    if (waits.exchange(false)) {
      inside.count_down();
      go_on.wait();
    }
    for (int i = 0; i < n; ++i) co_yield i;
  };
  const auto numbers = generator_function(std::ref(held_up), 1'000);
  std::vector<decltype(numbers.shared())> shared;
  for (int i = 0; i < 10; ++i) shared.push_back(numbers.shared());
  std::vector<std::atomic<int>> items(10);
  std::vector<std::thread> threads;
  const auto draw = [&](std::size_t from) {
    for (const int n : shared[from].iter()) items[from] += n + 1;
  };
  threads.emplace_back(draw, 0);
  inside.wait();
  for (std::size_t from = 1; from < 10; ++from) {
    for (int t = 0; t < 5; ++t) threads.emplace_back(draw, from);
  }
  for (std::size_t t = 1; t < threads.size(); ++t) threads[t].join();
  EXPECT_EQ(items[0], 0);
  go_on.count_down();
  threads[0].join();
  for (const auto& n : items) EXPECT_EQ(n, 500'500);
}

}  // namespace
