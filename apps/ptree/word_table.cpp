// SPDX-License-Identifier: Apache-2.0

#include "word_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace ptree {

namespace {

constexpr std::size_t first_capacity = 1 << 14;
constexpr std::size_t arena_chunk = 1 << 18;

}  // namespace

word_table::word_table(const hurry& h)
    : hurry_(&h),
      short_(h),
      slots_(first_capacity),
      shift_(64 - static_cast<unsigned>(std::countr_zero(first_capacity))),
      mask_(first_capacity - 1) {}

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
  if (used_ >= slots_.size() / 8 * 5 && grow()) return add_other(k, count);
  std::uint64_t high = k.high;
  if (k.size > inside) high = keep(reinterpret_cast<const char*>(static_cast<std::uintptr_t>(high)), k.size);
  slots_[at] = {k.low, high, count << 8 | k.size};
  ++used_;
}

/// False if that can wait; then nothing has changed.
bool word_table::grow() {
  if (can_wait()) return false;
  zeroed_array<slot> larger(slots_.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (std::size_t at = 0; at < slots_.size(); ++at) {
    if (at % 4096 == 0 && can_wait()) return false;
    const slot& s = slots_[at];
    if (s.count_and_size == 0) continue;
    std::size_t i = key_of(s).hash >> (shift_ - 1);
    while (larger[i].count_and_size != 0) i = (i + 1) & mask;
    larger[i] = s;
  }
  slots_ = std::move(larger);
  --shift_;
  mask_ = mask;
  return true;
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

}  // namespace ptree
