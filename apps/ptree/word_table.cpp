// SPDX-License-Identifier: Apache-2.0

#include "word_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ptree {

namespace {

constexpr std::uint64_t k1 = 0xa0761d6478bd642f;
constexpr std::uint64_t k2 = 0xe7037ed1a0b428db;

__extension__ using wide = unsigned __int128;

/// Folds a 128-bit product (the mixing step of wyhash).
std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t hash_short(std::uint64_t low, std::uint64_t high, std::size_t size) noexcept {
  return mix(low ^ k1, high ^ k2 ^ (static_cast<std::uint64_t>(size) << 56));
}

std::uint64_t load(const char* p) noexcept {
  std::uint64_t x;
  std::memcpy(&x, p, 8);
  return x;
}

std::uint64_t hash_long(const char* p, std::size_t size) noexcept {
  std::uint64_t h = size * k1;
  std::size_t i = 0;
  for (; i + 16 <= size; i += 16) h = mix(load(p + i) ^ k1, load(p + i + 8) ^ h);
  return mix(load(p + size - 16) ^ k2, load(p + size - 8) ^ h);
}

/// The first `n` of eight bytes that were loaded as one integer, the rest 0.
std::uint64_t first_bytes(std::uint64_t x, std::size_t n) noexcept {
  if (n >= 8) return x;
  if constexpr (std::endian::native == std::endian::little) return x & ((std::uint64_t{1} << (8 * n)) - 1);
  return n == 0 ? 0 : x >> (64 - 8 * n) << (64 - 8 * n);
}

constexpr std::size_t first_capacity = 1 << 14;
constexpr std::size_t arena_chunk = 1 << 18;

}  // namespace

word_table::word_table()
    : slots_(first_capacity), shift_(64 - static_cast<unsigned>(std::countr_zero(first_capacity))), mask_(first_capacity - 1) {}

word_table::key word_table::make_key(const char* bytes, std::size_t size, std::size_t readable) noexcept {
  if (size > 16) {
    const std::uint64_t h = size > longest ? 0 : hash_long(bytes, size);
    return {h, 0, h, bytes, size};
  }
  char copy[16] = {};
  if (readable < 16) {
    std::memcpy(copy, bytes, size);
  }
  const char* const p = readable < 16 ? copy : bytes;
  const std::uint64_t low = first_bytes(load(p), size);
  const std::uint64_t high = size <= 8 ? 0 : first_bytes(load(p + 8), size - 8);
  return {low, high, hash_short(low, high, size), bytes, size};
}

void word_table::add_long(const key& k, std::uint64_t count) {
  if (k.size > longest) {
    overlong_ += count;
    return;
  }
  for (std::size_t i = k.hash >> shift_;; i = (i + 1) & mask_) {
    slot& s = slots_[i];
    if (s.count_and_size == 0) return insert(i, k, count);
    if (s.low == k.hash && (s.count_and_size & 0xff) == k.size && word_of(s) == std::string_view(k.bytes, k.size)) {
      s.count_and_size += count << 8;
      return;
    }
  }
}

void word_table::insert(std::size_t at, const key& k, std::uint64_t count) {
  if (used_ >= slots_.size() / 2) {
    grow();
    return add(k, count);
  }
  std::uint64_t high = k.high;
  if (k.size > 16) high = reinterpret_cast<std::uintptr_t>(keep(k.bytes, k.size));
  slots_[at] = {k.low, high, count << 8 | k.size};
  ++used_;
}

void word_table::grow() {
  std::vector<slot> old(slots_.size() * 2);
  old.swap(slots_);
  --shift_;
  mask_ = slots_.size() - 1;
  for (const slot& s : old) {
    if (s.count_and_size == 0) continue;
    std::size_t i = hash_of(s) >> shift_;
    while (slots_[i].count_and_size != 0) i = (i + 1) & mask_;
    slots_[i] = s;
  }
}

const char* word_table::keep(const char* bytes, std::size_t size) {
  if (arena_left_ < size) {
    arena_.push_back(std::make_unique_for_overwrite<char[]>(arena_chunk));
    arena_left_ = arena_chunk;
  }
  char* const place = arena_.back().get() + (arena_chunk - arena_left_);
  std::memcpy(place, bytes, size);
  arena_left_ -= size;
  return place;
}

std::string_view word_table::word_of(const slot& s) noexcept {
  const std::size_t size = s.count_and_size & 0xff;
  if (size > 16) return {reinterpret_cast<const char*>(static_cast<std::uintptr_t>(s.high)), size};
  return {reinterpret_cast<const char*>(&s), size};  // low and high, side by side at its front
}

std::uint64_t word_table::hash_of(const slot& s) noexcept {
  const std::size_t size = s.count_and_size & 0xff;
  return size > 16 ? s.low : hash_short(s.low, s.high, size);
}

void word_table::merge(const word_table& other) {
  constexpr std::size_t ahead = 16;
  const auto key_of = [](const slot& s) {
    const std::string_view word = word_of(s);
    return key{s.low, s.high, hash_of(s), word.data(), word.size()};
  };
  for (std::size_t i = 0; i < other.slots_.size(); ++i) {
    if (i + ahead < other.slots_.size() && other.slots_[i + ahead].count_and_size != 0) {
      prefetch(key_of(other.slots_[i + ahead]));
    }
    const slot& s = other.slots_[i];
    if (s.count_and_size != 0) add(key_of(s), s.count_and_size >> 8);
  }
  overlong_ += other.overlong_;
}

std::vector<word_table::counted_word> word_table::top(std::size_t k) const {
  const auto before = [](const counted_word& a, const counted_word& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  };
  // A heap of the best k so far, the worst of them on top.
  std::vector<counted_word> best;
  if (k == 0) return best;
  for (const slot& s : slots_) {
    if (s.count_and_size == 0) continue;
    const counted_word candidate{word_of(s), s.count_and_size >> 8};
    if (best.size() == k) {
      if (!before(candidate, best.front())) continue;
      std::pop_heap(best.begin(), best.end(), before);
      best.back() = candidate;
    } else {
      best.push_back(candidate);
    }
    std::push_heap(best.begin(), best.end(), before);
  }
  std::sort_heap(best.begin(), best.end(), before);
  return best;
}

}  // namespace ptree
