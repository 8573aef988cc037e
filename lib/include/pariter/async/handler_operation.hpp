// SPDX-License-Identifier: Apache-2.0
#pragma once
// handler_operation: an asynchronous operation of ours that ends by calling a completion handler.
//
// It lives in memory from the handler's associated allocator, keeps the handler's associated executor going, and does
// everything after its start on that executor. Derived is the operation:
//
//   void start() noexcept;      on the initiating thread: posts a step, or arranges to be woken, which leads to one
//   void step();                on the handler's executor: finishes, or waits again
//   void settle() noexcept;     on the handler's executor: does of a step what calls nobody (if settle_then_step() is used)
//   void release() noexcept;    the executor is being destroyed, there will be no step: gives back what it holds
//
// As Asio asks, finish() frees the operation before it calls the handler, and start() never calls it. What the handler throws comes out of
// finish(), step(), and then of whatever runs the executor: of dispatch_step() too, where that calls the handler on the spot.

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace pariter::detail {

template <class Derived, class Handler>
class handler_operation {
 public:
  using executor = boost::asio::associated_executor_t<Handler>;

  template <class... As>
  static void launch(Handler&& handler, As... as) {
    auto alloc = allocator(handler);
    Derived* const raw = traits::allocate(alloc, 1);
    Derived* const op = ::new (static_cast<void*>(raw)) Derived(std::move(handler), as...);
    op->start();
  }

 protected:
  explicit handler_operation(Handler&& handler)
      : handler_(std::move(handler)), work_(boost::asio::get_associated_executor(handler_)) {}

  using allocator_type = typename std::allocator_traits<
      boost::asio::associated_allocator_t<Handler>>::template rebind_alloc<Derived>;
  using traits = std::allocator_traits<allocator_type>;
  static allocator_type allocator(const Handler& h) { return allocator_type(boost::asio::get_associated_allocator(h)); }

  // step() will run on the handler's executor: later, or at once if this thread is there.
  void post_step() noexcept {
    const executor ex = work_.get_executor();
    boost::asio::post(ex, turn(static_cast<Derived&>(*this)));
  }
  void dispatch_step() {
    const executor ex = work_.get_executor();
    boost::asio::dispatch(ex, turn(static_cast<Derived&>(*this)));
  }
  // settle() at once if this thread is there, the step later: calls no handler.
  void settle_then_step() noexcept {
    const executor ex = work_.get_executor();
    boost::asio::dispatch(ex, settling(static_cast<Derived&>(*this)));
  }

  auto cancellation_slot() const noexcept { return boost::asio::get_associated_cancellation_slot(handler_); }

  // Frees the operation, then calls the handler. The results are not a part of the operation.
  template <class... As>
  void finish(As&&... results) {
    Handler handler(std::move(handler_));
    const auto work = std::move(work_);
    discard(static_cast<Derived&>(*this), handler);
    std::move(handler)(std::forward<As>(results)...);
  }

  Handler handler_;

 private:
  // Steps the operation when the executor gets to it; frees it when the executor is destroyed instead.
  class turn {
   public:
    explicit turn(Derived& op) noexcept : op_(&op) {}
    turn(turn&& other) noexcept : op_(std::exchange(other.op_, nullptr)) {}
    turn& operator=(turn&&) = delete;
    ~turn() {
      if (op_ == nullptr) return;
      op_->release();
      Handler handler(std::move(op_->handler_));
      discard(*op_, handler);
    }
    void operator()() { std::exchange(op_, nullptr)->step(); }

   protected:
    Derived* op_;
  };
  class settling : public turn {
   public:
    using turn::turn;
    void operator()() noexcept {
      Derived& op = *std::exchange(this->op_, nullptr);
      op.settle();
      op.post_step();
    }
  };

  static void discard(Derived& op, const Handler& handler) noexcept {
    auto alloc = allocator(handler);
    op.~Derived();
    traits::deallocate(alloc, std::addressof(op), 1);
  }

  boost::asio::executor_work_guard<executor> work_;
};

}  // namespace pariter::detail
