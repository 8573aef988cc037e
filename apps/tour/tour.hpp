// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the sections of the tour share: how they are listed, and how they print.
//
//   explain("...")              a line of prose
//   show("next(it)", value)     next(it)                 's'
//   on_threads([](int n) {...}) the same on three threads at once; gives what each of them returned, in their order

#include <functional>
#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tour {

struct section {
  const char* name;  // for the command line
  const char* title;
  void (*run)();
};

extern const std::vector<section> by_hand;       // by_hand.cpp: the protocol in four examples
extern const std::vector<section> about_kinds;   // kinds.cpp: rules 1 to 5
extern const std::vector<section> about_walks;   // walks.cpp: rules 6, 7, 10, 11, 12
extern const std::vector<section> about_memory;  // memory.cpp: rules 8, 9

inline void explain(std::string_view text) { std::cout << "  " << text << "\n"; }

template <class T>
std::string text_of(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_same_v<T, char>) out << '\'' << value << '\'';
  else if constexpr (std::is_same_v<T, bool>) out << (value ? "yes" : "no");
  else out << value;
  return out.str();
}
// What a step gives: an item, or the end.
template <class Step>
std::string step_text(const Step& step) {
  return step ? text_of(*step) : "the end";
}

inline void show(std::string_view code, std::string_view result) {
  while (result.ends_with(' ')) result.remove_suffix(1);
  std::cout << "    " << std::left << std::setw(44) << code << ' ' << result << "\n";
}
template <class T>
void show(std::string_view code, const T& value) {
  show(code, std::string_view(text_of(value)));
}

constexpr int threads = 3;

template <class F>
auto on_threads(F f) {
  std::vector<decltype(f(0))> results(threads);
  std::vector<std::thread> running;
  for (int n = 0; n < threads; ++n) {
    running.emplace_back([&, n] { results[static_cast<std::size_t>(n)] = f(n); });
  }
  for (std::thread& t : running) t.join();
  return results;
}

// "sergey sergey sergey"
template <class T>
std::string joined(const std::vector<T>& results) {
  std::string all;
  for (const T& r : results) all += (all.empty() ? "" : " ") + text_of(r);
  return all;
}

}  // namespace tour
