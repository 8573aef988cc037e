// SPDX-License-Identifier: Apache-2.0
#pragma once
// operation_section: keeps the steps of one asynchronous operation and its cancellation from running at once.
//
// Asio allows a cancellation signal to be emitted only where nothing of the operation runs. Programs have strands for that. Here
// a stop may come from any thread, to an operation whose steps run wherever its I/O object delivers. The operation is
// therefore given `section_executor` as its handler's associated executor: it runs every step where Asio calls it, without
// a hop, but inside the section; a cancellation is emitted inside the section too.
//
// The final handler runs inside it as well, and only leaves a note. Who leaves the section reads the note and acts on it: no
// body and no consumer runs inside, and the section may be gone when they do. What a consumer throws goes on from there to whoever
// called the step, as it would in Asio.
//
// Threads: any. It is recursive, because a cancellation may complete an operation on the spot.

#include "pariter/async/executor_ref.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

#include <mutex>
#include <utility>

namespace pariter::detail {

class operation_section {
 public:
  enum class note { none, completed, destroyed };

  operation_section(const operation_section&) = delete;
  operation_section& operator=(const operation_section&) = delete;

  // A step of the operation.
  template <class F>
  void execute(F&& step) {
    visit inside(*this);
    std::forward<F>(step)();
    inside.leave(resume_by::dispatch);
  }

  // In the final handler, or its destructor.
  void leave_note(note n) {
    leave_note(n, [] {});
  }
  // The same; calls f() inside, unless this is the inside of a cancellation.
  template <class F>
  void leave_note(note n, F f) {
    visit inside(*this);
    note_ = n;
    if (!cancelling_) f();
    inside.leave(resume_by::dispatch);
  }

  // A cancellation. The operation may complete inside it, on this thread.
  template <class F>
  void exclude_steps(F&& f) noexcept {
    const std::lock_guard lock(mutex_);
    cancelling_ = true;
    std::forward<F>(f)();
    cancelling_ = false;
  }

  // The executor for a step that must not run on the spot.
  virtual executor_ref elsewhere() const = 0;

 protected:
  operation_section() = default;
  ~operation_section() = default;

  // Outside the section, which may be destroyed by this. Throws only if it may dispatch and the operation is completed.
  virtual void act_on(note n, resume_by how) = 0;

 private:
  class visit {
   public:
    explicit visit(operation_section& s) : section_(&s) {
      s.mutex_.lock();
      ++s.depth_;
    }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit() {
      if (section_ != nullptr) leave(resume_by::post);  // the step threw
    }
    void leave(resume_by how) {
      operation_section& s = *std::exchange(section_, nullptr);
      const note n = --s.depth_ == 0 ? std::exchange(s.note_, note::none) : note::none;
      s.mutex_.unlock();
      if (n != note::none) s.act_on(n, how);
    }

   private:
    operation_section* section_;
  };

  std::recursive_mutex mutex_;
  int depth_ = 0;            // under mutex_, as the others
  bool cancelling_ = false;
  note note_ = note::none;
};

// An Asio executor. Copies are free and may outlive the section if they are not used.
class section_executor {
 public:
  explicit section_executor(operation_section& s) noexcept : section_(&s) {}

  template <class F>
  void execute(F f) const {
    if (!never_blocks_) return section_->execute(std::move(f));
    section_->elsewhere().post([section = section_, step = std::move(f)]() mutable { section->execute(std::move(step)); });
  }

  section_executor require(boost::asio::execution::blocking_t::never_t) const noexcept { return section_executor(section_, true); }
  section_executor require(boost::asio::execution::blocking_t::possibly_t) const noexcept { return section_executor(section_, false); }
  boost::asio::execution_context& query(boost::asio::execution::context_t) const {
    return boost::asio::query(section_->elsewhere().get(), boost::asio::execution::context);
  }

  // For what may outlive the operation.
  boost::asio::any_io_executor beneath() const { return section_->elsewhere().get(); }

  friend bool operator==(const section_executor&, const section_executor&) noexcept = default;

 private:
  section_executor(operation_section* s, bool never_blocks) noexcept : section_(s), never_blocks_(never_blocks) {}

  operation_section* section_;
  bool never_blocks_ = false;
};

}  // namespace pariter::detail
