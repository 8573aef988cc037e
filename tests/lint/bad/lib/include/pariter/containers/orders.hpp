// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <thread>

struct orders {
  void unnumbered() { a_.store(1, std::memory_order_release); }
  void no_partner() { a_.store(1, std::memory_order_release); }  // (1) release: publishes
  void wrong_kind() { a_.store(1, std::memory_order_release); }  // (2) acquire: pairs with (3)
  void one_sided() { a_.store(1, std::memory_order_release); }   // (3) release: pairs with (9), (4)
  int both_take() { return a_.load(std::memory_order_acquire); }  // (4) acquire: pairs with acquire (5)
  int take_too() { return a_.load(std::memory_order_acquire); }   // (5) acquire: pairs with release (4)
  int taken() { return a_.load(std::memory_order_acquire); }      // (5) acquire: pairs with elsewhere.hpp(1)
  int far() { return a_.load(std::memory_order_acquire); }        // (6) acquire: pairs with release far.hpp(1)
  // (7) release: pairs with (6)
  int nothing = 0;
  void no_reason() { a_.store(1, std::memory_order_relaxed); }
  void by_default() {
    a_.fetch_add(1);
    (void)a_.load();
  }
  int consumes() { return a_.load(std::memory_order_consume); }
  void fences() { std::atomic_thread_fence(std::memory_order_seq_cst); }
  std::atomic<std::shared_ptr<int>> pointer_;
  std::jthread thread_;
  void repeats_wrongly() { a_.store(1, std::memory_order_release); }  // (5)
  // TODO decide
  std::atomic<int> a_{0};
  void idle() {
    // (8) acq_rel: pairs with itself
    a_.fetch_add(0, std::memory_order_acq_rel);
    // (8)
    (void)a_.fetch_or(0, std::memory_order_acq_rel);
  }
};
