// SPDX-License-Identifier: Apache-2.0
#pragma once
// writing_interface: how items get into a log or a broadcast, and how it ends; the same for both.
//
// Container makes it its friend and has `core_` with emplace(args...) -> Appended, append_n(first, count, taken), end(error) and
// appenders() (appender_count.hpp).
// Who may call what from which thread, and who waits, is said by the container.

#include "pariter/containers/batch_appender.hpp"
#include "pariter/detail/append_range.hpp"
#include "pariter/detail/assert.hpp"

#include <concepts>
#include <cstddef>
#include <exception>
#include <ranges>
#include <utility>

namespace pariter::detail {

// Appended: what append() returns.
template <class Container, class T, class Appended>
class writing_interface {
 public:
  using appender_type = batch_appender<T, Container>;

  // ---- all throw `closed` after close() or fail(), also while they wait, and would_deadlock where they must not wait ----

  Appended append(const T& item) { return core().emplace(item); }
  Appended append(T&& item) { return core().emplace(std::move(item)); }
  template <class... Args>
  Appended emplace(Args&&... args) {
    return core().emplace(std::forward<Args>(args)...);
  }

  // Appends a range. If it throws, the items before the failing one are in.
  template <std::ranges::input_range R>
    requires std::constructible_from<T, std::ranges::range_reference_t<R>>
  void append_range(R&& range) {
    detail::append_range<T>(core(), std::forward<R>(range));
  }

  // A writer that hands over `batch` items at a time: much cheaper per item than append().
  appender_type appender(std::size_t batch = 64) { return appender_type(self(), batch); }

  // No more items: every iterator ends after the last one; writers that wait throw `closed`. Later calls of close() and fail() do nothing.
  void close() noexcept { core().end(nullptr); }
  // The same, and every iterator that sees the end then rethrows the error, each one.
  void fail(std::exception_ptr error) noexcept {
    PARITER_ASSERT(error != nullptr, "a failure needs an exception; use close() for a clean end");
    core().end(std::move(error));
  }

 private:
  friend Container;
  friend appender_type;

  writing_interface() = default;

  Container& self() noexcept { return static_cast<Container&>(*this); }
  auto& core() noexcept { return self().core_; }

  void append_moved(T* items, std::size_t n, std::size_t& taken) { core().append_n(items, n, taken); }
  void appender_came() noexcept { core().appenders().came(); }
  void appender_went() noexcept { core().appenders().went(); }
};

}  // namespace pariter::detail
