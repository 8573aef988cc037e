// SPDX-License-Identifier: Apache-2.0

// make_tree: writes a tree of text files, the same on every machine, for benchmarks and tests of whole programs.
//
//   make_tree DIR [--files N] [--bytes N] [--seed N]          (2000 files, 500000000 bytes, seed 1)
//
// DIR gets sub-folders of 50 files each, named 000/000.txt and so on. The text looks like prose to a program: a vocabulary of
// 30,000 words drawn by Zipf's law, the frequent ones short, sentences with capitals and punctuation, lines of 60 to 80 bytes, an
// empty line between paragraphs, a few words with UTF-8 letters. File sizes spread over a factor of 16 around the mean; they
// add up to --bytes exactly. Beside DIR a file DIR.stamp tells a later call with the same arguments that there is nothing to do.
// `--files 1 --bytes 3000000000` makes one large file, DIR/000/000.txt.
//
// Exit code: 0, or 1 with a sentence on stderr. One thread; about 1 GB/s.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere, unlike the distributions of <random>.
class random_bits {
 public:
  explicit random_bits(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// 0 .. n-1; n is small, so the bias of the multiplication does not show.
  std::uint64_t below(std::uint64_t n) { return (next() >> 32) * n >> 32; }

 private:
  std::uint64_t state_;
};

/// Draws ranks 0 .. n-1 with probability ~ 1/(rank + 2.7), in constant time (Vose's alias method, in integers).
class zipf {
 public:
  explicit zipf(std::size_t n) : threshold_(n), alias_(n) {
    std::vector<double> scaled(n);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += scaled[i] = 1.0 / (static_cast<double>(i) + 2.7);
    std::vector<std::size_t> small;
    std::vector<std::size_t> large;
    for (std::size_t i = 0; i < n; ++i) {
      scaled[i] *= static_cast<double>(n) / sum;
      (scaled[i] < 1 ? small : large).push_back(i);
    }
    while (!small.empty() && !large.empty()) {
      const std::size_t s = small.back();
      const std::size_t l = large.back();
      small.pop_back();
      threshold_[s] = static_cast<std::uint32_t>(scaled[s] * 0xffffffffu);
      alias_[s] = static_cast<std::uint32_t>(l);
      scaled[l] -= 1 - scaled[s];
      if (scaled[l] < 1) {
        large.pop_back();
        small.push_back(l);
      }
    }
    for (const auto& rest : {small, large}) {
      for (const std::size_t i : rest) {
        threshold_[i] = 0xffffffffu;
        alias_[i] = static_cast<std::uint32_t>(i);
      }
    }
  }

  std::size_t draw(random_bits& random) const {
    const std::uint64_t r = random.next();
    const std::size_t i = (r >> 32) * threshold_.size() >> 32;
    return static_cast<std::uint32_t>(r) <= threshold_[i] ? i : alias_[i];
  }

 private:
  std::vector<std::uint32_t> threshold_;
  std::vector<std::uint32_t> alias_;
};

std::vector<std::string> make_vocabulary(std::size_t n) {
  static constexpr std::string_view onsets[] = {"b", "c",  "d",  "f",  "g",  "h",  "l",  "m", "n", "p",
                                                "r", "s",  "t",  "v",  "w",  "st", "th", "tr", "", "ch"};
  static constexpr std::string_view nuclei[] = {"a", "e", "i", "o", "u", "ea", "ou", "e", "a", "\xc3\xa9"};
  static constexpr std::string_view codas[] = {"", "n", "r", "s", "t", "d", "l", "", "", "nd"};
  random_bits random(0x70617269746572);
  std::vector<std::string> words;
  words.reserve(n);
  for (std::size_t rank = 0; rank < n; ++rank) {
    const std::size_t syllables = 1 + (rank > 60) * random.below(2) + (rank > 1500) + (rank > 12000) * random.below(2);
    std::string word;
    for (std::size_t s = 0; s < syllables; ++s) {
      word += onsets[random.below(std::size(onsets))];
      const bool accent = rank > 3000 && random.below(40) == 0;
      word += nuclei[accent ? 9 : random.below(9)];
      word += codas[random.below(std::size(codas))];
    }
    words.push_back(std::move(word));
  }
  return words;
}

class writer_of_prose {
 public:
  explicit writer_of_prose(std::uint64_t seed) : random_(seed) {}

