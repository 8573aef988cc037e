// SPDX-License-Identifier: Apache-2.0
// recycled_frame: what is kept, how much of it, and by which thread.

#include "pariter/coro/recycled_frame.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace {

#if PARITER_RECYCLE_FRAMES

using pariter::detail::frame_store;

TEST(RecycledFrame, a_frame_is_taken_again_by_the_next_of_its_class) {
  std::thread([] {  // a thread of its own, whose store is empty
    frame_store& store = pariter::detail::frames_of_this_thread;
    store.give(store.take(100), 100);  // the first one opens the store and is not kept
    void* const a = store.take(100);
    store.give(a, 100);
    EXPECT_EQ(store.take(128), a);  // the same class
    store.give(a, 128);
    void* const other = store.take(129);
    EXPECT_NE(other, a);
    store.give(other, 129);
  }).join();
}

TEST(RecycledFrame, at_most_sixteen_of_a_class_are_kept) {
  std::thread([] {
    frame_store& store = pariter::detail::frames_of_this_thread;
    store.give(store.take(1), 1);
    std::vector<void*> frames;
    for (int i = 0; i < 20; ++i) frames.push_back(store.take(200));
    for (void* f : frames) store.give(f, 200);
    const std::set<void*> kept(frames.begin(), frames.begin() + frame_store::kept);
    for (int i = 0; i < frame_store::kept; ++i) {
      void* const again = store.take(200);
      EXPECT_TRUE(kept.contains(again));
      ::operator delete(again);
    }
  }).join();
}

TEST(RecycledFrame, frames_of_every_size_hold_what_they_promise) {
  frame_store& store = pariter::detail::frames_of_this_thread;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t size = 1; size < 700; ++size) {
      void* const frame = store.take(size);
      std::memset(frame, 0x5a, size);
      store.give(frame, size);
    }
  }
}

TEST(RecycledFrame, may_be_given_by_another_thread) {
  void* const frame = pariter::detail::frames_of_this_thread.take(100);
  std::thread([frame] {
    pariter::detail::frames_of_this_thread.give(frame, 100);
    pariter::detail::frames_of_this_thread.give(pariter::detail::frames_of_this_thread.take(100), 100);
  }).join();
}

#else

TEST(RecycledFrame, is_off_under_sanitizers) { GTEST_SKIP() << "frames are not kept, so that every use after free is seen"; }

#endif

}  // namespace
