// SPDX-License-Identifier: Apache-2.0
#pragma once
// yardstick::generator: the design of std::generator (P2502), reduced to what iterating and `elements_of` need.
//
// What our generator is measured against: an item is passed by address, nested generators are kept as root and leaf pointers and
// entered by symmetric transfer. No allocators, no ranges interface, no checks: stepping past the end is undefined.

#include <coroutine>
#include <exception>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

namespace yardstick {

template <class G>
struct elements_of {
  explicit elements_of(G&& g) noexcept : inner(static_cast<G&&>(g)) {}
  G&& inner;
};
template <class G>
elements_of(G&&) -> elements_of<G>;

template <class T>
class [[nodiscard]] generator {
 public:
  class promise_type;
  using handle = std::coroutine_handle<promise_type>;
  using yielded = T&&;

  class promise_type {
   public:
    promise_type() = default;
    generator get_return_object() noexcept { return generator(handle::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }

    struct final_awaiter {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(handle self) const noexcept {
        promise_type& promise = self.promise();
        if (!promise.parent_) return std::noop_coroutine();
        promise.root_->leaf_ = promise.parent_;
        promise.parent_.promise().root_ = promise.root_;
        return promise.parent_;
      }
      void await_resume() const noexcept {}
    };
    final_awaiter final_suspend() noexcept { return {}; }

    std::suspend_always yield_value(yielded item) noexcept {
      root_->value_ = std::addressof(item);
      return {};
    }

    struct copied {
      T item;
      promise_type* root;
      copied(const T& x, promise_type* r) : item(x), root(r) {}
      bool await_ready() const noexcept { return false; }
      void await_suspend(handle) noexcept { root->value_ = std::addressof(item); }
      void await_resume() const noexcept {}
    };
    copied yield_value(const T& item)
      requires(!std::is_reference_v<T>)
    {
      return copied(item, root_);
    }

    struct nested {
      generator inner;
      explicit nested(generator&& g) noexcept : inner(std::move(g)) {}
      bool await_ready() const noexcept { return !inner.coroutine_; }
      handle await_suspend(handle self) noexcept {
        promise_type& to = inner.coroutine_.promise();
        to.parent_ = self;
        to.root_ = self.promise().root_;
        to.root_->leaf_ = inner.coroutine_;
        return inner.coroutine_;
      }
      void await_resume() {
        if (inner.coroutine_.promise().error_) std::rethrow_exception(inner.coroutine_.promise().error_);
      }
    };
    nested yield_value(elements_of<generator> of) noexcept { return nested(std::move(of.inner)); }

    void return_void() const noexcept {}
    void unhandled_exception() {
      if (!parent_) throw;
      error_ = std::current_exception();
    }

   private:
    friend generator;
    promise_type* root_ = this;
    handle leaf_ = handle::from_promise(*this);
    handle parent_;
    std::add_pointer_t<yielded> value_ = nullptr;
    std::exception_ptr error_;
  };

  class iterator {
   public:
    explicit iterator(handle coroutine) noexcept : coroutine_(coroutine) {}
    yielded operator*() const noexcept { return static_cast<yielded>(*coroutine_.promise().value_); }
    iterator& operator++() {
      coroutine_.promise().leaf_.resume();
      return *this;
    }
    friend bool operator==(const iterator& i, std::default_sentinel_t) noexcept { return i.coroutine_.done(); }

   private:
    handle coroutine_;
  };

  generator(generator&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  generator& operator=(generator other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~generator() {
    if (coroutine_) coroutine_.destroy();
  }

  iterator begin() {
    coroutine_.resume();
    return iterator(coroutine_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  explicit generator(handle coroutine) noexcept : coroutine_(coroutine) {}
  handle coroutine_;
};

}  // namespace yardstick
