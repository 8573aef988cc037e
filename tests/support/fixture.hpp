// SPDX-License-Identifier: Apache-2.0
#pragma once
// fixture: an iterable or an iterator with a known content, for the laws of every iterator.
//
// It is written as a class of its own, F, that has
//   explicit F(int n)                a content made from the numbers 0 .. n-1
//   auto iter()                      the iterator
//   items expected() const           what it should deliver; of an endless one the first few
//   static constexpr bool repeatable = true/false    whether iter() may be called again for an independent one
//   static constexpr bool endless = true/false
// and, where it can,
//   auto& iterable()                 what a loop can be written over directly
//   void grow()                      adds {n} behind the last item, while iterators of it are about
//   static constexpr bool grows_at_the_end_only = true   if not before they have ended

#include "support/walker.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace pariter::test {

class fixture {
 public:
  virtual ~fixture() = default;
  virtual std::unique_ptr<walker> iter() = 0;
  virtual items expected() const = 0;
  virtual items loop(std::size_t limit) = 0;  // over the iterable
  virtual void grow() = 0;
};

enum class growth { none, at_the_end, at_any_time };

struct fixture_type {
  std::string name;
  bool repeatable;
  bool endless;
  bool loops;  // over the iterable itself
  growth grows;
  std::function<std::unique_ptr<fixture>(int n)> make;
  int at_least = 0;  // the n that make() can do with

  friend void PrintTo(const fixture_type& type, std::ostream* out) { *out << type.name; }
};

template <class F>
class fixture_of final : public fixture {
 public:
  explicit fixture_of(int n) : f_(n) {}

  std::unique_ptr<walker> iter() override {
    return walk_over(f_.iter());
  }
  items expected() const override { return f_.expected(); }
  items loop(std::size_t limit) override {
    collector out(limit);
    if constexpr (requires { f_.iterable(); }) loop_over(f_.iterable(), out);
    return std::move(out).seen();
  }
  void grow() override {
    if constexpr (requires { f_.grow(); }) f_.grow();
  }

 private:
  F f_;
};

template <class F>
fixture_type fixture_called(std::string name) {
  return {.name = std::move(name),
          .repeatable = F::repeatable,
          .endless = F::endless,
          .loops = requires(F& f) { f.iterable(); },
          .grows = !requires(F& f) { f.grow(); }      ? growth::none
                   : requires { F::grows_at_the_end_only; } ? growth::at_the_end
                                                           : growth::at_any_time,
          .make = [](int n) -> std::unique_ptr<fixture> { return std::make_unique<fixture_of<F>>(n); }};
}

// The n that the laws are tried with.
inline std::vector<int> lengths_from(int at_least) {
  std::vector<int> out;
  for (int n : {0, 1, 2, 7})
    if (n >= at_least) out.push_back(n);
  return out;
}

// The name that a parameterised test is given.
inline constexpr auto name_of = [](const auto& info) { return info.param.name; };

}  // namespace pariter::test
