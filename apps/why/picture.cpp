// SPDX-License-Identifier: Apache-2.0

#include "picture.hpp"

#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <ostream>

namespace why {

namespace {

constexpr std::size_t most_columns = 60;
constexpr std::size_t most_rows = 16;
constexpr int label_width = 14;

void draw_ruler(std::ostream& out, std::size_t columns) {
  std::string ruler(columns, ' ');
  for (std::size_t i = 0; i < columns; ++i) {
    if (i != 0 && (i + 1) % 10 != 0) continue;
    const std::string number = std::to_string(i + 1);
    if (i + 1 >= number.size()) ruler.replace(i + 1 - number.size(), number.size(), number);
  }
  ruler.erase(ruler.find_last_not_of(' ') + 1);
  out << "       " << std::left << std::setw(label_width) << "item" << ruler << '\n';
}

template <class Cell>
void draw(std::ostream& out, const std::vector<sightings>& threads, Cell cell) {
  const std::size_t items = threads.front().size();
  const std::size_t columns = std::min(items, most_columns);
  draw_ruler(out, columns);
  for (std::size_t t = 0; t < std::min(threads.size(), most_rows); ++t) {
    out << "       " << std::left << std::setw(label_width) << "thread " + thread_name(t);
    for (std::size_t i = 0; i < columns; ++i) out << cell(t, threads[t][i]);
    out << (columns < items ? " ..." : "") << '\n';
  }
  if (threads.size() > most_rows) out << "       and " << threads.size() - most_rows << " threads more\n";
}

}  // namespace

std::string thread_name(std::size_t thread) {
  return thread < 26 ? std::string(1, static_cast<char>('A' + thread)) : std::to_string(thread + 1);
}

void draw_walks(std::ostream& out, const std::vector<sightings>& threads) {
  draw(out, threads, [](std::size_t, std::size_t times) -> char {
    if (times == 0) return '.';
    return times == 1 ? '#' : static_cast<char>('0' + std::min<std::size_t>(times, 9));
  });
}

void draw_division(std::ostream& out, const std::vector<sightings>& threads) {
  draw(out, threads, [](std::size_t thread, std::size_t times) -> char {
    if (times == 0) return '.';
    return thread < 26 ? thread_name(thread).front() : '#';
  });
}

}  // namespace why
