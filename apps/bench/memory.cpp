// SPDX-License-Identifier: Apache-2.0
//
// How much memory does a stalled iterator hold? A broadcast of 1,024 items of 1 KiB with an iterator that took one item and
// never another, under each policy, while a writer offers a hundred times as many; against the items of the window alone, and
// against an unbounded queue with the same reader.
//
// Counted is what the allocator has handed out, at its highest. Everything runs on one thread, so nothing depends on timing.
// The answer that is checked is what the iterator says when it goes on: nothing missed, a gap of the right size, or kicked.
//
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <string>

#include <pariter/containers/broadcast.hpp>
#include <pariter/core/errors.hpp>

#include "questions.hpp"
#include "support.hpp"

namespace bench {
namespace {

struct kibibyte {
  std::size_t index = 0;
  std::array<char, 1024 - sizeof(std::size_t)> rest{};
};

constexpr std::size_t window = 1024;
using channel = pariter::broadcast<kibibyte, pariter::writers::single>;

class peak {
 public:
  void look() { highest_ = std::max(highest_, in_use()); }
  double kib() const { return static_cast<double>(highest_ - before_) / 1024; }

 private:
  static std::size_t in_use() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  }
  std::size_t before_ = in_use(), highest_ = before_;
};

double stalled(enum pariter::policy policy, std::size_t offered) {
  peak memory;
  channel c{{.capacity = window}};
  auto it = c.iter({.policy = policy});
  std::size_t written = 0;
  for (std::size_t i = 0; i < offered; ++i) {
    kibibyte item;
    item.index = i;
    if (!c.try_append(item)) break;
    ++written;
    if (i == 0) expect_equal(it.next()->index, 0U, "first item");
    if (i % 64 == 0) memory.look();
  }
  memory.look();

  // What the iterator still holds comes first, then the truth about the rest.
  std::size_t expected = 1;
  auto answer = it.try_next();
  for (; answer.has_item() && answer->index == expected; ++expected) answer = it.try_next();
  switch (policy) {
    case pariter::policy::gating:
      expect_equal(written < offered, true, "the writer had to wait");
      expect_equal(answer.is_empty() && expected == written, true, "every item that was written");
      break;
    case pariter::policy::lossy:
      expect_equal(written, offered, "items written");
      expect_equal(answer.is_gap(), true, "a gap is reported");
      expected += answer.missed();
      answer = it.try_next();
      expect_equal(answer.has_item() && answer->index == expected, true, "after the gap, the next item");
      break;
    case pariter::policy::kicked:
      expect_equal(written, offered, "items written");
      expect_equal(answer.is_failed(), true, "the iterator was kicked");
      break;
  }
  return memory.kib();
}

double unbounded_queue(std::size_t offered) {
  peak memory;
  std::deque<kibibyte> queue;
  for (std::size_t i = 0; i < offered; ++i) {
    kibibyte item;
    item.index = i;
    queue.push_back(item);
    if (i % 64 == 0) memory.look();
  }
  memory.look();
  return memory.kib();
}

}  // namespace

void add_memory(suite& s) {
  struct kind {
    const char* name;
    enum pariter::policy policy;
  };
  for (const kind& k : {kind{"gating", pariter::policy::gating}, kind{"lossy", pariter::policy::lossy}, kind{"kicked", pariter::policy::kicked}})
    s.add(std::string("containers/stalled_memory/") + k.name, "KiB", [policy = k.policy](race& r) {
      const std::size_t offered = r.scaled(100 * window, 2 * window);
      r.at_most_rounds(3);
      r.ours([=] { return stalled(policy, offered); });
      r.rival("the items of the window alone", [] { return double{window}; }, at_most(1.5));
      r.rival("std::deque, unbounded", [=] { return unbounded_queue(offered); }, no_bar());
    });
}

}  // namespace bench
