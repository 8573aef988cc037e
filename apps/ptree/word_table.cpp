// SPDX-License-Identifier: Apache-2.0

#include "word_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ptree {

namespace {

constexpr std::size_t first_capacity = 1 << 14;
constexpr std::size_t arena_chunk = 1 << 18;

}  // namespace

word_table::word_table()
    : slots_(first_capacity), shift_(64 - static_cast<unsigned>(std::countr_zero(first_capacity))), mask_(first_capacity - 1) {}

std::uint64_t word_table::hash_long(const char* p, std::size_t size) noexcept {
  constexpr std::uint64_t k1 = 0xa0761d6478bd642f;
  constexpr std::uint64_t k2 = 0xe7037ed1a0b428db;
  std::uint64_t h = size * k1;
  for (std::size_t i = 0; i + 16 <= size; i += 16) h = mix(load(p + i) ^ k1, load(p + i + 8) ^ h);
  return mix(load(p + size - 16) ^ k2, load(p + size - 8) ^ h);
}

void word_table::add_long(const key& k, std::uint64_t count) {
  if (k.size > longest) {
    overlong_ += count;
    return;
  }
  for (std::size_t i = k.hash >> shift_;; i = (i + 1) & mask_) {
    slot& s = slots_[i];
    if (s.count_and_size == 0) return insert(i, k, count);
    const auto* const bytes = reinterpret_cast<const char*>(static_cast<std::uintptr_t>(k.high));
    if (s.low == k.low && (s.count_and_size & 0xff) == k.size && word_of(s) == std::string_view(bytes, k.size)) {
      s.count_and_size += count << 8;
      return;
    }
  }
}

void word_table::insert(std::size_t at, const key& k, std::uint64_t count) {
  if (used_ >= slots_.size() / 8 * 5) {
    grow();
    return add_other(k, count);
  }
  std::uint64_t high = k.high;
  if (k.size > inside) high = keep(reinterpret_cast<const char*>(static_cast<std::uintptr_t>(high)), k.size);
  slots_[at] = {k.low, high, count << 8 | k.size};
  ++used_;
}

void word_table::grow() {
  zeroed_array<slot> old(slots_.size() * 2);
  old.swap(slots_);
  --shift_;
  mask_ = slots_.size() - 1;
  for (const slot& s : old) {
    if (s.count_and_size == 0) continue;
    std::size_t i = key_of(s).hash >> shift_;
    while (slots_[i].count_and_size != 0) i = (i + 1) & mask_;
    slots_[i] = s;
  }
}

std::uint64_t word_table::keep(const char* bytes, std::size_t size) {
  if (arena_left_ < size) {
    arena_.push_back(std::make_unique_for_overwrite<char[]>(arena_chunk));
    arena_left_ = arena_chunk;
  }
  char* const place = arena_.back().get() + (arena_chunk - arena_left_);
  std::memcpy(place, bytes, size);
  arena_left_ -= size;
  return reinterpret_cast<std::uintptr_t>(place);
}

word_table::key word_table::key_of(const slot& s) noexcept {
  const std::size_t size = s.count_and_size & 0xff;
  return {s.low, s.high, size > inside ? s.low : hash_short(s.low, s.high, size), size};
}

std::string_view word_table::word_of(const slot& s) noexcept {
  const std::size_t size = s.count_and_size & 0xff;
  if (size > inside) return {reinterpret_cast<const char*>(static_cast<std::uintptr_t>(s.high)), size};
  return {reinterpret_cast<const char*>(&s), size};  // low and high, side by side at its front
}

void word_table::merge(const word_table& other) {
  short_.merge(other.short_);
  constexpr std::size_t ahead = 16;
  for (std::size_t i = 0; i < other.slots_.size(); ++i) {
    if (i + ahead < other.slots_.size() && other.slots_[i + ahead].count_and_size != 0) {
      prefetch(key_of(other.slots_[i + ahead]));
    }
    const slot& s = other.slots_[i];
    if (s.count_and_size != 0) add_other(key_of(s), s.count_and_size >> 8);
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
  const auto consider = [&](std::string_view word, std::uint64_t count) {
    const counted_word candidate{word, count};
    if (best.size() == k) {
      if (!before(candidate, best.front())) return;
      std::pop_heap(best.begin(), best.end(), before);
      best.back() = candidate;
    } else {
      best.push_back(candidate);
    }
    std::push_heap(best.begin(), best.end(), before);
  };
  short_.each(consider);
  for (const slot& s : slots_) {
    if (s.count_and_size != 0) consider(word_of(s), s.count_and_size >> 8);
  }
  std::sort_heap(best.begin(), best.end(), before);
  return best;
}

}  // namespace ptree
