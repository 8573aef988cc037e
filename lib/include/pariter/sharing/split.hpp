// SPDX-License-Identifier: Apache-2.0
#pragma once
// split(x, n): the items of x in n disjoint parts, exact and in order.
//
//   for (auto& part : split(v, 4)) threads.emplace_back([part] { for (auto& item : part) ...; });
//   tbb::parallel_for(split(log, 1).front(), [](const auto& part) { ... });        // a part is a oneTBB Range
//
// x has random access and a fixed length: a container, a view, or something with a `snapshot()` (a concurrent_log), which is then
// taken once. The n parts cover it completely, their sizes differ by at most one, and empty ones are given too.
//
// A part is a value: an iterable that threads may share, a sized random-access range, and divisible again. `offset()` is the index
// of its first item in x.
//
// Lifetime: over an lvalue the parts refer to it, and it must stay as it is. A temporary is kept by its parts.

#include "pariter/core/errors.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/range_iterator.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace pariter {

// Items [offset, offset + size) of View, which is cheap to copy and keeps, or refers to, the items.
template <class View>
class part {
  using distance = std::ranges::range_difference_t<const View>;

 public:
  part(View whole, std::size_t offset, std::size_t size, std::size_t grain = 1)
      : whole_(std::move(whole)), offset_(offset), size_(size), grain_(grain) {}

  // Takes the second half of `other`, which keeps the first: oneTBB's splitting constructor (Tag is tbb::split).
  template <class Tag>
    requires std::is_class_v<Tag> && std::is_empty_v<Tag>
  part(part& other, Tag)
      : whole_(other.whole_), offset_(other.offset_ + (other.size_ + 1) / 2), size_(other.size_ / 2), grain_(other.grain_) {
    other.size_ -= size_;
  }

  auto begin() const { return std::ranges::begin(whole_) + static_cast<distance>(offset_); }
  auto end() const { return std::ranges::begin(whole_) + static_cast<distance>(offset_ + size_); }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  decltype(auto) operator[](std::size_t i) const { return begin()[static_cast<distance>(i)]; }

  // The index of the first item in what was split.
  std::size_t offset() const noexcept { return offset_; }

  // For oneTBB: pieces of at most `grain` items are not split further.
  bool is_divisible() const noexcept { return size_ > grain_; }
  part with_grain(std::size_t grain) const { return part(whole_, offset_, size_, std::max<std::size_t>(grain, 1)); }

  // Keeps the items as the part does.
  auto iter() const {
    if constexpr (requires { whole_.slice(offset_, offset_).iter(); }) return whole_.slice(offset_, offset_ + size_).iter();
    else return range_iterator(begin(), end(), whole_);
  }

 private:
  View whole_;
  std::size_t offset_;
  std::size_t size_;
  std::size_t grain_;
};

namespace detail {

// A container that was passed as a temporary.
template <class R>
class kept_range {
 public:
  explicit kept_range(R&& range) : range_(std::make_shared<R>(std::move(range))) {}
  auto begin() const { return std::ranges::begin(*range_); }
  auto end() const { return std::ranges::end(*range_); }

 private:
  std::shared_ptr<R> range_;
};

template <class X>
concept has_snapshot = requires(const std::remove_reference_t<X>& x) {
  { x.snapshot() } -> std::ranges::random_access_range;
};

template <class R>
concept splittable_range = std::ranges::random_access_range<R> && std::ranges::sized_range<R>;

// A copyable stand-in for x.
template <class X>
auto whole_of(X&& x) {
  using range = std::remove_cvref_t<X>;
  if constexpr (has_snapshot<X>) return x.snapshot();
  else if constexpr (std::copyable<range> && (std::ranges::view<range> || requires { x.slice(0, 0); })) return range(std::forward<X>(x));
  else if constexpr (std::is_lvalue_reference_v<X>) return std::ranges::subrange(std::ranges::begin(x), std::ranges::end(x));
  else return kept_range<range>(std::move(x));
}

}  // namespace detail

// Throws invalid_size for n = 0.
template <class X>
  requires detail::has_snapshot<X> || detail::splittable_range<X>
auto split(X&& x, std::size_t n) {
  if (n == 0) throw invalid_size("split: into at least one part");
  auto whole = detail::whole_of(std::forward<X>(x));
  using view = decltype(whole);
  const auto count = static_cast<std::size_t>(std::ranges::distance(std::ranges::begin(whole), std::ranges::end(whole)));
  std::vector<part<view>> parts;
  parts.reserve(n);
  std::size_t offset = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t size = count / n + (i < count % n ? 1 : 0);
    parts.emplace_back(whole, offset, size);
    offset += size;
  }
  return parts;
}

// What else is iterable is told why not.
template <class X>
  requires iterable<X> && (!detail::has_snapshot<X>) && (!detail::splittable_range<X>)
void split(X&&, std::size_t) {
  static_assert(!iterable<X>,
                "split() divides what has random access and a fixed length: a container, a view, or something with a snapshot(). What is walked from its "
                "beginning has no parts: share(std::move(it)) gives each item to one of several threads, and of to<std::vector>(it) there are parts");
}

}  // namespace pariter