  /// Exactly `size` bytes; the last is a newline.
  void write(const std::filesystem::path& path, std::uint64_t size) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.exceptions(std::ios::badbit | std::ios::failbit);
    std::uint64_t written = 0;
    while (written < size) {
      text_.clear();
      while (text_.size() < (1u << 20) && written + text_.size() < size) add_line();
      if (written + text_.size() >= size) {
        text_.resize(static_cast<std::size_t>(size - written));
        text_.back() = '\n';
      }
      file.write(text_.data(), static_cast<std::streamsize>(text_.size()));
      written += text_.size();
    }
    file.close();
  }

 private:
  void add_line() {
    const std::size_t start = text_.size();
    const std::size_t width = 60 + random_.below(16);
    while (text_.size() - start < width) {
      if (text_.size() != start) text_ += ' ';
      const std::size_t at = text_.size();
      text_ += words_[zipf_.draw(random_)];
      if (sentence_left_ == 0) {
        if (text_[at] >= 'a' && text_[at] <= 'z') text_[at] = static_cast<char>(text_[at] - 'a' + 'A');
        sentence_left_ = 4 + random_.below(24);
      }
      if (--sentence_left_ == 0) {
        text_ += '.';
      } else if (random_.below(12) == 0) {
        text_ += ',';
      }
    }
    text_ += '\n';
    if (random_.below(9) == 0) text_ += '\n';
  }

  static constexpr std::size_t vocabulary = 30000;
  random_bits random_;
  zipf zipf_{vocabulary};
  std::vector<std::string> words_ = make_vocabulary(vocabulary);
  std::uint64_t sentence_left_ = 0;
  std::string text_;
};

std::string numbered(std::uint64_t n) {
  std::string digits = std::to_string(n);
  return std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

void make_tree(const std::filesystem::path& root, std::uint64_t files, std::uint64_t bytes, std::uint64_t seed) {
  namespace fs = std::filesystem;
  fs::path stamp = root;
  stamp += ".stamp";
  const std::string content =
      "make_tree 1 " + std::to_string(files) + ' ' + std::to_string(bytes) + ' ' + std::to_string(seed) + '\n';
  if (std::ifstream old(stamp); old && fs::is_directory(root)) {
    if (std::string(std::istreambuf_iterator<char>(old), {}) == content) return;
  }
  fs::remove(stamp);
  fs::remove_all(root);

  // Shares of 1 to 16, log-uniform, in integers.
  random_bits random(seed);
  std::vector<std::uint64_t> sizes(files);
  std::uint64_t sum = 0;
  for (auto& share : sizes) {
    const std::uint64_t doubling = std::uint64_t{1} << random.below(4);
    sum += share = (1000 + random.below(1000)) * doubling;
  }
  std::uint64_t given = 0;
  for (auto& share : sizes) {
    share = bytes / sum * share + bytes % sum * share / sum;
    if (share == 0) throw std::invalid_argument("--bytes is too small for --files");
    given += share;
  }
  sizes.back() += bytes - given;

  writer_of_prose writer(seed);
  for (std::uint64_t i = 0; i < files; ++i) {
    const fs::path folder = root / numbered(i / 50);
    if (i % 50 == 0) fs::create_directories(folder);
    writer.write(folder / (numbered(i % 50) + ".txt"), sizes[i]);
  }
  std::ofstream(stamp) << content;
}

std::uint64_t number(std::string_view option, const char* text) {
  char* end = nullptr;
  const unsigned long long n = text == nullptr ? 0 : std::strtoull(text, &end, 10);
  if (text == nullptr || end == text || *end != '\0' || n == 0) {
    throw std::invalid_argument(std::string(option) + " takes a number of at least 1");
  }
  return n;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::filesystem::path root;
    std::uint64_t files = 2000;
    std::uint64_t bytes = 500'000'000;
    std::uint64_t seed = 1;
    for (int i = 1; i < argc; ++i) {
      const std::string_view argument = argv[i];
      if (argument == "--files") {
        files = number(argument, argv[++i]);
      } else if (argument == "--bytes") {
        bytes = number(argument, argv[++i]);
      } else if (argument == "--seed") {
        seed = number(argument, argv[++i]);
      } else if (root.empty() && !argument.starts_with('-')) {
        root = argument;
      } else {
        throw std::invalid_argument("usage: make_tree DIR [--files N] [--bytes N] [--seed N]");
      }
    }
    if (root.empty()) throw std::invalid_argument("usage: make_tree DIR [--files N] [--bytes N] [--seed N]");
    if (!root.has_filename()) root = root.parent_path();
    make_tree(root, files, bytes, seed);
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "make_tree: " << e.what() << '\n';
    return 1;
  }
}
