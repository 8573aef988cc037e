// SPDX-License-Identifier: Apache-2.0

#include "kernels.hpp"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define PTREE_X86 1
#else
#define PTREE_X86 0
#endif

// Everything between PTREE_TARGET_BEGIN and PTREE_TARGET_END is compiled for the named instruction set.
#if defined(__clang__)
#define PTREE_PRAGMA(x) _Pragma(#x)
#define PTREE_TARGET_BEGIN(isa) \
  PTREE_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define PTREE_TARGET_END _Pragma("clang attribute pop")
#else
#define PTREE_PRAGMA(x) _Pragma(#x)
#define PTREE_TARGET_BEGIN(isa) _Pragma("GCC push_options") PTREE_PRAGMA(GCC target(isa))
#define PTREE_TARGET_END _Pragma("GCC pop_options")
#endif

// The blocks by which whatever is no space makes a word; by the second, a0 is a space.
#define PTREE_BLOCK_OF_ANY(isa)                                                                            \
  struct block : isa::block {                                                                              \
    static block load(const char* data) noexcept { return {isa::block::load(data)}; }                      \
    std::uint64_t print() const noexcept { return ~space(); }                                              \
  };
#define PTREE_BLOCK_OF_NBSP(isa)                                                                           \
  struct block : isa::block {                                                                              \
    static block load(const char* data) noexcept { return {isa::block::load(data)}; }                      \
    std::uint64_t space() const noexcept { return isa::block::space() | equals(static_cast<char>(0xa0)); } \
    std::uint64_t print() const noexcept { return ~space(); }                                              \
  };

namespace ptree {
namespace {

namespace plain {

/// Eight bytes at a time in a 64-bit word, each in a lane of its own.
struct block {
  std::uint64_t lanes[8];

  static constexpr std::uint64_t ones = 0x0101010101010101;
  static constexpr std::uint64_t tops = ones << 7;

  static block load(const char* data) noexcept {
    block b;
    for (int i = 0; i < 8; ++i) {
      std::uint64_t lane = 0;
      for (int k = 0; k < 8; ++k) {
        lane |= std::uint64_t{static_cast<unsigned char>(data[i * 8 + k])} << (8 * k);
      }
      b.lanes[i] = lane;
    }
    return b;
  }
  /// The top bits of eight lanes as eight bits.
  static std::uint64_t gather(std::uint64_t lane_tops) noexcept {
    return (((lane_tops & tops) >> 7) * 0x0102040810204080) >> 56;
  }
  /// Top bit set in each lane whose low seven bits are at least `n`.
  static std::uint64_t at_least(std::uint64_t lane, std::uint64_t n) noexcept { return (lane & ~tops) + ones * (128 - n); }

  static std::uint64_t lane_equals(std::uint64_t lane, unsigned char c) noexcept {
    const std::uint64_t x = lane ^ (ones * c);
    return ~(at_least(x, 1) | x);
  }
  static std::uint64_t lane_space(std::uint64_t lane) noexcept {
    return (at_least(lane, 9) & ~at_least(lane, 14) & ~lane) | lane_equals(lane, ' ');
  }
  static std::uint64_t lane_print(std::uint64_t lane) noexcept {
    return at_least(lane, 0x21) & ~at_least(lane, 0x7f) & ~lane;
  }
  template <class F>
  std::uint64_t each(F f) const noexcept {
    std::uint64_t result = 0;
    for (int i = 0; i < 8; ++i) result |= gather(f(lanes[i])) << (8 * i);
    return result;
  }
  std::uint64_t newline() const noexcept { return equals('\n'); }
  std::uint64_t space() const noexcept { return each(lane_space); }
  std::uint64_t print() const noexcept { return each(lane_print); }
  std::uint64_t equals(char c) const noexcept {
    return each([c](std::uint64_t lane) noexcept { return lane_equals(lane, static_cast<unsigned char>(c)); });
  }
};

inline std::uint64_t popcount(std::uint64_t x) noexcept { return static_cast<std::uint64_t>(__builtin_popcountll(x)); }

namespace printable {
#include "kernels.inc"
}
namespace any {
PTREE_BLOCK_OF_ANY(plain)
#include "kernels.inc"
}
namespace nbsp {
PTREE_BLOCK_OF_NBSP(plain)
#include "kernels.inc"
}

}  // namespace plain

#if PTREE_X86

namespace sse2 {

struct block {
  __m128i v[4];

