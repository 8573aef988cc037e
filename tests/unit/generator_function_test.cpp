// SPDX-License-Identifier: Apache-2.0
// generator_function: called again for each iterator, by many threads at once; owns what it needs; printing.

#include "pariter/coro/generator_function.hpp"

#include "pariter/core/iterable.hpp"
#include "pariter/sharing/shared.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <memory>
#include <optional>
#include <ranges>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using pariter::generator;
using pariter::generator_function;

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

}  // namespace
