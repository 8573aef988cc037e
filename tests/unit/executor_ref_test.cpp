// SPDX-License-Identifier: Apache-2.0
#include "pariter/async/executor_ref.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution/relationship.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <future>

namespace {

namespace asio = boost::asio;
using pariter::detail::executor_ref;

// What `ref` says to a thread that runs in `where`.
template <class Where>
bool here_inside(Where& where, const executor_ref& ref) {
  std::promise<bool> answer;
  asio::post(where, [&] { answer.set_value(ref.here()); });
  return answer.get_future().get();
}

template <class Where>
bool served_inside(Where& where, const executor_ref& ref) {
  std::promise<bool> answer;
  asio::post(where, [&] { answer.set_value(ref.served_here()); });
  return answer.get_future().get();
}

TEST(ExecutorRef, of_none_is_nowhere) {
  const executor_ref none;
  EXPECT_FALSE(none);
  EXPECT_FALSE(none.here());
  EXPECT_FALSE(none.served_here());
  const executor_ref empty{asio::any_io_executor()};
  EXPECT_FALSE(empty.here());
  EXPECT_FALSE(empty.served_here());
}

// By its own type and type-erased: inside it says here, outside it does not.
template <class Executor>
void tells(asio::thread_pool& pool, const Executor& ex) {
  for (const executor_ref& ref : {executor_ref(ex), executor_ref(asio::any_io_executor(ex))}) {
    EXPECT_TRUE(ref);
    EXPECT_FALSE(ref.here());
    EXPECT_FALSE(ref.served_here());
    EXPECT_TRUE(here_inside(ex, ref));
    EXPECT_TRUE(served_inside(ex, ref));
    EXPECT_TRUE(served_inside(pool, ref)) << "a strand over the pool, too";
    EXPECT_EQ(ref.get(), asio::any_io_executor(ex));
  }
  asio::thread_pool other(1);
  const executor_ref elsewhere(other.get_executor());
  EXPECT_FALSE(here_inside(pool, elsewhere));
  EXPECT_FALSE(served_inside(pool, elsewhere));
  other.join();
}

TEST(ExecutorRef, knows_a_pool_and_its_strands) {
  asio::thread_pool pool(1);
  tells(pool, pool.get_executor());
  tells(pool, asio::make_strand(pool.get_executor()));
  tells(pool, asio::make_strand(asio::any_io_executor(pool.get_executor())));
  for (const executor_ref& strand : {executor_ref(asio::make_strand(pool.get_executor())), executor_ref(asio::any_io_executor(asio::make_strand(pool.get_executor())))})
    EXPECT_FALSE(here_inside(pool, strand)) << "in the pool is not in the strand";
  pool.join();
}

TEST(ExecutorRef, knows_them_with_any_properties) {
  namespace execution = asio::execution;
  asio::thread_pool pool(1);
  {
    tells(pool, asio::prefer(pool.get_executor(), execution::outstanding_work.tracked));
    tells(pool, asio::require(pool.get_executor(), execution::blocking.never));
    tells(pool, asio::prefer(pool.get_executor(), execution::relationship.continuation, execution::outstanding_work.tracked));
    tells(pool, asio::prefer(asio::make_strand(pool), execution::outstanding_work.tracked));
    tells(pool, asio::make_strand(asio::prefer(asio::any_io_executor(pool.get_executor()), execution::outstanding_work.tracked)));
  }
  pool.join();
}

TEST(ExecutorRef, knows_an_io_context_and_its_strands) {
  asio::io_context io;
  int asked = 0;
  for (const executor_ref& ref : {executor_ref(io.get_executor()), executor_ref(asio::any_io_executor(io.get_executor())),
                                  executor_ref(asio::make_strand(io)), executor_ref(asio::any_io_executor(asio::make_strand(io)))}) {
    EXPECT_FALSE(ref.here());
    ref.post([&] { asked += ref.here() ? 1 : 100; });
    io.restart();
    io.run();
  }
  EXPECT_EQ(asked, 4);
}

// A hop more than needed, never one too few.
TEST(ExecutorRef, of_an_executor_that_cannot_tell_is_never_here) {
  const asio::system_executor system;
  const executor_ref ref(system);
  EXPECT_FALSE(here_inside(system, ref));
  EXPECT_FALSE(served_inside(system, ref));
}

TEST(ExecutorRef, copies_share_one_executor) {
  asio::thread_pool pool(1);
  const executor_ref a(pool.get_executor());
  const executor_ref b = a;  // NOLINT(performance-unnecessary-copy-initialization): the copy is the point
  EXPECT_EQ(&a.get(), &b.get());
  pool.join();
}

}  // namespace
