// SPDX-License-Identifier: Apache-2.0
#pragma once
// copy_on_write<C>: any standard container, published as versions.
//
//   copy_on_write<std::map<std::string, int>> prices;
//   prices.update([](auto& m) { m["tea"] = 3; });              // one thread at a time; readers never wait
//   for (auto& [name, price] : prices) ...                     // any thread; walks the version of this moment
//   auto v = prices.snapshot();  v->find("tea");               // several looks at one version
//
// A version never changes once it is published. Who took one keeps it, and its memory, until the last iterator or snapshot of it
// is gone (whoever lets go last frees it); memory is bounded by (versions that somebody still holds + 1) copies of C, and one more
// per writer at work.
//
// Threads: everything but the destructor may be called by any thread at any time. Readers (iter, snapshot) never wait.
// Writers (update, publish, compare_and_publish) take turns. A function given to `update`, and the copying of C before it, run during
// their writer's turn: they may read this container, but an attempt to write to it from there throws `busy`. What a writer lets go of,
// the version that was replaced or a copy that was not published, is destroyed after its turn.
// Order: what a writer did before it published a version happens before what a reader does after it took that version.
// Lifetime: snapshots and iterators may outlive the container.
// C: copy constructible for `update`; its const operations may run concurrently (true for the standard containers).
// Cost: snapshot() and iter() one read-modify-write and one more to let go, independent of the size; update() a copy of C.
// For many small changes between reads, change many things in one `update`, or use a container that is made for it.

#include "pariter/core/errors.hpp"
#include "pariter/core/iterable.hpp"
#include "pariter/core/iterable_interface.hpp"
#include "pariter/core/range_iterator.hpp"
#include "pariter/detail/platform.hpp"
#include "pariter/detail/version_slot.hpp"

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <ranges>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

template <class C, template <class> class Atom>
struct version_node {
  template <class... A>
  explicit version_node(std::uint64_t n, A&&... a) : refs_(version_slot<version_node, Atom>::in_slot), number(n), items(std::forward<A>(a)...) {}

  Atom<std::int64_t> refs_;
  std::uint64_t number;  // written before it is published
  C items;
};

}  // namespace detail

// One version: a counted reference to a container that does not change any more. Copyable; each copy has one owner. A moved-from
// version may only be assigned to or destroyed.
template <class C, template <class> class Atom = std::atomic>
class version {
  using node = detail::version_node<C, Atom>;
  using slot = detail::version_slot<node, Atom>;

