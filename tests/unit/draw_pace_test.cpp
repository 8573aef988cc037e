// SPDX-License-Identifier: Apache-2.0
#include "pariter/sharing/draw_pace.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>

namespace {

using pariter::detail::draw_pace;

// Works for so long, by the clock of the pace.
void work(draw_pace::clock::duration time) {
  const auto begun = draw_pace::clock::now();
  while (draw_pace::clock::now() - begun < time) {
  }
}

TEST(DrawPace, doubles_where_chunks_are_worked_off_at_once_up_to_the_cap) {
  draw_pace p(100);
  EXPECT_EQ(p.ask(), 1u);
  std::size_t size = 1;
  for (int i = 0; i < 10'000 && size != 100; ++i) {  // a thread that loses its core between the two may need more
    p.handed(size);
    size = p.ask();
    ASSERT_LE(size, 100u);
  }
  EXPECT_EQ(size, 100u);
}

TEST(DrawPace, halves_where_a_chunk_took_long) {
  draw_pace p(8);
  std::size_t size = p.ask();
  for (int i = 0; i < 10'000 && size != 8; ++i) {
    p.handed(size);
    size = p.ask();
  }
  for (const std::size_t expected : {4u, 2u, 1u, 1u}) {
    p.handed(size);
    work(draw_pace::slow * 2);
    EXPECT_EQ(size = p.ask(), expected);
  }
}

TEST(DrawPace, a_chunk_says_something_once_and_a_short_one_nothing) {
  draw_pace p(100);
  p.handed(p.ask());
  const std::size_t size = p.ask();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(p.ask(), size) << "asked again, since there was nothing";
  work(draw_pace::slow * 2);
  EXPECT_EQ(p.ask(), size) << "waiting does not count";
  if (size > 1) {
    p.handed(size - 1);
    work(draw_pace::slow * 2);
    EXPECT_EQ(p.ask(), size);
  }
}

TEST(DrawPace, of_one_stays_one) {
  draw_pace p(1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(p.ask(), 1u);
    p.handed(1);
  }
}

}  // namespace
