// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the body of an async_generator may `co_await` of Asio's: any operation, given as a deferred operation, and any awaitable.
//
//   std::size_t n = co_await socket.async_read_some(buffer, asio::deferred);
//   std::string s = co_await read_greeting(socket);         // asio::awaitable<std::string>
//
// The result of an operation follows its completion signature. A leading error_code or exception_ptr is thrown if set
// (as boost::system::system_error, or as it is) and left out; of what remains, nothing gives void, one value itself,
// several a std::tuple. With as_tuple(deferred) nothing is thrown.
//
// An awaitable runs in a strand of its own over the body's executor (of one without: its consumer's executor, or the
// system's). Its result type must be default constructible (co_spawn asks for that).
//
// Completion: the steps of an operation run where its own I/O object delivers them (operation_section.hpp); from the last of
// them the body is sent to its executor, if it has one and is not there. `asio::post(deferred)` without an executor goes to the body's.
// Stop: request_stop() emits cancellation_type::all at the pending operation, once, from any thread. The slot is emptied when the
// operation's handler is called, as Asio's own coroutines do it: a stop never reaches an operation that is over. (One that completes inside
// its cancellation is still being called from there; then, and after an initiation that threw, when the body goes on.)

#include "pariter/async/async_body.hpp"
#include "pariter/async/operation_section.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace pariter::detail {

// The values of a completion signature without its leading error.
template <class Signature>
struct completion;

template <class... Ts>
struct completion_values {
  using tuple = std::tuple<std::decay_t<Ts>...>;
  static constexpr std::size_t count = sizeof...(Ts);

  static auto unpack(tuple&& t) {
    if constexpr (count == 0) return;
    else if constexpr (count == 1) return std::get<0>(std::move(t));
    else return std::move(t);
  }
};

template <class... Ts>
struct completion<void(Ts...)> : completion_values<Ts...> {
  template <class... As>
  static std::exception_ptr store(std::optional<typename completion::tuple>& into, As&&... as) {
    into.emplace(std::forward<As>(as)...);
    return nullptr;
  }
};
template <class... Ts>
struct completion<void(boost::system::error_code, Ts...)> : completion_values<Ts...> {
  template <class... As>
  static std::exception_ptr store(std::optional<typename completion::tuple>& into, const boost::system::error_code& e, As&&... as) {
    if (e) return std::make_exception_ptr(boost::system::system_error(e));
    into.emplace(std::forward<As>(as)...);
    return nullptr;
  }
};
template <class... Ts>
struct completion<void(std::exception_ptr, Ts...)> : completion_values<Ts...> {
  template <class... As>
  static std::exception_ptr store(std::optional<typename completion::tuple>& into, std::exception_ptr e, As&&... as) {
    if (e) return e;
    into.emplace(std::forward<As>(as)...);
    return nullptr;
  }
};

// The part of an operation's wait that its handler sees.
template <class Signature>
class completion_wait : public async_body::wait, private operation_section {
 public:
  explicit completion_wait(async_body& body) noexcept : body_(body) {}

  class handler {
   public:
    using executor_type = section_executor;
    using cancellation_slot_type = boost::asio::cancellation_slot;

    handler(completion_wait& w, cancellation_slot_type slot) noexcept : wait_(&w), executor_(w), slot_(slot) {}
    handler(handler&& other) noexcept : wait_(std::exchange(other.wait_, nullptr)), executor_(other.executor_), slot_(other.slot_) {}
    handler& operator=(handler&&) = delete;
    ~handler() {
      if (wait_ != nullptr) wait_->destroyed();
    }

    executor_type get_executor() const noexcept { return executor_; }
    cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

    template <class... As>
    void operator()(As&&... as) {
      std::exchange(wait_, nullptr)->completed(std::forward<As>(as)...);
    }

   private:
    completion_wait* wait_;
    section_executor executor_;
    cancellation_slot_type slot_;
  };

  static constexpr bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept { body_.suspend_for(*this); }
  auto await_resume() {
    empty_slot();
    work_ = {};  // now: the rest of the expression may yield
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return completion<Signature>::unpack(std::move(*values_));
  }

