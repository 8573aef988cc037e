// SPDX-License-Identifier: Apache-2.0
#pragma once
// spill_list<Node>: what leavers had drawn and not used, for others to draw first.
//
// Any thread may put and take. No user code runs under its mutex, and putting allocates nothing (nodes are linked through
// `Node::next_spilled`), so a drawer's destructor can always give back. Takers look at a flag first: as long as nobody left
// early, a draw costs one relaxed load of a word that is never written.

#include "pariter/detail/platform.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace pariter::detail {

template <class Node, template <class> class Atom = std::atomic>
class spill_list {
 public:
  spill_list() = default;
  spill_list(const spill_list&) = delete;
  spill_list& operator=(const spill_list&) = delete;
  ~spill_list() {
    while (first_ != nullptr) delete std::exchange(first_, first_->next_spilled);  // one by one: a long chain must not recurse
  }

  void put(std::unique_ptr<Node> node) noexcept {
    const std::lock_guard hold(mutex_);
    node->next_spilled = first_;
    first_ = node.release();
    some_.store(true, std::memory_order_relaxed);  // relaxed: hint, the list is read under mutex_
  }

  // Perhaps false for a node that is being put at this moment.
  bool has_some() const noexcept {
    return some_.load(std::memory_order_relaxed);  // relaxed: hint, checked again under mutex_
  }

  // The node put last, or null.
  std::unique_ptr<Node> take() noexcept {
    if (!has_some()) return nullptr;
    const std::lock_guard hold(mutex_);
    if (first_ == nullptr) return nullptr;
    std::unique_ptr<Node> node(std::exchange(first_, first_->next_spilled));
    if (first_ == nullptr) some_.store(false, std::memory_order_relaxed);  // relaxed: hint, under mutex_
    return node;
  }

  // Calls f(node) for each. f must not touch the list.
  template <class F>
  void for_each(F f) const {
    const std::lock_guard hold(mutex_);
    for (const Node* n = first_; n != nullptr; n = n->next_spilled) f(*n);
  }

 private:
  Atom<bool> some_{false};
  mutable typename platform<Atom>::mutex mutex_;
  Node* first_ = nullptr;
};

}  // namespace pariter::detail
