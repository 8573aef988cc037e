// SPDX-License-Identifier: Apache-2.0
#pragma once
// generator_chain: what a generator is made of, without its return type. Machinery of coro/generator.hpp.
//
// A generator that delegates (`co_yield elements_of(other)`) and those it delegates to are a chain of links, one in each
// coroutine's promise:
//
//   generator_chain --root_--> link <--delegator_-- link <--delegator_-- link <--leaf_-- generator_chain
//
// The consumer resumes the leaf, always, and finds the item through the leaf: a step costs the same at any depth. A
// coroutine never resumes another one. To enter a delegate or to leave one, it suspends without an item, and the consumer's
// loop (`run_on`) moves `leaf_`. So the stack is as flat at depth 100,000 as at depth 1, with every compiler and at every
// level of optimisation.
//
// Threads: one at a time. Nothing here is atomic: a step takes the leaf out of `leaf_` and puts it back, which is how a second
// step sees that the first is inside.
//
// Invariants
//   1. leaf_ is never null: of a generator that is inside a step, lent to another one, being freed, or at its end, it is a stop.
//   2. item_ of the leaf is not null exactly while the body stands at a `co_yield` of an item: who suspends without one clears it.
//   3. root_ is null exactly when the generator has ended: the frame is freed when the body ends, not when the handle dies. While it is
//      being freed, root_ is not null and leaf_ is `occupied`: destructors of what the body leaves run, and a step out of one is one
//      inside a step.

#include "pariter/core/errors.hpp"
#include "pariter/detail/assert.hpp"

#include <coroutine>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

namespace pariter {

//             a step                  co_yield               the body ends
//   created ----------> running <------------------> suspended   running ---> finished
//      \                          the next step         /
//       `------- close(), throw_in() ------------------'------- destroyed ---> finished
enum class generator_state : std::uint8_t { created, suspended, running, finished };

namespace detail {

template <class T, class Send>
class chain_ends;

// What leaf_ points to.
template <class T>
class generator_stop {
 public:
  using item_type = std::remove_reference_t<T>;
  enum class kind : std::uint8_t { link, occupied, ended };  // a coroutine's; and two that are nobody's

  constexpr explicit generator_stop(kind k) noexcept : kind_(k) {}

  item_type* item_ = nullptr;  // what the body stands at
  kind kind_;
};

// A U where the body can be spoken to, else nothing. (Two of one type in one class would need an address each.)
template <int>
struct silence {};
template <class Send, class U, int Which>
using if_spoken_to = std::conditional_t<std::is_void_v<Send>, silence<Which>, U>;

// The part of a promise that the chain works with. It belongs to the thread that is inside the step.
template <class T, class Send>
class generator_link : public generator_stop<T> {
 public:
  generator_link() noexcept : generator_stop<T>(generator_stop<T>::kind::link) {}

  std::coroutine_handle<> handle() noexcept { return std::coroutine_handle<generator_link>::from_promise(*this); }

  bool borrows_ = false;                                         // delegate_ outlives the delegation
  [[no_unique_address]] if_spoken_to<Send, bool, 0> closing_{};  // it is to be closed when its delegate has been
  std::exception_ptr error_;                      // in: to be thrown at the co_yield. out: what left the body
  chain_ends<T, Send>* delegate_ = nullptr;       // whom this one waits for at elements_of
  generator_link* delegator_;                     // who waits for this one
  [[no_unique_address]] if_spoken_to<Send, std::add_pointer_t<Send>, 1> sent_{};  // in the sender's hands
};

// The two ends of a chain. They own nothing: who holds them frees the root, or leaves that to the one who delegates to it.
template <class T, class Send>
class chain_ends {
 public:
  using link = generator_link<T, Send>;
  using stop = generator_stop<T>;
  using kind = typename stop::kind;

  explicit chain_ends(link& root) noexcept : root_(&root), leaf_(&root) {}
  // Leaves the end.
  chain_ends(chain_ends&& other) noexcept {
    PARITER_ASSERT(other.leaf_->item_ != nullptr || other.state() != generator_state::running,
                   "a generator was moved inside its own step, while its frame is freed, or while another one delegates to it");
    root_ = std::exchange(other.root_, nullptr);
    leaf_ = std::exchange(other.leaf_, &ended);
  }
  chain_ends& operator=(chain_ends&&) = delete;

  generator_state state() const noexcept {
    if (leaf_->item_ != nullptr) return generator_state::suspended;
    switch (leaf_->kind_) {
      case kind::link: return generator_state::created;
      case kind::ended: return generator_state::finished;
      default: return generator_state::running;
    }
  }

  // Frees the frame of a root that has ended, or stands alone.
  void free_root() noexcept {
    leaf_ = &occupied;
    root_->handle().destroy();
    root_ = nullptr;
    leaf_ = &ended;
  }

