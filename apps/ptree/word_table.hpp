// SPDX-License-Identifier: Apache-2.0
#pragma once

// word_table: how often each word occurred. A hash table for exactly that: open addressing, words of up to 16 bytes inside the
// slot and compared as two integers, longer ones in an arena.
//
// Threads: owned by one; merge() takes the other's.
// Memory: 24 bytes per slot at a load of at most 1/2, plus the bytes of words longer than 16. Words longer than `longest` are
// not kept, only counted.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ptree {

class word_table {
 public:
  static constexpr std::size_t longest = 255;

  struct counted_word {
    std::string_view word;  // as long as the table lives and does not change; nullptr-free bytes of any kind
    std::uint64_t count;
  };

  /// A word, looked at once: what find_slot() needs. `bytes` must stay until the word was added.
  struct key {
    std::uint64_t low;
    std::uint64_t high;
    std::uint64_t hash;
    const char* bytes;
    std::size_t size;
  };

  word_table();

  /// Requires 1 <= size. `readable` tells how many bytes may be read from `bytes` on.
  [[nodiscard]] static key make_key(const char* bytes, std::size_t size, std::size_t readable) noexcept;

  /// Fetches the slot of `k` into the cache, ahead of add().
  void prefetch(const key& k) const noexcept { __builtin_prefetch(&slots_[k.hash >> shift_], 1); }

  void add(const key& k, std::uint64_t count = 1) {
    if (k.size > 16) return add_long(k, count);
    for (std::size_t i = k.hash >> shift_;; i = (i + 1) & mask_) {
      slot& s = slots_[i];
      if (s.low == k.low && s.high == k.high && (s.count_and_size & 0xff) == k.size) {
        s.count_and_size += count << 8;
        return;
      }
      if (s.count_and_size == 0) return insert(i, k, count);
    }
  }
  void add(std::string_view word, std::uint64_t count = 1) { add(make_key(word.data(), word.size(), word.size()), count); }

  void merge(const word_table& other);

  [[nodiscard]] std::size_t distinct() const noexcept { return used_; }
  /// Occurrences of words longer than `longest`.
  [[nodiscard]] std::uint64_t overlong() const noexcept { return overlong_; }
  /// The `k` most frequent words, most frequent first, equally frequent ones by their bytes.
  [[nodiscard]] std::vector<counted_word> top(std::size_t k) const;

 private:
  struct slot {
    std::uint64_t low;             // of a longer word: its hash
    std::uint64_t high;            // of a longer word: its address in the arena
    std::uint64_t count_and_size;  // 63..8 count, 7..0 size; 0: free
  };

  void add_long(const key& k, std::uint64_t count);
  void insert(std::size_t at, const key& k, std::uint64_t count);
  void grow();
  const char* keep(const char* bytes, std::size_t size);
  static std::string_view word_of(const slot& s) noexcept;
  static std::uint64_t hash_of(const slot& s) noexcept;

  std::vector<slot> slots_;
  unsigned shift_;
  std::size_t mask_;
  std::size_t used_ = 0;
  std::uint64_t overlong_ = 0;
  std::vector<std::unique_ptr<char[]>> arena_;
  std::size_t arena_left_ = 0;
};

}  // namespace ptree
