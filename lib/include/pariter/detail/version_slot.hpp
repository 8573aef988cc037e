// SPDX-License-Identifier: Apache-2.0
#pragma once
// version_slot: a place for one counted node that readers take a reference from in one step, while writers replace it.
//
// The problem: to take a reference a reader must load the pointer and raise the node's count, and between the two a writer may
// replace the node and drop its last reference. Here the slot itself is a counter: one word holds the pointer and the number of
// references taken through it since the node was put in, so that one fetch_add does both. (Known as split or differential
// reference counting; A. Williams, C++ Concurrency in Action, §7.2.4.)
//
//   word_     bits 0..47   the node's address      bits 48..63   taken: references handed out through the slot, not yet in the node
//   refs_     of a node    in_slot + (references that came back or were settled), see the invariant
//
// Invariant: references alive = refs_ + taken - (in_slot while the node is in the slot). A node is freed by whoever brings its
// refs_ to 0, which cannot happen while it is in the slot: in_slot is larger than any count.
//
// Threads: take() and drop() by any thread, wait-free, except that every 16,384th take() settles the slot's count into
// the node by a compare-exchange, lock-free. replace() by one thread at a time.
// Cost: take() and drop() one read-modify-write each.

#include "pariter/detail/assert.hpp"
#include "pariter/detail/cache_line.hpp"
#include "pariter/detail/mutant.hpp"

#include <atomic>
#include <cstdint>
#include <utility>

namespace pariter::detail {

// Node: has a member `Atom<std::int64_t> refs_`, initialised to in_slot; is deleted by `delete`.
// SettleAt: how many may be taken before the count moves into the node. A quarter of what the bits hold: the rest is for those
// who are on their way.
template <class Node, template <class> class Atom = std::atomic, std::int64_t SettleAt = 1 << 14>
class version_slot {
 public:
  static constexpr std::int64_t in_slot = std::int64_t(1) << 40;

  // A node that was replaced, and what is to be settled with it. It is settled when this ends, which may delete the node: do that where
  // the node's destructor, which is the user's, may run.
  class [[nodiscard]] replaced {
   public:
    replaced() noexcept = default;
    replaced(replaced&& other) noexcept : node_(std::exchange(other.node_, nullptr)), change_(other.change_) {}
    replaced& operator=(replaced other) noexcept {
      std::swap(node_, other.node_);
      std::swap(change_, other.change_);
      return *this;
    }
    ~replaced() {
      if (node_ != nullptr) settle(node_, change_);
    }

   private:
    friend version_slot;
    replaced(Node* node, std::int64_t change) noexcept : node_(node), change_(change) {}

    Node* node_ = nullptr;
    std::int64_t change_ = 0;
  };

  explicit version_slot(Node* first) : word_(address(first)) {}
  version_slot(const version_slot&) = delete;
  version_slot& operator=(const version_slot&) = delete;
  ~version_slot() {
    const std::uint64_t last = word_.load(std::memory_order_relaxed);  // relaxed: destruction is the owner's alone
    settle(node_of(last), taken_of(last) - in_slot);
  }

  // A reference to the node that is in the slot now.
  Node* take() noexcept {
    // (1) acquire: pairs with acq_rel (3), sees the node as it was published
    const std::uint64_t before = word_.fetch_add(one_taken, order(40, std::memory_order_acquire));
    Node* const node = node_of(before);
    if (taken_of(before) >= SettleAt) settle_taken(node);
    return node;
  }

  // Gives one reference back; may delete the node.
  static void drop(Node* node) noexcept { settle(node, -1); }

  // One more reference to a node that the caller holds one to.
  static void share(Node* node) noexcept {
    node->refs_.fetch_add(1, std::memory_order_relaxed);  // relaxed: the caller's own reference keeps the node
  }

  // The node in the slot, without a reference: for the one thread that may replace it.
  Node* current() const noexcept {
    return node_of(word_.load(std::memory_order_relaxed));  // relaxed: the address changes by the caller's side only
  }

  // Puts `next` (fresh, refs_ == in_slot) in; the node that was there loses the slot's hold when what is returned ends.
  replaced replace(Node* next) noexcept {
    // (3) acq_rel: pairs with acquire (1), publishes the node; pairs with release (5): what was moved into the old one is there
    const std::uint64_t before = word_.exchange(address(next), mutant(47) ? std::memory_order_release : order(41, std::memory_order_acq_rel));
    return {node_of(before), mutant(42) ? -in_slot : taken_of(before) - in_slot};
  }

 private:
  static constexpr int address_bits = 48;
  static constexpr std::uint64_t one_taken = std::uint64_t(1) << address_bits;

  static Node* node_of(std::uint64_t word) noexcept { return reinterpret_cast<Node*>(static_cast<std::uintptr_t>(word & (one_taken - 1))); }
  static std::int64_t taken_of(std::uint64_t word) noexcept { return static_cast<std::int64_t>(word >> address_bits); }
  static std::uint64_t address(Node* node) noexcept {
    const std::uint64_t word = reinterpret_cast<std::uintptr_t>(node);  // of a 32-bit address: without its sign
    PARITER_ASSERT(word < one_taken, "this system hands out addresses of more than 48 bits (a tagging allocator?), which version_slot cannot hold");
    return word;
  }

  static void settle(Node* node, std::int64_t change) noexcept {
    // (4) acq_rel: pairs with itself: whoever frees comes after every use by others
    if (node->refs_.fetch_add(change, order(43, std::memory_order_acq_rel)) + change == 0) delete node;
  }

  // Moves what was taken through the slot into the node. The caller holds a reference to it.
  void settle_taken(Node* node) noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);  // relaxed: decided by the exchange
    if (node_of(word) != node || taken_of(word) < SettleAt) return;
    const std::int64_t taken = taken_of(word);
    if (!mutant(44)) node->refs_.fetch_add(taken, std::memory_order_relaxed);  // relaxed: published by (5); the caller's own reference keeps the node
    // (5) release: pairs with acquire (3): who sees the slot's count without what was moved sees it in the node's. The address stays
    // published by (3), whose release sequence this continues; relaxed on failure: nothing is read then
    while (!word_.compare_exchange_strong(word, word - static_cast<std::uint64_t>(taken) * one_taken,
                                          order(46, std::memory_order_release), std::memory_order_relaxed)) {
      if (node_of(word) == node && taken_of(word) >= taken) continue;  // others took meanwhile
      if (!mutant(45)) settle(node, -taken);  // replaced, or settled by another thread: it has counted them
      return;
    }
    if (mutant(44)) node->refs_.fetch_add(taken, std::memory_order_relaxed);
  }

  // Written by every reader that takes, and by writers.
  alignas(cache_line) Atom<std::uint64_t> word_;
};

}  // namespace pariter::detail
