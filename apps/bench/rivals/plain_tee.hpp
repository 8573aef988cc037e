// SPDX-License-Identifier: Apache-2.0
#pragma once
//
// Rival: tee as Python's itertools does it, a linked list that the foremost branch extends, with a mutex around each step
// so that branches may live on different threads.
//
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace bench {

template <class T, class Iterator>
class plain_tee {
  struct node {
    std::optional<T> value;      // nothing: the end
    std::shared_ptr<node> next;  // null: not pulled yet, or the end
  };
  struct shared_state {
    explicit shared_state(Iterator s) : source(std::move(s)) {}
    std::mutex mutex;
    Iterator source;
  };

 public:
  // One thread per branch.
  class branch {
   public:
    branch(std::shared_ptr<shared_state> state, std::shared_ptr<node> before)
        : state_(std::move(state)), before_(std::move(before)) {}

    std::optional<T> next() {
      std::lock_guard lock(state_->mutex);
      if (!before_->next) {
        auto fresh = std::make_shared<node>();
        if (auto item = state_->source.next()) fresh->value = *item;
        before_->next = std::move(fresh);
      }
      if (!before_->next->value) return std::nullopt;
      before_ = before_->next;
      return before_->value;
    }

   private:
    std::shared_ptr<shared_state> state_;
    std::shared_ptr<node> before_;  // the node of the last item
  };

  static std::vector<branch> split(Iterator source, std::size_t branches) {
    const auto state = std::make_shared<shared_state>(std::move(source));
    const auto root = std::make_shared<node>();
    return std::vector<branch>(branches, branch(state, root));
  }
};

}  // namespace bench
