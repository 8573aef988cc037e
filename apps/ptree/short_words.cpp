// SPDX-License-Identifier: Apache-2.0

#include "short_words.hpp"

#include <utility>

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
      if (used_ >= buckets_.size() * places / 2 && grow()) return add_elsewhere(word, count);
      b.words[i] = word;
      b.counts[i] = count;
      ++used_;
      return;
    }
  }
}

/// False if that can wait; then nothing has changed.
bool short_words::grow() {
  if (can_wait()) return false;
  short_words larger(*hurry_, buckets_.size() * 2);
  for (std::size_t at = 0; at < buckets_.size(); ++at) {
    if (at % 1024 == 0 && can_wait()) return false;
    const bucket& b = buckets_[at];
    for (std::size_t i = 0; i < places && b.words[i] != 0; ++i) larger.add_elsewhere(b.words[i], b.counts[i]);
  }
  *this = std::move(larger);
  return true;
}

}  // namespace ptree