 public:
  version(const version& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) slot::share(node_);
  }
  version(version&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  version& operator=(version other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~version() {
    if (node_ != nullptr) slot::drop(node_);
  }

  const C& operator*() const noexcept { return node_->items; }
  const C* operator->() const noexcept { return std::addressof(node_->items); }

  // A range itself: the items live as long as some copy of this version.
  auto begin() const { return std::ranges::begin(node_->items); }
  auto end() const { return std::ranges::end(node_->items); }

  // 0 for the first version of its container, then one more for each that was published.
  std::uint64_t number() const noexcept { return node_->number; }

  // Of the same container: the same version.
  friend bool operator==(const version& a, const version& b) noexcept { return a.node_ == b.node_; }

 private:
  template <std::ranges::forward_range, template <class> class>
  friend class copy_on_write;

  explicit version(node* taken) noexcept : node_(taken) {}

  node* node_;
};

template <std::ranges::forward_range C, template <class> class Atom = std::atomic>
class copy_on_write : public iterable_interface<copy_on_write<C, Atom>> {
  using node = detail::version_node<C, Atom>;
  using slot = detail::version_slot<node, Atom>;
  using const_cursor = decltype(std::ranges::begin(std::declval<const C&>()));
  using const_sentinel = decltype(std::ranges::end(std::declval<const C&>()));

 public:
  using value_type = C;
  using iterator = range_iterator<const_cursor, const_sentinel, version<C, Atom>>;

  // Version 0 is made of the arguments.
  template <class... A>
    requires std::constructible_from<C, A...>
  explicit copy_on_write(A&&... a) : slot_(new node(0, std::forward<A>(a)...)) {}
  copy_on_write(const copy_on_write&) = delete;
  copy_on_write& operator=(const copy_on_write&) = delete;

  // The version of this moment.
  version<C, Atom> snapshot() const noexcept { return version<C, Atom>(slot_.take()); }

  // An iterator over the version of this moment; it keeps that version. fork() is cheap.
  iterator iter() const {
    auto taken = snapshot();
    auto first = std::ranges::begin(*taken);
    auto last = std::ranges::end(*taken);
    return iterator(std::move(first), std::move(last), std::move(taken));
  }

  // Copies the current version, lets `change` work on the copy, and publishes it. Returns what `change` returns.
  // If the copy or `change` throws, or a move of what it returns, nothing is published and the exception passes through.
  // Throws busy if called by a `change` of the same container.
  template <std::invocable<C&> F>
    requires std::copy_constructible<C>
  auto update(F&& change) {
    static_assert(!std::is_reference_v<std::invoke_result_t<F, C&>>, "a reference into the new version would outlive its guard; return a value");
    let_go after;
    const turn mine(*this);
    const node& before = *slot_.current();
    after.unpublished = std::make_unique<node>(before.number + 1, before.items);
    const publish_on_return done{slot_, after};
    return std::invoke(std::forward<F>(change), after.unpublished->items);
  }

  // Publishes `items` as the next version, whatever the current one is. Strong guarantee. Throws busy as update().
  void publish(C items) {
    let_go after{.unpublished = std::make_unique<node>(0, std::move(items))};
    const turn mine(*this);
    publish_next(after);
  }

  // Publishes `items` if `expected` still is the current version; otherwise changes nothing and returns false. For changes that
  // are made outside of any turn: take a snapshot, make the new container at leisure, try. Throws busy as update().
  bool compare_and_publish(const version<C, Atom>& expected, C items) {
    let_go after{.unpublished = std::make_unique<node>(0, std::move(items))};
    const turn mine(*this);
    if (slot_.current() != expected.node_) return false;
    publish_next(after);
    return true;
  }

 private:
  // What a writer has in its hands. It stands before the turn, so that it ends after it: what is left in it is destroyed then, by
  // destructors that are the user's.
  struct let_go {
    typename slot::replaced old{};
    std::unique_ptr<node> unpublished{};
  };

  // Publishes a version once what update() returns is made: that may throw, too.
  struct publish_on_return {
    slot& where;
    let_go& after;
    int exceptions = std::uncaught_exceptions();
    ~publish_on_return() {
      if (std::uncaught_exceptions() == exceptions) after.old = where.replace(after.unpublished.release());
    }
  };

  // A writer's turn. It knows whose it is, so that a change that writes again is told instead of waiting for itself.
  class turn {
   public:
    explicit turn(copy_on_write& of) : of_(of) {
      if (of.writer_.load(std::memory_order_relaxed) == me())  // relaxed: only this thread stores its own mark
        throw busy("busy: a function given to update() writes to the container that it is updating; change its argument instead");
      of.turns_.lock();
      of.writer_.store(me(), std::memory_order_relaxed);  // relaxed: as above
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      of_.writer_.store(nullptr, std::memory_order_relaxed);  // relaxed: as above
      of_.turns_.unlock();
    }

   private:
    static const void* me() noexcept {
      static thread_local char mark = 0;
      return &mark;
    }
    copy_on_write& of_;
  };

  // During a turn.
  void publish_next(let_go& after) noexcept {
    after.unpublished->number = slot_.current()->number + 1;
    after.old = slot_.replace(after.unpublished.release());
  }

  mutable slot slot_;
  typename detail::platform<Atom>::mutex turns_;
  Atom<const void*> writer_{nullptr};
};

static_assert(shared_iterable<copy_on_write<std::initializer_list<int>>> && iterator<copy_on_write<std::initializer_list<int>>::iterator>);

}  // namespace pariter
