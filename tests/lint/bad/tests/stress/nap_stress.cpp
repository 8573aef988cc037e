// SPDX-License-Identifier: Apache-2.0
#include <thread>

void nap() { std::this_thread::sleep_for(std::chrono::seconds(1)); }
