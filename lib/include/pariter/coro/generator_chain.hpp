// SPDX-License-Identifier: Apache-2.0
#pragma once
// generator_chain: what a generator is made of, without its return type. Machinery of coro/generator.hpp.
//
// A generator that delegates (`co_yield elements_of(other)`) and those it delegates to are a chain of links, one in each
// coroutine's promise:
//
//   generator_chain --root_--> link <--delegator_-- link <--delegator_-- link <--leaf_-- generator_chain
//
// The consumer resumes the leaf, always, and the leaf puts its item straight into the consumer's variable (`slot`): a step
// costs the same at any depth. A coroutine never resumes another one. To enter a delegate or to leave one, it suspends without
// an item, and the consumer's loop (`run`) moves `leaf_`. So the stack is as flat at depth 100,000 as at depth 1, with every
// compiler and at every level of optimisation.
//
// Threads: one at a time. `state_` is atomic so that a second thread can be told `busy`, and may ask `state()`; it orders
// nothing: whoever hands a generator to another thread brings the happens-before (a join, a queue, a mutex).
//
// Invariants
//   1. state_ is `running` from before a link is resumed until it has suspended, and for a delegate all the while it is one.
//   2. Unless running, leaf_ stands at a `co_yield` of an item or, if it is root_, before its first statement.
//   3. root_ is null exactly when state_ is `finished`: the frame is freed when the body ends, not when the handle dies.

#include "pariter/coro/frame_allocation.hpp"
#include "pariter/core/errors.hpp"
#include "pariter/core/optional_ref.hpp"
#include "pariter/detail/assert.hpp"

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

//            next()                 co_yield                 body ends
//   created --------> running <------------------> suspended ...-------> finished
//        \               next(), send(), throw_in()            close(), throw_in() before the first step
//         `--------------------------------------------------------------------------^
enum class generator_state : std::uint8_t { created, suspended, running, finished };

namespace detail {

template <class T>
using yield_step_t = typename std::conditional_t<std::is_lvalue_reference_v<T>, std::type_identity<optional_ref<std::remove_reference_t<T>>>,
                                                 std::type_identity<std::optional<T>>>::type;

struct nothing {};

template <class T, class Send>
class generator_chain;

// The part of a promise that the chain works with. All members belong to the thread that is inside the step.
template <class T, class Send>
class generator_link : public frame_allocation {
 public:
  using step = yield_step_t<T>;

  std::coroutine_handle<> handle() noexcept { return std::coroutine_handle<generator_link>::from_promise(*this); }

  // Out of line: what is injected by throw_in() and close(), thrown at the `co_yield` where the body stands.
  [[noreturn, gnu::noinline, gnu::cold]] void raise() { std::rethrow_exception(std::exchange(error_, nullptr)); }

  step* slot_ = nullptr;                                   // where the consumer wants the next item
  std::exception_ptr error_;                               // in: to be thrown at the co_yield. out: what left the body
  [[no_unique_address]] std::conditional_t<std::is_void_v<Send>, nothing, std::remove_reference_t<Send>*> sent_{};  // what send() brought, in the sender's hands
  generator_link* delegator_ = nullptr;                    // who waits at elements_of for this one's end
  generator_chain<T, Send>* enters_ = nullptr;             // set by a link that suspends in order to delegate
  generator_chain<T, Send>* held_by_ = nullptr;            // the handle of this link, which the delegator owns or borrows
  bool borrowed_ = false;                                  // that handle outlives the delegation
};

template <class T, class Send>
class generator_chain {
 public:
  using link = generator_link<T, Send>;
  using step = typename link::step;

  explicit generator_chain(link& root, const char* name) noexcept : root_(&root), leaf_(&root), name_(name) {}

  generator_chain(generator_chain&& other) noexcept : name_(other.name_) { take(other); }
  generator_chain& operator=(generator_chain&& other) noexcept {
    if (this != &other) {
      drop();
      name_ = other.name_;
      take(other);
    }
    return *this;
  }
  ~generator_chain() { drop(); }

  generator_state state() const noexcept {
    return state_.load(std::memory_order_relaxed);  // relaxed: orders nothing, see Threads
  }
  void set_state(generator_state s) noexcept {
    state_.store(s, std::memory_order_relaxed);  // relaxed: orders nothing, see Threads
  }

  // Resumes the leaf, and whoever is the leaf then, until there is an item. False: the root's body has ended; its frame
  // still stands.
  bool run(step& out) noexcept {
    leaf_->slot_ = &out;
    leaf_->handle().resume();
    return static_cast<bool>(out) || run_on(out);
  }

  // Frees every frame of the chain, the innermost first. Of a borrowed generator, gives it back instead.
  void drop() noexcept {
    if (root_ == nullptr) return;
    PARITER_ASSERT(state() != generator_state::running,
                   "a generator was destroyed, moved or assigned inside its own step; let the step return first");
    if (leaf_ != root_) drop_delegates();
    std::exchange(root_, nullptr)->handle().destroy();
    leaf_ = nullptr;
    set_state(generator_state::finished);
  }

  link* root_ = nullptr;
  link* leaf_ = nullptr;
  const char* name_;  // static storage

 private:
  // The leaf suspended without an item: it delegates, or its body has ended.
  [[gnu::noinline]] bool run_on(step& out) noexcept {
    do {
      if (generator_chain* const inner = std::exchange(leaf_->enters_, nullptr)) {
        inner->root_->delegator_ = leaf_;
        leaf_ = inner->leaf_;
      } else {
        if (leaf_ == root_) return false;
        leaf_ = leaf_->delegator_;
      }
      leaf_->slot_ = &out;
      leaf_->handle().resume();
    } while (!out);
    return true;
  }

  void drop_delegates() noexcept {
    link* innermost = leaf_;  // of those that die
    for (link* at = leaf_; at != root_; at = at->delegator_) {
      if (at->borrowed_) innermost = at;
    }
    if (innermost->borrowed_) {
      innermost->held_by_->give_back(leaf_);
      innermost = innermost->delegator_;
    }
    while (innermost != root_) {
      link* const outer = innermost->delegator_;
      generator_chain& held = *innermost->held_by_;  // stands in outer's frame
      held.root_ = held.leaf_ = nullptr;
      held.set_state(generator_state::finished);
      innermost->handle().destroy();
      innermost = outer;
    }
  }

  void give_back(link* leaf) noexcept {
    leaf_ = leaf;
    root_->delegator_ = nullptr;
    root_->borrowed_ = false;
    set_state(generator_state::suspended);
  }

  void take(generator_chain& other) noexcept {
    PARITER_ASSERT(other.state() != generator_state::running, "a generator was moved inside its own step; let the step return first");
    root_ = std::exchange(other.root_, nullptr);
    leaf_ = std::exchange(other.leaf_, nullptr);
    set_state(other.state());
    other.set_state(generator_state::finished);
  }

  std::atomic<generator_state> state_{generator_state::created};
};

}  // namespace detail
}  // namespace pariter