 protected:
  // Runs in wait::start, noexcept: what the initiation throws is the result.
  template <class Initiate>
  bool initiate(boost::asio::cancellation_slot slot, Initiate initiation) noexcept {
    if (body_.executor()) work_ = boost::asio::prefer(body_.executor().get(), boost::asio::execution::outstanding_work.tracked);
    body_.initiate(*this);
    std::exception_ptr thrown;
    try {
      initiation(handler(*this, slot));
    } catch (...) {
      thrown = std::current_exception();  // the handler was destroyed, which counts as completed
    }
    if (!body_.initiated()) return false;
    if (thrown) error_ = std::move(thrown);
    return true;
  }

  using operation_section::exclude_steps;

  async_body& body_;

 private:
  friend handler;

  template <class... As>
  void completed(As&&... as) {
    try {
      error_ = completion<Signature>::store(values_, std::forward<As>(as)...);
    } catch (...) {
      error_ = std::current_exception();
    }
    leave_note(note::completed, [this] { empty_slot(); });
  }
  void destroyed() noexcept {
    error_ = operation_aborted();
    leave_note(note::destroyed);
  }

  void act_on(note n, resume_by how) override {
    if (n == note::completed) async_body::wake_all(body_.complete(), how);
    else body_.abandon();
  }
  executor_ref elsewhere() const override { return body_.some_executor(); }

  void empty_slot() noexcept { body_.cancel_signal().slot().clear(); }

  boost::asio::any_io_executor work_;  // keeps the body's executor going while the body waits for something of another
  std::exception_ptr error_;
  std::optional<typename completion<Signature>::tuple> values_;
};

template <class Op>
class operation_wait : public completion_wait<typename boost::asio::completion_signature_of<Op>::type> {
  using base = completion_wait<typename boost::asio::completion_signature_of<Op>::type>;

 public:
  template <class O>
  operation_wait(async_body& body, O&& op) : base(body), op_(std::forward<O>(op)) {
    this->start = [](async_body::wait& w) noexcept {
      auto& self = static_cast<operation_wait&>(w);
      return self.initiate(self.body_.cancel_signal().slot(), [&self](typename base::handler&& h) { std::move(self.op_)(std::move(h)); });
    };
    this->cancel = [](async_body::wait& w) noexcept {
      auto& self = static_cast<operation_wait&>(w);
      self.exclude_steps([&self] { self.body_.cancel_signal().emit(boost::asio::cancellation_type::all); });
    };
  }

 private:
  Op op_;
};

template <class T>
struct awaitable_completion {
  using signature = void(std::exception_ptr, T);
};
template <>
struct awaitable_completion<void> {
  using signature = void(std::exception_ptr);
};

template <class T, class Executor>
class awaitable_wait : public completion_wait<typename awaitable_completion<T>::signature> {
  using base = completion_wait<typename awaitable_completion<T>::signature>;

 public:
  awaitable_wait(async_body& body, boost::asio::awaitable<T, Executor>&& a) : base(body), awaitable_(std::move(a)) {
    this->start = [](async_body::wait& w) noexcept {
      auto& self = static_cast<awaitable_wait&>(w);
      return self.initiate(self.signal_->slot(), [&self](typename base::handler&& h) {
        self.strand_ = boost::asio::make_strand(self.body_.some_executor().get());
        boost::asio::co_spawn(Executor(self.strand_), std::move(self.awaitable_), std::move(h));
      });
    };
    // In the strand, because an awaitable must not be cancelled while it runs. It may have ended when the strand gets to
    // it, and the wait may be gone: the signal is shared.
    this->cancel = [](async_body::wait& w) noexcept {
      auto& self = static_cast<awaitable_wait&>(w);
      boost::asio::post(self.strand_, [signal = self.signal_] { signal->emit(boost::asio::cancellation_type::all); });
    };
  }

 private:
  boost::asio::awaitable<T, Executor> awaitable_;
  boost::asio::any_io_executor strand_;
  std::shared_ptr<boost::asio::cancellation_signal> signal_ = std::make_shared<boost::asio::cancellation_signal>();
};

}  // namespace pariter::detail