  // Throws what left the body of a root that has ended, and frees its frame before.
  [[noreturn, gnu::noinline]] void fail() {
    std::exception_ptr error = std::move(root_->error_);
    free_root();
    std::rethrow_exception(std::move(error));
  }

  link* root_;
  stop* leaf_;

 protected:
  static inline constinit stop ended{kind::ended};
  static inline constinit stop occupied{kind::occupied};
};

template <class T, class Send>
class generator_chain : public chain_ends<T, Send> {
  using ends = chain_ends<T, Send>;
  using ends::ended;
  using ends::occupied;

 public:
  using typename ends::kind;
  using typename ends::link;
  using typename ends::stop;
  using item_type = typename stop::item_type;
  using ends::free_root;
  using ends::leaf_;
  using ends::root_;
  using ends::state;

  generator_chain(link& root, const char* name) noexcept : ends(root), name_(name) {}

  generator_chain(generator_chain&& other) noexcept = default;
  generator_chain& operator=(generator_chain&& other) noexcept {
    generator_chain taken(std::move(other));  // first: `other` may lie in a frame that drop() frees
    drop();
    root_ = std::exchange(taken.root_, nullptr);
    leaf_ = taken.leaf_;
    name_ = taken.name_;
    return *this;
  }
  ~generator_chain() { drop(); }

  // Whether a step can be made; false at the end. Throws busy inside a step.
  [[gnu::always_inline]] bool ready() {
    if (leaf_->item_ != nullptr) [[likely]] return true;
    return ready_to_start();
  }

  // Resumes the leaf, and whoever is the leaf then, until it stands at an item. Null: the root's body has ended; its
  // frame still stands.
  [[gnu::always_inline]] item_type* run() noexcept {
    link* const leaf = static_cast<link*>(std::exchange(leaf_, &occupied));
    leaf->handle().resume();
    item_type* const item = leaf->item_;
    if (item == nullptr) [[unlikely]] return run_on(leaf);
    leaf_ = leaf;
    return item;
  }

  // Runs the body of a generator that was just created to where it delegates, and makes the delegate's innermost the leaf: the chain stands as that
  // stood. False: the body has ended instead; its frame still stands.
  bool enter() noexcept {
    link* const root = static_cast<link*>(std::exchange(leaf_, &occupied));
    root->handle().resume();
    if (root->delegate_ == nullptr) return false;
    leaf_ = innermost_of_delegate(*root);
    return true;
  }

  // Tells all who delegate, directly or not, to the leaf, of a chain that stands at an item.
  void set_closing(bool closing) noexcept {
    for (link* at = static_cast<link*>(leaf_); at != root_; at = at->delegator_) at->delegator_->closing_ = closing;
  }

  // Frees every frame of the chain, the innermost first. Of a borrowed generator, gives it back instead.
  void drop() noexcept {
    if (root_ == nullptr) return;
    if (leaf_ != root_) [[unlikely]] drop_delegates();
    free_root();
  }

  const char* name_;  // static storage

 private:
  [[gnu::noinline]] bool ready_to_start() {
    if (leaf_->kind_ == kind::occupied) throw busy();
    return leaf_->kind_ != kind::ended;
  }

  // The innermost of those that `of` delegates to, from now on.
  static link* innermost_of_delegate(link& of) noexcept {
    ends& inner = *of.delegate_;
    inner.root_->delegator_ = &of;
    link* const innermost = static_cast<link*>(inner.leaf_);
    if (of.borrows_) [[unlikely]] inner.leaf_ = &occupied;
    return innermost;
  }

  // The leaf suspended without an item: it delegates, or its body has ended.
  [[gnu::noinline]] item_type* run_on(link* leaf) noexcept {
    do {
      if (leaf->delegate_ != nullptr) {
        leaf = innermost_of_delegate(*leaf);
      } else {
        if (leaf == root_) return nullptr;
        leaf = leaf->delegator_;
        leaf->delegate_ = nullptr;
      }
      leaf->handle().resume();
    } while (leaf->item_ == nullptr);
    leaf_ = leaf;
    return leaf->item_;
  }

  [[gnu::noinline]] void drop_delegates() noexcept {
    PARITER_ASSERT(leaf_->kind_ == kind::link,
                   "a generator was destroyed or assigned to inside its own step, while its frame is freed, or while another one delegates to it");
    stop* const leaf = std::exchange(leaf_, &occupied);
    link* at = static_cast<link*>(leaf);
    link* innermost = at;  // of those that are freed
    while (at != root_) {
      at = at->delegator_;
      if (at->borrows_) innermost = at;
    }
    if (innermost != leaf) innermost->delegate_->leaf_ = leaf;  // goes back to its owner as it stands
    while (innermost != root_) {
      innermost = innermost->delegator_;
      innermost->delegate_->free_root();  // the handle is a part of the frame of innermost
    }
  }
};

}  // namespace detail
}  // namespace pariter
