// SPDX-License-Identifier: Apache-2.0
#pragma once

// short_words: how often each word of one to eight bytes occurred, each word as one integer. Most words of a text are that short;
// word_table keeps the others.
//
// A hash table of buckets, each a cache line of words beside a cache line of counts. The place in the bucket is computed, not
// branched to: which of four it is cannot be foretold.
//
// Threads: owned by one.
// Memory: 16 bytes per place at a load of at most 1/2, so 32 to 64 per different word. To double it takes up to a tenth of a second
// where there are a million words; in a hurry it is put off, or broken off, up to a load of 3/4.

#include "hurry.hpp"
#include "zeroed_array.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ptree {

class short_words {
 public:
  static constexpr std::size_t longest = 8;

  explicit short_words(const hurry& h) : short_words(h, first_buckets) {}

  /// The first bytes of eight as one integer, the others as zeroes; of `size` above 8, all eight. A word that ends with a zero byte
  /// cannot be told from a shorter one so, and has no place here.
  static std::uint64_t first(const char* eight, std::size_t size) noexcept {
    // How much of eight bytes, read as one integer, belongs to a word that has n of them.
    struct masks {
      std::uint64_t of[longest + 1] = {};
      constexpr masks() {
        for (std::size_t n = 1; n <= longest; ++n) {
          const std::uint64_t all = ~std::uint64_t{0};
          of[n] = std::endian::native == std::endian::little ? all >> (64 - 8 * n) : all << (64 - 8 * n);
        }
      }
    };
    static constexpr masks belongs;
    std::uint64_t word;
    std::memcpy(&word, eight, sizeof word);
    return word & belongs.of[size < longest ? size : longest];
  }

  void prefetch(std::uint64_t word) const noexcept { __builtin_prefetch(&buckets_[home(word)], 1); }

  /// Requires a word that is not 0.
  void add(std::uint64_t word, std::uint64_t count = 1) {
    bucket& b = buckets_[home(word)];
    const std::size_t i = std::size_t{b.words[1] == word} + 2 * std::size_t{b.words[2] == word} + 3 * std::size_t{b.words[3] == word};
    if (b.words[i] == word) [[likely]] {
      b.counts[i] += count;
    } else {
      add_elsewhere(word, count);
    }
  }

  [[nodiscard]] std::size_t distinct() const noexcept { return used_; }
  /// How many words there is room for, if all of it could be used.
  [[nodiscard]] std::size_t capacity() const noexcept { return buckets_.size() * places; }

  /// Calls f(word, hash, text, count) for each word whose hash begins with the first `bits` bits of `part`, at most 11. The text stays as
  /// long as the table lives and does not change.
  template <class F>
  void each(std::uint64_t part, unsigned bits, F f) const;

 private:
  static constexpr std::size_t places = 4;
  static constexpr std::size_t first_buckets = 1 << 11;

  struct alignas(64) bucket {
    std::uint64_t words[places];  // 0: free; filled from the front
    std::uint64_t counts[places];
  };

  static std::uint64_t hash(std::uint64_t word) noexcept { return word * 0x9e3779b97f4a7c15; }
  [[nodiscard]] std::size_t home(std::uint64_t word) const noexcept { return static_cast<std::size_t>(hash(word) >> shift_); }
  static std::string_view text_of(const std::uint64_t& word) noexcept {
    const int zeroes = std::endian::native == std::endian::little ? std::countl_zero(word) : std::countr_zero(word);
    return {reinterpret_cast<const char*>(&word), longest - static_cast<std::size_t>(zeroes) / 8};
  }

  short_words(const hurry& h, std::size_t buckets)
      : hurry_(&h), buckets_(buckets), shift_(64 - static_cast<unsigned>(std::countr_zero(buckets))) {}

  void add_elsewhere(std::uint64_t word, std::uint64_t count);
  [[nodiscard]] bool can_wait() const noexcept { return hurry_->begun() && used_ < buckets_.size() * places / 4 * 3; }
  bool grow();

  const hurry* hurry_;
  zeroed_array<bucket> buckets_;
  unsigned shift_;
  std::size_t used_ = 0;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class F>
void short_words::each(std::uint64_t part, unsigned bits, F f) const {
  const std::size_t size = buckets_.size() >> bits;
  const std::size_t begin = static_cast<std::size_t>(part) * size;
  // Words of the part before may have moved in; those of this part may have moved on, up to the first bucket that is not full.
  for (std::size_t n = 0; n < buckets_.size(); ++n) {
    const bucket& b = buckets_[(begin + n) % buckets_.size()];
    std::size_t i = 0;
    for (; i < places && b.words[i] != 0; ++i) {
      if (const auto h = hash(b.words[i]); h >> (64 - bits) == part) f(b.words[i], h, text_of(b.words[i]), b.counts[i]);
    }
    if (n >= size && i < places) return;
  }
}

}  // namespace ptree
