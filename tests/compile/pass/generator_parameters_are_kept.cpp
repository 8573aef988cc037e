// SPDX-License-Identifier: Apache-2.0
#include "pariter/coro/generator.hpp"

#include <string>

pariter::generator<char> characters(std::string text) {
  for (const char c : text) co_yield c;
}

int main() { auto g = characters("temporary"); }
