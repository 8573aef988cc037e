// SPDX-License-Identifier: Apache-2.0
#pragma once
// any_iterable<T>: an iterable of any type behind one type; each iter() gives an any_iterator<T> of its own.
//
//   void report(const any_iterable<const std::string&>& names);
//   report(a_vector); report(a_log); report(generator_function(lines, path));
//
// Like everything that `iter` is given: an lvalue is referred to and must outlive this and its iterators; a temporary is
// moved in, and lives until this, its copies and their iterators are gone. An iterator is refused, for it can be walked
// once only; it goes into an any_iterator.
//
// Threads: made from shared iterables only, so it is one: iter() through const from any thread. Copies share what is inside.
// Cost: iter() is one indirect call and, for a large iterator, one allocation.

#include "pariter/core/any_iterator.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/iterable_interface.hpp"

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

// An iterator together with a share in what it walks.
template <class X>
class held_iterator {
 public:
  explicit held_iterator(std::shared_ptr<const X> held) : held_(std::move(held)), it_(pariter::iter(*held_)) {}

  auto next() { return it_.next(); }
  auto next_batch()
    requires requires(iterator_of_t<const X&>& it) { it.next_batch(); }
  {
    return it_.next_batch();
  }
  auto size_hint() const
    requires hints_size<iterator_of_t<const X&>>
  {
    return it_.size_hint();
  }

 private:
  std::shared_ptr<const X> held_;
  iterator_of_t<const X&> it_;
};

}  // namespace detail

template <class T>
class any_iterable : public iterable_interface<any_iterable<T>> {
 public:
  // The compiler asks whether this constructor is one for X also where something is only moved or copied that has a constructor which takes an
  // any_iterable: so nothing here may ask whether X can be.
  template <class X>
    requires(!std::same_as<std::remove_cvref_t<X>, any_iterable>) && shared_iterable<X> &&
            detail::hands_out<iterator_of_t<const std::remove_cvref_t<X>&>, T>
  any_iterable(X&& x) {
    using iterated = std::remove_cvref_t<X>;
    if constexpr (std::is_lvalue_reference_v<X>) {
      iter_ = [](const void* held, const std::shared_ptr<const void>&) {
        return any_iterator<T>(pariter::iter(*static_cast<const iterated*>(held)));
      };
      held_ = std::addressof(x);
    } else {
      auto owned = std::make_shared<const iterated>(std::forward<X>(x));
      iter_ = [](const void* held, const std::shared_ptr<const void>& owner) {
        return any_iterator<T>(detail::held_iterator<iterated>(std::shared_ptr<const iterated>(owner, static_cast<const iterated*>(held))));
      };
      held_ = owned.get();
      owner_ = std::move(owned);
    }
  }

  // Throws what iter() of the iterable inside throws.
  any_iterator<T> iter() const { return iter_(held_, owner_); }

 private:
  any_iterator<T> (*iter_)(const void* held, const std::shared_ptr<const void>& owner);
  const void* held_;
  std::shared_ptr<const void> owner_;  // empty if what is held is referred to
};

}  // namespace pariter