  static block load(const char* data) noexcept {
    const auto* p = reinterpret_cast<const __m128i*>(data);
    return {{_mm_loadu_si128(p), _mm_loadu_si128(p + 1), _mm_loadu_si128(p + 2), _mm_loadu_si128(p + 3)}};
  }
  static std::uint64_t bits(__m128i x) noexcept { return static_cast<std::uint32_t>(_mm_movemask_epi8(x)); }
  static std::uint64_t combine(__m128i a, __m128i b, __m128i c, __m128i d) noexcept {
    return bits(a) | bits(b) << 16 | bits(c) << 32 | bits(d) << 48;
  }
  static __m128i space_of(__m128i x) noexcept {
    const __m128i shifted = _mm_sub_epi8(x, _mm_set1_epi8(9));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(shifted, _mm_set1_epi8(4)), shifted);
    return _mm_or_si128(control, _mm_cmpeq_epi8(x, _mm_set1_epi8(' ')));
  }
  static __m128i print_of(__m128i x) noexcept {
    // Signed: 80..ff are negative.
    return _mm_andnot_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f)), _mm_cmpgt_epi8(x, _mm_set1_epi8(0x20)));
  }
  std::uint64_t newline() const noexcept { return equals('\n'); }
  std::uint64_t space() const noexcept { return combine(space_of(v[0]), space_of(v[1]), space_of(v[2]), space_of(v[3])); }
  std::uint64_t print() const noexcept { return combine(print_of(v[0]), print_of(v[1]), print_of(v[2]), print_of(v[3])); }
  std::uint64_t equals(char c) const noexcept {
    const __m128i x = _mm_set1_epi8(c);
    return combine(_mm_cmpeq_epi8(v[0], x), _mm_cmpeq_epi8(v[1], x), _mm_cmpeq_epi8(v[2], x), _mm_cmpeq_epi8(v[3], x));
  }
};

inline std::uint64_t popcount(std::uint64_t x) noexcept { return static_cast<std::uint64_t>(__builtin_popcountll(x)); }

namespace printable {
#include "kernels.inc"
}
namespace any {
PTREE_BLOCK_OF_ANY(sse2)
#include "kernels.inc"
}
namespace nbsp {
PTREE_BLOCK_OF_NBSP(sse2)
#include "kernels.inc"
}

}  // namespace sse2

PTREE_TARGET_BEGIN("avx2,bmi,bmi2,popcnt")
namespace avx2 {

struct block {
  __m256i v[2];

  static block load(const char* data) noexcept {
    const auto* p = reinterpret_cast<const __m256i*>(data);
    return {{_mm256_loadu_si256(p), _mm256_loadu_si256(p + 1)}};
  }
  static std::uint64_t combine(__m256i a, __m256i b) noexcept {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(a))) |
           static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(b))) << 32;
  }
  static __m256i space_of(__m256i x) noexcept {
    const __m256i shifted = _mm256_sub_epi8(x, _mm256_set1_epi8(9));
    const __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(shifted, _mm256_set1_epi8(4)), shifted);
    return _mm256_or_si256(control, _mm256_cmpeq_epi8(x, _mm256_set1_epi8(' ')));
  }
  static __m256i print_of(__m256i x) noexcept {
    return _mm256_andnot_si256(_mm256_cmpeq_epi8(x, _mm256_set1_epi8(0x7f)), _mm256_cmpgt_epi8(x, _mm256_set1_epi8(0x20)));
  }
  std::uint64_t newline() const noexcept { return equals('\n'); }
  std::uint64_t space() const noexcept { return combine(space_of(v[0]), space_of(v[1])); }
  std::uint64_t print() const noexcept { return combine(print_of(v[0]), print_of(v[1])); }
  std::uint64_t equals(char c) const noexcept {
    const __m256i x = _mm256_set1_epi8(c);
    return combine(_mm256_cmpeq_epi8(v[0], x), _mm256_cmpeq_epi8(v[1], x));
  }
};

inline std::uint64_t popcount(std::uint64_t x) noexcept { return static_cast<std::uint64_t>(_mm_popcnt_u64(x)); }

namespace printable {
#include "kernels.inc"
}
namespace any {
PTREE_BLOCK_OF_ANY(avx2)
#include "kernels.inc"
}
namespace nbsp {
PTREE_BLOCK_OF_NBSP(avx2)
#include "kernels.inc"
}

}  // namespace avx2
PTREE_TARGET_END

PTREE_TARGET_BEGIN("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,popcnt")
namespace avx512 {

struct block {
  __m512i v;

  static block load(const char* data) noexcept { return {_mm512_loadu_si512(data)}; }
  std::uint64_t newline() const noexcept { return equals('\n'); }
  std::uint64_t space() const noexcept {
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(9)), _mm512_set1_epi8(4)) | equals(' ');
  }
  std::uint64_t print() const noexcept {
    return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(0x21)), _mm512_set1_epi8(0x7f - 0x21));
  }
  std::uint64_t equals(char c) const noexcept { return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c)); }
};

inline std::uint32_t* positions(std::uint64_t of, std::uint32_t first, std::uint32_t* out) noexcept {
  const __m512i each = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (int i = 0; i < 4; ++i) {
    const auto bits = static_cast<__mmask16>(of >> (16 * i));
    const __m512i at = _mm512_add_epi32(each, _mm512_set1_epi32(static_cast<int>(first) + 16 * i));
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(bits, at));
    out += _mm_popcnt_u32(bits);
  }
  return out;
}
#define PTREE_OWN_POSITIONS

