// SPDX-License-Identifier: Apache-2.0
#pragma once
// batched(x, n): vectors of n items; the last may be shorter. batched_strict(x, n): it may not.
//
//   for (auto&& rows : batched(records, 1000)) insert(rows);
//
// Gives         std::vector<value>, handed over
// Pulls         n per batch, one more at the end. None when made
// Sized         as the source
// Exceptions    of the source pass through and lose nothing: the batch so far is kept, and the next step fills it up.
//               batched_strict throws wrong_count for a short last batch, which is lost, and is at its end then.
//               invalid_size, when made, for n = 0
// At the end    the source is released, when it has ended

#include "pariter/core/errors.hpp"
#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/size_hint.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/latched.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pariter {

enum class last_batch { may_be_short, must_be_full };

template <iterator I, last_batch Last>
class batched_iterator : public iterator_interface<batched_iterator<I, Last>> {
  using batch = std::vector<value_t<I>>;

 public:
  static constexpr iteration_properties properties =
      detail::with_fork(detail::without_references(detail::passed_on<I>), detail::all_fork<I> && std::copy_constructible<value_t<I>>);

  batched_iterator(I source, std::size_t n) : source_(std::move(source)), n_(n) {
    if (n == 0) throw invalid_size("batched: batches of 0 items never end; use at least 1");
  }
  batched_iterator(batched_iterator&&) = default;
  batched_iterator& operator=(batched_iterator&&) = default;
  ~batched_iterator() = default;

  std::optional<batch> next() {
    detail::canary_guard inside(canary_);
    if (!source_) return std::nullopt;
    if (was_full_) batch_.reserve(n_);
    while (batch_.size() < n_) {
      auto s = source_.next();
      if (!s) [[unlikely]] break;
      batch_.push_back(*std::move(s));
    }
    batch full = std::exchange(batch_, {});
    was_full_ = full.size() == n_;
    if (full.empty()) return std::nullopt;
    if constexpr (Last == last_batch::must_be_full) {
      if (!was_full_)
        throw wrong_count("batched_strict: the last batch has " + std::to_string(full.size()) + " of " + std::to_string(n_) + " items; use batched where it may be short");
    }
    return full;
  }

  std::optional<std::size_t> size_hint() const {
    const auto items = detail::sum_of_hints(source_.size_hint(), batch_.size());
    if (!items) return std::nullopt;
    return Last == last_batch::may_be_short ? *items / n_ + (*items % n_ != 0) : *items / n_;
  }

  // An independent one at the same position. Throws what forking and copying throw.
  batched_iterator fork() const
    requires(properties.forkable)
  {
    return batched_iterator(*this);
  }

 private:
  batched_iterator(const batched_iterator&) = default;

  detail::latched<I> source_;
  std::size_t n_;
  bool was_full_ = false;  // then memory for n items is not too much to ask for at once
  batch batch_;            // what a step collected before the source threw
  [[no_unique_address]] detail::canary canary_;
};

namespace detail {
template <last_batch Last>
struct batched_function {
  template <iterable X>
  auto operator()(X&& x, std::size_t n) const {
    return batched_iterator<source_t<X>, Last>(make_source(std::forward<X>(x)), n);
  }
};
}  // namespace detail

inline constexpr detail::batched_function<last_batch::may_be_short> batched{};
inline constexpr detail::batched_function<last_batch::must_be_full> batched_strict{};

}  // namespace pariter
