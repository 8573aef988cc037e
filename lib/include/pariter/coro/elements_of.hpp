// SPDX-License-Identifier: Apache-2.0
#pragma once
// elements_of(x): what a generator's body yields to hand out all items of x, one by one, as if they were its own.
//
//   generator<int> in_order(const node* n) {
//     if (n->left) co_yield elements_of(in_order(n->left));
//     co_yield n->value;
//     if (n->right) co_yield elements_of(in_order(n->right));
//   }
//
// x is anything iterable: a generator, a generator function, a range, an iterator. A generator of the same item (and sent)
// type is joined to the chain and costs the same per item at any depth; `auto r = co_yield elements_of(g)` is what g's body
// `co_return`ed. A temporary is owned by the expression, and so is what is moved in; an lvalue generator or iterator is borrowed: it is
// `running` until it is walked to its end, and is given back where it stands if the delegating generator is dropped before.

#include <type_traits>
#include <utility>

namespace pariter {

template <class X>
class [[nodiscard]] elements_of {
 public:
  explicit elements_of(X&& x) noexcept : x_(static_cast<X&&>(x)) {}
  X&& get() const noexcept { return static_cast<X&&>(x_); }

 private:
  X&& x_;
};

template <class X>
elements_of(X&&) -> elements_of<X>;

}  // namespace pariter