inline std::uint64_t popcount(std::uint64_t x) noexcept { return static_cast<std::uint64_t>(_mm_popcnt_u64(x)); }

namespace printable {
#include "kernels.inc"
}
namespace any {
PTREE_BLOCK_OF_ANY(avx512)
#include "kernels.inc"
}
namespace nbsp {
PTREE_BLOCK_OF_NBSP(avx512)
#include "kernels.inc"
}

#undef PTREE_OWN_POSITIONS
}  // namespace avx512
PTREE_TARGET_END

#endif  // PTREE_X86

#define PTREE_SET(isa, rule) \
  kernel_set{#isa, isa::rule::count, isa::rule::lines, isa::rule::find, isa::rule::spaces, isa::rule::edges}

#if PTREE_X86
#define PTREE_SETS(rule) {PTREE_SET(plain, rule), PTREE_SET(sse2, rule), PTREE_SET(avx2, rule), PTREE_SET(avx512, rule)}
#else
#define PTREE_SETS(rule) {PTREE_SET(plain, rule)}
#endif
constexpr kernel_set sets_of_printable[] = PTREE_SETS(printable);
constexpr kernel_set sets_of_any[] = PTREE_SETS(any);
constexpr kernel_set sets_of_nbsp[] = PTREE_SETS(nbsp);

std::size_t runnable() noexcept {
#if PTREE_X86
  __builtin_cpu_init();
  std::size_t n = 2;
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
  if (has_avx2) ++n;
  if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    ++n;
  }
  return n;
#else
  return 1;
#endif
}

}  // namespace

std::span<const kernel_set> available_kernels(word_rule rule) noexcept {
  static const std::size_t n = runnable();
  switch (rule) {
    case word_rule::any: return {sets_of_any, n};
    case word_rule::nbsp: return {sets_of_nbsp, n};
    case word_rule::printable: break;
  }
  return {sets_of_printable, n};
}

const kernel_set& kernels(word_rule rule) noexcept { return available_kernels(rule).back(); }

text_counts join(const text_counts& left, const text_counts& right) noexcept {
  if (!left.decided && left.bytes == 0) return right;
  text_counts both;
  both.lines = left.lines + right.lines;
  both.bytes = left.bytes + right.bytes;
  // A word that goes on across the seam was counted on both sides.
  both.words = left.words + right.words - (left.ends_in_word && right.starts_in_word ? 1 : 0);
  both.decided = left.decided || right.decided;
  both.starts_in_word = left.decided ? left.starts_in_word : right.starts_in_word;
  both.ends_in_word = right.decided ? right.ends_in_word : left.ends_in_word;
  return both;
}

line_lengths join(const line_lengths& left, const line_lengths& right) noexcept {
  line_lengths both;
  both.newlines = left.newlines + right.newlines;
  if (left.newlines == 0 && right.newlines == 0) {
    both.head = both.tail = left.tail + right.tail;
    return both;
  }
  both.head = left.newlines == 0 ? left.head + right.head : left.head;
  both.tail = right.newlines == 0 ? left.tail + right.tail : right.tail;
  const auto consider = [&both](std::uint64_t length, std::uint64_t at) {
    if (both.longest_at == 0 || length > both.longest) {
      both.longest = length;
      both.longest_at = at;
    }
  };
  if (left.longest_at != 0) consider(left.longest, left.longest_at);
  if (left.newlines != 0 && right.newlines != 0) consider(left.tail + right.head, left.newlines);
  if (right.longest_at != 0) consider(right.longest, left.newlines + right.longest_at);
  return both;
}

byte_histogram::byte_histogram() : table_(std::make_unique<std::uint32_t[]>(pairs)) {}

void byte_histogram::add(bytes_view bytes) noexcept {
  while (!bytes.empty()) {
    if (in_table_ >= most) empty_table();
    const bytes_view run = bytes.first(std::min(bytes.size(), most - in_table_));
    bytes = bytes.subspan(run.size());
    const char* p = run.data();
    const char* const end = p + run.size();
    for (; end - p >= 8; p += 8) {
      std::uint64_t x;
      std::memcpy(&x, p, 8);
      ++table_[x & 0xffff];
      ++table_[x >> 16 & 0xffff];
      ++table_[x >> 32 & 0xffff];
      ++table_[x >> 48];
    }
    in_table_ += run.size();
    for (; p != end; ++p) ++totals_[static_cast<unsigned char>(*p)];
  }
}

void byte_histogram::empty_table() noexcept {
  totals_ = totals();
  std::fill_n(table_.get(), pairs, 0u);
  in_table_ = 0;
}

void byte_histogram::add(const byte_histogram& other) noexcept {
  const auto more = other.totals();
  for (std::size_t c = 0; c < 256; ++c) totals_[c] += more[c];
}

std::array<std::uint64_t, 256> byte_histogram::totals() const noexcept {
  auto sum = totals_;
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    sum[pair & 0xff] += table_[pair];  // which of the two came first is all one
    sum[pair >> 8] += table_[pair];
  }
  return sum;
}

}  // namespace ptree
