// SPDX-License-Identifier: Apache-2.0

#include "job.hpp"

#include <pariter/async/async_append.hpp>
#include <pariter/io/blocks.hpp>
#include <pariter/io/walk.hpp>
#include <pariter/sharing/share.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <thread>
#include <utility>

namespace ptree {

namespace asio = boost::asio;

namespace {

// Where the thread that reads a block analyses it, small blocks stay in its nearest cache.
constexpr pariter::blocks_options for_one{.capacity = 128 * 1024, .fill = 32 * 1024};
// Where blocks change hands, larger ones make up for that; the window must not be larger than the outer cache.
constexpr pariter::blocks_options for_several{.capacity = 256 * 1024, .fill = 160 * 1024};
constexpr std::size_t window = 24;

}  // namespace

job::job(const options& o, analyses all, failures& failed)
    : options_(o),
      analyses_(std::move(all)),
      failures_(failed),
      source_(entries(pariter::walk(o.paths, {.links = o.follow ? pariter::symlinks::followed : pariter::symlinks::reported})),
              analyses_.size() == 1 ? for_one : for_several) {
  if (analyses_.size() > 1) stream_.emplace(pariter::broadcast_options{.capacity = window});
}

void job::run() {
  if (stream_) {
    run_several();
  } else {
    run_one();
  }
  if (error_) std::rethrow_exception(error_);
  for (const auto& a : analyses_) a->finish();
}

void job::stop() noexcept {
  stopped_.store(true, std::memory_order_relaxed);  // relaxed: hint, only ends early
  if (stream_) stream_->close();
}

bool job::leaves_out() noexcept {
  if (!stopped()) return false;
  partial_.store(true, std::memory_order_relaxed);  // relaxed: joined by run()
  return true;
}

pariter::async_generator<pariter::entry> job::entries(pariter::async_generator<pariter::entry> all) {
  while (auto e = co_await all.async_next()) {
    if (leaves_out()) co_return;
    co_yield std::move(*e);
  }
}

template <class F>
void job::guarded(F f) noexcept {
  try {
    f();
  } catch (...) {
    fail(std::current_exception());
  }
}

void job::fail(std::exception_ptr error) noexcept {
  {
    const std::lock_guard hold(mutex_);
    if (!error_) error_ = std::move(error);
  }
  stop();
}

void job::note(const pariter::block& b) {
  for (const auto& f : b.failures()) failures_.add(f);
  const auto begun = std::count_if(b.pieces().begin(), b.pieces().end(), [](const auto& p) { return p.first; });
  files_.fetch_add(static_cast<std::uint64_t>(begun), std::memory_order_relaxed);  // relaxed: progress
  bytes_.fetch_add(b.bytes(), std::memory_order_relaxed);                          // relaxed: progress
}

void job::run_one() {
  std::vector<std::unique_ptr<analysis>> hands;
  for (unsigned i = 1; i < options_.jobs; ++i) hands.push_back(analyses_.front()->another());
  const auto work = [this](analysis& a) {
    guarded([&] {
      for (const pariter::block& b : source_.iter()) {
        if (leaves_out()) break;
        note(b);
        a.add(b);
      }
    });
  };
  std::vector<std::thread> threads;
  guarded([&] {
    for (auto& hand : hands) threads.emplace_back(work, std::ref(*hand));
  });
  work(*analyses_.front());
  for (auto& t : threads) t.join();
  for (auto& hand : hands) analyses_.front()->merge(*hand);
}

void job::run_several() {
  pariter::runtime rt;  // outlives the threads of the analyses: they wake readers that wait for room
  std::vector<std::vector<std::unique_ptr<analysis>>> hands(analyses_.size());
  std::vector<std::thread> threads;
  const auto work = [this](analysis& a, auto it) {
    guarded([&] {
      for (const pariter::block& b : it) {
        if (leaves_out()) break;
        a.add(b);
      }
    });
  };
  guarded([&] {
    for (std::size_t i = 0; i < analyses_.size(); ++i) {
      auto it = stream_->iter();
      if (options_.jobs == 1) {
        threads.emplace_back(work, std::ref(*analyses_[i]), std::move(it));
        continue;
      }
      const auto shared = pariter::share(std::move(it));
      threads.emplace_back(work, std::ref(*analyses_[i]), shared.iter());
      for (unsigned n = 1; n < options_.jobs; ++n) {
        hands[i].push_back(analyses_[i]->another());
        threads.emplace_back(work, std::ref(*hands[i].back()), shared.iter());
      }
    }
  });
  guarded([&] {
    for (unsigned i = 0; i < rt.io_threads(); ++i) rt.spawn(read(rt.io_executor()));
    rt.join();
  });
  stream_->close();
  for (auto& t : threads) t.join();
  for (std::size_t i = 0; i < analyses_.size(); ++i) {
    for (auto& hand : hands[i]) analyses_[i]->merge(*hand);
  }
}

asio::awaitable<void> job::read(pariter::runtime::io_executor_type pool) {
  try {
    auto it = pariter::blocks(source_);
    it.bind_executor(pool);
    while (auto b = co_await it.async_next()) {
      note(*b);
      // On the pool itself: nobody else uses this reader, and the analysis that makes room need not know its strand.
      co_await pariter::async_append(*stream_, *b, asio::bind_executor(pool, asio::use_awaitable));
    }
  } catch (const pariter::closed&) {
    (void)leaves_out();  // by stop()
  } catch (...) {
    fail(std::current_exception());  // here and not by the scope, which would cancel the other readers in their strands
  }
}

}  // namespace ptree
