// SPDX-License-Identifier: Apache-2.0

#include "short_words.hpp"

namespace ptree {

/// For a word that is not in its bucket: it is in one of the next, or new.
void short_words::add_elsewhere(std::uint64_t word, std::uint64_t count) {
  for (std::size_t at = home(word);; at = (at + 1) % buckets_.size()) {
    bucket& b = buckets_[at];
    for (std::size_t i = 0; i < places; ++i) {
      if (b.words[i] == word) {
        b.counts[i] += count;
        return;
      }
      if (b.words[i] != 0) continue;
      if (used_ >= buckets_.size() * places / 2) {
        grow();
        return add_elsewhere(word, count);
      }
      b.words[i] = word;
      b.counts[i] = count;
      ++used_;
      return;
    }
  }
}

void short_words::grow() {
  zeroed_array<bucket> old(buckets_.size() * 2);
  old.swap(buckets_);
  --shift_;
  used_ = 0;
  for (const bucket& b : old) {
    for (std::size_t i = 0; i < places && b.words[i] != 0; ++i) add_elsewhere(b.words[i], b.counts[i]);
  }
}

void short_words::merge(const short_words& other) {
  for (const bucket& b : other.buckets_) {
    for (std::size_t i = 0; i < places && b.words[i] != 0; ++i) add(b.words[i], b.counts[i]);
  }
}

}  // namespace ptree
