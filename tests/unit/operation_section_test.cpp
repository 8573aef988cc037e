// SPDX-License-Identifier: Apache-2.0
#include "pariter/async/operation_section.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using pariter::detail::executor_ref;
using pariter::detail::operation_section;
using pariter::detail::resume_by;
using pariter::detail::section_executor;

class section : public operation_section {
 public:
  explicit section(asio::io_context& io) : io_(io) {}
  std::vector<note> acted;
  std::vector<resume_by> by;
  int depth = 0;         // how many of its functions are running
  bool nested = false;   // act_on ran inside one
  bool locked = false;   // act_on ran while others could not enter

  ~section() {
    for (auto& t : others_) t.join();
  }

 private:
  void act_on(note n, resume_by how) override {
    acted.push_back(n);
    by.push_back(how);
    nested = nested || depth != 0;
    const auto entered = std::make_shared<std::promise<void>>();
    others_.emplace_back([this, entered] {
      execute([] {});
      entered->set_value();
    });
    locked = locked || entered->get_future().wait_for(std::chrono::seconds(10)) != std::future_status::ready;
  }
  executor_ref elsewhere() const override { return executor_ref(io_.get_executor()); }
  asio::io_context& io_;
  std::vector<std::thread> others_;
};
using note = operation_section::note;

TEST(OperationSection, acts_on_a_note_once_and_outside) {
  asio::io_context io;
  section s(io);
  s.execute([&] {
    ++s.depth;
    s.execute([&] { s.leave_note(note::completed); });  // as an operation that completes inside one of its steps
    EXPECT_TRUE(s.acted.empty());
    --s.depth;
  });
  EXPECT_EQ(s.acted, std::vector{note::completed});
  EXPECT_FALSE(s.nested);
  EXPECT_FALSE(s.locked);
  s.execute([] {});
  EXPECT_EQ(s.acted.size(), 1u);
  s.leave_note(note::destroyed);  // as a handler that is destroyed by itself
  EXPECT_EQ(s.acted.back(), note::destroyed);
}

TEST(OperationSection, may_be_gone_when_the_note_is_acted_on) {
  struct mortal final : operation_section {
    explicit mortal(std::unique_ptr<mortal>& o) : own(o) {}
    void act_on(note, resume_by) override { own.reset(); }
    executor_ref elsewhere() const override { return {}; }
    std::unique_ptr<mortal>& own;
  };
  std::unique_ptr<mortal> own;
  own = std::make_unique<mortal>(own);
  own->execute([&] { own->leave_note(note::completed); });
  EXPECT_EQ(own, nullptr);
}

TEST(OperationSection, never_runs_two_steps_or_a_step_and_a_cancellation_at_once) {
  asio::io_context io;
  section s(io);
  std::atomic<int> inside{0};
  std::atomic<bool> alone{true};
  const auto step = [&] {
    if (inside.fetch_add(1) != 0) alone = false;
    std::this_thread::yield();
    inside.fetch_sub(1);
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        if (t % 2 == 0) s.execute(step);
        else s.exclude_steps(step);
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_TRUE(alone);
}

TEST(OperationSection, its_executor_dispatches_on_the_spot_and_posts_elsewhere) {
  asio::io_context io;
  section s(io);
  const section_executor ex(s);
  int ran = 0;
  asio::dispatch(ex, [&] { ++ran; });
  EXPECT_EQ(ran, 1);
  asio::post(ex, [&] { ++ran; });
  EXPECT_EQ(ran, 1);
  io.run();
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(ex, section_executor(s));
  EXPECT_EQ(&asio::query(ex, asio::execution::context), &static_cast<asio::execution_context&>(io));
}

// What acting on a note throws goes on to the caller of the step. Where the step threw itself, acting must not.
TEST(OperationSection, passes_on_what_acting_on_a_note_throws) {
  struct consumer_that_throws final : operation_section {
    void act_on(note n, resume_by how) override {
      ++acted;
      if (n == note::completed && how == resume_by::dispatch) throw std::out_of_range("planned");
    }
    executor_ref elsewhere() const override { return {}; }
    int acted = 0;
  } s;
  EXPECT_THROW(s.execute([&] { s.leave_note(note::completed); }), std::out_of_range);
  EXPECT_THROW(s.leave_note(note::completed), std::out_of_range);
  EXPECT_NO_THROW(s.leave_note(note::destroyed));
  EXPECT_THROW(s.execute([&] {
    s.leave_note(note::completed);
    throw std::runtime_error("the step");
  }), std::runtime_error);
  EXPECT_EQ(s.acted, 4);
  std::thread([&] { s.execute([] {}); }).join();  // it is open
}

}  // namespace
