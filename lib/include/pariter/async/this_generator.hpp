// SPDX-License-Identifier: Apache-2.0
#pragma once
// this_generator: what the body of an async_generator can ask about itself. None of it suspends.
//
//   if (co_await this_generator::stop_requested) co_return;
//   asio::steady_timer timer(co_await this_generator::executor);

namespace pariter::this_generator {

struct stop_requested_t {
  explicit stop_requested_t() = default;
};
// bool: somebody called request_stop(), or drops the generator. A body that has asked and was told so may await in peace to
// clean up: the request does not cancel a later operation too.
inline constexpr stop_requested_t stop_requested{};

struct executor_t {
  explicit executor_t() = default;
};
// boost::asio::any_io_executor: where the body last scheduled itself; if it never did, its consumer's; if that has
// none (a plain thread), the system executor.
inline constexpr executor_t executor{};

}  // namespace pariter::this_generator
