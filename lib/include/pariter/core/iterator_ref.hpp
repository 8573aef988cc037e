// SPDX-License-Identifier: Apache-2.0
#pragma once
// iterator_ref<I>: an iterator that is somebody else's.
//
// What an adaptor or a consumer holds when it was given an lvalue iterator: each step is a step of that iterator, which
// therefore stands after the last item taken when the adaptor is done.
//
//   auto it = iter(numbers);
//   for (int n : slice(it, 3)) ...      // the first three
//   for (int n : it) ...                // the rest
//   zip(it, it)                         // two and two
//
// Lifetime: the iterator must outlive the reference and must not move meanwhile. Threads: both are in one owner's hands.

#include "pariter/core/iter.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/iteration_traits.hpp"
#include "pariter/core/iterator.hpp"
#include "pariter/core/iterator_interface.hpp"
#include "pariter/core/size_hint.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

template <iterator I>
class iterator_ref : public iterator_interface<iterator_ref<I>> {
 public:
  static constexpr iteration_properties properties = [] {
    iteration_properties p = detail::passed_on<I>;
    p.stable = iteration_traits<I>.stable;  // the iterator stays where it is
    p.outliving = p.stable;
    p.borrows = true;
    return p;
  }();

  constexpr explicit iterator_ref(I& it) noexcept : it_(std::addressof(it)) {}
  iterator_ref(iterator_ref&&) = default;
  iterator_ref& operator=(iterator_ref&&) = default;
  ~iterator_ref() = default;

  constexpr detail::step_t<I> next() { return it_->next(); }

  constexpr auto next_batch()
    requires requires(I& it) { it.next_batch(); }
  {
    return it_->next_batch();
  }

  constexpr std::optional<std::size_t> size_hint() const
    requires detail::hints_size<I>
  {
    return it_->size_hint();
  }

 private:
  I* it_;
};

namespace detail {

template <class X>
struct source_of {
  using type = iterator_of_t<X>;
};
template <class X>
  requires iterator<std::remove_cvref_t<X>>
struct source_of<X&> {
  using type = iterator_ref<X>;
};

// What an adaptor over an argument of type X holds (X as for a forwarding reference), and how it is made: an lvalue iterator
// is borrowed, everything else is `iter(x)`.
template <iterable X>
using source_t = typename source_of<X>::type;

struct source_function {
  template <iterable X>
  constexpr source_t<X> operator()(X&& x) const {
    if constexpr (std::is_lvalue_reference_v<X> && iterator<std::remove_cvref_t<X>>) return source_t<X>(x);
    else return iter(std::forward<X>(x));
  }
};
inline constexpr source_function make_source{};

}  // namespace detail

}  // namespace pariter
