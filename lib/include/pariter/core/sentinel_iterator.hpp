// SPDX-License-Identifier: Apache-2.0
#pragma once
// sentinel_iterator<F, S>: calls a function until it returns a given value; made by `iter(function, sentinel)`.
//
//   for (char c : iter([&] { return file.get(); }, EOF)) ...
//
// The sentinel is not delivered, and after it the function is never called again. A function that returns `std::optional`
// may also end by returning an empty one. An exception of the function passes through and ends nothing: the next step calls
// it again. If the function drains this very iterator while it is being called, the outer step ends too.

#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/detail/assignable.hpp"
#include "pariter/detail/canary.hpp"

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

template <class F, class S>
class sentinel_iterator : public iterator_interface<sentinel_iterator<F, S>> {
  using result = std::invoke_result_t<F&>;
  using value = std::remove_cvref_t<result>;

 public:
  static constexpr iteration_properties properties{.sees = sight::live};

  sentinel_iterator(F function, S sentinel) : function_(std::move(function)), sentinel_(std::move(sentinel)) {}
  sentinel_iterator(sentinel_iterator&&) = default;
  sentinel_iterator& operator=(sentinel_iterator&&) = default;
  ~sentinel_iterator() = default;

  auto next() {
    const detail::canary_guard inside(canary_, detail::canary_reentry::allowed);
    if constexpr (requires { typename detail::step_result<value>::item; }) {
      if (ended_) return value();
      value v = std::invoke(*function_);
      if (ended_ || !v || *v == sentinel_) {
        ended_ = true;
        return value();
      }
      return v;
    } else {
      if (ended_) return std::optional<value>();
      std::optional<value> v(std::invoke(*function_));
      if (ended_ || *v == sentinel_) {
        ended_ = true;
        v.reset();
      }
      return v;
    }
  }

 private:
  [[no_unique_address]] detail::assignable<F> function_;
  S sentinel_;
  bool ended_ = false;
  [[no_unique_address]] detail::canary canary_;
};

}  // namespace pariter
