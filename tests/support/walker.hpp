// SPDX-License-Identifier: Apache-2.0
#pragma once
// walker: an iterator of any type, stepped through one interface, its items flat. stepper: the same for who only steps it.
//
// The laws see nothing else, so that each is compiled once, and of each iterator only what is particular to it.

#include "pariter/core/iter.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/size_hint.hpp"
#include "support/flat_items.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace pariter::test {

class stepper {
 public:
  virtual ~stepper() = default;

  std::optional<flat_item> next() {
    flat_item item;
    return step(item) ? std::optional(std::move(item)) : std::nullopt;
  }

 protected:
  virtual bool step(flat_item& out) = 0;
};

// Up to `limit` items.
inline items take(stepper& it, std::size_t limit) {
  items out;
  while (out.size() < limit) {
    auto s = it.next();
    if (!s) break;
    out.push_back(std::move(*s));
  }
  return out;
}

template <class I>
bool flat_step(I& it, flat_item& out) {
  auto s = it.next();
  if (!s) return false;
  flatten(*s, out);
  return true;
}

// A range-for over x, left by `break` when there are enough.
template <class X>
void loop_over(X&& x, collector& out) {
  if (out.is_full()) return;
  for (auto&& item : x) {
    flatten(item, out.room());
    if (out.is_full()) break;
  }
}

class walker : public stepper {
 public:
  // By range-for.
  items loop(std::size_t limit) {
    collector out(limit);
    loop(out);
    return std::move(out).seen();
  }
  virtual std::optional<std::size_t> size_hint() const = 0;

  virtual std::unique_ptr<walker> moved() = 0;   // move constructed from it
  virtual void assign_from(walker& other) = 0;   // move assignment; other is of the same type
  virtual std::unique_ptr<walker> fork() const = 0;  // nullptr where it cannot be forked

  virtual std::optional<std::size_t> position() const = 0;  // nothing where it cannot be sought
  virtual void seek(std::size_t position) = 0;

  // The items, each looked at after the last was pulled; only where properties say that they stay.
  items kept() {
    collector out(0);
    keep(out);
    return std::move(out).seen();
  }

  virtual bool is_its_own_iterator() = 0;
  virtual bool models_what_an_iterator_models() const = 0;

  virtual iteration_properties properties() const = 0;

 private:
  virtual void loop(collector& out) = 0;
  virtual void keep(collector& out) = 0;
};

template <class I>
class walker_of final : public walker {
  static constexpr iteration_properties claimed = iteration_traits<I>;
  static constexpr bool forks = requires(const I& it) { it.fork(); };
  static constexpr bool seeks = requires(I& it) { it.seek(it.position()); };
  static_assert(!claimed.forkable || forks, "promised, but not there");
  static_assert(!claimed.seekable || seeks, "promised, but not there");

 public:
  explicit walker_of(I it) : it_(std::move(it)) {}

  std::optional<std::size_t> size_hint() const override { return pariter::size_hint(it_); }

  std::unique_ptr<walker> moved() override {
    return std::unique_ptr<walker>(new walker_of(std::move(it_)));
  }
  void assign_from(walker& other) override { it_ = std::move(static_cast<walker_of&>(other).it_); }
  std::unique_ptr<walker> fork() const override {
    if constexpr (forks) return std::unique_ptr<walker>(new walker_of(it_.fork()));
    else return nullptr;
  }

  std::optional<std::size_t> position() const override {
    if constexpr (seeks) return static_cast<std::size_t>(it_.position());
    else return std::nullopt;
  }
  void seek([[maybe_unused]] std::size_t position) override {
    if constexpr (seeks) it_.seek(position);
  }

  bool is_its_own_iterator() override { return std::addressof(pariter::iter(it_)) == std::addressof(it_); }
  bool models_what_an_iterator_models() const override {
    return pariter::iterator<I> && std::ranges::input_range<I&> && !std::ranges::bidirectional_range<I&> && !std::copy_constructible<I> &&
           pariter::iterable<I&> && !pariter::shared_iterable<I>;
  }

  iteration_properties properties() const override { return claimed; }

 private:
  bool step(flat_item& out) override { return flat_step(it_, out); }
  void loop(collector& out) override { loop_over(it_, out); }
  void keep([[maybe_unused]] collector& out) override {
    if constexpr (claimed.stable && std::is_lvalue_reference_v<item_t<I>>) {
      std::vector<std::remove_reference_t<item_t<I>>*> stay;
      while (auto s = it_.next()) stay.push_back(std::addressof(*s));
      for (auto* item : stay) flatten(*item, out.room());
    } else if constexpr (claimed.stable && std::copy_constructible<item_t<I>>) {  // made of references
      std::vector<item_t<I>> stay;
      while (auto s = it_.next()) stay.push_back(*s);
      for (auto& item : stay) flatten(item, out.room());
    }
  }

  I it_;
};

template <iterator I>
std::unique_ptr<walker> walk_over(I it) {
  return std::unique_ptr<walker>(new walker_of<I>(std::move(it)));
}

template <class I>
class stepper_of final : public stepper {
 public:
  explicit stepper_of(I it) : it_(std::move(it)) {}

 private:
  bool step(flat_item& out) override { return flat_step(it_, out); }

  I it_;
};

// I need not be an iterator in all: one that holds an item which cannot be assigned cannot be, either.
template <class I>
std::unique_ptr<stepper> step_over(I it) {
  return std::unique_ptr<stepper>(new stepper_of<I>(std::move(it)));
}

}  // namespace pariter::test
