// SPDX-License-Identifier: Apache-2.0
// expect: what an rvalue reference refers to does not: take the parameter by value
#include "pariter/coro/generator.hpp"

#include <string>

pariter::generator<char> characters(std::string&& text) {
  for (const char c : text) co_yield c;
}

int main() { auto g = characters("temporary"); }
