// SPDX-License-Identifier: Apache-2.0
#pragma once

// word_table: how often each word occurred. Those of up to eight bytes are in short_words; the others in a hash table of open
// addressing, words of up to 16 bytes inside the slot and compared as two integers, longer ones in an arena.
//
// Threads: owned by one; any number may read what has ceased to change.
// Memory: that of short_words; 24 bytes per slot at a load of at most 5/8 (in a hurry 7/8, see there), plus the bytes of words longer than
// 16. Words longer than `longest` are not kept, only counted.

#include "hurry.hpp"
#include "short_words.hpp"
#include "zeroed_array.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace ptree {

class word_table {
 public:
  static constexpr std::size_t longest = 255;

  /// A word as it is looked up.
  struct key {
    std::uint64_t low;   // the first eight bytes, or as many as there are; of a word of more than 16: its hash
    std::uint64_t high;  // the next eight; of a word of more than 16: its address, where it must stay until it was added
    std::uint64_t hash;
    std::size_t size;

    /// Requires 1 <= size. `readable` tells how many bytes may be read from `bytes` on.
    void set(const char* bytes, std::size_t size, std::size_t readable) noexcept;
    /// It belongs into short_words.
    [[nodiscard]] bool is_short() const noexcept;
  };

  /// `h` outlives the table.
  explicit word_table(const hurry& h);
  /// What is left of a table that was moved from can be destroyed.
  word_table(word_table&&) noexcept = default;
  word_table& operator=(word_table&&) noexcept = default;

  void add(const key& k, std::uint64_t count = 1) {
    if (k.is_short()) {
      short_.add(k.low, count);
    } else {
      add_other(k, count);
    }
  }

  /// For many words in a row, told apart by who calls: those that are short, as integers, and the others. What they need is better
  /// fetched into the cache ahead.
  [[nodiscard]] short_words& of_short() noexcept { return short_; }
  void prefetch(const key& k) const noexcept { __builtin_prefetch(&slots_[k.hash >> shift_], 1); }
  /// Requires !k.is_short().
  void add_other(const key& k, std::uint64_t count = 1) {
    if (k.size > inside) [[unlikely]] return add_long(k, count);
    for (std::size_t i = k.hash >> shift_;; i = (i + 1) & mask_) {
      slot& s = slots_[i];
      if (((s.low ^ k.low) | (s.high ^ k.high) | ((s.count_and_size & 0xff) ^ k.size)) == 0) [[likely]] {
        s.count_and_size += count << 8;
        return;
      }
      if (s.count_and_size == 0) return insert(i, k, count);
    }
  }

  [[nodiscard]] std::size_t distinct() const noexcept { return short_.distinct() + used_; }
  /// How many of the other words there is room for, if all of it could be used.
  [[nodiscard]] std::size_t capacity_of_others() const noexcept { return slots_.size(); }
  /// Occurrences of words longer than `longest`.
  [[nodiscard]] std::uint64_t overlong() const noexcept { return overlong_; }
  /// Calls f(key, text, count) for each word whose hash begins with the first `bits` bits of `part`, at most 11. All parts together are the
  /// table; a word is in the same part of every table. The text stays as long as the table lives and does not change.
  template <class F>
  void each(std::uint64_t part, unsigned bits, F f) const;

 private:
  static constexpr std::size_t inside = 16;

  struct slot {
    std::uint64_t low;             // as in key
    std::uint64_t high;            // as in key, but the address is in the arena
    std::uint64_t count_and_size;  // 63..8 count, 7..0 size; 0: free
  };

  static std::uint64_t load(const char* p) noexcept {
    std::uint64_t x;
    std::memcpy(&x, p, sizeof x);
    return x;
  }
  /// Folds a 128-bit product (the mixing step of wyhash).
  static std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using wide = unsigned __int128;
    const wide product = static_cast<wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  static std::uint64_t hash_short(std::uint64_t low, std::uint64_t high, std::size_t size) noexcept {
    return mix(low ^ 0xa0761d6478bd642f, high ^ 0xe7037ed1a0b428db ^ (static_cast<std::uint64_t>(size) << 56));
  }
  static std::uint64_t hash_long(const char* p, std::size_t size) noexcept;

  void add_long(const key& k, std::uint64_t count);
  void insert(std::size_t at, const key& k, std::uint64_t count);
  [[nodiscard]] bool can_wait() const noexcept { return hurry_->begun() && used_ < slots_.size() / 8 * 7; }
  bool grow();
  std::uint64_t keep(const char* bytes, std::size_t size);
  static key key_of(const slot& s) noexcept;
  static std::string_view word_of(const slot& s) noexcept;

  const hurry* hurry_;
  short_words short_;
  zeroed_array<slot> slots_;
  unsigned shift_;
  std::size_t mask_;
  std::size_t used_ = 0;
  std::uint64_t overlong_ = 0;
  std::vector<std::unique_ptr<char[]>> arena_;
  std::size_t arena_left_ = 0;
};

// ---------------------------------------------------------------------------------------------------------------------

inline void word_table::key::set(const char* bytes, std::size_t n, std::size_t readable) noexcept {
  size = n;
  if (n > inside) [[unlikely]] {
    low = hash = n > longest ? 0 : hash_long(bytes, n);
    high = reinterpret_cast<std::uintptr_t>(bytes);
    return;
  }
  char copy[inside] = {};
  if (readable < inside) [[unlikely]] {
    std::memcpy(copy, bytes, n);
    bytes = copy;
  }
  low = short_words::first(bytes, n);
  high = n > 8 ? short_words::first(bytes + 8, n - 8) : 0;
  hash = hash_short(low, high, n);
}

inline word_table::key word_table::key_of(const slot& s) noexcept {
  const std::size_t size = s.count_and_size & 0xff;
  return {s.low, s.high, size > inside ? s.low : hash_short(s.low, s.high, size), size};
}

inline std::string_view word_table::word_of(const slot& s) noexcept {
  const std::size_t size = s.count_and_size & 0xff;
  if (size > inside) return {reinterpret_cast<const char*>(static_cast<std::uintptr_t>(s.high)), size};
  return {reinterpret_cast<const char*>(&s), size};  // low and high, side by side at its front
}

template <class F>
void word_table::each(std::uint64_t part, unsigned bits, F f) const {
  short_.each(part, bits, [&](std::uint64_t word, std::uint64_t hash, std::string_view text, std::uint64_t count) {
    f(key{word, 0, hash, text.size()}, text, count);
  });
  const std::size_t size = slots_.size() >> bits;
  const std::size_t begin = static_cast<std::size_t>(part) * size;
  // Words of the part before may have moved in; those of this part may have moved on, up to the first free slot.
  for (std::size_t n = 0; n < slots_.size(); ++n) {
    const slot& s = slots_[(begin + n) & mask_];
    if (s.count_and_size == 0) {
      if (n >= size) return;
      continue;
    }
    if (const key k = key_of(s); k.hash >> (64 - bits) == part) f(k, word_of(s), s.count_and_size >> 8);
  }
}

inline bool word_table::key::is_short() const noexcept {
  if (size > short_words::longest) return false;
  const std::size_t from_top = std::endian::native == std::endian::little ? size - 1 : short_words::longest - size;
  return (low >> (8 * from_top) & 0xff) != 0;
}

}  // namespace ptree
