// SPDX-License-Identifier: Apache-2.0
#pragma once
//
// A C++17 input iterator over anything with next(): what tbb::parallel_for_each takes for a single-pass source.
//
#include <cstddef>
#include <iterator>
#include <optional>

namespace bench {

template <class T, class Iterator>
class input_iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = const T*;
  using reference = const T&;

  input_iterator() = default;  // the end
  explicit input_iterator(Iterator& source) : source_(&source) { ++*this; }

  reference operator*() const { return *item_; }
  input_iterator& operator++() {
    if (auto item = source_->next()) item_ = *item;
    else source_ = nullptr;
    return *this;
  }
  input_iterator operator++(int) {
    input_iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const input_iterator& a, const input_iterator& b) { return a.source_ == b.source_; }

 private:
  Iterator* source_ = nullptr;
  std::optional<T> item_;
};

}  // namespace bench
