// SPDX-License-Identifier: Apache-2.0
#pragma once
// chain_from(xs): all of the first iterable in xs, then all of the second, and so on; xs may be infinite.
//
//   for (char c : chain_from(lines)) ...      // lines: an iterable of strings
//
// Gives         the inner items as they are. Those of an inner iterable that xs hands over live until the next inner one
// Pulls         one inner item per item; an inner iterable is asked for, and opened, when the one before it has ended. Empty
//               ones cost no stack. None when made
// Sized         no
// Exceptions    of an inner one pass through, the next step goes on in it; of xs too, the next step asks it again. If iter()
//               of an inner one throws, that one is left out
// At the end    each inner one is released at its own end, xs at the end of all

#include "pariter/core/iterator_ref.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/forking.hpp"
#include "pariter/detail/latched.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace pariter {

// Outer: an iterator of iterables.
template <iterator Outer>
  requires iterable<item_t<Outer>>
class chain_from_iterator : public iterator_interface<chain_from_iterator<Outer>> {
  using inner = detail::source_t<item_t<Outer>>;

 public:
  static constexpr iteration_properties properties = [] {
    iteration_properties p = detail::passed_on<Outer, inner>;
    p.sized = false;
    p.stable = p.stable && std::is_lvalue_reference_v<item_t<Outer>>;
    return detail::with_fork(p, detail::all_fork<Outer, inner>);
  }();

  explicit chain_from_iterator(Outer sources) : sources_(std::move(sources)) {}
  chain_from_iterator(chain_from_iterator&&) = default;
  chain_from_iterator& operator=(chain_from_iterator&& other) {
    if (this != std::addressof(other)) {
      open_.reset();  // it may refer to what the outer one owns
      sources_ = std::move(other.sources_);
      open_ = std::move(other.open_);
    }
    return *this;
  }
  ~chain_from_iterator() = default;

  detail::step_t<inner> next() {
    detail::canary_guard inside(canary_);
    for (;;) {
      if (open_) [[likely]] {
        if (auto s = (*open_)->next()) [[likely]] return s;
        open_.reset();
      }
      auto found = sources_.next();
      if (!found) return std::nullopt;
      open_.emplace(detail::make_source(*std::move(found)));
    }
  }

  // An independent one at the same position. Throws what forking and copying throw.
  chain_from_iterator fork() const
    requires(properties.forkable)
  {
    return chain_from_iterator(*this);
  }

 private:
  chain_from_iterator(const chain_from_iterator&) = default;

  detail::latched<Outer> sources_;
  std::optional<detail::forking<inner>> open_;  // the inner iterator that is being walked
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
struct chain_from_function {
  template <iterable X>
    requires iterable<item_t<source_t<X>>>
  auto operator()(X&& xs) const {
    return chain_from_iterator<source_t<X>>(make_source(std::forward<X>(xs)));
  }
};
}  // namespace detail

inline constexpr detail::chain_from_function chain_from{};

}  // namespace pariter
