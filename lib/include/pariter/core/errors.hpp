// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every exception type that the library itself throws.
//
// All derive from `pariter::error`. Each message says what to do instead. What the library does not throw: the end of an
// iteration, an empty or a closed source (values, see core/outcome.hpp), and what user code throws (passed on unchanged).

#include <cstdint>
#include <stdexcept>
#include <string>

namespace pariter {

class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A step was asked of an iterator or generator that is inside a step already: its own body re-entered it, or a second
// thread did. The running step is unaffected.
class busy : public error {
 public:
  busy() : error("busy: it is inside a step already; one thread at a time (use share() or tee() for several), and no step from its own body") {}
  using error::error;
};

// A value was sent to a generator that stands before its first `co_yield`. The generator is unaffected.
class not_started : public error {
 public:
  not_started() : error("not_started: nothing waits for a sent value yet; call next() once before send()") {}
};

// A value was sent to a generator that is walking something that takes none. Thrown at its elements_of, in its body.
class takes_no_values : public error {
 public:
  takes_no_values() : error("takes_no_values: the generator that was sent a value is walking elements_of something that takes none, a range say; call next() until that is over") {}
};

// elements_of was given a generator with a return value that had ended before and has the value no more.
class result_is_gone : public error {
 public:
  result_is_gone() : error("result_is_gone: elements_of() gives what the generator returned, and this one had ended before and has it no more; call take_result() once, in one place") {}
};

// A generator yielded again while it was being closed.
class ignored_close : public error {
 public:
  ignored_close() : error("ignored_close: the generator yielded while it was closed; let close_requested pass, or return after catching it") {}
};

// A blocking call was made on a thread that has to do the work being waited for.
class would_deadlock : public error {
 public:
  would_deadlock() : error("would_deadlock: this thread would wait for work that only it can do; await async_next() instead, or call from another thread") {}
  using error::error;
};

// Something was added to a container after `close()` or `fail()`. Iterators never throw this: for them closed is the end.
class closed : public error {
 public:
  closed() : error("closed: nothing can be added after close() or fail()") {}
};

// A lossy iterator was overtaken: `count()` items between its last one and the next are gone. It goes on after them.
class missed_items : public error {
 public:
  explicit missed_items(std::uint64_t count)
      : error("missed_items: " + std::to_string(count) + " items were overwritten before this iterator came; the next step goes on after them (try_next() reports this as a value)"),
        count_(count) {}
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  std::uint64_t count_;
};

// An iterator of policy `kicked` fell behind by more than the container holds and was taken off. It stays so.
class kicked : public error {
 public:
  kicked() : error("kicked: this iterator fell behind by more than the capacity and was taken off; start a new one, or ask for gating or lossy") {}
};

// A capacity, batch size, count or position that cannot be: zero where at least one is needed, or too large.
class invalid_size : public error {
 public:
  using error::error;
};

// A counting iterator has used up the numbers of its type. It stays so.
class out_of_numbers : public error {
 public:
  using error::error;
};

// A position that the container does not hold: behind what it retains, or beyond its end.
class out_of_reach : public error {
 public:
  using error::error;
};

// A consumer asked for an exact number of items, and the source has fewer or more.
class wrong_count : public error {
 public:
  using error::error;
};

// An item was asked of an empty source by a consumer that cannot do without.
class no_items : public error {
 public:
  using error::error;
};

}  // namespace pariter
