// SPDX-License-Identifier: Apache-2.0
//
// What does it cost to read a small table that is seldom changed, and to change it? copy_on_write against a vector behind a
// shared_mutex, copied by each reader so that it may walk it as long as it likes, and against std::atomic<std::shared_ptr>.
//
// A reader takes the table of the moment and looks at one entry. An update copies the table and changes one entry; the rivals
// do the same, with a mutex for the writers. The answer: the last entry read, and the sum of all updates.
//
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include <pariter/containers/copy_on_write.hpp>

#include "questions.hpp"
#include "support.hpp"

namespace bench {
namespace {

using table = std::vector<unsigned>;
constexpr std::size_t entries = 1'000;

class ours {
 public:
  template <class F>
  unsigned read(F look) const {
    const auto now = box_.snapshot();
    return look(*now);
  }
  template <class F>
  void update(F change) {
    box_.update(change);
  }

 private:
  pariter::copy_on_write<table> box_{entries, 1U};
};

class locked_and_copied {
 public:
  template <class F>
  unsigned read(F look) const {
    const table copy = [this] {
      const std::shared_lock lock(mutex_);
      return table_;
    }();
    return look(copy);
  }
  template <class F>
  void update(F change) {
    const std::lock_guard lock(mutex_);
    change(table_);
  }

 private:
  mutable std::shared_mutex mutex_;
  table table_ = table(entries, 1U);
};

class atomic_pointer {
 public:
  template <class F>
  unsigned read(F look) const {
    const auto now = table_.load();
    return look(*now);
  }
  template <class F>
  void update(F change) {
    const std::lock_guard lock(writers_);
    auto next = std::make_shared<table>(*table_.load());
    change(*next);
    table_.store(std::move(next));
  }

 private:
  std::atomic<std::shared_ptr<const table>> table_{std::make_shared<const table>(entries, 1U)};
  std::mutex writers_;
};

template <class Table>
double read_by(unsigned threads, std::size_t n) {
  Table t;
  const double wall = run_together(threads, [&](unsigned) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += t.read([i](const table& now) { return now[i % entries]; });
      opaque(sum);
    }
    expect_equal(sum, n, "sum of what was read");
  });
  return ns_per(wall, n);
}

template <class Table>
double update_by(unsigned threads, std::size_t n) {
  Table t;
  const double wall = run_together(threads, [&](unsigned) {
    for (std::size_t i = 0; i < n; ++i) t.update([i](table& next) { ++next[i % entries]; });
  });
  std::size_t sum = 0;
  for (std::size_t i = 0; i < entries; ++i) sum += t.read([i](const table& now) { return now[i]; });
  expect_equal(sum, entries + threads * n, "sum of the updates");
  return ns_per(wall, threads * n);
}

}  // namespace

void add_copy_on_write(suite& s) {
  for (const unsigned threads : {1U, 2U}) {
    const std::string suffix = threads == 1 ? "_1_thread" : "_2_threads";
    s.add("containers/copy_on_write/read" + suffix, "ns", [threads](race& r) {
      const std::size_t n = r.scaled(1'000'000), fewer = r.scaled(200'000);
      r.ours([=] { return read_by<ours>(threads, n); });
      r.rival("std::shared_mutex, copied by the reader", [=] { return read_by<locked_and_copied>(threads, fewer); }, no_bar());
      r.rival("std::atomic<std::shared_ptr>", [=] { return read_by<atomic_pointer>(threads, n); }, no_bar());
    });
    s.add("containers/copy_on_write/update" + suffix, "ns", [threads](race& r) {
      const std::size_t n = r.scaled(100'000);
      r.ours([=] { return update_by<ours>(threads, n); });
      r.rival("std::shared_mutex, changed in place", [=] { return update_by<locked_and_copied>(threads, n); }, no_bar());
      r.rival("std::atomic<std::shared_ptr>", [=] { return update_by<atomic_pointer>(threads, n); }, no_bar());
    });
  }
}

}  // namespace bench
