// SPDX-License-Identifier: Apache-2.0
#pragma once
// log_snapshot: the items of a concurrent_log at one moment, or a part of them.
//
// A value: copied freely, used through const from any thread, and never changed by what others do to the log meanwhile,
// clear() included. It is a sized random-access range, `split(n)` cuts it into n parts that cover it exactly, and `iter()`
// walks it by steps or by spans. It must not outlive its log. A snapshot that was moved from may only be assigned to or destroyed.
//
// Cost: copying counts one more user of the items; access by index is a dozen instructions, walking as fast as an array.

#include "pariter/containers/log_iterator.hpp"
#include "pariter/core/errors.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

namespace pariter {

// A random-access C++ iterator over the items of one snapshot, which must outlive it.
template <class T, class Generation>
class log_snapshot_cursor {
 public:
  using iterator_category = std::random_access_iterator_tag;
  using iterator_concept = std::random_access_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = const T*;
  using reference = const T&;

  log_snapshot_cursor() noexcept = default;
  log_snapshot_cursor(const Generation& items, std::uint64_t first, std::uint64_t last, std::uint64_t index) noexcept
      : items_(&items), first_(first), last_(last) {
    stand_at(index);
  }

  const T& operator*() const noexcept { return *at_; }
  const T* operator->() const noexcept { return at_; }
  const T& operator[](difference_type n) const noexcept { return (*items_)[index() + static_cast<std::uint64_t>(n)]; }

  log_snapshot_cursor& operator++() noexcept {
    if (++at_ == batch_end_) [[unlikely]] stand_at(reached_);
    return *this;
  }
  log_snapshot_cursor& operator--() noexcept {
    if (at_ != batch_begin_) --at_;
    else stand_at(index() - 1);
    return *this;
  }
  log_snapshot_cursor operator++(int) noexcept {
    log_snapshot_cursor old = *this;
    ++*this;
    return old;
  }
  log_snapshot_cursor operator--(int) noexcept {
    log_snapshot_cursor old = *this;
    --*this;
    return old;
  }
  log_snapshot_cursor& operator+=(difference_type n) noexcept {
    if (n < batch_end_ - at_ && n >= batch_begin_ - at_) at_ += n;
    else stand_at(index() + static_cast<std::uint64_t>(n));
    return *this;
  }
  log_snapshot_cursor& operator-=(difference_type n) noexcept { return *this += -n; }
  friend log_snapshot_cursor operator+(log_snapshot_cursor c, difference_type n) noexcept { return c += n; }
  friend log_snapshot_cursor operator+(difference_type n, log_snapshot_cursor c) noexcept { return c += n; }
  friend log_snapshot_cursor operator-(log_snapshot_cursor c, difference_type n) noexcept { return c -= n; }
  friend difference_type operator-(const log_snapshot_cursor& a, const log_snapshot_cursor& b) noexcept {
    return static_cast<difference_type>(a.index() - b.index());
  }
  friend bool operator==(const log_snapshot_cursor& a, const log_snapshot_cursor& b) noexcept { return a.at_ == b.at_; }
  friend std::strong_ordering operator<=>(const log_snapshot_cursor& a, const log_snapshot_cursor& b) noexcept { return a.index() <=> b.index(); }

 private:
  std::uint64_t index() const noexcept { return reached_ - static_cast<std::uint64_t>(batch_end_ - at_); }

  // At the end: no address, so that == need only compare addresses. [batch_begin_, batch_end_) is a piece of the snapshot.
  void stand_at(std::uint64_t index) noexcept {
    if (index >= last_) {
      at_ = batch_begin_ = batch_end_ = nullptr;
      reached_ = last_;
      return;
    }
    const unsigned s = Generation::segment_of(index);
    const std::uint64_t begin = std::max(first_, Generation::segment_begin(s));
    const std::span<const T> batch = items_->batch(begin, last_);
    batch_begin_ = batch.data();
    batch_end_ = batch_begin_ + batch.size();
    reached_ = begin + batch.size();
    at_ = batch_begin_ + (index - begin);
  }

