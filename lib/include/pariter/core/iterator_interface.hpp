// SPDX-License-Identifier: Apache-2.0
#pragma once
// iterator_interface<D>: write `next()`, get the rest.
//
//   class countdown : public iterator_interface<countdown> {
//    public:
//     explicit countdown(int from) : left_(from) {}
//     std::optional<int> next() { return left_ > 0 ? std::optional(left_--) : std::nullopt; }
//    private:
//     int left_;
//   };
//   for (int i : countdown(3)) ...          // 3 2 1
//   countdown(9) | std::views::filter(odd)  // a std::ranges::input_range
//
// A loop over an iterator continues where the iterator stands and never restarts it: after `break`, the next loop goes on
// with the item after the last delivered one. No item is pulled before it is needed: `begin()` pulls the first, `++` each
// further one. (`std::views::take(n)` is the exception: by the standard's rules it increments past its last item. Use
// `slice` where the count of pulls matters.)
//
// D needs a constructor of its own: that of the base is for D alone, so that `class a : iterator_interface<b>` does not compile, and so an
// aggregate, which its user's code would construct, cannot be one. `using` it, `explicit countdown(int from)` or `countdown() {}`, will do.
//
// Of the two halves, `step_cursor` is the C++ iterator: it holds the item of the current step, so that items handed over by
// value live exactly as long as the loop's body needs them. It must not outlive the iterator, nor survive its move.

#include "pariter/core/iterator.hpp"
#include "pariter/detail/kept_item.hpp"

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

namespace pariter {

namespace detail {

template <class D>
class step_cursor {
 public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = value_t<D>;

  explicit step_cursor(D& source) : source_(std::addressof(source)), step_([&source] { return source.next(); }) {}
  step_cursor(step_cursor&&) = default;
  step_cursor& operator=(step_cursor&&) = default;
  step_cursor(const step_cursor&) = delete;
  step_cursor& operator=(const step_cursor&) = delete;
  ~step_cursor() = default;

  std::remove_reference_t<item_t<D>>& operator*() const noexcept { return *step_; }

  // Always inlined, as renew() is (clang would call it, at half the speed of next()).
  [[gnu::always_inline]] step_cursor& operator++() {
    step_.renew([this] { return source_->next(); });
    return *this;
  }
  void operator++(int) { ++*this; }

  friend bool operator==(const step_cursor& cursor, std::default_sentinel_t) noexcept { return !cursor.step_; }

 private:
  D* source_;
  mutable kept_item<item_t<D>> step_;  // mutable: a C++ iterator's `*` is const, yet hands out an item that the body may move from
};

}  // namespace detail

template <class D>
class iterator_interface {
 public:
  // Pulls the first item. The loop owns the iterator while it runs.
  auto begin() { return detail::step_cursor<D>(static_cast<D&>(*this)); }
  static constexpr std::default_sentinel_t end() noexcept { return std::default_sentinel; }

 private:
  friend D;
  iterator_interface() = default;
};

}  // namespace pariter
