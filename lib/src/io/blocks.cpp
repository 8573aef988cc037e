// SPDX-License-Identifier: Apache-2.0

#include "pariter/io/blocks.hpp"

#include "pariter/detail/parking.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace pariter {

namespace {

namespace asio = boost::asio;

// A handler that waits in a parking lot; the waker posts it to where it wants to run.
template <class Handler>
struct parked_handler : detail::parking_lot::waiter {
  explicit parked_handler(Handler h) : handler(std::move(h)), work(asio::get_associated_executor(handler)) {
    wake = [](detail::parking_lot::waiter& w) noexcept {
      const std::unique_ptr<parked_handler> self(static_cast<parked_handler*>(&w));
      asio::post(self->work.get_executor(), std::move(self->handler));
    };
  }

  Handler handler;
  asio::executor_work_guard<asio::associated_executor_t<Handler>> work;
};

struct park_until_ready {
  const block_reader* reader;

  template <class Handler>
  void operator()(Handler handler) const {
    auto* const waiter = new parked_handler<Handler>(std::move(handler));  // its own wake() deletes it
    const block_reader& r = *reader;
    if (!r.parking().park(*waiter, [&r] { return r.ready(); })) waiter->wake(*waiter);
  }
};

// Completes when `reader` is ready. Signature: void().
auto async_ready(const block_reader& reader) {
  return asio::async_initiate<const asio::deferred_t, void()>(park_until_ready{&reader}, asio::deferred);
}

async_generator<block> read_all(block_reader reader) {
  for (;;) {
    outcome<block> got = reader.try_next();
    if (got.has_item()) {
      co_yield std::move(*got);
    } else if (got.is_closed()) {
      co_return;
    } else {
      co_await async_ready(reader);
    }
  }
}

}  // namespace

async_generator<block> blocks(const file_blocks& from) { return read_all(from.iter()); }

async_generator<block> blocks(async_generator<entry> entries, blocks_options options) {
  return read_all(file_blocks(std::move(entries), options).iter());
}

}  // namespace pariter
