// SPDX-License-Identifier: Apache-2.0

#include "word_totals.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <system_error>
#include <thread>

namespace ptree {

namespace {

constexpr unsigned part_bits = 8;
constexpr std::size_t parts = std::size_t{1} << part_bits;
constexpr std::size_t words_for_a_thread = 50'000;  // fewer are summed up before it has started

bool before(const counted_word& a, const counted_word& b) noexcept {
  return a.count != b.count ? a.count > b.count : a.word < b.word;
}

/// The best k so far: a heap, the worst of them on top.
class best_words {
 public:
  explicit best_words(std::size_t k) : k_(k) {}

  void consider(const counted_word& w) {
    if (best_.size() == k_) {
      if (k_ == 0 || !before(w, best_.front())) return;
      std::pop_heap(best_.begin(), best_.end(), before);
      best_.back() = w;
    } else {
      best_.push_back(w);
    }
    std::push_heap(best_.begin(), best_.end(), before);
  }

  [[nodiscard]] const std::vector<counted_word>& words() const noexcept { return best_; }
  [[nodiscard]] std::vector<counted_word> sorted() && {
    std::sort_heap(best_.begin(), best_.end(), before);
    return std::move(best_);
  }

 private:
  const std::size_t k_;
  std::vector<counted_word> best_;
};

/// The words of one part of all tables.
class sums {
 public:
  void add(const word_table::key& k, std::string_view text, std::uint64_t count) {
    if (2 * words_.size() >= index_.size()) grow();
    std::uint32_t& place = index_[find(k, text)];
    if (place != 0) {
      words_[place - 1].sum.count += count;
    } else {
      words_.push_back({k, {text, count}});
      place = static_cast<std::uint32_t>(words_.size());
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return words_.size(); }
  template <class F>
  void each(F f) const {
    for (const entry& e : words_) f(e.sum);
  }
  void clear() noexcept {
    words_.clear();
    std::fill(index_.begin(), index_.end(), 0);
  }

 private:
  struct entry {
    word_table::key key;
    counted_word sum;
  };

  /// Where the word is, or a free place.
  [[nodiscard]] std::size_t find(const word_table::key& k, std::string_view text) const noexcept {
    const std::size_t mask = index_.size() - 1;
    for (std::size_t i = k.hash << part_bits >> shift_;; i = (i + 1) & mask) {
      if (index_[i] == 0) return i;
      const entry& e = words_[index_[i] - 1];
      if (e.key.low == k.low && e.key.size == k.size && (text.size() > 16 ? e.sum.word == text : e.key.high == k.high)) return i;
    }
  }
  void grow() {
    index_.assign(index_.size() * 2, 0);
    --shift_;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      index_[find(words_[i].key, words_[i].sum.word)] = static_cast<std::uint32_t>(i + 1);
    }
  }

  std::vector<entry> words_;
  std::vector<std::uint32_t> index_ = std::vector<std::uint32_t>(1024);  // 0: free; from 1 on
  unsigned shift_ = 64 - 10;
};

}  // namespace

word_totals totals_of(std::span<const word_table> tables, std::size_t k) {
  std::atomic<std::size_t> next{0};
  struct share {
    std::size_t distinct = 0;
    best_words best;
  };
  const auto work = [&] {
    share mine{.best = best_words(k)};
    sums all;
    for (std::size_t part; (part = next.fetch_add(1, std::memory_order_relaxed)) < parts;) {  // relaxed: one number
      for (const word_table& t : tables) {
        t.each(part, part_bits, [&](const word_table::key& key, std::string_view text, std::uint64_t n) { all.add(key, text, n); });
      }
      mine.distinct += all.size();
      all.each([&](const counted_word& w) { mine.best.consider(w); });
      all.clear();
    }
    return mine;
  };

  std::size_t words = 0;
  for (const word_table& t : tables) words += t.distinct();
  const std::size_t threads = std::min<std::size_t>(std::thread::hardware_concurrency(), words / words_for_a_thread);
  std::vector<std::future<share>> others;
  try {
    for (std::size_t i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, work));
  } catch (const std::system_error&) {
    // Then with those there are.
  }
  share all = work();
  for (auto& other : others) {
    const share theirs = other.get();
    all.distinct += theirs.distinct;
    for (const counted_word& w : theirs.best.words()) all.best.consider(w);
  }
  return {all.distinct, std::move(all.best).sorted()};
}

}  // namespace ptree
