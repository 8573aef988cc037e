// SPDX-License-Identifier: Apache-2.0
#pragma once
// groupby(x), groupby(x, key): runs of neighbours that have the same key; sort first to have each key once.
//
//   for (auto&& [day, events] : groupby(log, &event::day))       // auto&&: a group is an iterator, it is not copied
//     for (const auto& e : events) ...
//
// Gives         row<key, group>; a group is an iterator of the items of that run, as they are
// Pulls         one per item. The first item of a run is pulled, to see its key, when the group before it or the next group
//               is asked for more. None when made
// Sized         no
// Exceptions    of the source pass through, the next step goes on; so do those of the key, and the item it was called with is lost
//
// All groups share the one position of the source. Asking for the next group leaves out what is left of the current one,
// and from then on a group that is still held is at its end. A group may outlive the groupby; it then goes on to the end of
// its run. One owner, one thread for all of them together. A fork, of a groupby or of a group, shares nothing with them: it has a
// position of its own. The source is released at its end, whoever of them sees it.
// Cost: one allocation.

#include "pariter/core/iterator_ref.hpp"
#include "pariter/core/row.hpp"
#include "pariter/detail/assignable.hpp"
#include "pariter/detail/canary.hpp"
#include "pariter/detail/latched.hpp"
#include "pariter/detail/renew.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter {

namespace detail {

// What a groupby and its groups share.
template <iterator I, class Key>
class group_source {
 public:
  using step = step_t<I>;
  using key_value = typename item_value<std::invoke_result_t<Key&, std::add_lvalue_reference_t<item_t<I>>>>::type;
  static_assert(std::copy_constructible<key_value> && requires(const key_value& k) { static_cast<bool>(k == k); },
                "groupby(): a key is kept, compared and handed out; this one cannot be copied or compared by ==; give a key function whose result can");

  group_source(I source, Key key) : source_(std::move(source)), key_(std::move(key)) {}

  // Goes to the next run, if there is one, and leaves the run before. As long as nobody took it on, it is the next one.
  bool find_run() {
    canary_guard inside(canary_);
    if (run_is_due_) return true;
    ++run_;
    for (;;) {
      if (!ahead_ && !read()) return false;
      if (!run_key_ || !(*ahead_key_ == *run_key_)) break;
      renew(ahead_, [] { return step(); });
    }
    run_key_.emplace(*ahead_key_);
    run_is_due_ = true;
    return true;
  }
  const key_value& run_key() const noexcept { return *run_key_; }
  void take_run_on() noexcept { run_is_due_ = false; }
  std::uint64_t run() const noexcept { return run_; }

  // The next item of that run, or nothing if it is over or left.
  step next_of(std::uint64_t run) {
    canary_guard inside(canary_);
    step s;  // the only one that is returned, so that it is not moved once more: that might throw, when the item is in no other place
    if (run == run_ && (ahead_ || read()) && *ahead_key_ == *run_key_) {
      renew(s, [this] { return step(std::move(ahead_)); });
      renew(ahead_, [] { return step(); });
    }
    return s;
  }

 private:
  bool read() {
    renew(ahead_, [this] { return source_.next(); });
    if (!ahead_) return false;
    try {
      ahead_key_.emplace(std::invoke(*key_, *ahead_));
    } catch (...) {
      renew(ahead_, [] { return step(); });
      throw;
    }
    return true;
  }

  latched<I> source_;
  [[no_unique_address]] assignable<Key> key_;
  step ahead_;                          // pulled, and not handed out yet
  std::optional<key_value> ahead_key_;  // its key
  std::optional<key_value> run_key_;
  std::uint64_t run_ = 0;
  bool run_is_due_ = false;  // found, but nobody has a group of it
  [[no_unique_address]] canary canary_;
};

// The item ahead is copied, too: a reference would be the other one's if the item does not stay.
template <iterator I, class Key>
inline constexpr bool groups_fork =
    all_fork<I> && (iteration_traits<I>.stable || std::same_as<item_t<I>, value_t<I>>) && std::copy_constructible<Key> && std::copy_constructible<step_t<I>> && std::copy_constructible<typename group_source<I, Key>::key_value>;

}  // namespace detail

// One run of a groupby.
template <iterator I, class Key>
class group : public iterator_interface<group<I, Key>> {
  using shared = detail::group_source<I, Key>;

 public:
  static constexpr iteration_properties properties = detail::with_fork(detail::without_size(detail::passed_on<I>), detail::groups_fork<I, Key>);

  explicit group(std::shared_ptr<shared> source) noexcept : source_(std::move(source)), run_(source_->run()) {}
  group(group&&) = default;
  group& operator=(group&&) = default;
  ~group() = default;

  // An independent one at the same position of the run. Throws what forking and copying throw, and std::bad_alloc.
  group fork() const
    requires(properties.forkable)
  {
    return group(*this);
  }

  detail::step_t<I> next() {
    detail::step_t<I> s = source_ ? source_->next_of(run_) : detail::step_t<I>();
    if (!s) source_.reset();
    return s;
  }

 private:
  group(const group& other)
      : source_(other.source_ && other.run_ == other.source_->run() ? std::make_shared<shared>(*other.source_) : nullptr), run_(other.run_) {}

  std::shared_ptr<shared> source_;  // empty at the end
  std::uint64_t run_;
};

template <iterator I, class Key>
class groupby_iterator : public iterator_interface<groupby_iterator<I, Key>> {
  using shared = detail::group_source<I, Key>;
  using step = std::optional<row<typename shared::key_value, group<I, Key>>>;

 public:
  static constexpr iteration_properties properties =
      detail::with_fork(detail::without_references(detail::without_size(detail::passed_on<I>)), detail::groups_fork<I, Key>);

  // Throws std::bad_alloc.
  groupby_iterator(I source, Key key) : source_(std::make_shared<shared>(std::move(source), std::move(key))) {}
  groupby_iterator(groupby_iterator&&) = default;
  groupby_iterator& operator=(groupby_iterator&&) = default;
  ~groupby_iterator() = default;

  // An independent one that goes on with the same run. Throws what forking and copying throw, and std::bad_alloc.
  groupby_iterator fork() const
    requires(properties.forkable)
  {
    return groupby_iterator(*this);
  }

  step next() {
    step run;
    if (source_ && source_->find_run()) {
      run.emplace(source_->run_key(), group<I, Key>(source_));
      source_->take_run_on();
    } else {
      source_.reset();
    }
    return run;
  }

 private:
  groupby_iterator(const groupby_iterator& other) : source_(other.source_ ? std::make_shared<shared>(*other.source_) : nullptr) {}

  std::shared_ptr<shared> source_;  // empty at the end
};

namespace detail {
struct groupby_function {
  template <iterable X, class Key = std::identity>
  auto operator()(X&& x, Key key = {}) const {
    return groupby_iterator<source_t<X>, Key>(make_source(std::forward<X>(x)), std::move(key));
  }
};
}  // namespace detail

inline constexpr detail::groupby_function groupby{};

}  // namespace pariter
