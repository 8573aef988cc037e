// SPDX-License-Identifier: Apache-2.0
// Every misuse of iterators, generators, adaptors and consumers has a type of its own and says what to do instead. Those of
// containers, sharing and async stand in their own tests.

#include "pariter/core/errors.hpp"

#include "pariter/adaptors/batched.hpp"
#include "pariter/adaptors/enumerate.hpp"
#include "pariter/adaptors/min_max.hpp"
#include "pariter/adaptors/slice.hpp"
#include "pariter/adaptors/unpack.hpp"
#include "pariter/adaptors/zip_strict.hpp"
#include "pariter/coro/generator.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

template <class E>
std::string message_of(const E& e) {
  try {
    throw e;
  } catch (const pariter::error& caught) {  // all are caught as pariter::error
    return caught.what();
  }
}

// That it throws an E, whose message begins with `who` and gives advice behind a semicolon.
template <class E, class F>
void throws(const std::string& who, F misuse) {
  try {
    misuse();
    ADD_FAILURE() << who << ": nothing was thrown";
  } catch (const E& e) {
    const std::string message = message_of(e);
    EXPECT_EQ(message.rfind(who + ": ", 0), 0u) << message;
    EXPECT_NE(message.find("; "), std::string::npos) << message;
  }
}

const std::vector<int> numbers{1, 2, 3};

pariter::generator<int, int, int> yields_when_closed() {
  for (int i = 0; i < 2; ++i) {
    try {
      co_yield i;
    } catch (const pariter::close_requested&) {
    }
  }
  co_return 1;
}
pariter::generator<int, int> of_a_range() { co_yield pariter::elements_of(numbers); }
pariter::generator<int, int, int> of_one_that_ended() {
  auto g = yields_when_closed();
  while (g.next()) {
  }
  static_cast<void>(g.take_result());
  co_return co_yield pariter::elements_of(g);
}
pariter::generator<int> of_itself(pariter::generator<int>*& self) { co_yield *self->next(); }

struct endless {
  int at(std::size_t) const { return 1; }
};

}  // namespace

TEST(Errors, each_names_itself_and_says_what_to_do) {
  EXPECT_EQ(message_of(pariter::busy()).rfind("busy: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::not_started()).rfind("not_started: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::ignored_close()).rfind("ignored_close: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::takes_no_values()).rfind("takes_no_values: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::result_is_gone()).rfind("result_is_gone: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::would_deadlock()).rfind("would_deadlock: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::closed()).rfind("closed: ", 0), 0u);
  EXPECT_EQ(message_of(pariter::kicked()).rfind("kicked: ", 0), 0u);
}

TEST(Errors, missed_items_counts) {
  const pariter::missed_items e(12);
  EXPECT_EQ(e.count(), 12u);
  EXPECT_NE(std::string(e.what()).find("12 items"), std::string::npos);
}

TEST(Errors, of_generators) {
  throws<pariter::busy>("busy", [] {
    pariter::generator<int>* self = nullptr;
    auto g = of_itself(self);
    self = &g;
    static_cast<void>(g.next());
  });
  throws<pariter::not_started>("not_started", [] { static_cast<void>(yields_when_closed().send(1)); });
  throws<pariter::ignored_close>("ignored_close", [] {
    auto g = yields_when_closed();
    static_cast<void>(g.next());
    static_cast<void>(g.close());
  });
  throws<pariter::takes_no_values>("takes_no_values", [] {
    auto g = of_a_range();
    static_cast<void>(g.next());
    static_cast<void>(g.send(1));
  });
  throws<pariter::result_is_gone>("result_is_gone", [] { static_cast<void>(of_one_that_ended().next()); });
}

TEST(Errors, of_adaptors_and_consumers) {
  throws<pariter::invalid_size>("batched", [] { static_cast<void>(pariter::batched(numbers, 0)); });
  throws<pariter::invalid_size>("slice", [] { static_cast<void>(pariter::slice(numbers, 0, 1, 0)); });
  throws<pariter::wrong_count>("batched_strict", [] { static_cast<void>(pariter::batched_strict(numbers, 4).next()); });
  throws<pariter::wrong_count>("zip_strict", [] { static_cast<void>(pariter::zip_strict(std::vector<int>(), numbers).next()); });
  throws<pariter::wrong_count>("zip_strict", [] { static_cast<void>(pariter::zip_strict(numbers, std::vector<int>()).next()); });
  throws<pariter::wrong_count>("unpack", [] { static_cast<void>(pariter::unpack<4>(numbers)); });
  throws<pariter::wrong_count>("unpack", [] { static_cast<void>(pariter::unpack<2>(numbers)); });
  throws<pariter::wrong_count>("unpack_rest", [] { static_cast<void>(pariter::unpack_rest<4>(numbers)); });
  throws<pariter::no_items>("min", [] { static_cast<void>(pariter::min(std::vector<int>())); });
  throws<pariter::no_items>("max", [] { static_cast<void>(pariter::max(std::vector<int>())); });
  throws<pariter::out_of_numbers>("enumerate", [] { static_cast<void>(pariter::enumerate(numbers, std::numeric_limits<std::int8_t>::max()).next()); });
  throws<pariter::out_of_numbers>("iter(x)", [] {
    auto it = pariter::iter(endless());
    it.seek(std::numeric_limits<std::size_t>::max());
    static_cast<void>(it.next());
  });
}
