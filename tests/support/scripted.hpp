// SPDX-License-Identifier: Apache-2.0
#pragma once
// scripted<T, Hands>: the source under an adaptor or a consumer: the numbers 0 .. n-1 as T, in the ways in which sources hand items out.
//
// It counts its pulls, fails at the pull it is told to, once, and is as awkward as a source may be: it holds on to what it owns until it
// is destroyed, and begins again if it is asked after its end.

#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/optional_ref.hpp"
#include "pariter/core/row.hpp"
#include "support/archetypes.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace pariter::test {

// The pull that throws `planned_failure`, once, and whether the item is lost with it or comes with the next pull.
struct failure {
  int at = 0;  // 0: none
  bool loses = false;
};

// What is told to all sources of a test together, and what they tell.
struct script {
  int pulls = 0;
  failure fails;
  bool sized = true;     // they have hints
  bool restarts = true;  // asked after the end, they begin again
  std::function<void()> inside;  // what the next pull does first, once
  std::vector<std::shared_ptr<const void>> kept;  // items that stay
};

enum class hands_out {
  values,  // std::optional<T>
  reused,  // optional_ref<T> to one object, which is another item after the next step, as a generator<T&> does
  staying, // optional_ref<const T> to an object of its own, as a vector does
  rows,    // std::optional of a row of references, to one object too
};

template <class T, hands_out Hands = hands_out::values>
class scripted : public iterator_interface<scripted<T, Hands>> {
  static constexpr bool stays = Hands == hands_out::staying;

 public:
  static constexpr iteration_properties properties{.sees = sight::live, .sized = stays, .forkable = true, .stable = stays};

  scripted(script& s, int n) : script_(&s), n_(n), frame_(std::make_unique<frame>()) {}

  auto next() {
    if constexpr (Hands == hands_out::values) return advance() ? std::optional<T>(std::in_place, at_++) : std::nullopt;
    else if constexpr (Hands == hands_out::staying) return advance() ? optional_ref<const T>(keep(at_++)) : std::nullopt;
    else if constexpr (Hands == hands_out::reused) return advance() ? optional_ref<T>(reuse(at_++)) : std::nullopt;
    else return advance() ? std::optional<row<T&>>(std::in_place, reuse(at_++)) : std::nullopt;
  }
  std::optional<std::size_t> size_hint() const {
    if (!script_->sized) return std::nullopt;
    return static_cast<std::size_t>(n_ - at_);
  }
  scripted fork() const {
    scripted twin(*script_, n_);
    twin.at_ = at_;
    return twin;
  }

 private:
  // Whether there is one more item.
  bool advance() {
    if (script_->inside) std::exchange(script_->inside, nullptr)();
    if (!frame_) {
      ADD_FAILURE() << "a source was asked that had been moved from";
      return false;
    }
    frame_->item.reset();
    if (++script_->pulls == script_->fails.at) {
      if (script_->fails.loses && at_ < n_) ++at_;
      throw planned_failure();
    }
    if (at_ < n_) return true;
    if (script_->restarts) at_ = 0;
    return false;
  }
  T& reuse(int i) { return frame_->item.emplace(i); }
  const T& keep(int i) {
    auto item = std::make_shared<const T>(i);
    script_->kept.push_back(item);
    return *item;
  }

  // As a generator's frame: one address, and there as long as the source is.
  struct frame : counted {
    std::optional<T> item;
  };

  script* script_;
  int n_;
  int at_ = 0;
  std::unique_ptr<frame> frame_;
};

// What makes the sources of a test: source(n) one of n items, source.iterable(n) an iterable whose iterators are such ones.
template <class T, hands_out Hands = hands_out::values>
class sources {
 public:
  explicit sources(script& s) : script_(&s) {}

  auto operator()(int n) const { return scripted<T, Hands>(*script_, n); }

  struct scripted_iterable {
    script* said;
    int n;
    auto iter() const { return scripted<T, Hands>(*said, n); }
  };
  auto iterable(int n) const { return scripted_iterable{script_, n}; }

 private:
  script* script_;
};

}  // namespace pariter::test