  const T* at_ = nullptr;
  const T* batch_end_ = nullptr;
  const T* batch_begin_ = nullptr;
  std::uint64_t reached_ = 0;  // index of *batch_end_
  const Generation* items_ = nullptr;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
};

template <class T, class Core>
class log_snapshot {
 public:
  using value_type = T;
  using const_iterator = log_snapshot_cursor<T, typename Core::generation>;
  using iterator = const_iterator;

  const_iterator begin() const noexcept { return {*generation_, first_, last_, first_}; }
  const_iterator end() const noexcept { return {*generation_, first_, last_, last_}; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(last_ - first_); }
  bool empty() const noexcept { return first_ == last_; }
  const T& operator[](std::size_t i) const noexcept { return (*generation_)[first_ + i]; }
  const T& front() const noexcept { return (*this)[0]; }
  const T& back() const noexcept { return (*this)[size() - 1]; }

  // Positions in the log: of the first item and behind the last.
  std::uint64_t first_position() const noexcept { return generation_->base() + first_; }
  std::uint64_t end_position() const noexcept { return generation_->base() + last_; }

  log_iterator<T, Core, log_walk::snapshot> iter() const { return {*core_, generation_, first_, last_}; }

  // n parts whose sizes differ by at most one, in order, together exactly this. Throws invalid_size for n = 0.
  std::vector<log_snapshot> split(std::size_t n) const {
    if (n == 0) throw invalid_size("split: into at least one part");
    std::vector<log_snapshot> parts;
    parts.reserve(n);
    const std::uint64_t count = last_ - first_;
    std::uint64_t begin = first_;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t size = count / n + (i < count % n ? 1 : 0);
      parts.push_back(log_snapshot(*core_, generation_, begin, begin + size));
      begin += size;
    }
    return parts;
  }

  // Items [from, to) of this one. Throws out_of_reach.
  log_snapshot slice(std::size_t from, std::size_t to) const {
    if (from > to || to > size()) throw out_of_reach("slice: from <= to <= size() is needed");
    return log_snapshot(*core_, generation_, first_ + from, first_ + to);
  }

  // Made by concurrent_log, for it.
  const typename Core::pin& pinned() const noexcept { return generation_; }
  log_snapshot(Core& core, typename Core::pin generation, std::uint64_t first, std::uint64_t last) noexcept
      : core_(&core), generation_(std::move(generation)), first_(first), last_(last) {}

 private:
  Core* core_;
  typename Core::pin generation_;
  std::uint64_t first_;
  std::uint64_t last_;
};

// The loop over a log itself: an input iterator that owns its snapshot; moved from, it is at its end.
template <class T, class Core>
class log_loop {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;

  log_loop(typename Core::pin generation, std::uint64_t limit) noexcept : limit_(limit), generation_(std::move(generation)) { load(); }
  log_loop(log_loop&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)),
        batch_end_(std::exchange(other.batch_end_, nullptr)),
        reached_(other.reached_),
        limit_(other.limit_),
        generation_(std::move(other.generation_)) {}
  log_loop& operator=(log_loop&& other) noexcept {
    at_ = std::exchange(other.at_, nullptr);
    batch_end_ = std::exchange(other.batch_end_, nullptr);
    reached_ = other.reached_;
    limit_ = other.limit_;
    generation_ = std::move(other.generation_);
    return *this;
  }
  ~log_loop() = default;

  const T& operator*() const noexcept { return *at_; }
  log_loop& operator++() noexcept {
    if (++at_ == batch_end_) [[unlikely]] load();
    return *this;
  }
  void operator++(int) noexcept { ++*this; }
  friend bool operator==(const log_loop& loop, std::default_sentinel_t) noexcept { return loop.at_ == loop.batch_end_; }

 private:
  void load() noexcept {
    const std::span<const T> batch = generation_->batch(reached_, limit_);
    at_ = batch.data();
    batch_end_ = at_ + batch.size();
    reached_ += batch.size();
  }

  const T* at_ = nullptr;
  const T* batch_end_ = nullptr;
  std::uint64_t reached_ = 0;
  std::uint64_t limit_;
  typename Core::pin generation_;
};

}  // namespace pariter
